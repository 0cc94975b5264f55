/**
 * Images of machines that hold a whole small network in namespaces: the kernel and the tools of the relay's image,
 * and no daemon that could do anything in between.
 */
import { createHash } from "node:crypto";
import { chmod, copyFile } from "node:fs/promises";
import { run } from "../command.ts";
import { addKernel, cachedImage, type Image, makeDisk } from "../machine/index.ts";

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
  "ethtool",
];

/** A program that is in no Debian package. */
export interface Program {
  /** What it is called in /usr/local/bin. */
  readonly name: string;
  readonly version: string;
  /** Where it is on this machine; it needs no libraries. */
  readonly path: string;
}

/** Counts up when this file makes something else of the same packages. */
const REVISION = 1;

/**
 * Gives an image, from the cache or newly made (half a minute).
 * @param name what it is called in the cache
 * @param more Debian packages that it has beside those of a relay
 * @param programs others that it has
 */
export async function ensureGuestImage(
  name: string,
  more: readonly string[],
  programs: readonly Program[] = [],
): Promise<Image> {
  const packages = [...PACKAGES, ...more];
  const versions = programs.map((program) => `${program.name} ${program.version}`);
  const digest = createHash("sha256")
    .update(JSON.stringify([REVISION, packages, ...versions]))
    .digest("hex");
  return cachedImage(name, "Debian's packages", digest, async (root, made) => {
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
    for (const program of programs) {
      const path = `${root}/usr/local/bin/${program.name}`;
      await copyFile(program.path, path);
      await chmod(path, 0o755);
    }
    await addKernel(root, made);
    await makeDisk(root, made.disk, 1024);
  });
}
