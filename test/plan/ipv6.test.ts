import fc from "fast-check";
import { Address6 } from "ip-address";
import { describe, expect, it } from "vitest";
import { deriveEndpoint } from "../../src/plan/endpoint.ts";
import { planIpv6, serverIpv6 } from "../../src/plan/ipv6.ts";
import { publicIpv4 } from "./arbitraries.ts";

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,14}$/);
const server = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((octets) => octets.join("."));
const prefix = fc
  .array(fc.nat(0xffff), { minLength: 3, maxLength: 3 })
  .map((rest) => `2a01:${rest.map((part) => part.toString(16)).join(":")}::/64`);

describe("a server's IPv6 address", () => {
  it("is the relay's /64, the home's 32 bits and the server's IPv4 address", () => {
    const address = serverIpv6("2001:db8:1:1::/64", "haus", "192.168.1.210");
    expect(address).toMatch(/^2001:db8:1:1:[89a-f][0-9a-f]{3}:[0-9a-f]{1,4}:c0a8:1d2$/);
    // An address that people have written down does not change with a release.
    expect(address).toBe("2001:db8:1:1:9a21:f58f:c0a8:1d2");
  });

  it("is in the relay's /64, and neither its endpoint nor its own address", () => {
    fc.assert(
      fc.property(prefix, name, server, publicIpv4, (network, home, to, ipv4) => {
        const address = serverIpv6(network, home, to);
        expect(new Address6(address).isInSubnet(new Address6(network))).toBe(true);
        expect(address).not.toBe(deriveEndpoint(network, ipv4));
        expect(address).not.toBe(new Address6(network.replace("::/64", "::1")).correctForm());
      }),
    );
  });

  it("is another one for each server of a home, and depends on nothing else", () => {
    fc.assert(
      fc.property(prefix, name, fc.uniqueArray(server, { minLength: 2 }), (network, home, servers) => {
        const addresses = servers.map((to) => serverIpv6(network, home, to));
        expect(new Set(addresses).size).toBe(servers.length);
        expect(servers.toReversed().map((to) => serverIpv6(network, home, to))).toEqual(
          addresses.toReversed(),
        );
      }),
    );
  });
});

describe("what IPv6 needs of a tunnel", () => {
  it("is an address for each server, with its own ports, and an MSS that IPv6's header fits beside", () => {
    const admitted = [
      { to: "192.168.1.210", protocol: "tcp", ports: ["80", "443"] },
      { to: "192.168.1.210", protocol: "udp", ports: ["443"] },
      { to: "192.168.1.211" },
    ] as const;
    const planned = planIpv6("haus", "2001:db8:1:1::/64", 1460, admitted, ["192.168.1.211"], []);
    expect(planned.mss).toBe(1400);
    expect(planned.servers).toMatchObject([
      {
        server: "192.168.1.210",
        egress: false,
        admitted: [
          { protocol: "tcp", ports: ["80", "443"] },
          { protocol: "udp", ports: ["443"] },
        ],
      },
      { server: "192.168.1.211", egress: true, admitted: [{}] },
    ]);
  });
});
