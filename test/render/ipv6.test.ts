import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSpec } from "../../src/config/index.ts";
import { assumeHome } from "../../src/facts/index.ts";
import { plan } from "../../src/plan/index.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { HOST_KEY } from "../config/examples.ts";
import { inside } from "../namespaces.ts";
import { Tree } from "./readers.ts";

/*
 * Both ends' rules for IPv6 in a kernel, with packets. A veth pair stands in for the tunnel (not every kernel has
 * ip6_tunnel), so the neighbours on it are set by hand; lab/packets has the real one.
 *
 *   client 2001:db8:f::9 ── eth0 ── relay ── wrap1 ── home, at an address of the relay's network
 */
const client6 = "2001:db8:f::9";
const ssh = { host: "192.168.1.210", hostKey: HOST_KEY };
const { spec } = parseSpec({
  homes: [{ name: "hof", end: "debian", ssh, prefix: "2001:db8:2::/64", ipv6: true }],
  services: [
    { port: 8443, to: "192.168.1.210:443", egress: "relay" },
    { port: 8444, to: "192.168.1.210:444", rate: 1 },
  ],
});
const [home] = spec.homes;
if (home?.end !== "debian") throw new Error("the example's home is a Debian one");
const planned = plan(spec, {
  relay: { ipv4: "203.0.113.10", prefix: "2001:db8:1::/64", mtu: 1500 },
  homes: { hof: assumeHome(home, "2001:db8:2::/64") },
});
const [atRelay, atHome] = render(planned) as [Bundle, Bundle];
const [tunnel] = planned.relay.tunnels;
const address = tunnel?.ipv6?.servers[0]?.address ?? "";
const mss = tunnel?.ipv6?.mss;

const [client, relay, house] = ["client", "relay", "home"].map((name) => `r6-${process.pid}-${name}`) as [
  string,
  string,
  string,
];
const sandbox = join(import.meta.dirname, "../deliver/sandbox/bin");

/** An end with its files, and a place of its own for what it writes down. */
class End {
  readonly #namespace: string;
  readonly #bundle: Bundle;
  readonly #tree: Tree;
  readonly #state = mkdtempSync(join(tmpdir(), "relay4in6-var-"));

