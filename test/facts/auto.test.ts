import { describe, expect, it } from "vitest";
import { possibilities } from "../../src/facts/ask.ts";
import { choiceName } from "../../src/transports/candidates.ts";
import { autoHome } from "../probe/examples.ts";
import { refusal } from "../refusal.ts";

/** What a Debian home says whose line has these default routes, and these addresses on it. */
function answer(addresses: object[], routes: { default4?: object[]; default6?: object[] }): string {
  const { default4 = [], default6 = [] } = routes;
  const links = [{ ifname: "ens3", mtu: 1492, addr_info: addresses }];
  return Object.entries({ addresses: links, default4, default6, routes6: default6 })
    .map(([name, value]) => `== ${name}\n${JSON.stringify(value)}\n`)
    .join("");
}

const v4 = { family: "inet", local: "192.168.1.20", prefixlen: 24, scope: "global" };
const v6 = { family: "inet6", local: "2001:db8:3:4::5", prefixlen: 64, scope: "global" };
const way = [{ dst: "default", dev: "ens3" }];
const home = autoHome({ end: "debian" });

/** Which transports such a home could have. */
const fit = (said: string) =>
  possibilities(home, said)
    .filter(({ facts }) => typeof facts === "object")
    .map(({ choice }) => choiceName(choice));

describe("a home whose tunnel is to be chosen", () => {
  it("could have all of them with IPv6 and IPv4, each with the facts that it needs", () => {
    const said = answer([v4, v6], { default4: way, default6: way });
    expect(fit(said)).toEqual(["ipip6", "gre6", "wireguard over IPv6", "wireguard over IPv4"]);
    const [ipip6, , wireguard] = possibilities(home, said);
    expect(ipip6?.facts).toMatchObject({ prefix: "2001:db8:3:4::/64" });
    expect(wireguard?.facts).not.toHaveProperty("prefix");
  });

  it("without IPv6 could dial over IPv4 only, and the others say why not", () => {
    const said = answer([v4], { default4: way });
    expect(fit(said)).toEqual(["wireguard over IPv4"]);
    expect(possibilities(home, said)[0]?.facts).toContain("no IPv6 default route");
  });

  it("without a prefix of its own could dial", () => {
    expect(fit(answer([v4], { default6: way }))).toEqual(["wireguard over IPv6"]);
  });

  it("without any way out is refused as with the fastest", () => {
    expect(refusal(() => possibilities(home, answer([v4], {})))[0]?.problem).toContain("IPv6 default route");
  });
});
