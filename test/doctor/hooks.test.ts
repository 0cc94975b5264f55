import { describe, expect, it } from "vitest";
import { homeHooks, relayHooks } from "../../src/doctor/checks/packetRules.ts";
import { render } from "../../src/render/index.ts";
import { planned } from "./whole.ts";

/** The hooks that an end's script `rules` lists. */
function hooksOf(end: "relay" | "debian"): string[] {
  const bundle = render(planned).find((each) => each.end === end);
  const { text = "" } = bundle?.files.find(({ path }) => path === "/etc/relay4in6/rules") ?? {};
  return [...text.matchAll(/^\t+(ip6?tables) (\w+) ([A-Z]+) RELAY4IN6/gm)].map(
    ([, command, table, chain]) => `${command} ${table} ${chain}`,
  );
}

describe("the hooks that doctor looks for", () => {
  it("are those that the relay's rules set", () => expect(relayHooks).toEqual(hooksOf("relay")));
  it("are those that a Debian home's rules set", () => expect(homeHooks).toEqual(hooksOf("debian")));
});
