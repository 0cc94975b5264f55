/**
 * Makes the images of machines and keeps them under `lab/.cache/images`, one folder per recipe,
 * named by a hash of the recipe: a changed recipe makes a new image.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { run } from "../command.ts";
import { CACHE, RUN } from "../places.ts";
import { step } from "../progress.ts";
import { makeInitrd } from "./initrd.ts";
import { type ImageName, MIRRORED, type Recipe, recipe } from "./recipes.ts";

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

/** Counts up when this file makes something else of the same recipe. */
const REVISION = 2;

/** Gives an image, from the cache or newly made. */
export async function ensureImage(name: Exclude<ImageName, "openwrt">): Promise<Image> {
  const wanted = recipe(name);
  const image = imageAt(`${CACHE}/images/${name}-${digest(wanted)}`);
  if (!existsSync(image.folder)) {
    await step(`Image ${name} from Debian's packages`, () => make(wanted, image.folder));
    await dropOlder(name, image.folder);
  }
  return image;
}

/** Takes images of the same name from earlier recipes away, but for those that a machine runs on. */
export async function dropOlder(name: string, kept: string): Promise<void> {
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
export function imageAt(folder: string): Image {
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

function digest(wanted: Recipe): string {
  const text = JSON.stringify([REVISION, wanted, MIRRORED]);
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

async function make(wanted: Recipe, folder: string): Promise<void> {
  await mkdir(`${CACHE}/images`, { recursive: true });
  const scratch = await mkdtemp(`${CACHE}/images/.making-`);
  try {
    const root = `${scratch}/root`;
    const made = imageAt(`${scratch}/image`);
    await mkdir(made.packages, { recursive: true });
    await debianRoot(wanted, root, made.packages);
    const version = (await readdir(`${root}/lib/modules`))[0];
    if (!version) throw new Error(`Image ${wanted.name}: the kernel package brought no modules.`);
    await cp(`${root}/boot/vmlinuz-${version}`, made.kernel);
    await writeFile(made.initrd, await makeInitrd(`${root}/lib/modules/${version}`));
    await makeDisk(root, made.disk, 2048);
    await writeFile(`${made.folder}/recipe.json`, JSON.stringify(wanted, null, 2));
    await rename(made.folder, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function debianRoot(wanted: Recipe, root: string, packages: string): Promise<void> {
  await chmod(dirname(root), 0o755);
  const overlay = `${dirname(root)}/overlay`;
  for (const [path, text] of Object.entries(wanted.files)) {
    await mkdir(dirname(`${overlay}${path}`), { recursive: true });
    await writeFile(`${overlay}${path}`, text);
  }
  const inside = wanted.commands.join("\n");
  await run(
    "mmdebstrap",
    [
      "--variant=apt",
      "--mode=root",
      `--include=${wanted.packages.join(",")}`,
      '--aptopt=APT::Install-Recommends "false"',
      // For the mirror: what these packages need beyond this very image.
      '--customize-hook=chroot "$1" apt-get clean',
      `--customize-hook=chroot "$1" apt-get install -y -qq --download-only --no-install-recommends ${MIRRORED.join(" ")}`,
      `--customize-hook=cp "$1"/var/cache/apt/archives/*.deb ${packages}/`,
      `--customize-hook=cp -a ${overlay}/. "$1/"`,
      `--customize-hook=chroot "$1" sh -eu -c '${inside}'`,
      "trixie",
      root,
      // The machines boot by our own initrd: Debian's would take half a minute to make.
    ],
    { env: { INITRD: "No" } },
  );
}
