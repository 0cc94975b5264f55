/**
 * The root file system of the lab's OpenWrt router: Debian's busybox, dropbear, nftables and iproute2 under
 * OpenWrt's paths and applet names, our binary, and `root/`, the picture of the rest. See README.md.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = import.meta.dirname;

const packages = "busybox,conntrack,dropbear-bin,iproute2,netbase,nftables,util-linux,wireguard-tools";

/** Where a file of Debian's is on the router, if not in the same place; `hidden` until its package is installed. */
const places = {
  "usr/lib/x86_64-linux-gnu": "",
  "usr/lib64": "",
  "usr/bin/busybox": "bin/busybox",
  "usr/sbin/dropbear": "",
  "usr/bin/dropbearkey": "",
  "usr/bin/dbclient": "",
  "usr/sbin/nft": "",
  "usr/bin/flock": "",
  "etc/protocols": "",
  "etc/services": "",
  "usr/bin/ip": "usr/libexec/ip-full",
  "usr/sbin/conntrack": "usr/lib/lab/hidden/usr/sbin/conntrack",
  "usr/bin/wg": "usr/lib/lab/hidden/usr/bin/wg",
};

/** The files of /etc/config, from one section a line in sections.txt. */
export async function defaultConfig(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const line of (await readFile(join(here, "sections.txt"), "utf8")).trim().split("\n")) {
    const [file = "", type, name, ...options] = line.split(" ");
    const body = options.map((option) => {
      const [, key, list, value] = /^(\w+)(\+?)=(.*)$/.exec(option) ?? [];
      return `\t${list ? "list" : "option"} ${key} '${value}'\n`;
    });
    const head = `\nconfig ${type}${name === "-" ? "" : ` '${name}'`}\n`;
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
    for (const [source, target] of Object.entries(places)) {
      const path = join(dir, target || source);
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
  const folders =
    "dev proc sys tmp root etc/config etc/dropbear etc/nftables.d etc/modules.d lib/upgrade/keep.d";
  for (const folder of folders.split(" ")) await mkdir(join(dir, folder), { recursive: true });
  if (packageManager === "apk") await rename(join(dir, "usr/bin/opkg"), join(dir, "usr/bin/apk"));
  for (const [file, text] of await defaultConfig())
    await writeFile(join(dir, "etc/config", file), `${text}\n`, { mode: 0o600 });
  const build = ["build", "-trimpath", "-ldflags=-s -w", "-o", join(dir, "usr/lib/lab/openwrt"), "."];
  await run("go", build, { cwd: here, env: { ...process.env, CGO_ENABLED: "0" } });
}

if (import.meta.main) await buildOpenwrtRoot(process.argv[2] ?? join(here, "../.cache/openwrt"));
