/**
 * Images of machines, kept under `lab/.cache/images`: one folder an image, named by a hash of what it is made of,
 * so that a changed recipe makes a new one.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { run } from "../command.ts";
import { CACHE, RUN } from "../places.ts";
import { step } from "../progress.ts";

/** What a machine boots from; never written to by a machine. */
export interface Image {
  readonly folder: string;
  /** ext4 file system, raw. */
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  /** Packages that machines of this image can install, for the mirror. */
  readonly packages: string;
}

/**
 * Gives an image, from the cache or newly made; older ones of its name go, but for those that a machine runs on.
 *
 * @param from what it is made from, to be told while it is made
 * @param hash of all that it depends on
 * @param make makes the root file system in the folder `root`, and disk, kernel and initrd where `made` says
 */
export async function cachedImage(
  name: string,
  from: string,
  hash: string,
  make: (root: string, made: Image) => Promise<void>,
): Promise<Image> {
  const image = imageAt(`${CACHE}/images/${name}-${hash.slice(0, 12)}`);
  if (existsSync(image.folder)) return image;
  await step(`Image ${name} from ${from}`, async () => {
    await mkdir(`${CACHE}/images`, { recursive: true });
    const scratch = await mkdtemp(`${CACHE}/images/.making-`);
    try {
      const made = imageAt(`${scratch}/image`);
      await mkdir(made.packages, { recursive: true });
      await make(`${scratch}/root`, made);
      await rename(made.folder, image.folder).catch((error) => {
        // Another process has made the same in the meantime.
        if (!existsSync(image.folder)) throw error;
      });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
  await dropOlder(name, image.folder);
  return image;
}

async function dropOlder(name: string, kept: string): Promise<void> {
  const records = `${RUN}/machines`;
  const files = existsSync(records) ? (await readdir(records)).filter((file) => file.endsWith(".json")) : [];
  const inUse = (await Promise.all(files.map((file) => readFile(`${records}/${file}`, "utf8")))).join();
  for (const folder of await readdir(`${CACHE}/images`)) {
    const path = `${CACHE}/images/${folder}`;
    const older = folder.replace(/-[0-9a-f]{12}$/, "") === name && path !== kept;
    if (older && !inUse.includes(path)) await rm(path, { recursive: true, force: true });
  }
}

/** The parts of an image in a folder of the cache. */
function imageAt(folder: string): Image {
  return {
    folder,
    disk: `${folder}/disk.ext4`,
    kernel: `${folder}/vmlinuz`,
    initrd: `${folder}/initrd`,
    packages: `${folder}/packages`,
  };
}

/** Makes the file system of an image from a folder. @param mebibytes its size; empty parts take no room */
export async function makeDisk(root: string, disk: string, mebibytes: number): Promise<void> {
  await run("mke2fs", ["-q", "-t", "ext4", "-L", "root", "-d", root, disk, `${mebibytes}M`]);
}
