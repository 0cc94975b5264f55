/**
 * Images of machines that hold a whole small network in namespaces: the kernel and the tools of the relay's image,
 * and no daemon that could do anything in between.
 */
import { createHash } from "node:crypto";
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
    await addKernel(root, made);
    await makeDisk(root, made.disk, 1024);
  });
}
