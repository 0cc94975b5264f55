/**
 * Proofs of what must not be possible: every port of the relay is tried from both sides, every address of the home
 * from the relay, and packets with forged addresses are sent into both ends.
 */
import { INTERNET, LAN } from "../network/topology.ts";
import type { Place, Places } from "./places.ts";
import type { Proof, Report } from "./proof.ts";
import { python } from "./python.ts";

/** Where the ends are. */
export interface Targets {
  readonly endpoints: { readonly relay: string; readonly homes: Readonly<Record<string, string>> };
}

/** How much is tried. */
export interface Thoroughness {
  /** TCP ports of the relay and of each endpoint. @default "1-1024,2375,3306,3389,5432,6379,8080,8443" */
  readonly tcp?: string;
  /** Addresses of the LAN's /24 that the relay tries. @default all 254 */
  readonly lan?: number;
}

const someTcp = "1-1024,2375,3306,3389,5432,6379,8080,8443";
const commonUdp = "53,67,68,69,111,123,137,161,500,514,546,1194,1900,4500,4789,5353,51820";
/** What a LAN's machines usually offer. */
const lanPorts = "22,23,25,53,80,139,443,445,3389,5900,8080";

/** Runs them all. */
export async function proveSafety(
  report: Report,
  places: Places,
  targets: Targets,
  thoroughness: Thoroughness = {},
): Promise<void> {
  // On a user's own server, what else answers is the user's.
  const isOurs = (await places.relay.say("iptables -S RELAY4IN6-INPUT")).includes("-j REJECT");
  await report.prove(
    [
      ...(isOurs ? scansOfRelay(targets, thoroughness.tcp ?? someTcp) : []),
      ...scansOfHomes(targets, thoroughness.tcp ?? someTcp, thoroughness.lan ?? 254),
      ...forgeries(targets),
      loginsOf(targets),
    ],
    places,
  );
}

type At = (places: Places) => Place;

/** A scan; the relay may take its time where two cores stand in for a cloud. */
function scan(name: string, at: At, expected: string, ...args: readonly string[]): Proof {
  return { name, expected, measure: (places) => python(at(places), "scan", args, 1500) };
}

/** What sshd offers to somebody who has no key. */
function loginsOf({ endpoints }: Targets): Proof {
  const options = "-o BatchMode=yes -o PreferredAuthentications=none -o StrictHostKeyChecking=no";
  const asked = `ssh ${options} -o UserKnownHostsFile=/dev/null root@${endpoints.relay} true`;
  return {
    name: "relay lets in by key only",
    expected: "publickey",
    measure: ({ operator }) =>
      operator.say(`${asked} 2>&1 | sed -n 's/.*Permission denied (\\(.*\\)).*/\\1/p'`),
  };
}

function scansOfRelay({ endpoints }: Targets, tcp: string): Proof[] {
  const { relay } = endpoints;
  const inner = "169.254.46.0";
  return [
    scan(
      "relay, from the internet over IPv6: TCP, only SSH answers",
      (p) => p.operator,
      `${relay}:22`,
      "tcp",
      relay,
      tcp,
    ),
    scan(
      "relay, from the internet over IPv6: UDP, nothing answers",
      (p) => p.operator,
      "none",
      "udp",
      relay,
      commonUdp,
    ),
    scan(
      "relay, from a home server through the tunnel: TCP, nothing answers",
      (p) => p.server,
      "none",
      "tcp",
      inner,
      tcp,
    ),
    scan(
      "relay, from a home server through the tunnel: UDP, nothing answers",
      (p) => p.server,
      "none",
      "udp",
      inner,
      commonUdp,
    ),
  ];
}

function scansOfHomes({ endpoints }: Targets, tcp: string, lan: number): Proof[] {
  const addresses = Array.from({ length: lan }, (_, index) => `192.168.1.${index + 1}`);
  const all = [...new Set([...addresses, LAN.server, LAN.server2])].join(",");
  const homes = Object.entries(endpoints.homes);
  return [
    scan(
      "home, from the relay: of all LAN addresses only the declared services answer",
      (p) => p.relay,
      `${LAN.server}:443 ${LAN.server2}:443`,
      ...["tcp", all, lanPorts, "wrap1"],
    ),
    scan(
      "home's router, from the relay through the tunnel: nothing answers",
      (p) => p.relay,
      "none",
      "tcp",
      `${LAN.router},169.254.46.1`,
      tcp,
      "wrap1",
    ),
    scan(
      "Debian home, from the relay through the tunnel: only the declared services answer",
      (p) => p.relay,
      `${LAN.server}:443 ${LAN.server}:8080 ${LAN.server}:8081`,
      ...["tcp", `${LAN.server},169.254.46.3`, `${tcp},8080,8081`, "wrap2"],
    ),
    ...homes.map(([name, endpoint]) =>
      scan(
        `${name}, from the relay over IPv6: its endpoint answers nothing`,
        (p) => p.relay,
        "none",
        "tcp",
        endpoint,
        tcp,
      ),
    ),
  ];
}

