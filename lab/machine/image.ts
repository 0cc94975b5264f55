/**
 * Makes the images of Debian machines from their recipes.
 */
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { run } from "../command.ts";
import { cachedImage, type Image, makeDisk } from "./image-cache.ts";
import { makeInitrd } from "./initrd.ts";
import { type ImageName, MIRRORED, type Recipe, recipe } from "./recipes.ts";

/** Counts up when this file makes something else of the same recipe. */
const REVISION = 2;

/** Gives an image, from the cache or newly made. */
export async function ensureImage(name: Exclude<ImageName, "openwrt">): Promise<Image> {
  const wanted = recipe(name);
  return cachedImage(name, "Debian's packages", digest(wanted), (root, made) => make(wanted, root, made));
}

function digest(wanted: Recipe): string {
  const text = JSON.stringify([REVISION, wanted, MIRRORED]);
  return createHash("sha256").update(text).digest("hex");
}

async function make(wanted: Recipe, root: string, made: Image): Promise<void> {
  await debianRoot(wanted, root, made.packages);
  await addKernel(root, made);
  await makeDisk(root, made.disk, 2048);
  await writeFile(`${made.folder}/recipe.json`, JSON.stringify(wanted, null, 2));
}

/** Kernel and initrd of an image, from the kernel package in its root. */
export async function addKernel(root: string, made: Image): Promise<void> {
  const version = (await readdir(`${root}/lib/modules`))[0];
  if (!version) throw new Error(`The kernel package brought no modules to ${root}.`);
  await cp(`${root}/boot/vmlinuz-${version}`, made.kernel);
  await writeFile(made.initrd, await makeInitrd(`${root}/lib/modules/${version}`));
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
