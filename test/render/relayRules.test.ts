import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSpec } from "../../src/config/index.ts";
import { assumeHome } from "../../src/facts/index.ts";
import { plan } from "../../src/plan/index.ts";
import { render } from "../../src/render/index.ts";
import { inside } from "../namespaces.ts";
import { Tree } from "./readers.ts";

/*
 * The relay's rules in a kernel, with packets. A veth pair stands in for the tunnel (not every kernel has
 * ip6_tunnel), and flow tables are passed over where there are none.
 *
 *   client 198.51.100.9 ── eth0 ── relay 203.0.113.10 ── wrap1 ── home 192.168.1.210, .211
 *   2001:db8:f::9, 2001:db8:e::9   2001:db8:f::1
 */
const publicIpv4 = "203.0.113.10";
const { spec } = parseSpec({
  homes: [{ name: "haus", end: "manual", prefix: "2001:db8:2::/64" }],
  services: [
    { port: 443, to: "192.168.1.210", egress: "relay" },
    { port: 8443, to: "192.168.1.211:443", rate: 50 },
  ],
});
const [home] = spec.homes;
if (home?.end !== "manual") throw new Error("the example's home is manual");
const planned = plan(spec, {
  relay: { ipv4: publicIpv4, prefix: "2001:db8:1::/64", mtu: 1500 },
  homes: { haus: assumeHome(home, home.prefix) },
});
const [bundle] = render(planned);
const [tunnel] = planned.relay.tunnels;
const tree = new Tree([...(bundle?.files ?? []), ...(bundle?.state ?? [])]);
const varLib = mkdtempSync(join(tmpdir(), "relay4in6-var-"));
const sandbox = join(import.meta.dirname, "../deliver/sandbox/bin");

const [client, relay, house] = ["client", "relay", "home"].map((name) => `r4-${process.pid}-${name}`) as [
  string,
  string,
  string,
];

/** One of the lab's programs, at a place. */
const python = (namespace: string, program: string, ...args: readonly (string | number)[]): string =>
  inside(
    namespace,
    `python3 ${join(import.meta.dirname, "../../lab/proof", program)} ${args.join(" ")}`,
  ).trim();
const pythonLater = async (namespace: string, program: string, ...args: readonly (string | number)[]) => {
  const file = join(import.meta.dirname, "../../lab/proof", program);
  const child = spawn("ip", ["netns", "exec", namespace, "python3", file, ...args.map(String)]);
  let text = "";
  child.stdout.on("data", (data) => {
    text += data;
  });
  await once(child, "close");
  return JSON.parse(text) as { tried: number; connected: number; answered: number; reset: number };
};

const listeners: ReturnType<typeof spawn>[] = [];
/** Answers every TCP connection with its address. */
async function listen(namespace: string, ...ports: number[]): Promise<void> {
  const script = `let up = 0; for (const port of ${JSON.stringify(ports)})
    require("net").createServer((c) => { c.on("error", () => {}); c.end(c.remoteAddress + "\\n"); }).listen(port, "::", 4096, () => ++up === ${ports.length} && console.log("up"))`;
  const child = spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", script]);
  listeners.push(child);
  await once(child.stdout, "data");
}

const rules = (verb: string) =>
  inside(
    relay,
    `exec unshare -m sh -euc 'mount --bind ${varLib} /var/lib; PATH=${sandbox}:$PATH exec ${tree.at("/etc/relay4in6/rules")} ${verb}'`,
  );

beforeAll(async () => {
  for (const namespace of [client, relay, house]) execFileSync("ip", ["netns", "add", namespace]);
  mkdirSync(join(varLib, "relay4in6"));
  for (const { path, text } of bundle?.state ?? [])
    writeFileSync(join(varLib, path.slice("/var/lib/".length)), text);
  writeFileSync(join(varLib, "relay4in6/uplink"), "eth0\n");
  inside(
    relay,
    `ip link set lo up
    ip link add eth0 type veth peer name eth0 netns ${client}
    ip link add wrap1 type veth peer name wrap1 netns ${house}
    ip addr add ${publicIpv4}/32 dev eth0
    ip addr add 198.51.100.1/24 dev eth0
    ip addr add 2001:db8:f::1/64 dev eth0 nodad
    ip addr add ${tunnel?.inner.relay}/31 dev wrap1
    ip link set eth0 up
    ip link set wrap1 up
    echo 1 >/proc/sys/net/ipv4/conf/wrap1/proxy_arp
    ip -6 route add 2001:db8:e::/64 dev eth0
    ip route add default dev wrap1 table ${tunnel?.table}
    ip rule add fwmark ${tunnel?.marks.into.match} lookup ${tunnel?.table}
    ip rule add fwmark ${tunnel?.marks.outOf.match} lookup ${tunnel?.table}`,
  );
  inside(
    client,
    `ip addr add 198.51.100.9/24 dev eth0
    ip addr add 2001:db8:f::9/64 dev eth0 nodad
    ip addr add 2001:db8:e::9/64 dev eth0 nodad
    ip link set eth0 up
    ip route add default via 198.51.100.1`,
  );
  inside(
    house,
    `ip addr add ${tunnel?.inner.home}/31 dev wrap1
    ip addr add 192.168.1.210/32 dev wrap1
    ip addr add 192.168.1.211/32 dev wrap1
    ip link set wrap1 up
    ip route add default via ${tunnel?.inner.relay}`,
  );
  rules("up");
  await Promise.all([listen(relay, 22, 111, 8081), listen(house, 22, 443)]);
});

