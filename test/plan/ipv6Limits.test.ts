import { describe, expect, it } from "vitest";
import { parseSpec } from "../../src/config/parse.ts";
import { ipv6Limits } from "../../src/plan/ipv6Limits.ts";
import { config, home } from "../config/examples.ts";

const server = "192.168.1.210";
const limitsOf = (...services: object[]) => {
  const { spec } = parseSpec(config({ homes: [home({ ipv6: true })], services }));
  return ipv6Limits(server, spec.homes[0]?.name ?? "", spec.services);
};

describe("the rate of a service over IPv6", () => {
  it("is of the server's own ports", () => {
    expect(limitsOf({ port: 8443, to: `${server}:443`, rate: 20 })).toEqual({
      ports: [{ protocol: "tcp", ports: "443", limit: "tcp_8443" }],
    });
  });

  it("is of both protocols where the service is", () => {
    const { ports } = limitsOf({ ports: "5000-5010", protocol: "both", to: server, rate: 20 });
    expect(ports).toEqual([
      { protocol: "tcp", ports: "5000-5010", limit: "tcp_udp_5000" },
      { protocol: "udp", ports: "5000-5010", limit: "tcp_udp_5000" },
    ]);
  });

  it("is the least one of a port to which several lead, and each port stands once", () => {
    const { ports } = limitsOf(
      { ports: "5000-5010", to: server, rate: 20 },
      { port: 8080, to: `${server}:5005`, rate: 5 },
      { port: 8081, to: `${server}:5006` },
    );
    expect(ports).toEqual([
      { protocol: "tcp", ports: "5000-5004", limit: "tcp_5000" },
      { protocol: "tcp", ports: "5005", limit: "tcp_8080" },
      { protocol: "tcp", ports: "5006-5010", limit: "tcp_5000" },
    ]);
  });

  it("of a whole address leaves out what services claim, limited or not", () => {
    expect(
      limitsOf(
        { to: server, rate: 50 },
        { port: 443, to: server },
        { port: 53, protocol: "udp", to: server, rate: 9 },
      ),
    ).toEqual({
      ports: [{ protocol: "udp", ports: "53", limit: "udp_53" }],
      everythingElse: "whole",
      claimed: [
        { protocol: "tcp", ports: "443" },
        { protocol: "udp", ports: "53" },
      ],
    });
  });

  it("is none of another server's", () => {
    expect(limitsOf({ port: 443, to: "192.168.1.211", rate: 20 })).toEqual({ ports: [] });
  });
});
