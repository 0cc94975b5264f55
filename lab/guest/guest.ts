/**
 * A machine in which one nanosecond is one instruction: QEMU counts instructions and gives out the time by
 * them, so what the kernel says about time is a count, and a busy computer does not change it. When nothing is left
 * to do, its clock jumps to the next timer: waiting costs nothing, and a wait that ends has seen everything happen.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { run } from "../command.ts";
import type { Image } from "../machine/index.ts";
import { type MachineFile, machineFiles } from "../machine/initrd.ts";

/** Kernel options: the same addresses and paths at each boot, and the scheduler's own account of time. */
const KERNEL =
  "nokaslr mitigations=off schedstats=enable net.ifnames=0 quiet panic=1 console=ttyS0 root=/dev/vda rw";

/**
 * Boots a machine with these files, waits until it ends, and gives what its console said.
 * It has no network card: everything is inside.
 *
 * @param files path on the machine → file; `/usr/sbin/init` is process 1, says END last and ends the machine
 * @param minutes how long it may take; a busy computer takes long
 * @throws Error when QEMU fails or the machine is not done by then
 */
export async function runGuest(
  image: Image,
  files: Readonly<Record<string, MachineFile>>,
  minutes = 30,
): Promise<string> {
  // Not in lab/.run: `lab down` empties that, and this machine belongs to no lab.
  const folder = await mkdtemp(`${tmpdir()}/relay4in6-guest-`);
  const console = `${folder}/console`;
  try {
    const initrd = `${folder}/initrd`;
    await writeFile(initrd, Buffer.concat([await readFile(image.initrd), machineFiles(files)]));
    await run(
      "qemu-system-x86_64",
      [
        ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-snapshot"],
        ...["-machine", "q35", "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"],
        ...["-cpu", "max,la57=off", "-smp", "1", "-m", "512"],
        ...["-kernel", image.kernel, "-initrd", initrd, "-append", KERNEL],
        ...["-chardev", `file,id=console,path=${console}`, "-serial", "chardev:console"],
        ...[
          "-drive",
          `if=none,id=disk,file=${image.disk},format=raw`,
          "-device",
          "virtio-blk-pci,drive=disk",
        ],
      ],
      { timeout: minutes * 60_000 },
    );
    const said = (await readFile(console, "utf8")).replaceAll("\r", "");
    if (!/^END$/m.test(said)) {
      throw new Error(`The machine ended early: ${said.split("\n").slice(-20).join("\n")}`);
    }
    return said;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
