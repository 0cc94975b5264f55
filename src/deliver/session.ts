import { connect as dial, type Socket } from "node:net";
import { NodeSSH } from "node-ssh";
import { VisibleError } from "../errors.ts";

/** A machine, the key that it must show, and how we log in. */
export interface Target {
  /** What people call the machine: `relay`, or the home's name. */
  name: string;
  host: string;
  port: number;
  user: string;
  /** The machine's public host key, `TYPE BASE64`. A connection to any other key is refused. */
  hostKey: string;
  /** Text of the private key; absent: the agent of SSH_AUTH_SOCK is asked. */
  privateKey?: string;
  /** Seconds that the machine has for a connection and its handshake. @default 20 */
  answerSeconds?: number;
  /** Seconds that a command may take there: a run may have to install packages first. @default 1800 */
  commandSeconds?: number;
}

/** What a command said, to the byte. */
export interface Answer {
  /** Exit status; 255 for a command that a signal ended. */
  code: number;
  stdout: string;
  stderr: string;
}

/** One SSH connection. */
export interface Session {
  /**
   * @param stdin what the command reads from its standard input
   * @throws VisibleError when the connection is lost before the command has ended, or it does not end
   */
  run(command: string, stdin?: string): Promise<Answer>;
}

/** Milliseconds between two tries while a machine boots. */
const bootPoll = 2_000;
/** Milliseconds that a machine has to take our goodbye. */
const goodbye = 2_000;

/**
 * Connects, hands the session to `work`, and disconnects whatever happens.
 *
 * @param bootSeconds how long a machine that was just made may take until its sshd answers @default 0
 * @throws VisibleError when the machine cannot be reached, shows another host key or refuses the login
 */
export async function withSession<T>(
  target: Target,
  work: (session: Session) => Promise<T>,
  bootSeconds = 0,
): Promise<T> {
  const { ssh, socket } = await connect(target, performance.now() + bootSeconds * 1000);
  try {
    return await work({ run: (command, stdin) => run(ssh, target, command, stdin) });
  } finally {
    close(ssh, socket);
  }
}

/** Says goodbye. A machine that is gone does not say it too: nobody waits for that, and the process may end. */
function close(ssh: NodeSSH, socket: Socket): void {
  ssh.dispose();
  socket.unref();
  setTimeout(() => socket.destroy(), goodbye).unref();
}

async function run(ssh: NodeSSH, target: Target, command: string, stdin = ""): Promise<Answer> {
  // Bytes first: a character of several may arrive in two pieces.
  const options = { stdin, encoding: "latin1", noTrim: true } as const;
  const limit = target.commandSeconds ?? 1800;
  let isLate = false;
  // A machine may answer its keepalives and do nothing else.
  const timer = setTimeout(() => {
    isLate = true;
    ssh.dispose();
  }, limit * 1000);
  const answer = ssh.execCommand(command, options).catch(() => lost);
  const { code, signal, stdout, stderr } = await answer.finally(() => clearTimeout(timer));
  if (isLate) {
    throw new VisibleError({
      key: target.name,
      value: `${target.host} port ${target.port}`,
      problem: `has not finished a command within ${limit} seconds`,
      cure: "see there what it is at (ps, and the log of relay4in6); a new state that nobody confirmed goes back by itself",
    });
  }
  if (code === null && signal === null) {
    throw new VisibleError({
      key: target.name,
      value: `${target.host} port ${target.port}`,
      problem: "was lost while a command ran there",
      cure: "see that the connection is stable, then run again; a new state that nobody confirmed goes back by itself",
    });
  }
  const text = (bytes: string) => Buffer.from(bytes, "latin1").toString("utf8");
  return { code: code ?? 255, stdout: text(stdout), stderr: text(stderr) };
}

const lost = { code: null, signal: null, stdout: "", stderr: "" };

