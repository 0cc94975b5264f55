import fc from "fast-check";
import { Address6 } from "ip-address";
import { describe, expect, it } from "vitest";
import { deriveEndpoint, ipv4OfEndpoint, subnetOf } from "../../src/plan/index.ts";
import { globalPrefix, publicIpv4 } from "./arbitraries.ts";

describe("an endpoint", () => {
  it("has the octets of the public address as its last four hextets, digit for digit", () => {
    expect(deriveEndpoint("54a0:6231:d015:6ef9::/64", "231.201.224.144")).toBe(
      "54a0:6231:d015:6ef9:231:201:224:144",
    );
    expect(deriveEndpoint("2e5b:9a11:b0a8:fdd2::/64", "231.201.224.144")).toBe(
      "2e5b:9a11:b0a8:fdd2:231:201:224:144",
    );
  });

  it("is in the form of RFC 5952, zeros in the address or not", () => {
    expect(deriveEndpoint("2001:db8::/48", "203.0.0.1")).toBe("2001:db8::203:0:0:1");
    expect(deriveEndpoint("2001:db8:1:2::/64", "8.8.0.0")).toBe("2001:db8:1:2:8:8::");
  });

  it("lies in the prefix and in its first /64", () => {
    fc.assert(
      fc.property(globalPrefix, publicIpv4, (prefix, ipv4) => {
        const endpoint = new Address6(deriveEndpoint(prefix, ipv4));
        expect(endpoint.isInSubnet(new Address6(prefix))).toBe(true);
        expect(endpoint.isInSubnet(new Address6(subnetOf(prefix)))).toBe(true);
      }),
    );
  });

  it("gives the public address back", () => {
    fc.assert(
      fc.property(globalPrefix, publicIpv4, (prefix, ipv4) => {
        expect(ipv4OfEndpoint(deriveEndpoint(prefix, ipv4))).toBe(ipv4);
      }),
    );
  });

  it("differs where the address or the /64 differs", () => {
    fc.assert(
      fc.property(globalPrefix, globalPrefix, publicIpv4, publicIpv4, (one, other, a, b) => {
        const same = subnetOf(one) === subnetOf(other) && a === b;
        expect(deriveEndpoint(one, a) === deriveEndpoint(other, b)).toBe(same);
      }),
    );
  });

  it("leaves out what stands behind the prefix length", () => {
    expect(deriveEndpoint("2001:db8:1:2345:6::1/56", "8.8.8.8")).toBe("2001:db8:1:2300:8:8:8:8");
  });

  it("cannot be derived from a prefix longer than /64", () => {
    expect(() => deriveEndpoint("2001:db8::/65", "8.8.8.8")).toThrow(RangeError);
    expect(() => deriveEndpoint("2001:db8::1/128", "8.8.8.8")).toThrow(/2001:db8::1\/128/);
  });

  it.each(["2001:db8::1:2:3:256", "2001:db8::a:2:3:4", "2001:db8::1:2:3:1000"])(
    "is not what %s is",
    (address) => {
      expect(() => ipv4OfEndpoint(address)).toThrow(RangeError);
    },
  );
});
