import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MOST_HOMES } from "../../src/config/schema.ts";
import {
  type ProcessTransport,
  processTransports,
  type Relayed,
  type Transport,
  type TunnelTransport,
  transportKinds,
  transports,
  tunnelTransports,
} from "../../src/transports/index.ts";

const all: [string, Transport][] = transportKinds.map((kind) => [kind, transports[kind]]);
const tunnels: [string, TunnelTransport][] = Object.entries(tunnelTransports);
const processes: [string, ProcessTransport][] = Object.entries(processTransports);

describe("the registry of transports", () => {
  it.each(all)("knows %s by its own name", (kind, transport) => {
    expect(transport.kind).toBe(kind);
    expect(transport.title).toMatch(/\S/);
    expect(transport.carries.length).toBeGreaterThan(0);
  });

  it.each(tunnels)("has a link script for %s", (_kind, { linkTemplate }) => {
    expect(existsSync(linkTemplate)).toBe(true);
  });

  it("has no two transports whose outer packets a filter could not tell apart", () => {
    const outers = tunnels.map(([, { outer }]) => JSON.stringify(outer({}, 0)));
    expect(new Set(outers).size).toBe(outers.length);
  });

  it("keeps a home's tunnels of two kinds apart, for as many homes as there may be", () => {
    const taken = tunnels.flatMap(([, { apart }]) => [
      `suffix ${apart.suffix}`,
      `metric ${apart.metric}`,
      // Two of them are a /23.
      `network ${apart.network}`,
      `network ${apart.network + 1}`,
      ...Array.from({ length: 2 * MOST_HOMES }, (_, index) => `priority ${apart.firstPriority + index}`),
    ]);
    expect(new Set(taken).size).toBe(taken.length);
    expect(taken).not.toContain("network 48");
  });

  it.each(processes)(
    "has the files of %s, each once and with a unit among them",
    (_kind, { files, carries }) => {
      const services = carries
        .filter((each) => each !== "whole-address")
        .map((protocol): Relayed => {
          const server = { address: "2001:db8:2::210" };
          return { home: "haus", protocol, first: 443, last: 444, server, proxyProtocol: false };
        });
      const made = files(services, "203.0.113.10");
      expect(new Set(made.map(({ path }) => path)).size).toBe(made.length);
      expect(made.filter(({ path }) => path.endsWith(".service")).length).toBeGreaterThan(0);
      for (const { template } of made) expect(existsSync(template)).toBe(true);
    },
  );
});
