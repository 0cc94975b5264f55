import type { Spec } from "../../config/index.ts";
import type { ProbeStatus } from "../../facts/probed.ts";
import { type HomePlan, type Plan, type Tunnel, tunnelsOf } from "../../plan/index.ts";
import type { DriftReport } from "./drift.ts";
import { endlessOf } from "./endless.ts";
import type { Count, HomeReading, RelayReading } from "./readings.ts";
import type { EndReport, HomeReport, PathReport, StatusReport, Traffic } from "./report.ts";
import { servicesOf } from "./services.ts";
import { problemsOf } from "./verdict.ts";

/** What one end answered, or why it was not asked. */
export type Asked<T> = { reading: T; drift: DriftReport } | { problem: string };

/** What all ends answered at one time. */
export interface Readings {
  relay: Asked<RelayReading>;
  /** By the home's name; a manual home has none. */
  homes: Readonly<Record<string, Asked<HomeReading>>>;
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

function homeReport(spec: Spec, home: HomePlan, now: Readings, before: RelayReading | undefined): HomeReport {
  const { name, end } = home;
  const relay = readingOf(now.relay);
  const paths = tunnelsOf(home).map((tunnel) => ({
    tunnel,
    probed: relay?.probe?.homes.find(({ device }) => device === tunnel.device),
  }));
  const { tunnel, probed } = paths.find((path) => (path.probed?.received ?? 0) > 0) ?? {
    tunnel: home.tunnel,
    probed: paths[0]?.probed,
  };
  const number = tunnel.zone;
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
        ? { home: relay?.endpoints[tunnel.endpointName] ?? tunnel.homeEndpoint }
        : {}),
    },
    transport: tunnel.transport,
    device: tunnel.device,
    ...(home.spare === undefined ? {} : { paths: paths.map(pathReport) }),
    ...(device === undefined
      ? {}
      : {
          mtu: device.mtu,
          toHome: traffic(device.sent, earlier?.sent, seconds),
          fromHome: traffic(device.received, earlier?.received, seconds),
        }),
    connections: flows.reduce((sum, flow) => sum + flow.connections, 0),
    services: servicesOf(
      spec,
      name,
      number,
      flows,
      paths.flatMap((path) => path.probed?.ports ?? []),
    ),
    machine: end === "manual" ? manual : endReport(now.homes[name] ?? { problem: "was not asked" }),
  };
}

function pathReport({ tunnel, probed }: { tunnel: Tunnel; probed?: Probed | undefined }): PathReport {
  return { device: tunnel.device, transport: tunnel.transport, state: probed?.state ?? "unknown" };
}

const manual: EndReport = { problem: "is set up by hand", drift: "unknown", driftedFiles: [] };

type Probed = ProbeStatus["homes"][number];

function probedPart(probed: Probed | undefined) {
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