afterAll(() => {
  for (const child of listeners) child.kill();
  for (const namespace of [client, relay, house]) spawnSync("ip", ["netns", "del", namespace]);
  tree.remove();
  rmSync(varLib, { recursive: true, force: true });
});

describe("the relay's rules", { timeout: 240_000 }, () => {
  it("answer on the declared ports of the public address and on no other", () => {
    expect(python(client, "scan.py", "tcp", publicIpv4, "1-1024,8081,8443")).toBe(
      `${publicIpv4}:443 ${publicIpv4}:8443`,
    );
  });

  it("answer over IPv6 on the port of SSH and on no other", () => {
    const address = "2001:db8:f::1";
    expect(python(client, "scan.py", "tcp", address, "20-30,80-120,8081")).toBe(`${address}:22`);
  });

  it("answer nothing to a home", () => {
    expect(python(house, "scan.py", "tcp", tunnel?.inner.relay ?? "", "20-30,80-120,8081")).toBe("none");
  });

  it("keep one service answering while another is flooded at five times its rate", async () => {
    const [steady, flood] = await Promise.all([
      pythonLater(client, "flood.py", "rate", publicIpv4, 443, 5, 8),
      pythonLater(client, "flood.py", "rate", publicIpv4, 8443, 250, 8),
    ]);
    expect(steady.tried).toBeGreaterThan(20);
    expect(steady.answered).toBe(steady.tried);
    // As much as the rate and its burst let through while it lasted, the last tries' second and third SYNs with it.
    expect(flood.tried).toBeGreaterThan(1500);
    expect(flood.answered).toBeGreaterThan(100);
    expect(flood.answered).toBeLessThan(100 + 50 * 20);
    // What was dropped is in no table.
    const entries = Number(inside(relay, "conntrack -L -p tcp --orig-port-dst 8443 2>/dev/null | wc -l"));
    expect(entries).toBeLessThan(100 + 50 * 20);
  });

  it("drop what comes out of the tunnel with a source that no service declares", async () => {
    const dropped = () =>
      Number(inside(relay, `iptables -t mangle -nvxL RELAY4IN6-FROM | awk '$3 == "DROP" { print $1 }'`));
    const arrived = (port: number) =>
      Number(inside(client, `iptables -t raw -nvxL PREROUTING | awk '/dpt:${port}/ { print $1 }'`));
    inside(client, "for port in 7998 7999; do iptables -t raw -A PREROUTING -p udp --dport $port; done");
    const before = dropped();
    for (const source of ["192.168.1.50", "8.8.8.8", "10.0.0.1"])
      python(house, "forge.py", "wrap1", source, "198.51.100.9", 7999, 5);
    python(house, "forge.py", "wrap1", "192.168.1.210", "198.51.100.9", 7998, 3);
    await expect.poll(() => [dropped() - before, arrived(7998), arrived(7999)]).toEqual([15, 3, 0]);
  });

  it("take an operator's many logins, and refuse a source that makes a thousand, and that one only", async () => {
    const flood = await pythonLater(client, "flood.py", "rate", "2001:db8:f::1", 22, 600, 6);
    expect(flood.answered).toBeGreaterThanOrEqual(200);
    expect(flood.reset).toBeGreaterThan(0);
    const from = (source: string) =>
      inside(
        client,
        `exec "${process.execPath}" -e 'const c = require("net").connect({host: "2001:db8:f::1", port: 22, localAddress: "${source}"}); c.on("data", (d) => process.stdout.write(d)); c.on("error", (e) => console.log(e.code))'`,
      ).trim();
    expect(from("2001:db8:e::9")).toBe("2001:db8:e::9");
    await expect.poll(() => from("2001:db8:f::9")).toBe("2001:db8:f::9");
  });

  it("leave nothing behind", () => {
    inside(relay, "ip link del wrap1");
    rules("down");
    const left = inside(relay, "iptables-save; ip6tables-save; ipset list -n; nft list tables");
    expect(left).not.toMatch(/relay4in6/i);
  });
});
