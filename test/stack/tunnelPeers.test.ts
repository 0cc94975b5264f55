import { describe, expect, it } from "vitest";
import { tunnelPeersResource } from "../../src/stack/provider/tunnelPeers.ts";

const key = `${"A".repeat(43)}=`;
const other = `${"B".repeat(42)}E=`;
const known = {
  machine: "1",
  name: "relay",
  host: "2001:db8::1",
  port: 22,
  user: "root",
  hostKey: "ssh-ed25519 AAAA",
  relayKey: key,
  keys: { wrap1wg: key },
};

describe("the homes' public keys at the relay", () => {
  it("are left as they are while nothing is different", async () => {
    expect(await tunnelPeersResource.diff(known, known)).toMatchObject({ changes: false, replaces: [] });
  });

  it("are told again when a home has another, and when the relay was found with others", async () => {
    const changed = { ...known, keys: { wrap1wg: other } };
    expect(await tunnelPeersResource.diff(known, changed)).toMatchObject({ changes: true, replaces: [] });
    expect(await tunnelPeersResource.diff({ ...known, keys: {} }, known)).toMatchObject({ changes: true });
  });

  it("are told again when the relay has another key: with the one before, it has forgotten them", async () => {
    expect(await tunnelPeersResource.diff(known, { ...known, relayKey: other })).toMatchObject({
      changes: true,
      replaces: [],
    });
  });

  it("are told to another relay anew", async () => {
    const elsewhere = { ...known, machine: "2" };
    expect(await tunnelPeersResource.diff(known, elsewhere)).toMatchObject({ replaces: ["machine"] });
  });

  it.each([
    ["no key of WireGuard", { wrap1wg: "$(reboot)" }],
    ["no tunnel's device", { "../x": key }],
  ])("are refused before anything is done where one is %s", async (_title, keys) => {
    await expect(tunnelPeersResource.create({ ...known, keys })).rejects.toThrow(/invalid|public key/i);
  });
});
