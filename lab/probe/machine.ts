/**
 * One emulated machine that holds the relay, the homes and the internet of the packet tests in namespaces, and stays
 * there to be asked: each place answers as a session over SSH would. Its clock is the real one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import type { Answer, Session } from "../../src/deliver/index.ts";
import { poll } from "../command.ts";
import { ensureGuestImage } from "../guest/image.ts";
import { type MachineFile, machineFiles } from "../machine/initrd.ts";
import { networkFiles } from "../packets/network.ts";

/** Where a command runs: at an end, on the way between them, or (empty) beside them. */
export type Place = "relay" | "haus" | "zwei" | "internet" | "";

const OWN = new URL("guest/", import.meta.url);
const PACKETS = new URL("../packets/guest/", import.meta.url);
const KERNEL = "mitigations=off net.ifnames=0 no_timer_check panic=1 console=ttyS0 root=/dev/vda rw";

/** The machine while it runs. */
export class ProbeMachine {
  readonly #qemu: ChildProcess;
  readonly #folder: string;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #asked = 0;

  private constructor(qemu: ChildProcess, folder: string, socket: Socket) {
    this.#qemu = qemu;
    this.#folder = folder;
    this.#socket = socket;
    createInterface({ input: socket }).on("line", (line) => {
      const { id, ...answer } = JSON.parse(line) as Answer & { id: number };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  /** Boots it and builds the places, in about half a minute. @throws Error when the places cannot be built */
  static async start(): Promise<ProbeMachine> {
    const image = await ensureGuestImage("probe", [
      ...["python3-minimal", "procps", "iputils-ping", "wireguard-tools"],
    ]);
    const folder = await mkdtemp(`${tmpdir()}/relay4in6-probe-`);
    const initrd = `${folder}/initrd`;
    const agent = `${folder}/agent`;
    await writeFile(initrd, Buffer.concat([await readFile(image.initrd), machineFiles(await files())]));
    const qemu = spawn(
      "qemu-system-x86_64",
      [
        ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-snapshot"],
        ...["-machine", "q35,accel=tcg", "-cpu", "max,la57=off", "-smp", "1", "-m", "512"],
        ...["-kernel", image.kernel, "-initrd", initrd, "-append", KERNEL],
        ...["-chardev", `file,id=console,path=${folder}/console`, "-serial", "chardev:console"],
        ...["-chardev", `socket,id=agent,path=${agent},server=on,wait=off`],
        ...["-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=agent"],
        ...["-drive", `if=none,id=disk,file=${image.disk},format=raw`],
        ...["-device", "virtio-blk-pci,drive=disk"],
      ],
      { stdio: "ignore" },
    );
    try {
      await poll("the machine's channel", 30_000, async () => existsSync(agent) || undefined, 100);
      const machine = new ProbeMachine(qemu, folder, connect(agent));
      const ready = new Promise<Answer>((resolve) => machine.#waiting.set(0, resolve));
      const isReady = await Promise.race([ready.then(() => true), after(900_000)]);
      const said = await readFile(`${folder}/console`, "utf8");
      if (!isReady || said.includes("FAULT"))
        throw new Error(`The machine is not ready: ${said.slice(-3000)}`);
      return machine;
    } catch (error) {
      qemu.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** A session at a place. */
  at(place: Place): Session {
    return {
      run: (command, stdin = "") =>
        new Promise((resolve) => {
          const id = ++this.#asked;
          this.#waiting.set(id, resolve);
          this.#socket.write(`${JSON.stringify({ id, place, command, stdin })}\n`);
        }),
    };
  }

  /** What a command prints at a place. @throws Error when it fails */
  async run(place: Place, command: string, stdin?: string): Promise<string> {
    const { code, stdout, stderr } = await this.at(place).run(command, stdin);
    if (code !== 0) throw new Error(`${place}: ${command}: ${stderr}`);
    return stdout;
  }

  async stop(): Promise<void> {
    this.#socket.destroy();
    const ended = new Promise((resolve) => this.#qemu.once("exit", resolve));
    this.#qemu.kill("SIGKILL");
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function after(milliseconds: number): Promise<false> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
  return false;
}

async function files(): Promise<Record<string, MachineFile>> {
  const made: Record<string, MachineFile> = { ...networkFiles() };
  const put = async (base: URL, name: string, path: string) => {
    made[path] = { text: await readFile(new URL(name, base), "utf8"), mode: 0o755 };
  };
  for (const name of ["at", "places", "rc.common"]) await put(PACKETS, name, `/packets/${name}`);
  await put(OWN, "init", "/usr/sbin/init");
  for (const name of ["world", "agent.py"]) await put(OWN, name, `/probe/${name}`);
  return made;
}
