import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildOpenwrtRoot } from "../../../lab/openwrt/build.ts";
import type { Target } from "../../../src/deliver/index.ts";
import { type KeyPair, makeKeyPair } from "../../../src/deliver/keyPair.ts";

/** The kinds of machine. */
export type System = "debian" | "openwrt";

/** What a machine is given before its first boot; else it is made. */
export interface SandboxOptions {
  /** @default debian */
  system?: System;
  /** OpenSSH's, on Debian. */
  hostKey?: KeyPair;
  /** Who may log in as root. */
  login?: KeyPair;
}

/** A Debian machine or an OpenWrt router in namespaces: see README.md for what is real and what is not. */
export class Sandbox {
  readonly #holder: ChildProcess;
  readonly #folder: string;
  readonly #server: Server;
  readonly #pid: string;
  /** How to log in. */
  readonly target: Target;
  /** What sshd says at LogLevel DEBUG1, and of which connection: the client's port. */
  readonly log = new EventEmitter<{ line: [port: number, text: string] }>();

  private constructor(holder: ChildProcess, folder: string, server: Server, target: Target) {
    this.#holder = holder;
    this.#folder = folder;
    this.#server = server;
    this.target = target;
    this.#pid = childOf(holder);
  }

  static async start(
    name: string,
    { system = "debian", hostKey, login = makeKeyPair() }: SandboxOptions = {},
  ): Promise<Sandbox> {
    const folder = mkdtempSync(join(tmpdir(), "relay4in6-sandbox-"));
    writeFileSync(join(folder, "authorized_keys"), login.public);
    const made = system === "debian" ? openssh(folder, hostKey) : await dropbear(folder);
    const holder = spawn(
      "unshare",
      [
        "-mnpf",
        "--mount-proc",
        "--kill-child",
        "sh",
        join(import.meta.dirname, made.start),
        import.meta.dirname,
        folder,
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const [said] = await once(holder.stdout, "data");
    if (String(said) !== "ready\n") throw new Error(`the sandbox did not start: ${said}`);
    const pid = childOf(holder);
    const server = createServer((socket) => {
      const { remotePort: port = 0 } = socket;
      const sshd = spawn("nsenter", ["-t", pid, "-a", ...made.daemon]);
      createInterface(sshd.stderr).on("line", (text) => sandbox.log.emit("line", port, text));
      socket.pipe(sshd.stdin).on("error", () => socket.destroy());
      // A pipe alone passes on an end, but no reset.
      socket.on("error", () => {}).on("close", () => sshd.stdin.destroy());
      sshd.stdout.pipe(socket).on("error", () => sshd.kill());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const sandbox = new Sandbox(holder, folder, server, {
      name,
      host: "127.0.0.1",
      port,
      user: "root",
      hostKey: made.hostKey,
      privateKey: login.private,
    });
    return sandbox;
  }

  /** What a shell command says inside. */
  run(command: string): string {
    return execFileSync("nsenter", ["-t", this.#pid, "-a", "sh", "-c", command], {
      encoding: "utf8",
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Whether a file is there; asked from outside, where a fault that kills everything does not reach. */
  has(path: string): boolean {
    return existsSync(`/proc/${this.#pid}/root${path}`);
  }

  /**
   * Cuts the power and boots again: processes, /run, devices and rules are gone, files stay; what is to run at
   * boot runs, and ifupdown sets the network up.
   */
  powerCut(): void {
    this.run(readFileSync(join(import.meta.dirname, "power-cut.sh"), "utf8"));
  }

  async stop(): Promise<void> {
    this.#server.close();
    const gone = once(this.#holder, "exit");
    this.#holder.kill("SIGKILL");
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** How a machine is started, and what answers each connection. */
interface Kind {
  hostKey: string;
  /** Script that makes the machine. */
  start: string;
  daemon: string[];
}

function openssh(folder: string, hostKey: KeyPair = makeKeyPair()): Kind {
  writeFileSync(join(folder, "host_key"), hostKey.private, { mode: 0o600 });
  writeFileSync(join(folder, "sshd_config"), sshdConfig);
  const daemon = ["/usr/sbin/sshd", "-ief", "/run/test/sshd_config"];
  return { hostKey: hostKey.public.trim(), start: "start.sh", daemon };
}

async function dropbear(folder: string): Promise<Kind> {
  await buildOpenwrtRoot(join(folder, "router"));
  const said = execFileSync("dropbearkey", ["-t", "ed25519", "-f", join(folder, "host_key")], {
    encoding: "utf8",
    stdio: "pipe",
  });
  const [, hostKey = ""] = /^(ssh-ed25519 \S+)/m.exec(said) ?? [];
  // It reads and writes one descriptor, which has to be a socket.
  const inetd = "EXEC:/usr/sbin/dropbear -i -s -D /etc/dropbear -r /run/test/host_key";
  const daemon = ["/usr/lib/lab/socat", "STDIO", inetd];
  return { hostKey, start: "start-router.sh", daemon };
}

const sshdConfig = `HostKey /run/test/host_key
AuthorizedKeysFile /run/test/authorized_keys
PermitRootLogin yes
PasswordAuthentication no
UsePAM no
LogLevel DEBUG1
StrictModes no
SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
Subsystem sftp /usr/lib/openssh/sftp-server
Match User relay4in6
  AuthorizedKeysFile .ssh/authorized_keys
`;

function childOf({ pid }: ChildProcess): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
}
