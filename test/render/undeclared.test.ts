import { execFileSync } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import { render } from "../../src/render/index.ts";
import { Tree } from "./readers.ts";
import { examples, planOf } from "./specs.ts";

const publicAddress = "231.201.224.144";
const client = "198.51.100.9";

/** A connection as the kernel keeps it: the tuple of its first packet, the one of its answers, mark and zone. */
interface Connection {
  protocol: string;
  from: string;
  to: string;
  ports: [number, number];
  /** Who answers, and to whom. */
  answer: { from: string; to: string; ports: [number, number] };
  mark: string;
  zone?: number;
}

/** A client's connection to a port, that was led to a server of the home with this number. */
const inbound = (
  protocol: string,
  port: number,
  server: string,
  home: number,
  serverPort = port,
): Connection => ({
  protocol,
  from: client,
  to: publicAddress,
  ports: [40_000, port],
  answer: { from: server, to: client, ports: [serverPort, 40_000] },
  mark: `0x${home}000000`,
});

/** A connection that a server of a home started; the relay gave it a port of its own. */
const outbound = (server: string, home: number): Connection => ({
  protocol: "tcp",
  from: server,
  to: client,
  ports: [40_001, 80],
  answer: {
    from: client,
    to: publicAddress,
    ports: [80, 41_000 + home * 256 + Number(server.split(".")[3])],
  },
  mark: `0x${home}0000`,
  zone: home,
});

/** What `conntrack -I` is told to make one; in a namespace, the kernel's table then holds it. */
function insertion({ protocol, from, to, ports, answer, mark, zone }: Connection): string {
  const state = protocol === "tcp" ? "--state ESTABLISHED" : "";
  const portOptions =
    protocol === "tcp" || protocol === "udp"
      ? `--sport ${ports[0]} --dport ${ports[1]} --reply-port-src ${answer.ports[0]} --reply-port-dst ${answer.ports[1]}`
      : "";
  return `conntrack -I -p ${protocol} ${state} --timeout 600 -s ${from} -d ${to} --reply-src ${answer.from} --reply-dst ${answer.to} ${portOptions} --mark ${mark} ${zone === undefined ? "" : `--orig-zone ${zone}`}`;
}

const [relay] = render(examples.full ?? planOf({}));
const tree = new Tree(relay?.files ?? []);
afterAll(() => tree.remove());
const folder = tree.at("/etc/relay4in6");

const awks = { mawk: "mawk", "busybox awk": "busybox awk" };

/**
 * Puts connections into a kernel's table, deletes what the program names, as `rules` does, and tells which of
 * them are left.
 */
function left(awk: string, connections: readonly Connection[]): Connection[] {
  const script = `cd ${folder}
    ${connections.map(insertion).join("\n")}
    conntrack -L -f ipv4 -o extended | ${awk} -f undeclared.awk services.nft sets - | while read -r arguments; do
      conntrack -D $arguments >/dev/null
    done
    conntrack -L -f ipv4 -o extended`;
  const table = execFileSync("unshare", ["-n", "sh", "-euc", script], { encoding: "utf8", stdio: "pipe" });
  const lines = table.split("\n").filter((line) => line.startsWith("ipv4"));
  const found = connections.filter(({ protocol, answer, from, to, ports, mark, zone }) =>
    lines.some((line) => {
      const value = (name: string) =>
        [...line.matchAll(new RegExp(`\\b${name}=(\\S+)`, "g"))].map(([, v]) => v);
      const hasPorts = value("sport").length > 0;
      const [, , name, number] = line.split(/\s+/);
      return (
        (protocol === name || protocol === number) &&
        value("src").join() === `${from},${answer.from}` &&
        value("dst").join() === `${to},${answer.to}` &&
        (!hasPorts || value("sport").join() === `${ports[0]},${answer.ports[0]}`) &&
        (!hasPorts || value("dport").join() === `${ports[1]},${answer.ports[1]}`) &&
        Number(value("mark")[0] ?? 0) === Number(mark) &&
        value("zone-orig")[0] === zone?.toString()
      );
    }),
  );
  expect(lines).toHaveLength(found.length);
  return found;
}

const declared = [
  inbound("tcp", 443, "192.168.1.210", 1),
  inbound("udp", 51820, "192.168.1.211", 1),
  inbound("udp", 50050, "192.168.1.211", 1),
  inbound("tcp", 8080, "192.168.1.212", 1, 80),
  inbound("tcp", 25, "192.168.1.210", 2),
  inbound("tcp", 2222, "192.168.1.210", 3, 22),
  // What no port claims is the whole address's, of any protocol.
  inbound("tcp", 9999, "192.168.1.210", 1),
  inbound("50", 0, "192.168.1.210", 1),
  outbound("192.168.1.210", 1),
  outbound("192.168.1.211", 1),
  // The same tuple as the one of home 1, in its own zone.
  outbound("192.168.1.210", 2),
];

const undeclared = {
  "moved to another server": inbound("tcp", 443, "192.168.1.211", 1),
  "moved to another home with the same address": inbound("tcp", 25, "192.168.1.210", 1),
  "without a service, now the whole address's": inbound("udp", 4444, "192.168.1.212", 1),
  "of a range that has become shorter": inbound("tcp", 50101, "192.168.1.211", 1),
  "translated to another port": inbound("tcp", 8080, "192.168.1.212", 1, 8080),
  "translated no more": inbound("tcp", 443, "192.168.1.210", 1, 8443),
  "of a whole address that moved": inbound("50", 0, "192.168.1.210", 2),
  "started by a server that may not": outbound("192.168.1.212", 1),
  "started by a server that only another home's may": outbound("192.168.1.210", 3),
};

describe.each(Object.entries(awks))("the connections that %s finds undeclared", (_name, awk) => {
  it("are none of those that a service declares", () => {
    expect(left(awk, declared)).toEqual(declared);
  });

  it.each(Object.entries(undeclared))("are those %s", (_title, connection) => {
    const others = declared.filter((each) => insertion(each) !== insertion(connection));
    const rivals = others.filter(
      ({ ports }) => ports[1] !== connection.ports[1] || connection.zone !== undefined,
    );
    expect(left(awk, [connection, ...rivals])).toEqual(rivals);
  });

  it("are none that bear no mark of ours", () => {
    const own = [
      { ...inbound("tcp", 22, publicAddress, 1), mark: "0x0" },
      { ...inbound("tcp", 8443, "172.17.0.2", 1, 443), mark: "0x1" },
      { ...inbound("udp", 53, "172.17.0.3", 1), mark: "0xffff" },
    ];
    expect(left(awk, own)).toEqual(own);
  });

  it("are named with all that tells an echo from another", () => {
    const echo = (id: number, server: string) =>
      `ipv4     2 icmp     1 29 src=${client} dst=${publicAddress} type=8 code=0 id=${id} packets=1 bytes=84 src=${server} dst=${client} type=0 code=0 id=${id} packets=1 bytes=84 mark=16777216 use=1`;
    const input = [echo(7, "192.168.1.210"), echo(8, "192.168.1.211")].join("\n");
    const script = `${awk} -f undeclared.awk services.nft sets -`;
    const named = execFileSync("sh", ["-euc", script], { cwd: folder, input, encoding: "utf8" });
    expect(named).toBe(`-p icmp -s ${client} -d ${publicAddress} --icmp-type 8 --icmp-code 0 --icmp-id 8\n`);
  });
});
