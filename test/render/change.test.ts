import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/index.ts";
import { render } from "../../src/render/index.ts";
import { debianHome, openwrtHome, planOf } from "./specs.ts";

const homes = [openwrtHome, debianHome];
const mail = { home: "hof", port: 25, to: "192.168.1.210" };
const web = { home: "haus", port: 443, to: "192.168.1.210" };

/** Paths of the files that differ, by the end's name. */
function changes(before: Plan, after: Plan): Record<string, string[]> {
  const old = render(before);
  return Object.fromEntries(
    render(after).map(({ name, files }) => {
      const was = old.find((bundle) => bundle.name === name)?.files ?? [];
      const differs = files.filter(({ path, text }) => was.find((file) => file.path === path)?.text !== text);
      return [name, differs.map(({ path }) => path)];
    }),
  );
}

describe("another port changes one file on each end that it concerns", () => {
  it.each([
    ["another public port", { ...web, port: 8443 }],
    ["a range instead of one port", { home: "haus", ports: "443-450", to: "192.168.1.210" }],
    ["another protocol", { ...web, protocol: "both" }],
  ])("at an OpenWrt home: %s", (_title, changed) => {
    const before = planOf({ homes, services: [web, mail] });
    expect(changes(before, planOf({ homes, services: [changed, mail] }))).toEqual({
      relay: ["/etc/relay4in6/services.nft"],
      haus: ["/etc/relay4in6/firewall.uci"],
      hof: [],
    });
  });

  it("at a Debian home", () => {
    const before = planOf({ homes, services: [web, mail] });
    expect(changes(before, planOf({ homes, services: [web, { ...mail, port: 587 }] }))).toEqual({
      relay: ["/etc/relay4in6/services.nft"],
      haus: [],
      hof: ["/etc/relay4in6/sets"],
    });
  });

  it("and none at home when only the public port is another", () => {
    const translated = { ...web, to: "192.168.1.210:443" };
    const before = planOf({ homes, services: [{ ...translated, port: 8443 }, mail] });
    expect(changes(before, planOf({ homes, services: [{ ...translated, port: 9443 }, mail] }))).toEqual({
      relay: ["/etc/relay4in6/services.nft"],
      haus: [],
      hof: [],
    });
  });
});

describe("a value that got past the schema", () => {
  it("is refused where a file could not hold it", () => {
    const plan = planOf({ services: [web] });
    const [tunnel] = plan.relay.tunnels;
    const hostile = { ...tunnel, home: `$(reboot)'"\n\tup reboot` } as Plan["relay"]["tunnels"][number];
    expect(() => render({ ...plan, relay: { ...plan.relay, tunnels: [hostile] } })).toThrow(/plain words/);
  });
});