/** @param deadline on the clock that does not jump, in milliseconds */
async function connect(target: Target, deadline: number): Promise<{ ssh: NodeSSH; socket: Socket }> {
  for (;;) {
    let shownKey: string | undefined;
    const ssh = new NodeSSH();
    // A handshake is small packets that wait for each other: Nagle's algorithm would hold each back for 40 ms.
    const socket = dial({ host: target.host, port: target.port, noDelay: true });
    // An error that nothing waits for would end the whole process; the command's end tells of it.
    socket.on("error", () => {});
    try {
      const connected = ssh.connect({
        sock: socket,
        username: target.user,
        readyTimeout: (target.answerSeconds ?? 20) * 1000,
        keepaliveInterval: 15_000,
        ...(target.privateKey === undefined
          ? { agent: process.env["SSH_AUTH_SOCK"] ?? "" }
          : { privateKey: target.privateKey }),
        algorithms: { serverHostKey: hostKeyAlgorithms(target.hostKey) as never },
        hostVerifier: (key: Buffer) => {
          shownKey = key.toString("base64");
          return shownKey === target.hostKey.split(" ")[1];
        },
      });
      ssh.connection?.on("error", () => {});
      await connected;
      return { ssh, socket };
    } catch (error) {
      close(ssh, socket);
      const cause = error as Error & { code?: string; level?: string };
      if (isBooting(cause) && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, bootPoll));
        continue;
      }
      throw explain(target, cause, shownKey);
    }
  }
}

/** The algorithms under which the pinned key can sign: an RSA key signs with SHA-2 (RFC 8332). */
function hostKeyAlgorithms(hostKey: string): string[] {
  const [type = ""] = hostKey.split(" ");
  return type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type];
}

/** Without a route from here (ENETUNREACH) it does not matter how long a machine boots. */
function isBooting({ code, level, message }: { code?: string; level?: string; message: string }): boolean {
  return (
    ["ECONNREFUSED", "EHOSTUNREACH", "ETIMEDOUT", "ECONNRESET"].includes(code ?? "") ||
    level === "client-timeout" ||
    /before handshake|Connection lost/.test(message)
  );
}

function explain(target: Target, error: Error & { code?: string; level?: string }, shownKey?: string): Error {
  const where = `${target.host} port ${target.port}`;
  const fault = (problem: string, cure: string) =>
    new VisibleError([{ key: target.name, value: where, problem, cure }]);
  const { message } = error;
  if (shownKey !== undefined && shownKey !== target.hostKey.split(" ")[1]) {
    return fault(
      "shows another host key than the one that is pinned",
      `if you know why (a new installation), put its key into hostKey: ssh-keyscan -p ${target.port} ${target.host}`,
    );
  }
  if (/no matching host key format/i.test(message)) {
    return fault(
      "has no host key of the pinned type",
      `pin one that it has: ssh-keyscan -p ${target.port} ${target.host}`,
    );
  }
  if (/authentication methods failed|agent/i.test(message) || error.level === "client-authentication") {
    return fault(
      `refuses the login of ${target.user}`,
      "name the private key in ssh.key, or add it to the agent; put its public half into the machine's authorized_keys",
    );
  }
  switch (error.code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return fault("has a name that cannot be resolved", "correct ssh.host, or give the address");
    case "ECONNREFUSED":
      return fault("refuses connections", "see that its SSH server runs and listens on that port");
    case "ENETUNREACH":
    case "EHOSTUNREACH":
      return fault(
        "cannot be reached: there is no route to it",
        // A home has its operator near by; the relay is out on the internet.
        target.name === "relay" && target.host.includes(":")
          ? "this machine may have no IPv6: test with ping -6, or set relay.management.over to ipv4"
          : "see that the address is right and that you are in its network",
      );
  }
  if (error.code === "ECONNRESET" || /before handshake|No response from server/.test(message)) {
    return fault(
      "closes the connection before the login",
      "see that SSH is what listens on that port, and that its server does not keep this machine out for a while (MaxStartups, fail2ban)",
    );
  }
  if (error.code === "ETIMEDOUT" || /Timed out/i.test(message)) {
    return fault("does not answer", "see that the machine is on and that no firewall is in between");
  }
  return fault(`cannot be talked to: ${message}`, "try it by hand with ssh -v");
}
