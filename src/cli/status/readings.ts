import { type ProbeStatus, readProbe } from "../../facts/probed.ts";
import { sectioned, sections } from "../../facts/sections.ts";

/** Packets and bytes one way. */
export interface Count {
  packets: number;
  bytes: number;
}

/** Connections that go the same way: into a home by one public port, or out of a home by one server. */
export interface Flow {
  /** Number of the home that they lead into; 0: none. */
  into: number;
  /** Number of the home that they came out of; 0: none. */
  outOf: number;
  protocol: string;
  /** The public port; 0 for protocols without one. Of connections that a server started, its address instead. */
  port: number;
  server?: string;
  connections: number;
  /** From whoever began them. */
  original: Count;
  reply: Count;
}

/** A tunnel device as one end has it; what it sends goes into the tunnel. */
export interface Device {
  /** Bytes. */
  mtu: number;
  received: Count;
  sent: Count;
}

/** What any end says of itself. */
export interface MachineReading {
  kernel: string;
  os: string;
  devices: Readonly<Record<string, Device>>;
}

/** What the relay said in one answer. */
export interface RelayReading extends MachineReading {
  /** The relay's own clock, Unix seconds. */
  time: number;
  /** Seconds since it booted: the clock for rates, because it does not jump. */
  uptime: number;
  probe?: ProbeStatus;
  /** Where each tunnel leads now, by device; `endpoint` is the relay's own. */
  endpoints: Readonly<Record<string, string>>;
  /** Connections that it tracks, and can track. */
  connections: number;
  connectionsMax: number;
  flows: readonly Flow[];
}

/** conntrack's lines (`-o extended`) summed up where they are: ten thousand of them are one line for each port. */
const sumFlows = String.raw`
{
	delete field
	original = reply = ""
	for (i = 4; i <= NF; i++) {
		if (split($i, pair, "=") != 2) continue
		if (pair[1] in field) field["reply-" pair[1]] = pair[2]
		else field[pair[1]] = pair[2]
	}
	mark = field["mark"] + 0
	if (mark < 65536) next
	into = int(mark / 16777216)
	key = into " " int(mark / 65536) % 256 " " $3 " " (into > 0 ? field["dport"] + 0 : field["src"])
	connections[key]++
	packets[key] += field["packets"]
	bytes[key] += field["bytes"]
	reply_packets[key] += field["reply-packets"]
	reply_bytes[key] += field["reply-bytes"]
}
END {
	for (key in connections)
		printf "%s %d %.0f %.0f %.0f %.0f\n", key, connections[key], packets[key], bytes[key], reply_packets[key], reply_bytes[key]
}`;

const machine = {
  kernel: "uname -r",
  os: '( . /etc/os-release; echo "$PRETTY_NAME" )',
  devices:
    'for d in /sys/class/net/wrap*; do [ ! -e "$d/mtu" ] || echo "${d##*/}" $(cd "$d" && cat mtu statistics/rx_packets statistics/rx_bytes statistics/tx_packets statistics/tx_bytes); done',
};

/** What the relay is asked, in one answer. */
export const relayQuestion = sectioned({
  ...machine,
  clock: "date +%s; cat /proc/uptime",
  probe: "cat /run/relay4in6-status/status.json",
  endpoints:
    'for f in /var/lib/relay4in6/endpoint /var/lib/relay4in6/wrap*; do echo "${f##*/}" $(cat "$f"); done',
  tracked: "cat /proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/netfilter/nf_conntrack_max",
  flows: `conntrack -L -f ipv4 -o extended | awk '${sumFlows}'`,
});

/** What a home is asked: Debian and OpenWrt keep the endpoint in different places. */
export const homeQuestion = sectioned({
  ...machine,
  endpoint: "cat /var/lib/relay4in6/endpoint || cat /etc/relay4in6/endpoint",
});

/** Reads the relay's answer. */
export function readRelay(output: string): RelayReading {
  const answer = sections(output);
  const [time = 0, uptime = 0] = numbers(answer["clock"]);
  const [connections = 0, connectionsMax = 0] = numbers(answer["tracked"]);
  const probe = readProbe(answer["probe"] ?? "");
  return {
    ...readMachine(answer),
    time,
    uptime,
    ...(probe === undefined ? {} : { probe }),
    endpoints: Object.fromEntries(
      lines(answer["endpoints"]).flatMap(([name = "", address = ""]) =>
        /^(endpoint|wrap\d+)$/.test(name) && address !== "" ? [[name, address]] : [],
      ),
    ),
    connections,
    connectionsMax,
    flows: lines(answer["flows"]).map(readFlow),
  };
}

/** What a home said in one answer. */
export interface HomeReading extends MachineReading {
  endpoint?: string;
}

/** Reads a home's answer. */
export function readHome(output: string): HomeReading {
  const answer = sections(output);
  const endpoint = answer["endpoint"]?.trim();
  return { ...readMachine(answer), ...(endpoint ? { endpoint } : {}) };
}

function readMachine(answer: Record<string, string>): MachineReading {
  return {
    kernel: answer["kernel"]?.trim() ?? "",
    os: answer["os"]?.trim() ?? "",
    devices: Object.fromEntries(
      lines(answer["devices"]).map(([name = "", ...words]) => {
        const [mtu = 0, inPackets = 0, inBytes = 0, outPackets = 0, outBytes = 0] = words.map(Number);
        const received = { packets: inPackets, bytes: inBytes };
        return [name, { mtu, received, sent: { packets: outPackets, bytes: outBytes } }];
      }),
    ),
  };
}

function readFlow([into, outOf, protocol = "", place = "", ...words]: string[]): Flow {
  const [connections = 0, packets = 0, bytes = 0, replyPackets = 0, replyBytes = 0] = words.map(Number);
  const isServer = place.includes(".");
  return {
    into: Number(into),
    outOf: Number(outOf),
    protocol,
    port: isServer ? 0 : Number(place),
    ...(isServer ? { server: place } : {}),
    connections,
    original: { packets, bytes },
    reply: { packets: replyPackets, bytes: replyBytes },
  };
}

/** Words of each line that has any. */
function lines(text = ""): string[][] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.trim().split(/\s+/));
}

function numbers(text = ""): number[] {
  return text.split(/\s+/).filter(Boolean).map(Number);
}
