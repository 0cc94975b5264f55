import { describe, expect, it } from "vitest";
import { parseSpec } from "../../src/config/parse.ts";
import { turnoverResource } from "../../src/stack/provider/turnover.ts";
import { config, home } from "../config/examples.ts";

const inputs = (change: Record<string, unknown>, homeChange: Record<string, unknown> = {}) => ({
  spec: parseSpec(config({ homes: [home(homeChange)], ...change })).spec,
  facts: { relay: {}, homes: {} },
  relay: {
    name: "relay",
    host: "2001:db8::1",
    port: 22,
    user: "root",
    hostKey: "ssh-ed25519 AAAA",
    machine: "1",
  },
  homes: {},
});

describe("the turnover", () => {
  it("is looked at where a home is another one, and not where a service is", async () => {
    const known = inputs({});
    const served = inputs({ services: [{ port: 443, to: "192.168.1.210" }] });
    expect(await turnoverResource.diff(known, served)).toEqual({ changes: false });
    expect(await turnoverResource.diff(known, inputs({}, { transport: "gre6" }))).toEqual({ changes: true });
  });

  it("writes a relay down that was made anew, for the next change to be led over on it", async () => {
    const made = inputs({});
    made.relay.machine = "2";
    expect(await turnoverResource.diff(inputs({}), made)).toEqual({ changes: true });
    expect(await turnoverResource.diff(inputs({}), { ...made, relay: {} })).toEqual({ changes: false });
  });

  it("begins with the first `up` that knows it, whatever lies in the state", async () => {
    expect(await turnoverResource.diff({}, inputs({}))).toEqual({ changes: true });
    expect(await turnoverResource.update(inputs({}), { spec: "?" })).toMatchObject({ outs: inputs({}) });
  });

  it("asks no machine where no tunnel changes, nor for a relay that is another machine", async () => {
    const changed = inputs({}, { transport: "gre6" });
    expect(await turnoverResource.update(changed, changed)).toMatchObject({ outs: changed });
    const before = inputs({});
    before.relay.machine = "2";
    expect(await turnoverResource.update(changed, before)).toMatchObject({ outs: changed });
  });
});
