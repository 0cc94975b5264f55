import { describe, expect, it } from "vitest";
import { homeHooks, homeHooks6, relayHooks, relayHooks6 } from "../../src/doctor/checks/packetRules.ts";
import { render } from "../../src/render/index.ts";
import { planned, planned6 } from "./whole.ts";

/** The hooks that an end's script `rules` lists. */
function hooksOf(end: "relay" | "debian", plan = planned): string[] {
  const bundle = render(plan).find((each) => each.end === end);
  const { text = "" } = bundle?.files.find(({ path }) => path === "/etc/relay4in6/rules") ?? {};
  return [...text.matchAll(/^\t+(ip6?tables) (\w+) ([A-Z]+) RELAY4IN6/gm)].map(
    ([, command, table, chain]) => `${command} ${table} ${chain}`,
  );
}

describe("the hooks that doctor looks for", () => {
  it("are those that the relay's rules set", () => expect(relayHooks).toEqual(hooksOf("relay")));
  it("are those that a Debian home's rules set", () => expect(homeHooks).toEqual(hooksOf("debian")));
  it("are those and some more with IPv6", () => {
    expect([...relayHooks, ...relayHooks6].toSorted()).toEqual(hooksOf("relay", planned6).toSorted());
    expect([...homeHooks, ...homeHooks6].toSorted()).toEqual(hooksOf("debian", planned6).toSorted());
  });
});
