import type { Tunnel } from "../plan/index.ts";
import type { LinkEnd } from "../transports/index.ts";
import type { BundleFile } from "./bundle.ts";
import { fill } from "./template.ts";

/** One of a home's two paths, as an end watches it. */
interface WatchedPath {
  device: string;
  /** The other end's address in it. */
  peer: string;
  table: number;
  metric: number;
  answeringMetric: number;
}

/** The paths that this end watches: those of homes that have two. */
export function watchedPaths(tunnels: readonly Tunnel[], side: LinkEnd["side"]): WatchedPath[] {
  const peer = side === "relay" ? "home" : "relay";
  return tunnels.flatMap(({ device, inner, table, metric, answeringMetric }) =>
    answeringMetric === undefined ? [] : [{ device, peer: inner[peer], table, metric, answeringMetric }],
  );
}

/** What leads the traffic by the first path that answers; nothing where there is one path only. What starts it is the end's. */
export function failoverFiles(paths: readonly WatchedPath[]): BundleFile[] {
  if (paths.length === 0) return [];
  return [fill("debian", "/etc/relay4in6/failover", {}), fill("debian", "/etc/relay4in6/paths", { paths })];
}
