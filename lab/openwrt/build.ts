/**
 * The root file system of the lab's OpenWrt router: Debian's busybox, dropbear, nftables and iproute2
 * under OpenWrt's paths and applet list, our binary, and the files of `root/`. See README.md.
 */
import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = import.meta.dirname;

/** The applets of OpenWrt's busybox; what is not here (stat, base64, timeout, …) is not there either. */
const applets = {
  bin: "ash busybox cat chgrp chmod chown cp date dd df dmesg echo egrep false fgrep grep gunzip gzip kill ln login ls mkdir mknod mktemp mount mv netstat pidof ping ping6 ps pwd rm rmdir sed sh sleep sync tar touch true umount uname vi zcat",
  sbin: "halt hwclock ifconfig init insmod lsmod modinfo modprobe pivot_root poweroff reboot rmmod route start-stop-daemon swapoff swapon switch_root sysctl udhcpc syslogd depmod logread",
  "usr/bin":
    "[ [[ awk basename bunzip2 bzcat clear cmp crontab cut dirname du env expr find free head hexdump hostid id killall less logger md5sum mkfifo nc nslookup passwd printf readlink reset seq setsid sha256sum sort strings tail tee test time top tr traceroute traceroute6 tty uniq uptime wc wget which xargs yes",
  "usr/sbin": "brctl chroot crond hostname",
} as const;

/** Names under which our binary is found. */
const programs = "sbin/uci sbin/fw4 sbin/procd bin/ubus usr/bin/jsonfilter usr/sbin/softwire usr/sbin/odhcp6c".split(" ");

const packages = "busybox,dropbear-bin,nftables,iproute2,conntrack,wireguard-tools,netbase,util-linux";

/** What `ubus call system board` prints. */
const board = {
  hostname: "OpenWrt",
  system: "QEMU Virtual CPU",
  model: "QEMU Standard PC",
  board_name: "qemu-standard-pc",
  rootfs_type: "ext4",
  release: {
    distribution: "OpenWrt",
    version: "24.10.2",
    target: "x86/64",
    description: "OpenWrt 24.10.2 (stand-in)",
  },
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
    files.set(
      file,
      `${files.get(file) ?? ""}\nconfig ${type}${name === "-" ? "" : ` '${name}'`}\n${body.join("")}`,
    );
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
    await run("mmdebstrap", [
      "--quiet",
      "--variant=extract",
      `--include=${packages}`,
      "trixie",
      join(debian, "root"),
    ]);
    await mkdir(dir, { recursive: true });
    const from = join(debian, "root");
    const take = async (source: string, target = source) => {
      await mkdir(dirname(join(dir, target)), { recursive: true });
      await cp(join(from, source), join(dir, target), { recursive: true, verbatimSymlinks: true });
    };
    await take("usr/lib/x86_64-linux-gnu");
    await take("usr/lib64");
    await take("usr/bin/busybox", "bin/busybox");
    for (const tool of ["dropbear", "nft"]) await take(`usr/sbin/${tool}`);
    for (const file of ["usr/bin/dropbearkey", "usr/bin/flock", "etc/protocols", "etc/services"]) await take(file);
    await take("usr/bin/ip", "usr/libexec/ip-full");
    await take("usr/sbin/conntrack", "usr/lib/lab/hidden/usr/sbin/conntrack");
    await take("usr/bin/wg", "usr/lib/lab/hidden/usr/bin/wg");
  } finally {
    await rm(debian, { recursive: true, force: true });
  }
  await compose(dir, packageManager);
}

async function compose(dir: string, packageManager: "opkg" | "apk"): Promise<void> {
  await cp(join(here, "root"), dir, { recursive: true, verbatimSymlinks: true });
  const folders =
    "dev proc sys tmp root etc/config etc/rc.d etc/dropbear etc/nftables.d etc/modules.d lib/upgrade/keep.d usr/share";
  for (const folder of folders.split(" ")) await mkdir(join(dir, folder), { recursive: true });
  const link = async (target: string, path: string) => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await rm(join(dir, path), { force: true });
    await symlink(target, join(dir, path));
  };
  for (const [folder, names] of Object.entries(applets))
    for (const name of names.split(" "))
      if (name !== "busybox") await link("/bin/busybox", join(folder, name));
  for (const path of programs) await link("/usr/lib/lab/openwrt", path);
  for (const name of ["sbin/ifdown", "sbin/ifstatus"]) await link("ifup", name);
  await link("usr/lib64", "lib64");
  await link("/bin/busybox", "sbin/init");
  await link("/tmp/run", "var/run");
  await link("/usr/lib/lab/ip", "sbin/ip");
  await link("/usr/libexec/ip-full", "usr/lib/lab/hidden/sbin/ip");
  if (packageManager === "apk") {
    await cp(join(dir, "usr/bin/opkg"), join(dir, "usr/bin/apk"));
    await rm(join(dir, "usr/bin/opkg"));
  }
  for (const [file, text] of await defaultConfig())
    await writeFile(join(dir, "etc/config", file), `${text}\n`, { mode: 0o600 });
  const texts: Record<string, string> = {
    "etc/passwd": "root::0:0:root:/root:/bin/ash\n",
    "etc/group": "root:x:0:\n",
    "etc/shells": "/bin/ash\n",
    "etc/sysctl.conf": "net.ipv4.ip_forward=1\nnet.ipv6.conf.all.forwarding=1\n",
    "etc/openwrt_release": "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='24.10.2'\nDISTRIB_TARGET='x86/64'\n",
    "etc/board.json": `${JSON.stringify(board, undefined, "\t")}\n`,
    "etc/os-release":
      'NAME="OpenWrt"\nVERSION="24.10.2"\nID="openwrt"\nPRETTY_NAME="OpenWrt 24.10.2 (stand-in)"\n',
  };
  for (const [path, text] of Object.entries(texts)) await writeFile(join(dir, path), text);
  const initScripts = await readdir(join(dir, "etc/init.d"));
  for (const name of initScripts) {
    const text = await readFile(join(dir, "etc/init.d", name), "utf8");
    for (const [, kind, order] of text.matchAll(/^(START|STOP)=(\d\d)$/gm))
      await link(`../init.d/${name}`, `etc/rc.d/${kind === "START" ? "S" : "K"}${order}${name}`);
    await chmod(join(dir, "etc/init.d", name), 0o755);
  }
  const env = { ...process.env, CGO_ENABLED: "0" };
  await run("go", ["build", "-trimpath", "-ldflags=-s -w", "-o", join(dir, "usr/lib/lab/openwrt"), "."], {
    cwd: here,
    env,
  });
}

if (import.meta.main) await buildOpenwrtRoot(process.argv[2] ?? join(here, "../.cache/openwrt"));
