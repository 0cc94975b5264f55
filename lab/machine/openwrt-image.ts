/**
 * The image of the OpenWrt stand-in: its root from `lab/openwrt/`, kernel and modules from Debian's
 * cloud kernel, which the other images already hold.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { run } from "../command.ts";
import { buildOpenwrtRoot } from "../openwrt/build.ts";
import { CACHE, LAB } from "../places.ts";
import { step } from "../progress.ts";
import { ensureGo } from "../pulumi/go.ts";
import { dropOlder, ensureImage, type Image, imageAt, makeDisk } from "./image.ts";

/** Package manager of the router: opkg up to OpenWrt 24.10, apk from 25.12. */
export type PackageManager = "opkg" | "apk";

/** Counts up when this file makes something else of the same root. */
const REVISION = 1;

/** Gives the router's image, from the cache or newly made. */
export async function ensureOpenwrtImage(packageManager: PackageManager = "opkg"): Promise<Image> {
  const kernelOf = await ensureImage("isp");
  const digest = await digestOf([String(REVISION), kernelOf.folder, packageManager]);
  const image = imageAt(`${CACHE}/images/openwrt-${packageManager}-${digest}`);
  if (!existsSync(image.folder)) {
    await step("Image openwrt from the stand-in's sources", () =>
      make(packageManager, kernelOf, image.folder),
    );
    await dropOlder(`openwrt-${packageManager}`, image.folder);
  }
  return image;
}

async function make(packageManager: PackageManager, kernelOf: Image, folder: string): Promise<void> {
  await mkdir(`${CACHE}/images`, { recursive: true });
  const scratch = await mkdtemp(`${CACHE}/images/.making-`);
  try {
    const root = `${scratch}/root`;
    const made = imageAt(`${scratch}/image`);
    await mkdir(made.packages, { recursive: true });
    const go = await ensureGo();
    process.env.PATH = [dirname(go), process.env.PATH].join(delimiter);
    await buildOpenwrtRoot(root, packageManager);
    await mkdir(`${root}/lib`, { recursive: true });
    await run("debugfs", ["-R", `rdump /usr/lib/modules ${root}/lib`, kernelOf.disk]);
    await copyFile(kernelOf.kernel, made.kernel);
    await copyFile(kernelOf.initrd, made.initrd);
    await makeDisk(root, made.disk, 512);
    await rename(made.folder, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
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
  return hash.digest("hex").slice(0, 12);
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
