/**
 * What the machine is given on which ways are compared: its scripts, what each way is told, the files of ours as `up`
 * makes them, and the peers' own configuration.
 */
import { readFile } from "node:fs/promises";
import { isProcess } from "../../../src/transports/index.ts";
import type { MachineFile } from "../../machine/initrd.ts";
import { EXAMPLE, FIRST_PORT } from "../example.ts";
import { endsOf, filesOfEnds, wireguardKeys } from "./relays.ts";
import { UNITS } from "./units.ts";
import { homesOf, type Place, placeOf, ROUTER, WAYS, type Way } from "./ways.ts";

type Files = Record<string, MachineFile>;

/** How much is done. */
export interface Effort {
  /** How often each way has its turn. */
  readonly rounds: number;
  /** Of one transfer. */
  readonly bytes: number;
  /** Of 64 bytes each. */
  readonly packets: number;
  readonly connections: number;
  /** Bytes there and back, one after the other. */
  readonly exchanges: number;
  /** Of one transfer where wires are long and lose packets. */
  readonly impairedBytes: number;
}

/** What is between the places: wires on which nothing is lost, or a client far away and lines that lose packets. */
export type Wires = "whole" | "impaired";

/** Path on the machine → file. */
export async function machineFilesOf(ways: readonly Way[], effort: Effort, wires: Wires): Promise<Files> {
  const keys = { relay: wireguardKeys(), home: wireguardKeys() };
  const homes = homesOf(ways);
  const run = {
    ...effort,
    wires,
    ways: list(ways),
    homes: list(homes.map(([home]) => home)),
    client: EXAMPLE.client,
    servers: list(homes.flatMap(([, led]) => serversOf(placeOf(led[0] as Way)))),
    port: FIRST_PORT,
    plain_public: placeOf("plain").publicIpv4,
    plain_number: ways.indexOf("plain"),
    relay_key: keys.relay.public,
    home_key: keys.home.public,
  };
  const files: Files = {
    ...UNITS,
    "/bench/run": { text: variables(run) },
    "/bench/wireguard/relay": { text: `${keys.relay.secret}\n`, mode: 0o600 },
    "/bench/wireguard/home": { text: `${keys.home.secret}\n`, mode: 0o600 },
    "/bench/place": await script("guest/place"),
    "/bench/frps.toml": { text: FRPS },
    "/bench/frpc.toml": { text: frpc(placeOf("frp").relayIpv6, placeOf("frp").server) },
  };
  for (const name of ["begin", "wires", "relay-ways", "home-ways", "sample", "exchange.py"]) {
    files[`/bench/${name}`] = await script(`guest/${name}`);
  }
  homes.forEach(([home, led], number) => {
    files[`/bench/homes/${home}`] = { text: homeVariables(led, number) };
  });
  return Object.assign(files, ...ways.map((way, number) => wayFiles(way, number)));
}

/** Addresses at which a home's server has to answer. */
function serversOf({ server, serverIpv6, home }: Place): string[] {
  return home === ROUTER ? [server, serverIpv6] : [server];
}

async function script(path: string): Promise<MachineFile> {
  return { text: await readFile(new URL(path, import.meta.url), "utf8"), mode: 0o755 };
}

/** Which of the machine's functions sets a way up. */
function kindOf(way: Way): string {
  const { ours } = WAYS[way];
  if (ours) return isProcess(ours.transport) ? "process" : "tunnel";
  return way.replaceAll("-", "_");
}

function wayFiles(way: Way, number: number): Files {
  const place = placeOf(way);
  const { ours, udp } = WAYS[way];
  const ends = ours ? endsOf(ours, place, FIRST_PORT) : undefined;
  const both = ends ? filesOfEnds(ends, `/bundle/${way}`) : { relay: {}, home: {} };
  const processes = ends && !ends.tunnel ? ends.relay.files : [];
  const units = processes.filter(({ path }) => /relay4in6-(proxy|socat-.*)\.service$/.test(path));
  const read = processes.filter(({ path }) => path.endsWith("/haproxy.cfg"));
  const told = {
    kind: kindOf(way),
    number,
    udp: udp === false ? "no" : "yes",
    home: place.home,
    public: place.publicIpv4,
    relay6: place.relayIpv6,
    relay_prefix: place.relayPrefix,
    home6: place.homeIpv6,
    home4: place.homeIpv4,
    lan: place.lan,
    server: place.server,
    server6: place.serverIpv6,
    home_endpoint: ends?.tunnel?.homeEndpoint ?? "",
    device: ends?.tunnel?.device ?? "",
    mtu: ends?.tunnel?.mtu ?? 1500,
    units: list(units.map(({ path }) => path.split("/").pop() as string)),
  };
  return {
    ...both.relay,
    ...both.home,
    // The units as they are, where systemd looks, and beside each the namespace in which it runs.
    ...Object.fromEntries([...units, ...read].map(({ path, text }) => [path, { text }])),
    ...Object.fromEntries(
      units.map(({ path }) => [
        `${path}.d/bench.conf`,
        { text: `[Service]\nNetworkNamespacePath=/run/netns/relay-${way}\n` },
      ]),
    ),
    [`/bench/ways/${way}`]: { text: variables(told) },
  };
}

function homeVariables(ways: readonly Way[], number: number): string {
  const place = placeOf(ways[0] as Way);
  return variables({
    home_number: number,
    lan: place.lan,
    server: place.server,
    server6: place.serverIpv6,
    home4: place.homeIpv4,
    home_prefix: place.homePrefix,
    home_ways: list(ways),
  });
}

/** frp as its own example has it: TLS between the two, many streams on one connection, both on by default. */
const FRPS = 'bindAddr = "::"\nbindPort = 7000\nauth.token = "benchmark"\n';

function frpc(relay: string, server: string): string {
  const common = [`serverAddr = "${relay}"`, "serverPort = 7000", 'auth.token = "benchmark"'];
  const proxies = ["tcp", "udp"].map((type) =>
    [
      "[[proxies]]",
      `name = "${type}"`,
      `type = "${type}"`,
      `localIP = "${server}"`,
      `localPort = ${FIRST_PORT}`,
      `remotePort = ${FIRST_PORT}`,
    ].join("\n"),
  );
  return `${common.join("\n")}\nloginFailExit = false\n\n${proxies.join("\n\n")}\n`;
}

function list(words: readonly string[]): string {
  return `"${words.join(" ")}"`;
}

/** Assignments for a shell. */
function variables(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
