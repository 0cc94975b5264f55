import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parseSpec } from "../../src/config/index.ts";
import { readProbe } from "../../src/facts/probed.ts";
import { plan } from "../../src/plan/index.ts";
import { render } from "../../src/render/index.ts";
import { inside } from "../namespaces.ts";
import { Tree } from "../render/readers.ts";

/*
 * The rendered rules, haproxy.cfg and socat's command lines, with packets of this machine's kernel.
 *
 *   client 198.51.100.9 ── eth0 ── relay 203.0.113.10 ── eth1 ── home 2001:db8:4::210, ::211
 *                                        2001:db8:1::1 ── router ── 2001:db8:4::/64
 */
const publicIpv4 = "203.0.113.10";
const server = "2001:db8:4::210";
const { spec } = parseSpec({
  homes: [
    { name: "box", end: "none", transport: "proxy" },
    { name: "laube", end: "none", transport: "socat" },
  ],
  services: [
    { home: "box", port: 443, to: `[${server}]:8443`, proxyProtocol: true },
    { home: "box", port: 80, to: server },
    { home: "box", ports: "5000-5002", to: server },
    { home: "box", port: 25, to: "mail.box.example" },
    { home: "box", port: 90, to: `[${server}]:80`, rate: 5 },
    { home: "laube", port: 53, protocol: "udp", to: `[${server}]:5353` },
    { home: "laube", port: 81, to: `[${server}]:80` },
    { home: "laube", port: 82, to: "web.laube.example:80" },
  ],
});
const planned = plan(spec, { relay: { ipv4: publicIpv4, prefix: "2001:db8:1::/64", mtu: 1500 }, homes: {} });
const [bundle] = render(planned);
const files = bundle?.files ?? [];
const tree = new Tree(files);
const folder = mkdtempSync(join(tmpdir(), "relay4in6-traffic-"));
const sandbox = join(import.meta.dirname, "../deliver/sandbox/bin");