/** The forged packets go first and to a port of their own: what is seen is the honest one alone. */
function forgeries({ endpoints }: Targets): Proof[] {
  const client = INTERNET.client.ipv4;
  const [first = "", second = ""] = Object.values(endpoints.homes);
  return [
    {
      name: "relay drops inner sources that the home did not declare",
      expected: "10 dropped",
      measure: async (places) => {
        const counted = `iptables -t mangle -nvxL RELAY4IN6-FROM | awk '$3 == "DROP" { print $1 }'`;
        const before = Number(await places.relay.say(counted));
        for (const source of ["192.168.1.50", "8.8.8.8"])
          await python(places.home2, "forge", ["wrap2", source, client, 7999, 5]);
        return `${Number(await places.relay.say(counted)) - before} dropped`;
      },
    },
    {
      name: "relay drops outer sources from elsewhere, whatever is in them",
      expected: "3 honest, 0 forged",
      measure: (places) =>
        seen(places.client, async () => {
          await python(places.operator, "forge", [endpoints.relay, LAN.server, client, 7999, 5]);
          await python(places.home2, "forge", ["wrap2", LAN.server, client, 7998, 3]);
        }),
    },
    {
      name: "OpenWrt home drops inner sources of its own LAN, and private ones",
      expected: "3 honest, 0 forged",
      measure: (places) =>
        seen(places.server, async () => {
          for (const source of ["192.168.1.50", "10.9.9.9", "127.0.0.1", "100.64.0.9"])
            await python(places.relay, "forge", ["wrap1", source, LAN.server, 7999, 5]);
          await python(places.relay, "forge", ["wrap1", client, LAN.server, 7998, 3]);
        }),
    },
    {
      name: "OpenWrt home drops outer sources from elsewhere",
      expected: "3 honest, 0 forged",
      measure: (places) =>
        seen(places.server, async () => {
          await python(places.operator, "forge", [first, client, LAN.server, 7999, 5]);
          await python(places.relay, "forge", ["wrap1", client, LAN.server, 7998, 3]);
        }),
    },
    {
      name: "Debian home drops inner sources of its own LAN, and private ones",
      expected: "10 dropped",
      measure: async (places) => {
        const counted = `iptables -t mangle -nvxL RELAY4IN6-NEW | awk '/relay4in6-martians/ { print $1 }'`;
        const before = Number(await places.home2.say(counted));
        for (const source of ["192.168.1.50", "10.9.9.9"])
          await python(places.relay, "forge", ["wrap2", source, LAN.server, 7999, 5]);
        return `${Number(await places.home2.say(counted)) - before} dropped`;
      },
    },
    {
      name: "Debian home takes nothing in IPv6 that is not from the relay",
      expected: "3 honest, 0 forged",
      measure: (places) =>
        seen(places.home2, async () => {
          await python(places.operator, "forge", [second, client, LAN.server, 7999, 5]);
          await python(places.relay, "forge", ["wrap2", client, LAN.server, 7998, 3]);
        }),
    },
  ];
}

/** Counts the datagrams that come to a place: honest ones to port 7998, forged ones to port 7999. */
async function seen(at: Place, send: () => Promise<void>): Promise<string> {
  const rules = (verb: string) =>
    `for port in 7998 7999; do iptables -w -t raw -${verb} PREROUTING -p udp --dport $port; done`;
  const count = (port: number) => `iptables -w -t raw -nvxL PREROUTING | awk '/dpt:${port}/ { print $1 }'`;
  await at.say(rules("I"));
  try {
    await send();
    // The honest ones were sent last: when they are there, the others would be too.
    await at.say(`for i in $(seq 100); do [ "$(${count(7998)})" -lt 3 ] || break; sleep 0.1; done`);
    return `${await at.say(count(7998))} honest, ${await at.say(count(7999))} forged`;
  } finally {
    await at.say(rules("D"));
  }
}
