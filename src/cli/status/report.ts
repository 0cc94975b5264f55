import type { HomePlan } from "../../plan/index.ts";
import type { DriftReport } from "./drift.ts";
import type { EndlessReport } from "./endless.ts";
import type { Count } from "./readings.ts";
import type { ServiceReport } from "./services.ts";

/** In one word, and the exit status that goes with it: 0, 1 and 2. */
export type Verdict = "up" | "degraded" | "down";

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

/** One of a home's two paths. */
export interface PathReport {
  device: string;
  transport: string;
  state: "up" | "down" | "unknown";
}

/** One home; of two paths, as the one is that answers first. */
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
  /** Where there are two, the preferred one first. */
  paths?: PathReport[];
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