const names = ["client", "relay", "home"].map((name) => `t4-${process.pid}-${name}`);
const [client, relay, home] = names as [string, string, string];
const running: ReturnType<typeof spawn>[] = [];
/** HAProxy's. */
let master: ReturnType<typeof spawn>;
/** @returns the child, once its first output says that it is up */
async function start(namespace: string, program: string, ...args: string[]) {
  const child = spawn("ip", ["netns", "exec", namespace, program, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  return child;
}

/** What answers at home: what came before the first line as hex (a PROXY header), and from whom it came. */
const servers = `
const net = require("net"), dgram = require("dgram");
const said = (c, head) => { c.on("error", () => {}); let all = Buffer.alloc(0);
  c.on("end", () => all.includes("later") ? setTimeout(() => c.end("at last\\n"), 1500) : c.end());
  c.on("data", (d) => { all = Buffer.concat([all, d]); const at = all.indexOf("hello\\n");
    if (at >= 0) c.end(JSON.stringify({ head: all.subarray(0, at).toString("hex"), from: c.remoteAddress, port: c.localPort, at: c.localAddress }) + "\\n"); }); };
let up = 0; const ready = () => { if (++up === 7) console.log("up"); };
for (const port of [80, 8443, 5000, 5001, 25]) net.createServer({ allowHalfOpen: true }, said).listen(port, "${server}", ready);
net.createServer({ allowHalfOpen: true }, said).listen(80, "2001:db8:4::211", ready);
const udp = dgram.createSocket("udp6"); udp.on("message", (m, from) => udp.send(JSON.stringify({ said: String(m), from: from.address }), from.port, from.address));
udp.bind(5353, "${server}", ready);
`;

/** A resolver that knows the homes' names, AAAA alone; \`move\` in its file leads the mail server elsewhere. */
const resolver = `
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 53)); print("up", flush=True)
while True:
    q, who = s.recvfrom(1500)
    at, labels = 12, []
    while q[at]: labels.append(q[at + 1:at + 1 + q[at]].decode()); at += q[at] + 1
    kind = struct.unpack(">H", q[at + 1:at + 3])[0]
    known = dict(line.split() for line in open(sys.argv[1]))
    answer = known.get(".".join(labels).lower()) if kind == 28 else None
    body = b"\\xc0\\x0c" + struct.pack(">HHIH", 28, 1, 1, 16) + socket.inet_pton(socket.AF_INET6, answer) if answer else b""
    s.sendto(q[:2] + b"\\x81\\x80\\0\\1" + struct.pack(">H", 1 if answer else 0) + b"\\0\\0\\0\\0" + q[12:at + 5] + body, who)
`;
const zone = join(folder, "zone");

/** The names are asked of that resolver: by HAProxy's own and by the C library's. */
const bound = `mount --bind ${folder}/resolv.conf /etc/resolv.conf; mount --bind ${folder}/nsswitch.conf /etc/nsswitch.conf`;

interface Said {
  /** What came before the client's own words. */
  head: string;
  from: string;
  port: number;
  /** The server's own address. */
  at: string;
}
/** What the server says of a connection from the client to this public port. */
function hello(port: number): Said | undefined {
  const { stdout } = spawnSync(
    "ip",
    [
      "netns",
      "exec",
      client,
      "sh",
      "-c",
      `echo hello | socat -t 5 -T 5 - TCP4:${publicIpv4}:${port},connect-timeout=3`,
    ],
    { encoding: "utf8" },
  );
  return stdout.startsWith("{") ? (JSON.parse(stdout) as Said) : undefined;
}

/** The command line of a rendered unit. */
function commandOf(unit: string): string[] {
  const text = files.find(({ path }) => path.endsWith(`/${unit}`))?.text ?? "";
  return /^ExecStart=(.*)$/m.exec(text)?.[1]?.split(" ") ?? [];
}

beforeAll(async () => {
  writeFileSync(zone, `mail.box.example ${server}\nweb.laube.example ${server}\n`);
  writeFileSync(join(folder, "resolv.conf"), "nameserver 127.0.0.1\n");
  writeFileSync(join(folder, "nsswitch.conf"), "hosts: files dns\n");
  for (const namespace of names) execFileSync("ip", ["netns", "add", namespace]);
  inside(
    relay,
    `ip link set lo up
    ip link add eth0 type veth peer name eth0 netns ${client}
    ip link add eth1 type veth peer name eth1 netns ${home}
    ip addr add ${publicIpv4}/32 dev eth0
    ip addr add 198.51.100.1/24 dev eth0
    ip addr add 2001:db8:1::1/64 dev eth1 nodad
    ip link set eth0 up
    ip link set eth1 up
    ip -6 route add 2001:db8:4::/64 dev eth1`,
  );
  inside(
    client,
    "ip addr add 198.51.100.9/24 dev eth0; ip link set eth0 up; ip route add default via 198.51.100.1",
  );
  inside(
    home,
    `ip link set lo up
    for n in 210 211; do ip addr add 2001:db8:4::$n/128 dev eth1 nodad; done
    ip link set eth1 up
    ip -6 route add 2001:db8:1::/64 dev eth1`,
  );
  inside(
    relay,
    `exec unshare -m sh -euc 'mount -t tmpfs tmpfs /var/lib; mkdir /var/lib/relay4in6; PATH=${sandbox}:$PATH exec ${tree.at("/etc/relay4in6/rules")} up'`,
  );
  const [atHome, dns] = [
    await start(home, process.execPath, "-e", servers),
    await start(relay, "python3", "-c", resolver, zone),
  ];
  await Promise.all([atHome, dns].map((child) => once(child.stdout as NodeJS.ReadableStream, "data")));
  const underneath = (words: string[]) =>
    start(relay, "unshare", "-m", "sh", "-euc", `${bound}; exec "$@"`, "sh", ...words);
  // As a user of no rights that may bind to low ports, as the unit has it.
  const unprivileged = [
    "setpriv",
    "--reuid=haproxy",
    "--regid=haproxy",
    "--clear-groups",
    "--bounding-set=-all,+net_bind_service",
    "--inh-caps=+net_bind_service",
    "--ambient-caps=+net_bind_service",
  ];
  const proxyWords = commandOf("relay4in6-proxy.service").map((word) =>
    word.startsWith("/run/") ? tree.at("/etc/relay4in6/haproxy.cfg") : word,
  );
  execFileSync("chmod", ["-R", "a+rX", tree.root, folder]);
  master = await underneath([...unprivileged, ...proxyWords]);
  for (const unit of ["udp-53", "tcp-81", "tcp-82"])
    await underneath([...unprivileged, ...commandOf(`relay4in6-socat-${unit}.service`)]);
  const listening = () => inside(relay, "ss -Hltun | awk '{ print $5 }'");
  await vi.waitFor(
    () => {
      for (const port of [443, 53, 81, 82])
        expect(listening()).toMatch(new RegExp(`^${publicIpv4}:${port}$`, "m"));
    },
    { timeout: 60_000, interval: 200 },
  );
}, 120_000);

afterAll(() => {
  for (const child of running) child.kill();
  for (const namespace of names) {
    spawnSync("sh", ["-c", `ip netns pids ${namespace} | xargs -r kill -9`]);
    spawnSync("ip", ["netns", "del", namespace]);
  }
  tree.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** The PROXY protocol's header (haproxy.org/download/1.8/doc/proxy-protocol.txt, 2.2) of TCP over IPv4. */
function proxyHeader(hex: string) {
  const bytes = Buffer.from(hex, "hex");
  const address = (at: number) => [...bytes.subarray(at, at + 4)].join(".");
  return {
    signature: bytes.subarray(0, 12).toString("latin1"),
    versionAndCommand: bytes[12],
    familyAndProtocol: bytes[13],
    length: bytes.readUInt16BE(14),
    source: address(16),
    destination: `${address(20)}:${bytes.readUInt16BE(26)}`,
    rest: bytes.length - 16 - bytes.readUInt16BE(14),
  };
}

describe("proxy", { timeout: 120_000 }, () => {
  it("leads a client's TCP to a server at home, which sees the relay", async () => {
    await expect.poll(() => hello(80)).toEqual({ head: "", from: "2001:db8:1::1", port: 80, at: server });
  });

  it("tells the server the client's address by the PROXY protocol, to another port", () => {
    const said = hello(443);
    expect(said?.port).toBe(8443);
    expect(proxyHeader(said?.head ?? "")).toEqual({
      signature: "\r\n\r\n\0\r\nQUIT\n",
      versionAndCommand: 0x21,
      familyAndProtocol: 0x11,
      length: 12,
      source: "198.51.100.9",
      destination: `${publicIpv4}:443`,
      rest: 0,
    });
  });

  it("keeps the port of a range, and refuses one that nobody serves", () => {
    expect([5000, 5001, 5002].map((port) => hello(port)?.port)).toEqual([5000, 5001, undefined]);
  });

  it("asks for a server's name while it runs, and goes where the name goes", async () => {
    await expect.poll(() => hello(25)?.port).toBe(25);
    writeFileSync(zone, `mail.box.example 2001:db8:4::211\nweb.laube.example ${server}\n`);
    // Nobody listens there.
    await expect.poll(() => hello(25)).toBeUndefined();
    writeFileSync(zone, `mail.box.example ${server}\nweb.laube.example 2001:db8:4::211\n`);
    await expect.poll(() => hello(25)?.port).toBe(25);
  });

  it("takes a changed file without an end to any connection", async () => {
    const held = spawn("ip", ["netns", "exec", client, "socat", "-t", "20", "-", `TCP4:${publicIpv4}:80`]);
    held.stdin.write("hel");
    await expect.poll(() => inside(home, "ss -Htn state established 'sport = :80'")).not.toBe("");
    const path = tree.at("/etc/relay4in6/haproxy.cfg");
    const before = readFileSync(path, "utf8");
    writeFileSync(path, before.replace(`[${server}]:80`, "[2001:db8:4::211]:80"));
    // What the unit's ExecReload does.
    master.kill("SIGUSR2");
    await expect.poll(() => hello(80)?.at).toBe("2001:db8:4::211");
    let said = "";
    held.stdout.on("data", (data) => {
      said += data;
    });
    held.stdin.write("lo\n");
    await once(held, "close");
    expect((JSON.parse(said) as Said).at).toBe(server);
  });

  it("has the limit of a service before it", () => {
    const flood = join(import.meta.dirname, "../../lab/proof/flood.py");
    const { tried, connected } = JSON.parse(inside(client, `python3 ${flood} rate ${publicIpv4} 90 100 4`));
    expect(tried).toBeGreaterThan(100);
    expect(connected).toBeGreaterThanOrEqual(5);
    // As much as the rate and its burst let through while it lasted, and second and third SYNs after it.
    expect(connected).toBeLessThan(10 + 5 * 20);
  });
});

describe("socat", { timeout: 120_000 }, () => {
  it("leads TCP to a server by its address, and by its name as it is now", async () => {
    expect(hello(81)).toEqual({ head: "", from: "2001:db8:1::1", port: 80, at: server });
    expect(hello(82)?.port).toBe(80);
  });

  it.each([
    ["socat", 81],
    ["proxy", 80],
  ])("waits, as %s does, for a server that answers when its client has said everything", (_, port) => {
    const late = `echo later | socat -t 20 - TCP4:${publicIpv4}:${port},connect-timeout=3`;
    expect(inside(client, late)).toBe("at last\n");
  });

  it("leads UDP there and back, several clients at once, each of whom gets what is its own", async () => {
    // As UDP's clients do, they say it again until they are answered; and listen on for what is not theirs.
    const clients = `
      const dgram = require("dgram"); const heard = {}; const words = ["one", "two", "three", "four", "five"];
      for (const word of words) {
        const socket = dgram.createSocket("udp4"); heard[word] = [];
        const say = () => socket.send(word, 53, "${publicIpv4}");
        const again = setInterval(say, 300);
        socket.on("message", (m) => { heard[word].push(JSON.parse(m)); clearInterval(again); });
        say();
      }
      const began = Date.now();
      setInterval(() => {
        if (words.some((word) => heard[word].length === 0) && Date.now() - began < 60000) return;
        setTimeout(() => { console.log(JSON.stringify(heard)); process.exit(); }, 1000);
      }, 200);`;
    const heard: Record<string, { said: string; from: string }[]> = JSON.parse(
      inside(client, `exec "${process.execPath}" -e '${clients}'`),
    );
    expect(Object.keys(heard)).toHaveLength(5);
    for (const [word, answers] of Object.entries(heard)) {
      expect(answers.length, word).toBeGreaterThan(0);
      for (const answer of answers) expect(answer).toEqual({ said: word, from: "2001:db8:1::1" });
    }
  });
});

describe("the relay around them", { timeout: 120_000 }, () => {
  it("says which servers' ports answer, of a range its ends and its middle", () => {
    const probe = `${bound}; sh -eu ${tree.at("/etc/relay4in6/probe")}; cat $RUNTIME_DIRECTORY/status.json; cat $RUNTIME_DIRECTORY/relay4in6.prom >&2`;
    const { stdout, stderr } = spawnSync(
      "ip",
      ["netns", "exec", relay, "unshare", "-m", "sh", "-euc", probe],
      {
        encoding: "utf8",
        env: { ...process.env, RUNTIME_DIRECTORY: join(folder, "status") },
      },
    );
    const said = readProbe(stdout);
    expect(said?.homes).toEqual([]);
    const told = said?.endless.map(({ home: name, state, ports }) => [
      name,
      state,
      ...ports.map(({ ports: range, to, port, answer }) => `${range} ${to} ${port} ${answer}`),
    ]);
    expect(told).toEqual([
      [
        "box",
        "up",
        "25 mail.box.example 25 open",
        `80 [${server}] 80 open`,
        `90 [${server}] 80 open`,
        `443 [${server}] 8443 open`,
        `5000-5002 [${server}] 5000 open`,
        `5000-5002 [${server}] 5001 open`,
        `5000-5002 [${server}] 5002 refused`,
      ],
      ["laube", "up", `81 [${server}] 80 open`, "82 web.laube.example 80 open"],
    ]);
    expect(stderr).toContain('relay4in6_home_up{home="box",device=""} 1');
    expect(stderr).toMatch(/service_answers\{home="laube",protocol="tcp",ports="81",.*\} 1/);
  });

  it("opens the services' ports, and refuses the others", () => {
    const refused = spawnSync(
      "ip",
      ["netns", "exec", client, "socat", "-u", "/dev/null", `TCP4:${publicIpv4}:83,connect-timeout=3`],
      { encoding: "utf8" },
    );
    expect(refused.stderr).toMatch(/refused|prohibited|No route|unreachable/i);
  });
});
