/**
 * The small initrd with which machines boot without a boot loader: busybox loads the virtio
 * drivers, mounts the disk, lays this machine's own files over it at the first boot, and hands over.
 */
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { type CpioEntry, cpio, withParents } from "./cpio.ts";

/** Drivers of the emulated disk and network card; Debian's kernel has ext4 and virtio_pci built in. */
const DRIVERS = ["virtio_blk", "virtio_net", "virtio_rng"];

const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /root
/bin/busybox mount -t devtmpfs dev /dev
for driver in $(/bin/busybox cat /drivers/order); do /bin/busybox insmod /drivers/$driver; done
until [ -b /dev/vda ]; do /bin/busybox sleep 0.1; done
/bin/busybox mount -t ext4 -o rw /dev/vda /root || exec /bin/busybox sh
if [ -d /machine ] && [ ! -e /root/.lab-first-boot ]; then
  /bin/busybox cp -a /machine/. /root/
  : > /root/.lab-first-boot
fi
/bin/busybox umount /dev
exec /bin/busybox switch_root /root /sbin/init
`;

/**
 * Makes the initrd for a kernel.
 * @param modules the folder `/lib/modules/VERSION` of that kernel
 */
export async function makeInitrd(modules: string): Promise<Buffer> {
  const order = loadOrder(await readFile(`${modules}/modules.dep`, "utf8"), DRIVERS);
  const files: CpioEntry[] = [
    { path: "init", data: INIT, mode: 0o755 },
    { path: "bin/busybox", data: await readFile("/bin/busybox"), mode: 0o755 },
    { path: "drivers/order", data: order.map(moduleName).join("\n") },
  ];
  for (const path of order) {
    files.push({ path: `drivers/${moduleName(path)}`, data: await uncompressed(`${modules}/${path}`) });
  }
  return gzipSync(cpio(withParents(files)), { level: 1 });
}

/**
 * A second archive, put behind the first: the kernel unpacks both.
 * Its files appear on the machine's disk at the first boot, owned by root.
 * @param files path on the machine → text and mode
 */
export function machineFiles(files: Readonly<Record<string, MachineFile>>): Buffer {
  const entries = Object.entries(files).map(([path, file]) => ({
    path: `machine/${path.replace(/^\//, "")}`,
    data: file.text,
    mode: file.mode ?? 0o644,
  }));
  const listed = withParents(entries).map((entry) =>
    // sshd refuses keys under a folder that others may read or write.
    entry.kind === "directory" && /\/(root|\.ssh)$/.test(entry.path) ? { ...entry, mode: 0o700 } : entry,
  );
  return gzipSync(cpio(listed), { level: 1 });
}

/** A file to be laid onto a machine. */
export interface MachineFile {
  readonly text: string;
  /** Permission bits. @default 0o644 */
  readonly mode?: number;
}

/** Paths of the drivers and of all they need, each after what it needs. */
function loadOrder(dependencies: string, drivers: readonly string[]): string[] {
  const needs = new Map<string, string[]>();
  for (const line of dependencies.split("\n")) {
    const [path, list] = line.split(":");
    if (path && list !== undefined) needs.set(path, list.trim().split(/\s+/).filter(Boolean));
  }
  const order = new Set<string>();
  for (const driver of drivers) {
    const path = [...needs.keys()].find((name) => moduleName(name) === `${driver}.ko`);
    if (!path)
      throw new Error(`The kernel of the image has no module ${driver}: the machine could not boot.`);
    // modules.dep lists what has to be loaded first at the end.
    for (const needed of [...(needs.get(path) ?? [])].reverse()) order.add(needed);
    order.add(path);
  }
  return [...order];
}

function moduleName(path: string): string {
  return (path.split("/").pop() ?? path).replace(/\.xz$/, "").replaceAll("-", "_");
}

async function uncompressed(path: string): Promise<Buffer> {
  if (!path.endsWith(".xz")) return readFile(path);
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  const { stdout } = await promisify(execFile)("xz", ["-dc", path], {
    encoding: "buffer",
    maxBuffer: 64 << 20,
  });
  return stdout;
}
