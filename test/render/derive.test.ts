import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveEndpoint, endpointSuffix } from "../../src/plan/index.ts";
import { globalPrefix, publicIpv4 } from "../plan/arbitraries.ts";

const program = fileURLToPath(new URL("../../templates/debian/etc/relay4in6/derive.awk", import.meta.url));
const awks = { mawk: ["mawk"], busybox: ["busybox", "awk"] };

function derived([command = "", ...args]: string[], suffix: string, addresses: readonly string[]): string[] {
  const input = addresses.map((address) => `${address}\n`).join("");
  return execFileSync(command, [...args, "-v", `suffix=${suffix}`, "-f", program], {
    input,
    encoding: "utf8",
  })
    .split("\n")
    .slice(0, -1);
}

describe.each(Object.entries(awks))("derive.awk, as %s reads it", (_name, awk) => {
  it("derives what the plan derives, to the letter", () => {
    const sparse = fc
      .tuple(fc.constantFrom("2000", "2001", "3fff"), fc.array(fc.constantFrom("0", "1", "db8", "00a0")))
      .map(([first, rest]) => `${[first, ...rest.slice(0, 3)].join(":")}::/64`);
    fc.assert(
      fc.property(
        publicIpv4,
        fc.array(fc.oneof(globalPrefix, sparse), { minLength: 20 }),
        (ipv4, prefixes) => {
          expect(derived(awk, endpointSuffix(ipv4), prefixes)).toEqual(
            prefixes.map((prefix) => deriveEndpoint(prefix, ipv4)),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  it("leaves an endpoint as it is", () => {
    fc.assert(
      fc.property(publicIpv4, globalPrefix, (ipv4, prefix) => {
        const endpoint = deriveEndpoint(prefix, ipv4);
        expect(derived(awk, endpointSuffix(ipv4), [endpoint])).toEqual([endpoint]);
      }),
      { numRuns: 20 },
    );
  });

  it("passes over what is no global unicast address", () => {
    const others = [
      ...["", "::1", "fe80::1", "fd00::1", "ff02::1", "::ffff:203.0.113.7", "203.0.113.7", "4000::1"],
      ...["2001:db8", "2001:db8:::1", "2001::3::4", "2001:db8::12345", "2001:db8:1:2:3:4:5:", "2001:"],
      ...["2001:db8:1:2:3:4:5:6:7", "2001:db8:1:2:3:4:5::6:7", "2001:db8::1 ", " 2001:db8::1", "2001:db8::g"],
      ...["2001:db8::1;reboot", "2001:db8::1%eth0", "-v", "201::1", "2001:db8::/x"],
    ];
    expect(derived(awk, "203:0:113:7", others)).toEqual([]);
  });
});
