import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { vi } from "vitest";
import type { Target } from "../../src/deliver/index.ts";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";

/** A real SSH server on this machine's loopback, with keys of its own; `/run` and `/root` are its own as well. */
export class SshDaemon {
  readonly #process: ChildProcess;
  readonly #folder: string;
  /** How to log in, with the host key that it is pinned to by default. */
  readonly target: Target;
  /** Its public host keys, the first one pinned. */
  readonly hostKeys: readonly string[];

  private constructor(process: ChildProcess, folder: string, target: Target, hostKeys: readonly string[]) {
    this.#process = process;
    this.#folder = folder;
    this.target = target;
    this.hostKeys = hostKeys;
  }

  static async start(kind: "sshd" | "dropbear"): Promise<SshDaemon> {
    const folder = mkdtempSync(join(tmpdir(), "relay4in6-daemon-"));
    const login = makeKeyPair();
    const port = await freePort();
    writeFileSync(join(folder, "authorized_keys"), login.public);
    const { command, hostKeys } = kind === "sshd" ? openssh(folder, port) : dropbear(folder, port);
    const setUp = `mount -t tmpfs tmpfs /run; mkdir /run/sshd; mount -t tmpfs -o mode=700 tmpfs /root
      mkdir -m 700 /root/.ssh; cp ${folder}/authorized_keys /root/.ssh; exec ${command}`;
    // It ends with the test that started it, however that ends.
    const withThisProcess = ["--pdeathsig", "KILL", "unshare", "-m", "sh", "-euc", setUp];
    const daemon = spawn("setpriv", withThisProcess, { stdio: "ignore" });
    await vi.waitFor(() => greeting(port), { timeout: 60_000, interval: 20 });
    const target = {
      name: kind,
      host: "127.0.0.1",
      port,
      user: "root",
      hostKey: hostKeys[0] as string,
      privateKey: login.private,
    };
    return new SshDaemon(daemon, folder, target, hostKeys);
  }

  async stop(): Promise<void> {
    const gone = once(this.#process, "exit");
    this.#process.kill();
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function openssh(folder: string, port: number) {
  const hostKeys = [
    makeKeyPair(),
    ssh2.utils.generateKeyPairSync("rsa", { bits: 2048 }),
    ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 }),
  ];
  const paths = hostKeys.map((key, index) => {
    const path = join(folder, `host_key_${index}`);
    writeFileSync(path, key.private, { mode: 0o600 });
    return path;
  });
  writeFileSync(
    join(folder, "sshd_config"),
    [
      "ListenAddress 127.0.0.1",
      `Port ${port}`,
      ...paths.map((path) => `HostKey ${path}`),
      "PermitRootLogin yes",
      "PasswordAuthentication no",
      "UsePAM no",
      "PidFile none",
      "",
    ].join("\n"),
  );
  return {
    command: `/usr/sbin/sshd -D -f ${folder}/sshd_config`,
    hostKeys: hostKeys.map((key) => key.public.trim()),
  };
}

function dropbear(folder: string, port: number) {
  const path = join(folder, "host_key");
  const said = execFileSync("dropbearkey", ["-t", "ed25519", "-f", path], {
    encoding: "utf8",
    stdio: "pipe",
  });
  const [, hostKey = ""] = /^(ssh-ed25519 \S+)/m.exec(said) ?? [];
  return { command: `dropbear -F -s -p 127.0.0.1:${port} -r ${path}`, hostKeys: [hostKey] };
}

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function greeting(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  try {
    const [said] = await once(socket, "data", { signal: AbortSignal.timeout(20_000) });
    if (!String(said).startsWith("SSH-2.0")) throw new Error(`no SSH server: ${said}`);
  } finally {
    socket.destroy();
  }
}
