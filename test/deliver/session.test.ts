import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Target, withSession } from "../../src/deliver/index.ts";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { refusalOf } from "../refusal.ts";
import { freePort, SshDaemon } from "./daemons.ts";

const sessions = new URL("../../src/deliver/session.ts", import.meta.url).href;

const run = (target: Target, command: string, stdin?: string) =>
  withSession(target, (session) => session.run(command, stdin));

const faultOf = async (work: Promise<unknown>) => (await refusalOf(work))[0];

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server of one kind of behaviour; its port. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    onConnection(socket);
  }).listen(0, "127.0.0.1");
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe.each(["sshd", "dropbear"] as const)("a session with %s", (kind) => {
  let daemon: SshDaemon;
  let target: Target;
  beforeAll(async () => {
    daemon = await SshDaemon.start(kind);
    target = daemon.target;
  });
  afterAll(() => daemon.stop());

  it("hands over output, errors and exit status, to the byte", async () => {
    expect(await run(target, "printf 'out\\n\\n'; echo err >&2; exit 7")).toEqual({
      code: 7,
      stdout: "out\n\n",
      stderr: "err\n",
    });
  });

  it("gives standard input and ends it", async () => {
    expect(await run(target, "cat; echo done", "one\ntwo")).toMatchObject({
      code: 0,
      stdout: "one\ntwodone\n",
    });
    expect(await run(target, "cat; echo done")).toMatchObject({ stdout: "done\n" });
  });

  it("carries a megabyte there and back, no character broken", async () => {
    const megabyte = "Über 1.000.000 Zeichen …\n".repeat(40_000);
    const { stdout } = await run(target, "cat", megabyte);
    expect(stdout.length).toBe(megabyte.length);
    expect(stdout === megabyte).toBe(true);
  });

  it("runs a script of a megabyte from standard input", async () => {
    const script = `${"# a line that only takes room, as a thousand services would\n".repeat(18_000)}echo ran "$0"\n`;
    const command = "f=/tmp/relay4in6-test-$$.sh; cat >$f && sh $f; s=$?; rm -f $f; exit $s";
    expect(await run(target, command, script)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ran /),
    });
  });

  it("runs several commands over one connection", async () => {
    const answers = await withSession(target, async (session) => [
      await session.run("echo one"),
      await session.run("echo two"),
    ]);
    expect(answers.map(({ stdout }) => stdout)).toEqual(["one\n", "two\n"]);
  });

  it("says which key to pin instead when another one is shown", async () => {
    const other = makeKeyPair().public;
    expect(await faultOf(run({ ...target, hostKey: other }, "true"))).toMatchObject({
      key: kind,
      value: `127.0.0.1 port ${target.port}`,
      problem: "shows another host key than the one that is pinned",
      cure: expect.stringContaining(`ssh-keyscan -p ${target.port} 127.0.0.1`),
    });
  });

  it("takes no key of another type than the pinned one", async () => {
    const { public: key } = ssh2.utils.generateKeyPairSync("ecdsa", { bits: 521 });
    expect(await faultOf(run({ ...target, hostKey: key.trim() }, "true"))).toMatchObject({
      key: kind,
      problem: "has no host key of the pinned type",
      cure: expect.stringContaining("ssh-keyscan"),
    });
  });

  it("names the user whose key is refused", async () => {
    const privateKey = makeKeyPair().private;
    expect(await faultOf(run({ ...target, privateKey }, "true"))).toMatchObject({
      problem: "refuses the login of root",
      cure: expect.stringContaining("authorized_keys"),
    });
    expect(await faultOf(run({ ...target, user: "nobody" }, "true"))).toMatchObject({
      problem: "refuses the login of nobody",
    });
  });

  it("says so when no key is given and no agent answers", async () => {
    vi.stubEnv("SSH_AUTH_SOCK", "/nonexistent/agent");
    const { privateKey: _, ...keyless } = target;
    expect(await faultOf(run(keyless, "true"))).toMatchObject({ cure: expect.stringContaining("ssh.key") });
    vi.stubEnv("SSH_AUTH_SOCK", undefined);
    expect(await faultOf(run(keyless, "true"))).toMatchObject({ cure: expect.stringContaining("ssh.key") });
    vi.unstubAllEnvs();
  });

  it("waits for a command no longer than it may take, also when the machine goes on answering", async () => {
    const slow = withSession({ ...daemon.target, commandSeconds: 2 }, ({ run }) => run("sleep 600"));
    expect(await refusalOf(slow)).toMatchObject([{ problem: "has not finished a command within 2 seconds" }]);
  });

  it("says so when the connection is cut while a command runs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "relay4in6-cut-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const running = join(folder, "running");
    let cut = () => {};
    const port = await listen((socket) => {
      const inner = connect(target.port, "127.0.0.1").on("error", () => {});
      socket.pipe(inner);
      inner.on("data", (chunk) => socket.write(chunk));
      cut = () => socket.resetAndDestroy();
      socket.on("close", () => inner.destroy());
    });
    // It runs for as long as its file is there.
    const command = `echo started; touch ${running}; while [ -e ${running} ]; do sleep 0.1; done`;
    const fault = faultOf(run({ ...target, port }, command));
    await vi.waitUntil(() => existsSync(running), { timeout: 60_000 });
    cut();
    expect(await fault).toMatchObject({
      key: kind,
      problem: "was lost while a command ran there",
    });
  });

  it.each(["reset", "ended"] as const)("is told as lost wherever it is %s", async (how) => {
    const problems = new Set<string>();
    for (let most = 0, reached = true; reached; most += 251) {
      reached = false;
      let passed = 0;
      const port = await listen((socket) => {
        const inner = connect(target.port, "127.0.0.1").on("error", () => {});
        socket.pipe(inner);
        inner.on("data", (chunk) => {
          if (reached) return;
          reached = passed + chunk.length > most;
          const end = () => (how === "reset" ? socket.resetAndDestroy() : socket.end());
          socket.write(chunk.subarray(0, most - passed), () => reached && end());
          passed += chunk.length;
        });
        inner.on("end", () => !reached && socket.end());
        socket.on("close", () => inner.destroy());
      });
      const work = run({ ...target, port }, "cat; echo done", "a line\n".repeat(300));
      const [fault] = await refusalOf(work).catch(() => []);
      if (reached && fault !== undefined) problems.add(fault.problem);
      // What is cut off behind the exit status is nobody's loss.
      else expect(await work).toMatchObject({ code: 0, stdout: expect.stringMatching(/done\n$/) });
    }
    expect([...problems].sort()).toEqual([
      "closes the connection before the login",
      "was lost while a command ran there",
    ]);
  });

  it.each([
    ["a session", (target: Target) => target],
    ["a refused login", (target: Target) => ({ ...target, user: "nobody" })],
    ["another host key", (target: Target) => ({ ...target, hostKey: makeKeyPair().public.trim() })],
  ])("ends the process, although the machine takes no goodbye after %s", async (_, change) => {
    const inner = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const machine = connect(target.port, "127.0.0.1").on("error", () => {});
      socket.on("error", () => {}).on("data", (chunk) => machine.write(chunk));
      machine.on("data", (chunk) => socket.write(chunk));
      inner.add(machine).add(socket);
    }).listen(0, "127.0.0.1");
    closing.push(() => {
      for (const socket of inner) socket.destroy();
      server.close();
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const program = `import { withSession } from ${JSON.stringify(sessions)};
      await withSession(JSON.parse(process.env.TARGET), (session) => session.run("true")).catch(() => {});
      console.log("done");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, TARGET: JSON.stringify(change({ ...target, port })) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    closing.push(() => child.kill("SIGKILL"));
    expect(String((await once(child.stdout, "data"))[0])).toBe("done\n");
    expect(await once(child, "exit", { signal: AbortSignal.timeout(20_000) })).toEqual([0, null]);
  });
});

describe("a machine with several host keys that takes its time", () => {
  let daemon: SshDaemon;
  beforeAll(async () => {
    daemon = await SshDaemon.start("sshd");
  });
  afterAll(() => daemon.stop());

  it.each([0, 1, 2])("shows the one that is pinned: %i", async (index) => {
    const hostKey = daemon.hostKeys[index] as string;
    expect((await run({ ...daemon.target, hostKey }, "echo in")).stdout).toBe("in\n");
  });

  it("waits for a machine that boots", async () => {
    const port = await freePort();
    const work = withSession({ ...daemon.target, port }, (session) => session.run("echo up"), 20);
    setTimeout(() => {
      const proxy = createServer((socket) => {
        const inner = connect(daemon.target.port, "127.0.0.1").on("error", () => {});
        socket
          .on("error", () => {})
          .pipe(inner)
          .pipe(socket);
      }).listen(port, "127.0.0.1");
      closing.push(() => proxy.close());
    }, 300);
    expect((await work).stdout).toBe("up\n");
  });
});

describe("a machine that cannot be reached", () => {
  const nobody: Target = {
    name: "haus",
    host: "127.0.0.1",
    port: 1,
    user: "root",
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    privateKey: makeKeyPair().private,
    answerSeconds: 1,
  };

  it("refuses connections", async () => {
    expect(await faultOf(run({ ...nobody, port: await freePort() }, "true"))).toMatchObject({
      key: "haus",
      problem: "refuses connections",
      cure: expect.stringContaining("SSH server"),
    });
  });

  it("has a name that does not resolve", async () => {
    expect(await faultOf(run({ ...nobody, host: "router.invalid" }, "true"))).toMatchObject({
      value: "router.invalid port 1",
      problem: "has a name that cannot be resolved",
      cure: expect.stringContaining("ssh.host"),
    });
  });

  it("accepts and never speaks: the wait is bounded", async () => {
    const port = await listen(() => {});
    const begin = performance.now();
    expect(await faultOf(run({ ...nobody, port }, "true"))).toMatchObject({ problem: "does not answer" });
    // Where nobody says how long, it is 20 s.
    expect(performance.now() - begin).toBeLessThan(15_000);
  });

  it("closes at once", async () => {
    const port = await listen((socket) => socket.destroy());
    expect(await faultOf(run({ ...nobody, port }, "true"))).toMatchObject({
      key: "haus",
      problem: "closes the connection before the login",
    });
  });

  it("speaks something else", async () => {
    const port = await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect((await faultOf(run({ ...nobody, port }, "true")))?.cure).toBeTruthy();
  });

  it("is not waited for beyond the time that a boot may take", async () => {
    const port = await freePort();
    const begin = performance.now();
    const work = withSession({ ...nobody, port }, (session) => session.run("true"), 1);
    expect((await faultOf(work))?.problem).toBe("refuses connections");
    expect(performance.now() - begin).toBeLessThan(30_000);
  });
});