  constructor(namespace: string, bundle: Bundle) {
    this.#namespace = namespace;
    this.#bundle = bundle;
    this.#tree = new Tree([...bundle.files, ...bundle.state]);
    mkdirSync(join(this.#state, "relay4in6"));
    for (const { path, text } of bundle.state)
      writeFileSync(join(this.#state, path.slice("/var/lib/".length)), text);
    writeFileSync(join(this.#state, "relay4in6/uplink"), "eth0\n");
  }

  rules(verb: string): string {
    const script = this.#tree.at("/etc/relay4in6/rules");
    const path = this.#bundle.end === "relay" ? `PATH=${sandbox}:$PATH ` : "";
    return inside(
      this.#namespace,
      `exec unshare -m sh -euc 'mount --bind ${this.#state} /var/lib; ${path}exec ${script} ${verb}'`,
    );
  }

  /** What its stanza does about IPv6. */
  stanza(phase: "up" | "down"): void {
    const text = this.#bundle.files.find(({ path }) => path.endsWith("/relay4in6-wrap1"))?.text ?? "";
    const own = text.split("\n").filter((line) => line.startsWith(`\t${phase} ip -6 `));
    inside(this.#namespace, own.map((line) => line.slice(phase.length + 2)).join("\n"));
  }

  remove(): void {
    this.#tree.remove();
    rmSync(this.#state, { recursive: true, force: true });
  }
}

let ends: { relay: End; home: End };
let listener: ReturnType<typeof spawn>;

/** What comes of a TCP connection: what the other side said, or why there was none. */
const connect = (namespace: string, port: number, from?: string, to = address) =>
  inside(
    namespace,
    `exec "${process.execPath}" -e '
      const c = require("net").connect({ host: "${to}", port: ${port}${from === undefined ? "" : `, localAddress: "${from}"`} });
      setTimeout(() => { console.log("silence"); process.exit(); }, 6000);
      c.on("data", (d) => { process.stdout.write(d); process.exit(); });
      c.on("error", (e) => { console.log(e.code); process.exit(); })'`,
  ).trim();

/** How many of ten connections that are begun at once are answered, in 0.9 s and until so many are, a minute at most. */
const atOnce = (port: number, wanted: number): { answered: number; seconds: number } =>
  JSON.parse(
    inside(
      client,
      `exec "${process.execPath}" -e '
        let answered = 0;
        const began = performance.now();
        for (let n = 0; n < 10; n++)
          require("net").connect({ host: "${address}", port: ${port} }).on("data", () => answered++).on("error", () => {});
        setInterval(() => {
          const seconds = (performance.now() - began) / 1000;
          if (seconds < 0.9 || (answered < ${wanted} && seconds < 60)) return;
          console.log(JSON.stringify({ answered, seconds }));
          process.exit();
        }, 50);'`,
    ),
  );

/** Counts the packets with which a TCP connection to a port begins, where they leave or come in. */
function countBeginnings(namespace: string, hook: "output" | "prerouting", port: number): () => number {
  inside(
    namespace,
    `nft 'add table ip6 begun; add chain ip6 begun c { type filter hook ${hook} priority -400; }
      add rule ip6 begun c tcp dport ${port} tcp flags & (syn | ack) == syn counter'`,
  );
  return () => Number(/packets (\d+)/.exec(inside(namespace, "nft list table ip6 begun"))?.[1]);
}

/** Tells each peer its address, on these ports of all addresses. */
async function listen(namespace: string, ...ports: number[]) {
  const script = `let up = 0; for (const port of ${JSON.stringify(ports)})
    require("net").createServer((c) => { c.on("error", () => {}); c.end(c.remoteAddress + "\\n"); }).listen(port, "::", () => ++up === ${ports.length} && console.log("up"))`;
  const child = spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", script]);
  await once(child.stdout, "data");
  return child;
}

let remote: ReturnType<typeof spawn>;
/** What a test has started. */
const started: ReturnType<typeof spawn>[] = [];

beforeAll(async () => {
  for (const namespace of [client, relay, house]) execFileSync("ip", ["netns", "add", namespace]);
  inside(
    relay,
    `ip link set lo up
    ip link add eth0 type veth peer name eth0 netns ${client}
    ip link add wrap1 address 02:00:00:00:00:01 type veth peer name wrap1 address 02:00:00:00:00:02 netns ${house}
    ip addr add 2001:db8:1::1/64 dev eth0 nodad
    ip addr add 2001:db8:f::1/64 dev eth0 nodad
    ip link set eth0 up
    ip link set wrap1 mtu 1460 up`,
  );
  inside(
    client,
    `ip addr add ${client6}/64 dev eth0 nodad
    ip link set eth0 up
    ip -6 route add default via 2001:db8:f::1
    nft -f - <<RULES
      table inet seen { chain in { type filter hook prerouting priority raw; ip6 saddr 2001:db8:bad::/48 counter
      }; }
RULES`,
  );
  inside(
    house,
    `ip link set lo up
    ip link set wrap1 mtu 1460 up
    nft -f - <<RULES
      table inet seen { chain in { type filter hook prerouting priority raw; iifname wrap1 tcp flags syn tcp option maxseg size ${mss} counter
      }; }
RULES`,
  );
  ends = { relay: new End(relay, atRelay), home: new End(house, atHome) };
  ends.relay.stanza("up");
  ends.home.stanza("up");
  inside(relay, `ip -6 neigh replace ${address} lladdr 02:00:00:00:00:02 dev wrap1 nud permanent`);
  inside(
    house,
    `for to in ${client6} 2001:db8:1::1 2001:db8:f::1; do ip -6 neigh replace $to lladdr 02:00:00:00:00:01 dev wrap1 nud permanent; done`,
  );
  ends.relay.rules("up");
  ends.home.rules("up");
  listener = await listen(house, 22, 443, 444, 8443);
  remote = await listen(client, 25);
});

afterAll(() => {
  for (const child of [listener, remote, ...started]) child?.kill();
  for (const namespace of [client, relay, house]) spawnSync("ip", ["netns", "del", namespace]);
  ends?.relay.remove();
  ends?.home.remove();
});

describe("IPv6 through the relay", { timeout: 120_000 }, () => {
  it("reaches the server's own port, which sees the client's address", () => {
    expect(connect(client, 443)).toBe(client6);
    expect(inside(house, "nft list table inet seen")).not.toContain("packets 0");
  });

  it("is refused by the relay on every other port", () => {
    for (const port of [22, 8443]) expect(connect(client, port)).toBe("EACCES");
  });

  it("takes as many new connections as the service's rate says, and a burst of twice as many", async () => {
    const sent = countBeginnings(client, "output", 443);
    const arrived = countBeginnings(house, "prerouting", 443);
    expect(atOnce(443, 10).answered).toBe(10);
    // What is dropped is sent again, and answered then: so it is counted that nothing is.
    await expect.poll(() => arrived() - sent()).toBe(0);
    expect(arrived()).toBeGreaterThanOrEqual(10);
    const { answered, seconds } = atOnce(444, 1);
    expect(answered).toBeGreaterThanOrEqual(1);
    // The burst, one a second, and one for what is begun of a second.
    expect(answered).toBeLessThanOrEqual(2 + seconds + 1);
  });

  it("is dropped at home on every other port, whatever the relay sends", () => {
    const dropped = () =>
      Number(
        inside(
          house,
          `ip6tables -t mangle -nvxL RELAY4IN6-NEW | awk '$3 == "DROP" { all += $1 } END { print all }'`,
        ),
      );
    // What the relay itself sends passes none of its own rules; no answer gets in there.
    const before = dropped();
    expect(connect(relay, 443)).toBe("silence");
    expect(dropped()).toBe(before);
    expect(connect(relay, 22)).toBe("silence");
    expect(dropped()).toBeGreaterThan(before);
  });

  it("carries what the server starts from this address, and no other source", () => {
    expect(connect(house, 25, address, client6)).toBe(address);
    inside(
      house,
      `ip -6 addr add 2001:db8:bad::1/128 dev wrap1 nodad
      ip -6 route add ${client6}/128 dev wrap1`,
    );
    expect(connect(house, 25, "2001:db8:bad::1", client6)).toBe("silence");
    expect(inside(client, "nft list table inet seen")).toContain("packets 0");
    expect(connect(house, 22, address, "2001:db8:1::1")).toBe("silence");
  });

  it("leads an address that is no server's nowhere", () => {
    expect(connect(client, 443, undefined, "2001:db8:1::4242")).toBe("silence");
  });

  it("ends with a service that is taken away, in the middle of a connection too", async () => {
    const echo = spawn("ip", [
      ...["netns", "exec", house, process.execPath, "-e"],
      `require("net").createServer((c) => { c.on("error", () => {}); c.on("data", (d) => c.write(d)); }).listen(7000, "::")`,
    ]);
    try {
      const port = (verb: string, namespace: string) =>
        inside(namespace, `ipset ${verb} relay4in6-services6 ${address},tcp:7000`);
      for (const end of [relay, house]) port("add", end);
      const again = spawn("ip", [
        ...["netns", "exec", client, process.execPath, "-e"],
        `(function go() { const c = require("net").connect({ host: "${address}", port: 7000 }); c.on("error", () => setTimeout(go, 200));
         c.on("data", (d) => process.stdout.write(d)); const t = setInterval(() => c.write("x"), 200); c.on("close", () => clearInterval(t)); })()`,
      ]);
      started.push(again);
      await once(again.stdout, "data");
      let bytes = 0;
      again.stdout.on("data", (data: Buffer) => {
        bytes += data.length;
      });
      await expect.poll(() => bytes).toBeGreaterThan(2);
      port("del", relay);
      // What is on its way arrives; then there is silence.
      let before = -1;
      await expect
        .poll(
          () => {
            const isSilent = before === bytes;
            before = bytes;
            return isSilent;
          },
          { interval: 1000 },
        )
        .toBe(true);
    } finally {
      echo.kill();
    }
  });

  it("leaves nothing behind", () => {
    ends.relay.stanza("down");
    ends.home.stanza("down");
    expect(inside(relay, "cat /proc/sys/net/ipv6/conf/all/forwarding").trim()).toBe("1");
    for (const namespace of [relay, house]) inside(namespace, "ip link del wrap1 2>/dev/null || true");
    ends.relay.rules("down");
    ends.home.rules("down");
    expect(inside(relay, "cat /proc/sys/net/ipv6/conf/all/forwarding").trim()).toBe("0");
    for (const namespace of [relay, house]) {
      const left = inside(namespace, "ip6tables-save; ipset list -n; ip -6 rule; ip -6 route show table all");
      expect(left).not.toMatch(/relay4in6|42[04][0-9]:|4242/i);
    }
  });
});
