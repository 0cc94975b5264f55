/**
 * A small apt repository, the only one that machines of the lab can reach: the packages which they
 * may install after boot, with what their images lack for them. Collected while images are made.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { run } from "../command.ts";
import type { Image } from "../machine/index.ts";
import { MIRROR_FOLDER } from "./serve.ts";

/**
 * Fills the mirror with the packages of these images and writes its index.
 * Layout: a flat repository (sources.list(5), `deb URI ./`), unsigned.
 */
export async function fillMirror(images: readonly Image[]): Promise<void> {
  const folder = `${MIRROR_FOLDER}.new`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { packages } of images) {
    // apt writes the colon of an epoch as %3a, which a client would decode on its way.
    for (const name of await readdir(packages)) {
      await copyFile(`${packages}/${name}`, `${folder}/${name.replaceAll("%3a", "_")}`);
    }
  }
  const index = await run("dpkg-scanpackages", ["--multiversion", "."], { cwd: folder });
  await writeFile(`${folder}/Packages`, index);
  await writeFile(`${folder}/Release`, release(index));
  await rm(MIRROR_FOLDER, { recursive: true, force: true });
  await rename(folder, MIRROR_FOLDER);
}

function release(packages: string): string {
  const sum = createHash("sha256").update(packages).digest("hex");
  return [
    "Origin: relay4in6 lab",
    "Suite: trixie",
    "Codename: trixie",
    `Date: ${new Date().toUTCString().replace("GMT", "UTC")}`,
    "SHA256:",
    ` ${sum} ${Buffer.byteLength(packages)} Packages`,
    "",
  ].join("\n");
}
