/**
 * Writes archives in cpio's "newc" format, which the kernel unpacks as an initramfs
 * (Documentation/driver-api/early-userspace/buffer-format.rst of Linux).
 */

/** One file, folder (`directory`) or symbolic link of an archive. */
export interface CpioEntry {
  /** Path without a leading slash. Parent folders have to come before what is in them. */
  readonly path: string;
  /** Content of a file, target of a symbolic link; nothing for a folder. */
  readonly data?: Buffer | string;
  readonly kind?: "file" | "directory" | "symlink";
  /** Permission bits. @default 0o644, folders and links 0o755 */
  readonly mode?: number;
}

const TYPE_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;

/** Makes an archive of these entries, each owned by root. */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  entries.forEach((entry, index) => {
    const kind = entry.kind ?? "file";
    const mode = TYPE_BITS[kind] | (entry.mode ?? (kind === "file" ? 0o644 : 0o755));
    parts.push(...record(entry.path, index + 1, mode, Buffer.from(entry.data ?? "")));
  });
  parts.push(...record("TRAILER!!!", 0, 0, Buffer.alloc(0)));
  return Buffer.concat(parts);
}

/** The files with every folder above them, in an order that can be unpacked. */
export function withParents(files: readonly CpioEntry[]): CpioEntry[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    const names = path.split("/").slice(0, -1);
    names.forEach((_, depth) => folders.add(names.slice(0, depth + 1).join("/")));
  }
  const made: CpioEntry[] = [...folders].sort().map((path) => ({ path, kind: "directory" }));
  return [...made, ...files];
}

function record(path: string, inode: number, mode: number, data: Buffer): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const links = (mode & 0o170000) === TYPE_BITS.directory ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  return [padded(Buffer.concat([Buffer.from(header), name])), padded(data)];
}

/** Header with name, and data, each end on a multiple of four bytes. */
function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}
