import { type Bundle, render } from "../../src/render/index.ts";
import { HOST_KEY } from "../config/examples.ts";
import { debianHome, openwrtHome, planOf } from "../render/specs.ts";
import { Sandbox } from "./sandbox/sandbox.ts";

/** How the home `hof` is reached. */
export type Transport = "ipip6" | "gre6" | "wireguard" | "proxy";

/** An end of that home's, whose transport changes. */
export interface Changing {
  /** Ways from one to the next. */
  transports: readonly Transport[];
  /** What may go wrong, and at which step. */
  disturbances: readonly (readonly [fault: string, step: string, from: Transport, to: Transport])[];
  bundle(transport: Transport): Bundle;
  start(): Promise<Sandbox>;
  /** Commands that show all that is ours on the disk and alive, but the text of keys: those are made anew. */
  everything: string;
  /** Where the end writes down what it learns, and where a run is at work. */
  state: string;
  run: string;
}

/** As `wg pubkey` prints one. */
export const peer = `${"A".repeat(43)}=`;

/** The relay and its homes: `hof` with this transport, followed with ipip6, and others. */
function bundles(transport: Transport, end: "debian" | "openwrt", others: object[] = []): Bundle[] {
  const prefix = transport === "ipip6" ? "auto" : debianHome.prefix;
  const [hof, to] =
    transport === "proxy"
      ? [{ name: "hof", end: "none", transport }, "2001:db8:4::210"]
      : [{ ...debianHome, end, transport, prefix }, "192.168.1.210"];
  return render(
    planOf({
      relay: { provider: "existing", host: "231.201.224.144", hostKey: HOST_KEY, port: 2200 },
      homes: [hof, ...others],
      services: [{ home: "hof", port: 443, to }],
    }),
  );
}

/** As `up` sends it: with the relay's public key, where the home knows it by one. */
function homeBundle(transport: Transport, end: "debian" | "openwrt"): Bundle {
  const bundle = bundles(transport, end)[1] as Bundle;
  const { relayKey, state } = bundle;
  if (relayKey === undefined) return bundle;
  return { ...bundle, state: [...state, { path: relayKey, mode: "0644", text: `${peer}\n` }] };
}

const onDebian = `
  find /etc/relay4in6* /etc/network /etc/systemd /etc/sysusers.d /etc/tmpfiles.d /var/lib/relay4in6* -type f ! -path '*/keys/*' -exec cksum {} + 2>/dev/null | sort
  find /etc/systemd /var/lib -name '*relay4in6*' -printf '%p %y %l\\n' 2>/dev/null | sort
  find /var/lib/relay4in6 /run/relay4in6-follow -printf '%M %p\\n' 2>/dev/null | sort
  ls -d /sys/class/net/*wrap* 2>/dev/null; ip rule; ip -4 route show table all | sort
  ip -6 addr show dev eth0 scope global | grep inet6 | sort; cat /proc/sys/net/ipv4/ip_forward
  { iptables-save; ip6tables-save; } 2>/dev/null | grep RELAY4IN6 | sed 's/ \\[.*//'
  nft -s list tables | sort; nft -s list table ip relay4in6 2>/dev/null; ipset save | sed 's/ initval .*//' | sort
  getent passwd relay4in6 || true`;

const onOpenwrt = `
  find /etc/relay4in6* /etc/init.d /etc/rc.d /lib/upgrade/keep.d /etc/dropbear ! -type d ! -path '*/keys/*' | sort | xargs md5sum
  find /etc/relay4in6* /etc/rc.d 2>/dev/null | sort; ls -l /etc/relay4in6/keys 2>/dev/null | cut -c 1-10
  uci show | grep relay4in6 | sort; uci changes
  ls /sys/class/net | grep wrap; ip rule; ip -4 route show table all | sort; ip -6 addr show dev br-lan scope global
  nft -s list ruleset; ls /var/run | grep relay4in6; ! grep -q '[/]relay4in6/follow' /proc/[0-9]*/cmdline || echo it follows`;

const disturbances: Changing["disturbances"] = [
  ["check fails", "check", "wireguard", "gre6"],
  ["check fails", "check", "gre6", "wireguard"],
  ["program killed", "keep_settings", "wireguard", "gre6"],
  ["power lost", "close_journal", "wireguard", "gre6"],
];

const relay = {
  disturbances,
  start: () => Sandbox.start("relay"),
  everything: onDebian,
  state: "/var/lib/relay4in6",
  run: "/run/relay4in6",
};

/** Every kind of end; a home that a process serves has none. */
export const ends: Readonly<Record<string, Changing>> = {
  relay: {
    ...relay,
    transports: ["ipip6", "wireguard", "gre6", "ipip6", "proxy", "ipip6"],
    bundle: (transport) => bundles(transport, "debian")[0] as Bundle,
  },
  "relay of two homes": {
    ...relay,
    transports: ["wireguard", "proxy", "gre6", "ipip6"],
    disturbances: [],
    bundle: (transport) => bundles(transport, "debian", [openwrtHome])[0] as Bundle,
  },
  "Debian home": {
    ...relay,
    start: () => Sandbox.start("hof"),
    transports: ["ipip6", "wireguard", "gre6", "ipip6"],
    bundle: (transport) => homeBundle(transport, "debian"),
  },
  "OpenWrt home": {
    start: () => Sandbox.start("hof", { system: "openwrt" }),
    everything: onOpenwrt,
    state: "/etc/relay4in6",
    run: "/tmp/relay4in6",
    // Its sandbox knows no boot.
    disturbances: disturbances.filter(([fault]) => fault !== "power lost"),
    transports: ["ipip6", "wireguard", "gre6", "ipip6"],
    bundle: (transport) => homeBundle(transport, "openwrt"),
  },
};
