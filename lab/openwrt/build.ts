/**
 * The root file system of the lab's OpenWrt router: Debian's busybox, dropbear, nftables and iproute2 under
 * OpenWrt's paths and applet names, our binary, and `root/`, the picture of the rest. See README.md.
 */
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../command.ts";

const here = import.meta.dirname;

const packages =
  "busybox,conntrack,dropbear-bin,iproute2,isc-dhcp-client,jq,netbase,nftables,socat,util-linux,wireguard-tools";

/** What the router has of Debian's packages in the same place. */
const kept =
  `usr/lib/x86_64-linux-gnu usr/lib64 usr/sbin/dropbear usr/bin/dropbearkey usr/bin/dbclient usr/sbin/nft
  usr/bin/flock etc/protocols etc/services`.split(/\s+/);

const folders =
  "dev proc sys tmp root etc/config etc/dropbear etc/nftables.d etc/modules.d lib/upgrade/keep.d";

/** What it has elsewhere; `hidden` until its package is installed. */
const moved = {
  "usr/bin/busybox": "bin/busybox",
  "usr/bin/ip": "usr/libexec/ip-full",
  "usr/bin/jq": "usr/lib/lab/jq",
  "usr/bin/socat1": "usr/lib/lab/socat",
  "usr/sbin/dhclient": "usr/lib/lab/dhclient",
  "usr/sbin/conntrack": "usr/lib/lab/hidden/conntrack/usr/sbin/conntrack",
  "usr/bin/wg": "usr/lib/lab/hidden/wireguard-tools/usr/bin/wg",
};

/** The files of /etc/config, from one section a line in sections.txt. */
export async function defaultConfig(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const line of (await readFile(join(here, "sections.txt"), "utf8")).trim().split("\n")) {
    const [file = "", type, name, ...options] = line.split(" ");
    const head = `\nconfig ${type}${name === "-" ? "" : ` '${name}'`}\n`;
    const body = options.map((option) => {
      const [key = "", value] = option.split("=");
      return `\t${key.endsWith("+") ? "list" : "option"} ${key.replace("+", "")} '${value}'\n`;
    });
    files.set(file, (files.get(file) ?? "") + head + body.join(""));
  }
  return files;
}

/**
 * Composes the router's root file system in `dir`, all but /lib/modules.
 * @throws when mmdebstrap or go is missing or fails; the message has its output.
 */
export async function buildOpenwrtRoot(dir: string, packageManager: "opkg" | "apk" = "opkg"): Promise<void> {
  const debian = await mkdtemp(join(tmpdir(), "openwrt-debian-"));
  try {
    const from = join(debian, "root");
    await run("mmdebstrap", ["--quiet", "--variant=extract", `--include=${packages}`, "trixie", from]);
    for (const [source, target] of [...kept.map((path) => [path, path] as const), ...Object.entries(moved)]) {
      const path = join(dir, target);
      await mkdir(dirname(path), { recursive: true });
      await cp(join(from, source), path, { recursive: true, verbatimSymlinks: true });
    }
  } finally {
    await rm(debian, { recursive: true, force: true });
  }
  await cp(join(here, "root"), dir, { recursive: true, verbatimSymlinks: true });
  for (const line of (await readFile(join(here, "links.txt"), "utf8")).trim().split("\n")) {
    const [target = "", folder = "", ...names] = line.split(" ");
    await mkdir(join(dir, folder), { recursive: true });
    for (const name of names) await symlink(target, join(dir, folder, name));
  }
  for (const folder of folders.split(" ")) await mkdir(join(dir, folder), { recursive: true });
  if (packageManager === "apk") await rename(join(dir, "usr/bin/opkg"), join(dir, "usr/bin/apk"));
  for (const [file, text] of await defaultConfig())
    await writeFile(join(dir, "etc/config", file), `${text}\n`, { mode: 0o600 });
  const build = ["build", "-trimpath", "-ldflags=-s -w", "-o", join(dir, "usr/lib/lab/openwrt"), "."];
  await run("go", build, { cwd: here, env: { CGO_ENABLED: "0" } });
}
