/**
 * Emulated machines: boot, reset, power and removal. A machine is a record in
 * `lab/.run/machines/NAME.json`, so that any later command finds it.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { run } from "../command.ts";
import { CABLING, plugIn, unplug } from "../network/cabling.ts";
import { inNamespace } from "../network/namespaces.ts";
import { RUN } from "../places.ts";
import type { Image } from "./image-cache.ts";
import { type MachineFile, machineFiles } from "./initrd.ts";
import { makeConfigDisk } from "./openwrt-image.ts";
import { endProcess, isRunning, markProcess, type ProcessMark } from "./process.ts";
import { type Hardware, qemuArguments } from "./qemu.ts";
import { qmp } from "./qmp.ts";

const FOLDER = `${RUN}/machines`;

/** Milliseconds that an emulated machine may take to boot, also beside others on two cores. */
export const BOOT_LIMIT = 900_000;

/** What a new machine is to be. */
export interface MachineOptions {
  /** Unique in the lab; at most 10 characters, so that its TAP names fit. */
  readonly name: string;
  readonly image: Image;
  readonly memoryMiB: number;
  readonly nics: readonly { readonly bridge: string; readonly mac: string; readonly mtu?: number }[];
  /** Path on the machine → file, laid onto its disk at the first boot. */
  readonly files?: Readonly<Record<string, MachineFile>>;
  /** Name → content of files on a second, read-only disk. */
  readonly configDisk?: Readonly<Record<string, string | Buffer>>;
  readonly smbios?: Hardware["smbios"];
}

interface MachineRecord {
  readonly hardware: Hardware;
  readonly process?: ProcessMark;
}

/** A machine on this computer, running or off. */
export class Machine {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Starts it; quietly done when it runs. Does not wait for the guest. */
  async powerOn(): Promise<void> {
    const record = await this.#read();
    if (record.process && isRunning(record.process)) return;
    await inNamespace(CABLING, "qemu-system-x86_64", qemuArguments(record.hardware));
    const pid = Number(await readFile(record.hardware.pidFile, "utf8"));
    await save({ ...record, process: markProcess(pid) });
  }

  /** Pulls the plug; quietly done when it is off. */
  async powerOff(): Promise<void> {
    const { process } = await this.#read();
    if (process) await endProcess(process);
  }

  /** Presses reset: the guest starts anew without shutting down. */
  async reset(): Promise<void> {
    await qmp((await this.#read()).hardware.qmpSocket, "system_reset");
  }

  /** Pulls (`false`) or puts back the cable of a network card: the guest's carrier. @param nic 0 for eth0 */
  async setLink(nic: number, up: boolean): Promise<void> {
    await qmp((await this.#read()).hardware.qmpSocket, "set_link", { name: `net${nic}`, up });
  }

  /** Whether its QEMU runs now. */
  async running(): Promise<boolean> {
    if (!existsSync(recordFile(this.name))) return false;
    const { process } = await this.#read();
    return process !== undefined && isRunning(process);
  }

  /** Takes it away with its disk; quietly done when it has gone. */
  async destroy(): Promise<void> {
    if (!existsSync(recordFile(this.name))) return;
    const { hardware } = await this.#read();
    await this.powerOff();
    for (const { tap } of hardware.nics) await unplug(tap);
    await rm(`${FOLDER}/${this.name}`, { recursive: true, force: true });
    await rm(recordFile(this.name), { force: true });
  }

  /** File with everything that its serial console said. */
  async consoleLog(): Promise<string> {
    return (await this.#read()).hardware.consoleLog;
  }

  async #read(): Promise<MachineRecord> {
    return JSON.parse(await readFile(recordFile(this.name), "utf8")) as MachineRecord;
  }
}

/** Makes a machine and leaves it off. @throws Error when there is one of that name */
export async function createMachine(options: MachineOptions): Promise<Machine> {
  const { name, image } = options;
  if (existsSync(recordFile(name))) throw new Error(`The lab already has a machine "${name}".`);
  const folder = `${FOLDER}/${name}`;
  await mkdir(folder, { recursive: true });
  const disk = `${folder}/disk.qcow2`;
  await run("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", image.disk, disk]);
  const initrd = `${folder}/initrd`;
  await copyFile(image.initrd, initrd);
  if (options.files) await writeFile(initrd, machineFiles(options.files), { flag: "a", mode: 0o600 });
  const configDisk = `${folder}/config.ext4`;
  if (options.configDisk) await makeConfigDisk(configDisk, options.configDisk);
  const nics = options.nics.map(({ bridge, mac, mtu }, index) => ({
    bridge,
    mac,
    mtu,
    tap: `${name}-t${index}`,
  }));
  for (const { tap, bridge, mtu } of nics) await plugIn(tap, bridge, mtu);
  await save({
    hardware: {
      name,
      memoryMiB: options.memoryMiB,
      nics: nics.map(({ bridge, mac, tap }) => ({ bridge, mac, tap })),
      kernel: image.kernel,
      initrd,
      disk,
      ...(options.configDisk ? { configDisk } : {}),
      consoleLog: `${folder}/console.log`,
      qmpSocket: `${folder}/qmp`,
      pidFile: `${folder}/pid`,
      ...(options.smbios ? { smbios: options.smbios } : {}),
    },
  });
  return new Machine(name);
}

/** Makes a machine and starts it. */
export async function bootMachine(options: MachineOptions): Promise<Machine> {
  const machine = await createMachine(options);
  await machine.powerOn();
  return machine;
}

/** All machines that the lab has, running or not. */
export async function machines(): Promise<Machine[]> {
  if (!existsSync(FOLDER)) return [];
  const files = await readdir(FOLDER);
  return files
    .filter((file) => file.endsWith(".json"))
    .map((file) => new Machine(file.replace(/\.json$/, "")));
}

function recordFile(name: string): string {
  return `${FOLDER}/${name}.json`;
}

async function save(record: MachineRecord): Promise<void> {
  const file = recordFile(record.hardware.name);
  await writeFile(`${file}.new`, JSON.stringify(record, null, 2));
  await rename(`${file}.new`, file);
}
