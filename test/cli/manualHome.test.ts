import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inside } from "../namespaces.ts";
import { shellBlocks } from "./blocks.ts";
import { relay4in6, temporaryFolder, write } from "./cli.ts";
import { mixed, mixedOptions } from "./examples.ts";

/*
 * The instructions for iproute2 in a router of namespaces, with packets. A veth pair stands in for the tunnel
 * (not every kernel has ip6_tunnel): its far end is the relay, which sends what a client sent, after DNAT. The
 * outer packets are left out.
 *
 *   client 198.51.100.9 in relay ── wrap1 ── router ── eth0 ── server 192.168.178.20, .21
 *                                            ├─ lan2 (another network of the home)
 *                                            └─ wan (the default route; leads nowhere)
 */
const folder = temporaryFolder();
const prefix = `relay4in6-${process.pid}`;
const [relay, router, server] = ["relay", "router", "server"].map((name) => `${prefix}-${name}`) as [
  string,
  string,
  string,
];

beforeAll(() => {
  const config = write(folder, "mixed.yaml", mixed);
  const out = join(folder, "out");
  expect(relay4in6("render", "--config", config, ...mixedOptions, "--out", out).code).toBe(0);
  const [instructions = ""] = shellBlocks(readFileSync(join(out, "home-hof/README.md"), "utf8"));
  const withoutTunnel = instructions.replace(/^ip -6 tunnel add wrap1 .*\n/m, "");
  expect(withoutTunnel).not.toBe(instructions);

  for (const namespace of [relay, router, server]) execFileSync("ip", ["netns", "add", namespace]);
  inside(
    router,
    `ip link add eth0 type veth peer name eth0 netns ${server}
    ip link add wrap1 type veth peer name wrap1 netns ${relay}
    ip link add wan type veth peer name nowhere
    ip link add lan2 type veth peer name nobody
    ip addr add 192.168.178.1/24 dev eth0
    ip addr add 192.168.179.1/24 dev lan2
    for device in eth0 wan nowhere lan2 nobody; do ip link set $device up; done
    ip route add default dev wan
    iptables -t nat -A POSTROUTING -o wan -j MASQUERADE
    iptables -t nat -A POSTROUTING ! -o eth0 -s 192.168.178.0/24 -j MASQUERADE`,
  );
  inside(
    server,
    "ip addr add 192.168.178.20/24 dev eth0; ip addr add 192.168.178.21/24 dev eth0; ip link set eth0 up; ip route add default via 192.168.178.1",
  );
  // A veth asks for hardware addresses, which a tunnel does not: the router's are answered for all.
  inside(
    relay,
    "ip addr add 169.254.46.0/31 dev wrap1; ip addr add 198.51.100.9/32 dev wrap1; ip link set wrap1 up",
  );
  inside(
    relay,
    "echo 1 >/proc/sys/net/ipv4/conf/wrap1/proxy_arp; ip route add 192.168.178.0/24 via 169.254.46.1",
  );
  inside(router, withoutTunnel);
});

afterAll(() => {
  for (const namespace of [relay, router, server]) spawnSync("ip", ["netns", "del", namespace]);
});

/** The address that a listener sees a connection come from; undefined when none arrives. */
async function seenBy(listening: string, port: number, calling: string, from: string, to: string) {
  const script = `require("net").createServer((c) => c.end(c.remoteAddress)).listen(${port}, "0.0.0.0", () => console.log("up"))`;
  const listener = spawn("ip", ["netns", "exec", listening, process.execPath, "-e", script]);
  await once(listener.stdout, "data");
  const call = `const c = require("net").connect({host: "${to}", port: ${port}, localAddress: "${from}"});
    c.on("data", (seen) => console.log(String(seen))); c.setTimeout(5000, () => c.destroy()); c.on("error", () => {});`;
  const seen = inside(calling, `exec "${process.execPath}" -e '${call}'`);
  listener.kill();
  return seen.trim() || undefined;
}

describe("a router that was set up as home-NAME/README.md says", () => {
  it.each([
    ["that starts connections through the relay", "192.168.178.20", 443],
    ["that only answers", "192.168.178.21", 50_100],
  ])("leads a client to a server %s, which sees its address", async (_, address, port) => {
    expect(await seenBy(server, port, relay, "198.51.100.9", address)).toBe("198.51.100.9");
  });

  it("lets nothing else in", async () => {
    expect(await seenBy(server, 22, relay, "198.51.100.9", "192.168.178.20")).toBeUndefined();
    expect(await seenBy(router, 22, relay, "198.51.100.9", "192.168.178.1")).toBeUndefined();
  });

  it("sends the server's own connections into the tunnel, with its own address", async () => {
    expect(await seenBy(relay, 25, server, "192.168.178.20", "198.51.100.9")).toBe("192.168.178.20");
  });

  it.each([
    ["what a server that only answers starts, to the provider", "198.51.100.9", "192.168.178.21", "dev wan"],
    [
      "what a server starts to another network of the home, there",
      "192.168.179.5",
      "192.168.178.20",
      "dev lan2",
    ],
  ])("sends %s", (_, to, from, device) => {
    expect(inside(router, `ip -4 route get ${to} from ${from} iif eth0`)).toContain(device);
  });

  it("answers the relay's ping inside the tunnel", () => {
    const said = inside(relay, "ping -c 1 -W 2 -I 169.254.46.0 169.254.46.1");
    expect(said).toContain("1 received");
  });
});
