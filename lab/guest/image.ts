/**
 * Images of machines that hold a whole small network in namespaces: the kernel and the tools of the relay's image,
 * and no daemon that could do anything in between.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { run } from "../command.ts";
import { dropOlder } from "../machine/image.ts";
import { type Image, imageAt, makeDisk, makeInitrd } from "../machine/index.ts";
import { CACHE } from "../places.ts";
import { step } from "../progress.ts";

/** Debian packages beyond the essential ones: a kernel, and what a relay is given. */
const PACKAGES = [
  "linux-image-cloud-amd64",
  "kmod",
  "mount",
  "iproute2",
  "ifupdown",
  "iptables",
  "ipset",
  "nftables",
  "conntrack",
];

/** Counts up when this file makes something else of the same packages. */
const REVISION = 1;

/**
 * Gives an image, from the cache or newly made (half a minute).
 * @param name what it is called in the cache
 * @param more Debian packages that it has beside those of a relay
 */
export async function ensureGuestImage(name: string, more: readonly string[]): Promise<Image> {
  const packages = [...PACKAGES, ...more];
  const digest = createHash("sha256")
    .update(JSON.stringify([REVISION, packages]))
    .digest("hex");
  const image = imageAt(`${CACHE}/images/${name}-${digest.slice(0, 12)}`);
  if (!existsSync(image.folder)) {
    await step(`Image ${name} from Debian's packages`, () => make(packages, image.folder));
    await dropOlder(name, image.folder);
  }
  return image;
}

async function make(packages: readonly string[], folder: string): Promise<void> {
  await mkdir(`${CACHE}/images`, { recursive: true });
  const scratch = await mkdtemp(`${CACHE}/images/.making-`);
  try {
    const root = `${scratch}/root`;
    const made = imageAt(`${scratch}/image`);
    await mkdir(made.folder);
    await run(
      "mmdebstrap",
      [
        "--variant=essential",
        "--mode=root",
        `--include=${packages.join(",")}`,
        '--aptopt=APT::Install-Recommends "false"',
        "trixie",
        root,
      ],
      // It boots by our own initrd: Debian's would take half a minute to make.
      { env: { INITRD: "No" } },
    );
    const version = (await readdir(`${root}/lib/modules`))[0];
    if (!version) throw new Error("The kernel package brought no modules.");
    await cp(`${root}/boot/vmlinuz-${version}`, made.kernel);
    await writeFile(made.initrd, await makeInitrd(`${root}/lib/modules/${version}`));
    await makeDisk(root, made.disk, 1024);
    await rename(made.folder, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
