import { unknownValue } from "@pulumi/pulumi/runtime/rpc.js";
import { describe, expect, it } from "vitest";
import { authorizedKeys } from "../../src/render/index.ts";
import { provider } from "../../src/stack/provider/index.ts";
import { HOST_KEY } from "../config/examples.ts";

const relay = { machine: "1", name: "relay", host: "2001:db8::1", port: 22, user: "root", hostKey: HOST_KEY };
const peer = `${"A".repeat(43)}=`;

describe.each([
  ["HomeKeys", { ...relay, keys: { wrap1: HOST_KEY }, lines: authorizedKeys({ wrap1: HOST_KEY }) }],
  ["TunnelPeers", { ...relay, relayKey: peer, keys: { wrap1wg: peer } }],
])("a preview of %s, while an end changes and its keys are not known", (kind, before) => {
  const urn = `urn:pulumi:test::relay4in6::relay4in6:index:${kind}::keys`;
  const device = kind === "TunnelPeers" ? "wrap1wg" : "wrap1";
  const { lines: _, ...inputs } = { lines: "", ...before };
  const diff = (news: object) => provider.diff?.("keys", urn, before, news);

  it("shows no change: a key pair outlives the change", async () => {
    expect(await diff({ ...inputs, keys: { [device]: unknownValue } })).toMatchObject({ changes: false });
  });

  it("shows no change where the relay changes, either", async () => {
    const other = kind === "TunnelPeers" ? { relayKey: unknownValue } : { login: unknownValue };
    expect(await diff({ ...inputs, ...other })).toMatchObject({ changes: false });
  });

  it("shows one where a home comes in, or goes", async () => {
    const more = { ...inputs.keys, wrap2: unknownValue };
    expect(await diff({ ...inputs, keys: more })).toMatchObject({ changes: true });
    expect(await diff({ ...inputs, keys: {} })).toMatchObject({ changes: true });
  });

  it("shows one where anything else changes, or the relay is not known yet", async () => {
    const unknown = { [device]: unknownValue };
    expect(await diff({ ...inputs, keys: unknown, port: 2222 })).toMatchObject({ changes: true });
    expect(await diff({ ...inputs, keys: unknown, machine: unknownValue })).toMatchObject({
      changes: true,
      replaces: ["machine"],
    });
    expect(await diff({ ...inputs, keys: unknownValue })).toMatchObject({ changes: true });
  });
});
