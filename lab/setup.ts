/**
 * Installs the Debian packages that the lab stands on. Does nothing when all are there.
 */
import { attempt, run } from "./command.ts";
import { say, step } from "./progress.ts";

/** Debian package → what the lab needs it for. */
const PACKAGES: Readonly<Record<string, string>> = {
  "qemu-system-x86": "emulated machines",
  "qemu-utils": "disk overlays of machines",
  mmdebstrap: "images of Debian",
  "debian-archive-keyring": "signatures of Debian packages",
  e2fsprogs: "file systems of images",
  "xz-utils": "kernel modules of the initrd",
  "busybox-static": "initrd, OpenWrt userland",
  "dropbear-bin": "SSH of the OpenWrt stand-in",
  "openssh-client": "lab exec",
  "openssh-server": "delivery tests against a real sshd",
  iproute2: "namespaces and bridges",
  procps: "kernel parameters of namespaces",
  ethtool: "segmentation offloads off",
  iptables: "checks of rendered rules",
  ipset: "checks of rendered rules",
  haproxy: "checks of the rendered proxy, and its traffic",
  nftables: "firewall of the simple home router, checks of rendered rules",
  conntrack: "checks of connection tracking",
  radvd: "router advertisements on the Debian home LAN",
  ifupdown: "ifup --no-act on rendered stanzas",
  shellcheck: "checks of rendered scripts",
  "hcloud-cli": "an independent client of the lab cloud",
  "iputils-ping": "proofs",
  tcpdump: "proofs",
  socat: "proofs and comparison, and the transport of that name",
  iperf3: "benchmark",
  "dpkg-dev": "index of the package mirror",
  curl: "proofs",
  python3: "packet tests",
};

/**
 * Installs what is missing, and says which packages that is.
 * @throws Error when not root, not on Debian, or when apt fails
 */
export async function setUp(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      "The lab makes network namespaces and installs packages: run it as root, on a Debian machine.",
    );
  }
  const missing = await missingPackages(Object.keys(PACKAGES));
  // Any Go will do to begin with: a newer one is fetched with it where that is needed.
  if (!(await goIsThere())) missing.push("golang-go");
  if (missing.length === 0) return;
  say("Debian packages to install:");
  for (const name of missing)
    say(`  ${name} (${PACKAGES[name] ?? "compiler of the router stand-in and of Pulumi"})`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await step("apt-get update", () => run("apt-get", ["update", "-qq"], { env }));
  await step(`apt-get install of ${missing.length} packages`, () =>
    withoutDaemons(() =>
      run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { env }),
    ),
  );
}

async function goIsThere(): Promise<boolean> {
  const { status } = await attempt("sh", ["-c", "command -v go || test -x /usr/local/go/bin/go"]);
  return status === 0;
}

async function missingPackages(names: readonly string[]): Promise<string[]> {
  const { stdout } = await attempt("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\\n", ...names]);
  const installed = new Set(
    stdout
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/**
 * Daemons must not start: radvd and sshd would run in the machine's own network.
 * Policy of invoke-rc.d(8) while packages are installed: 101 forbids every start.
 */
async function withoutDaemons<T>(work: () => Promise<T>): Promise<T> {
  const { existsSync } = await import("node:fs");
  const { writeFile, rm } = await import("node:fs/promises");
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return work();
  await writeFile(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    return await work();
  } finally {
    await rm(policy, { force: true });
  }
}

if (import.meta.main) await setUp();
