import type { Spec } from "../../config/index.ts";
import type { HomePlan, Plan } from "../../plan/index.ts";
import type { DriftReport } from "./drift.ts";
import { type EndlessReport, endlessOf } from "./endless.ts";
import type { ProbeStatus } from "./probed.ts";
import type { Count, HomeReading, RelayReading } from "./readings.ts";
import { type ServiceReport, servicesOf } from "./services.ts";
import { problemsOf, type Verdict } from "./verdict.ts";

/** What one end answered, or why it was not asked. */
export type Asked<T> = { reading: T; drift: DriftReport } | { problem: string };

/** What all ends answered at one time. */
export interface Readings {
  relay: Asked<RelayReading>;
  /** By the home's name; a manual home has none. */
  homes: Readonly<Record<string, Asked<HomeReading>>>;
}

/** One end's machine. */
export interface EndReport {
  /** Why it could not be asked; then nothing else is known. */
  problem?: string;
  os?: string;
  kernel?: string;
  /** Digest of the files of ours that it has. */
  digest?: string;
  /** In one word. */
  drift: DriftReport["drift"] | "unknown";
  /** Paths that differ. */
  driftedFiles: string[];
}

/** Packets and bytes one way since the tunnel was made, and how many a second. */
export interface Traffic extends Count {
  packetsPerSecond?: number;
  bytesPerSecond?: number;
}

/** One home. */
export interface HomeReport {
  home: string;
  end: HomePlan["end"];
  state: "up" | "down" | "unknown";
  /** Unix seconds. */
  since?: number;
  /** Its last answer: Unix seconds, round trip in ms, and the endpoint that it came from. */
  lastSeen?: { time: number; rtt: number; endpoint: string };
  /** A home that dials has no endpoint. */
  endpoints: { relay: string; home?: string };
  transport: string;
  device: string;
  /** Bytes; absent: the device is not there. */
  mtu?: number;
  /** Round trip in ms. */
  rtt?: { min: number; avg: number; max: number };
  /** 0 to 1, of the last round. */
  loss?: number;
  /** Into the tunnel. */
  toHome?: Traffic;
  /** Out of the tunnel. */
  fromHome?: Traffic;
  connections: number;
  services: ServiceReport[];
  machine: EndReport;
}

/** All that `relay4in6 status` shows. */
export interface StatusReport {
  verdict: Verdict;
  /** What is not as it should be, a sentence each. */
  problems: string[];
  publicIpv4: string;
  relay: EndReport & {
    /** Seconds since the probe's last round. */
    probeAge?: number;
    connections?: number;
    connectionsMax?: number;
  };
  /** Those that a tunnel leads to. */
  homes: HomeReport[];
  /** Those that a process on the relay reaches. */
  endless: EndlessReport[];
}

/**
 * What the readings mean. Pure: the same readings give the same report.
 *
 * @param before an earlier reading, for the rates
 */
export function statusOf(spec: Spec, plan: Plan, now: Readings, before?: Readings): StatusReport {
  const relay = readingOf(now.relay);
  const homes = plan.homes.map((home) => homeReport(spec, home, now, readingOf(before?.relay)));
  const report = {
    publicIpv4: plan.relay.publicIpv4,
    relay: {
      ...endReport(now.relay),
      ...(relay?.probe === undefined ? {} : { probeAge: Math.max(0, relay.time - relay.probe.time) }),
      ...(relay === undefined
        ? {}
        : { connections: relay.connections, connectionsMax: relay.connectionsMax }),
    },
    homes,
    endless: endlessOf(spec, relay?.probe),
  };
  return { ...problemsOf(report), ...report };
}

function homeReport(
  spec: Spec,
  { name, end, tunnel }: HomePlan,
  now: Readings,
  before: RelayReading | undefined,
): HomeReport {
  const number = tunnel.zone;
  const relay = readingOf(now.relay);
  const probed = relay?.probe?.homes.find(({ home }) => home === name);
  const device = relay?.devices[tunnel.device];
  const earlier = before?.devices[tunnel.device];
  const seconds = (relay?.uptime ?? 0) - (before?.uptime ?? 0);
  const flows = (relay?.flows ?? []).filter(({ into, outOf }) => into === number || outOf === number);
  return {
    home: name,
    end,
    ...probedPart(probed),
    endpoints: {
      relay: relay?.endpoints["endpoint"] ?? tunnel.relayEndpoint,
      ...(tunnel.knownBy === "endpoint"
        ? { home: relay?.endpoints[tunnel.device] ?? tunnel.homeEndpoint }
        : {}),
    },
    transport: tunnel.transport,
    device: tunnel.device,
    ...(device === undefined
      ? {}
      : {
          mtu: device.mtu,
          toHome: traffic(device.sent, earlier?.sent, seconds),
          fromHome: traffic(device.received, earlier?.received, seconds),
        }),
    connections: flows.reduce((sum, flow) => sum + flow.connections, 0),
    services: servicesOf(spec, name, number, flows, probed?.ports ?? []),
    machine: end === "manual" ? manual : endReport(now.homes[name] ?? { problem: "was not asked" }),
  };
}

const manual: EndReport = { problem: "is set up by hand", drift: "unknown", driftedFiles: [] };

function probedPart(probed: ProbeStatus["homes"][number] | undefined) {
  if (probed === undefined) return { state: "unknown" as const };
  const { state, since, lastSeen, rtt, loss } = probed;
  return {
    state,
    since,
    loss,
    ...(lastSeen === null ? {} : { lastSeen }),
    ...(rtt === null ? {} : { rtt }),
  };
}

/** A device that was made anew counts from 0: then there is no rate. */
function traffic(now: Count, before: Count | undefined, seconds: number): Traffic {
  if (before === undefined || seconds <= 0 || now.bytes < before.bytes || now.packets < before.packets)
    return now;
  return {
    ...now,
    packetsPerSecond: (now.packets - before.packets) / seconds,
    bytesPerSecond: (now.bytes - before.bytes) / seconds,
  };
}

function endReport(asked: Asked<HomeReading | RelayReading>): EndReport {
  if ("problem" in asked) return { problem: asked.problem, drift: "unknown", driftedFiles: [] };
  const { os, kernel } = asked.reading;
  const { drift, digest, files } = asked.drift;
  return { os, kernel, digest, drift, driftedFiles: files };
}

function readingOf<T>(asked: Asked<T> | undefined): T | undefined {
  return asked !== undefined && "reading" in asked ? asked.reading : undefined;
}
