/**
 * The ends of the lab's stack, old and new: what a run brings them to, and how they are reached.
 */
import { readFile, writeFile } from "node:fs/promises";
import { readStack } from "../../src/cli/stack.ts";
import { parseSpec, readConfigFile } from "../../src/config/index.ts";
import { inspect, type Target as Login, putPeers, readPeers, withSession } from "../../src/deliver/index.ts";
import { plan } from "../../src/plan/index.ts";
import { type Bundle, render, tunnelPair, withRelayKey } from "../../src/render/index.ts";
import type { Lab } from "../lab.ts";
import { machineName } from "../machine/cloud-machines.ts";
import { cloudServers, Machine } from "../machine/index.ts";
import { LAN } from "../network/topology.ts";
import { RUN } from "../places.ts";
import { CONFIG_FILE, Pulumi, type ServiceConfig } from "../proof/stack.ts";
import type { Target } from "./kinds.ts";

/** As much of the stack's config as is read here. */
interface Written {
  readonly homes: readonly { readonly name: string; readonly end: string }[];
  readonly services: readonly ServiceConfig[];
}

/** A service of one port. */
type PortService = ServiceConfig & { readonly port: number };

/** What is added: ports at home that no other service has, so that a change is one on every end. */
const ADDED: readonly PortService[] = [
  { port: 6001, to: `${LAN.server2}:5001`, home: "haus" },
  { port: 6002, to: LAN.server, home: "zwei" },
];

/** A TCP service of each home without an end that the config has. */
function processServices({ homes, services }: Written): PortService[] {
  return homes
    .filter(({ end }) => end === "none")
    .flatMap(({ name }) => {
      const own = services.find(({ home, protocol }) => home === name && protocol === undefined);
      return own === undefined ? [] : [{ ...own, port: Number(own["port"]) }];
    });
}

/** One end. */
export interface End {
  readonly login: Login;
  readonly old: Bundle;
  readonly new: Bundle;
  /** Public ports that lead through it: of the old state, and those that the new one adds. */
  readonly ports: { readonly old: readonly number[]; readonly new: readonly number[] };
  /** File with what its console says: it speaks also when no connection does. */
  readonly console: string;
  /** Folder that comes first in PATH there. */
  readonly bin: string;
  /** Folder of a run. */
  readonly run: string;
  readonly journal: string;
  /** What a command says there. */
  say(command: string): Promise<string>;
  /** As `up` goes on: tells the other ends what public keys a run has answered with. */
  introduce(keys: Readonly<Record<string, string>>): Promise<void>;
}

/** The three ends of the standing lab. */
export async function ends(lab: Lab): Promise<{ publicIpv4: string; ends: Record<Target, End> }> {
  const outputs = `${RUN}/outputs.json`;
  await writeFile(outputs, JSON.stringify(await new Pulumi(lab.environment).outputs()));
  const stack = await readStack({ config: CONFIG_FILE, outputs });
  const written = readConfigFile(await readFile(CONFIG_FILE, "utf8")) as Written;
  const processes = processServices(written);
  const bundles = (added: readonly ServiceConfig[]) => {
    const { spec } = parseSpec({ ...written, services: [...added, ...written.services] });
    return render(plan(spec, stack.facts));
  };
  const added = [...ADDED, ...processes.map((service) => ({ ...service, port: service.port + 100 }))];
  const [before, after] = [bundles([]), bundles(added)];
  const portOf = ({ port }: PortService) => port;
  const relayPorts = { old: [443, 9443, ...processes.map(portOf)], new: added.map(portOf) };
  const server = (await cloudServers()).sort((a, b) => b.order.id - a.order.id)[0];
  if (server === undefined) throw new Error("The cloud has no server.");
  const { relay } = stack;
  if (relay === undefined) throw new Error("no relay");
  const [relayBundle] = before as [Bundle];
  const known = {
    relayKey: (await inspect(relay, relayBundle)).keys[tunnelPair(relayBundle)] ?? "",
    peers: await readPeers(relay),
  };
  const introduced = (bundle: Bundle) => withRelayKey(bundle, known.relayKey);
  const end = async (
    name: string,
    machine: string,
    ports: End["ports"],
    login: Login | undefined,
  ): Promise<End> => {
    const [old, wanted] = [before, after].map((list) => list.find((bundle) => bundle.name === name));
    if (old === undefined || wanted === undefined || login === undefined) throw new Error(`no end ${name}`);
    const isRouter = old.end === "openwrt";
    return {
      login,
      get old() {
        return introduced(old);
      },
      get new() {
        return introduced(wanted);
      },
      ports,
      console: await new Machine(machine).consoleLog(),
      bin: isRouter ? "/usr/sbin" : "/usr/local/sbin",
      run: isRouter ? "/tmp/relay4in6" : "/run/relay4in6",
      journal: isRouter ? "/etc/relay4in6-journal" : "/var/lib/relay4in6-journal",
      say: async (command) => {
        const quick = { ...login, answerSeconds: 10 };
        const { code, stdout, stderr } = await withSession(quick, (session) => session.run(command));
        if (code !== 0) throw new Error(`${name}: ${command}: status ${code}: ${stderr}`);
        return stdout.trim();
      },
      introduce: async (keys) => {
        const pair = tunnelPair(old);
        const [device, key] = [old.pairNames?.[pair], keys[pair]];
        if (key === undefined) return;
        if (device === undefined) known.relayKey = key;
        else known.peers = { ...known.peers, [device]: key };
        await putPeers(relay, known.peers);
      },
    };
  };
  return {
    publicIpv4: stack.plan.relay.publicIpv4,
    ends: {
      relay: await end("relay", machineName(server.order.id), relayPorts, relay),
      openwrt: await end("haus", "home", { old: [443], new: [6001] }, stack.homes["haus"]),
      debian: await end("zwei", "home2", { old: [9443], new: [6002] }, stack.homes["zwei"]),
    },
  };
}
