/**
 * The image of the OpenWrt stand-in: its root from `lab/openwrt/`, kernel and modules from Debian's
 * cloud kernel, which the other images already hold.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../command.ts";
import { buildOpenwrtRoot } from "../openwrt/build.ts";
import { LAB } from "../places.ts";
import { putGoOnPath } from "../pulumi/go.ts";
import { ensureImage } from "./image.ts";
import { cachedImage, type Image, makeDisk } from "./image-cache.ts";

/** Package manager of the router: opkg up to OpenWrt 24.10, apk from 25.12. */
export type PackageManager = "opkg" | "apk";

/** Counts up when this file makes something else of the same root. */
const REVISION = 1;

/** Gives the router's image, from the cache or newly made. */
export async function ensureOpenwrtImage(packageManager: PackageManager = "opkg"): Promise<Image> {
  const kernelOf = await ensureImage("isp");
  const digest = await digestOf([String(REVISION), kernelOf.folder, packageManager]);
  return cachedImage(`openwrt-${packageManager}`, "the stand-in's sources", digest, async (root, made) => {
    await putGoOnPath();
    await buildOpenwrtRoot(root, packageManager);
    await mkdir(`${root}/lib`, { recursive: true });
    await run("debugfs", ["-R", `rdump /usr/lib/modules ${root}/lib`, kernelOf.disk]);
    await copyFile(kernelOf.kernel, made.kernel);
    await copyFile(kernelOf.initrd, made.initrd);
    await makeDisk(root, made.disk, 512);
  });
}

/** Hash of the stand-in's sources and of what else the image depends on. */
async function digestOf(parts: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(parts.join("\n"));
  const source = join(LAB, "openwrt");
  const files = (await readdir(source, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(file.slice(source.length)).update(await readFile(file));
  return hash.digest("hex");
}

/** Writes a small ext4 disk with these files in its root; the router reads it at power-on. */
export async function makeConfigDisk(
  disk: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  const folder = `${disk}.files`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    for (const [name, data] of Object.entries(files))
      await writeFile(`${folder}/${name}`, data, { mode: 0o600 });
    await run("mke2fs", ["-q", "-t", "ext4", "-O", "^has_journal", "-d", folder, disk, "4M"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
