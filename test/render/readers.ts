import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { defaultConfig } from "../../lab/openwrt/build.ts";
import type { BundleFile } from "../../src/render/index.ts";

/** A bundle's files under a folder of the test's own, as they will lie on the machine. */
export class Tree {
  readonly root = mkdtempSync(join(tmpdir(), "relay4in6-tree-"));

  constructor(files: readonly BundleFile[]) {
    for (const { path, text, mode } of files) {
      mkdirSync(dirname(this.at(path)), { recursive: true });
      writeFileSync(this.at(path), text, { mode: Number.parseInt(mode, 8) });
    }
  }

  at(path: string): string {
    return join(this.root, path);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The end's program that reads a file of this path; it is run on the file and fails where it does not like it. */
export type Reader = (tree: Tree, path: string) => void;

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs a script in network and mount namespaces of its own; `$1` is the file, `$here` its folder. */
function inNamespaces(script: string): Reader {
  return (tree, path) => {
    const file = tree.at(path);
    run("unshare", "-mn", "sh", "-euc", `here=\${1%/*}\n${script}`, "sh", file);
  };
}

const shellScript: Reader = (tree, path) => {
  run("sh", "-n", tree.at(path));
  run("busybox", "ash", "-n", tree.at(path));
  run("shellcheck", "-s", "dash", tree.at(path));
};

/** rc.common gives an init script `local`, and reads its variables. The table that it makes is made, twice. */
const initScript: Reader = (tree, path) => {
  run("busybox", "ash", "-n", tree.at(path));
  run("shellcheck", "-s", "dash", "-e", "SC3043,SC2034", tree.at(path));
  inNamespaces(`sed -n '/^answer_through_the_tunnel()/,/^}/p' "$1" >"$1.part"
    tunnels() { cat "$here/../relay4in6/tunnels"; }
    . "$1.part"
    for time in first second; do answer_through_the_tunnel; done
    rm "$1.part"
    for device in $(tunnels | sed 's/ .*//'); do nft list table ip relay4in6 | grep -q "\\"$device\\""; done`)(
    tree,
    path,
  );
};

const awkProgram: Reader = (tree, path) => {
  run("mawk", "-f", tree.at(path), "/dev/null");
  run("busybox", "awk", "-f", tree.at(path), "/dev/null");
};

/** Twice, because a reload loads over what is there. */
const rules = (command: string) =>
  inNamespaces(`ipset restore <"$here/sets"
    for time in first second; do ${command}-restore --test --noflush <"$1"; ${command}-restore --noflush <"$1"; done`);

const ifupdown: Reader = (tree, path) => {
  const device = path.slice(path.lastIndexOf("-") + 1);
  inNamespaces(`mount -t tmpfs tmpfs /run
    mkdir /run/network
    commands=$(ifup --no-act -v -i "$1" ${device} 2>&1; ifdown --no-act -v --force -i "$1" ${device} 2>&1)
    for word in "/etc/relay4in6/link-${device} up" "ip link set dev ${device} mtu" "/etc/relay4in6/link-${device} down"; do
      case $commands in *"$word"*) ;; *) echo "no '$word' in: $commands" >&2; exit 1 ;; esac
    done`)(tree, path);
};

/** networkd reads its settings at its start and goes on whatever they are: what it says of them counts. */
const networkd = inNamespaces(`mount -t tmpfs tmpfs /run
  mkdir -p /run/systemd/networkd.conf.d
  cp "$1" /run/systemd/networkd.conf.d/
  SYSTEMD_LOG_TARGET=console /usr/lib/systemd/systemd-networkd >/run/said 2>&1 &
  for try in $(seq 600); do ! grep -q 'Enumeration completed' /run/said && kill -0 $! || break; sleep 0.1; done
  kill $! || true
  wait $! || true
  said=$(cat /run/said)
  case $said in *"networkd.conf.d"*) echo "$said" >&2; exit 1 ;; *"Enumeration completed"*) ;; *) echo "$said" >&2; exit 1 ;; esac`);

/** It ends with 0 whatever it finds: what it says of this file counts, not what it says of the machine's own. */
const systemdUnit: Reader = (tree, path) => {
  const { stderr } = spawnSync("systemd-analyze", ["verify", tree.at(path)], { encoding: "utf8" });
  if (stderr.includes(tree.root)) throw new Error(stderr);
};

/** What apt makes of it, and whether unattended-upgrades would find its own keys there. */
const aptConfiguration: Reader = (tree, path) => {
  const said = run("apt-config", "-c", tree.at(path), "dump");
  if (!said.includes('Unattended-Upgrade::Automatic-Reboot-Time "')) throw new Error(said);
};

/** Each line names a setting that the kernel has, and a number. */
const sysctls = inNamespaces(`grep -v '^#' "$1" | while read -r name is value rest; do
  [ "$is" = = ] && [ -n "$value" ] && [ -z "$rest" ] && [ -e "/proc/sys/$(echo "$name" | tr . /)" ] || { echo "$name" >&2; exit 1; }
done`);

/** It has to be told that the user of the lines is there. */
const tmpfiles = inNamespaces(`mount -t tmpfs tmpfs /run
  sed 's/ relay4in6 root$/ root root/' "$1" >/run/wanted.conf
  systemd-tmpfiles --create /run/wanted.conf`);

/** Lines of so many words, as `read` takes them apart: a device, addresses and numbers. */
const words = (addresses: number, numbers: number): Reader => {
  const line = `wrap[0-9]+(wg|gre)?( [0-9.]+){${addresses}}( [0-9]+){${numbers}}`;
  return (tree, path) =>
    run("sh", "-euc", `[ -s "$1" ]; ! grep -vxE '${line}' "$1" >&2`, "sh", tree.at(path));
};

/** sysupgrade keeps what is listed: our own files, the list itself with them. */
const keepList: Reader = (tree, path) => run("grep", "-qxF", path, tree.at(path));

let openwrt: string | undefined;

/** Builds the lab's uci and fw4, which answer as the real ones do (test/lab/openwrt.test.ts holds them to that). */
export function buildOpenwrtTools(): void {
  openwrt = mkdtempSync(join(tmpdir(), "relay4in6-openwrt-"));
  const source = join(import.meta.dirname, "../../lab/openwrt");
  for (const path of ["sbin/fw4", "usr/lib/lab/fw4.awk"])
    cpSync(join(source, "root", path), join(openwrt, path));
  execFileSync("go", ["build", "-o", join(openwrt, "sbin/uci"), "."], {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: "0" },
  });
}

export function removeOpenwrtTools(): void {
  if (openwrt !== undefined) rmSync(openwrt, { recursive: true, force: true });
}

/** `uci batch` exits 0 even when lines failed, so it is read back; then fw4 makes its ruleset of it. */
async function readByUci(tree: Tree, path: string): Promise<void> {
  const config = join(tree.root, "config");
  mkdirSync(config, { recursive: true });
  for (const [name, text] of await defaultConfig()) writeFileSync(join(config, name), text);
  const name = path.endsWith("network.uci") ? "network" : "firewall";
  run(
    "unshare",
    "-mn",
    "sh",
    "-euc",
    `mount -t tmpfs tmpfs /run; cp -r "$2"/. /run; PATH=/run/sbin:$PATH
     mkdir /run/etc /run/etc/config /run/tmp; cp "$3"/* /run/etc/config; cp "$1" /run/wanted
     cp /etc/protocols /etc/services /run/etc; mount --bind /run/etc /etc; mount --bind /run/tmp /tmp; mkdir /etc/nftables.d
     sed 's/^/set /' /run/wanted | uci batch
     uci show ${name} | grep '^${name}\\.relay4in6_' | sort >/run/is
     sort /run/wanted | diff - /run/is >&2
     uci commit ${name}
     fw4 check >&2`,
    "sh",
    tree.at(path),
    openwrt ?? "",
    config,
  );
}

/** Which program reads which file of an end. */
export const readers: readonly [RegExp, Reader | typeof readByUci][] = [
  [/\/etc\/relay4in6\/(rules|endpoint|probe|follow|failover|link-wrap\d+(wg|gre)?)$/, shellScript],
  [/\/etc\/relay4in6\/tunnels$/, words(1, 2)],
  [/\/etc\/relay4in6\/paths$/, words(1, 3)],
  [/\/haproxy\.cfg$/, (tree, path) => run("haproxy", "-c", "-q", "-f", tree.at(path))],
  [/\/apt\.conf\.d\//, aptConfiguration],
  [/\/sysctl\.d\//, sysctls],
  [/\/etc\/init\.d\//, initScript],
  [/\.awk$/, awkProgram],
  [/\/sets$/, inNamespaces('for time in first second; do ipset restore <"$1"; done')],
  [/\/rules\.v4$/, rules("iptables")],
  [/\/rules\.v6$/, rules("ip6tables")],
  [/\.nft$/, inNamespaces('for time in first second; do nft -c -f "$1"; nft -f "$1"; done')],
  [/\/interfaces\.d\//, ifupdown],
  [/\/networkd\.conf\.d\//, networkd],
  [/\.(service|path|timer)$/, systemdUnit],
  [/\/sysusers\.d\//, (tree, path) => run("systemd-sysusers", "--dry-run", tree.at(path))],
  [/\/tmpfiles\.d\//, tmpfiles],
  [/\/known_hosts$/, (tree, path) => run("ssh-keygen", "-l", "-f", tree.at(path))],
  [/\.uci$/, readByUci],
  [/\/keep\.d\//, keepList],
];
