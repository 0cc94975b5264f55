import { beforeAll, describe, expect, it, vi } from "vitest";
import { parseOpenSpec } from "../../src/config/parse.ts";
import { settleHome } from "../../src/config/settle.ts";
import type { ExistingRelaySpec } from "../../src/config/spec.ts";
import { VisibleError } from "../../src/errors.ts";
import { assumeHome, type Possibility } from "../../src/facts/index.ts";
import { chooseTransports, planFor } from "../../src/stack/index.ts";
import { existingRelay } from "../../src/stack/machine.ts";
import { provider } from "../../src/stack/provider/index.ts";
import { type Choice, candidates } from "../../src/transports/candidates.ts";
import { HOST_KEY, home } from "../config/examples.ts";
import { autoHome } from "../probe/examples.ts";
import { mockEngine, type Registered, settled } from "./mocks.ts";

const { spec: open } = parseOpenSpec({
  relay: { provider: "existing", host: "2001:db8:1::1", hostKey: HOST_KEY },
  homes: [
    home({ transport: "auto" }),
    home({ name: "hof", end: "debian", transport: "auto" }),
    { name: "feld", end: "manual", prefix: "2001:db8:3::/64" },
  ],
  services: [
    { home: "haus", port: 443, to: "192.168.1.210" },
    { home: "hof", port: 80, to: "192.168.1.210" },
    { home: "feld", port: 81, to: "192.168.1.210" },
  ],
});
const relay = existingRelay(open.relay as ExistingRelaySpec, {
  ipv4: "203.0.113.7",
  prefix: "2001:db8:1::/64",
  mtu: 1500,
});
const answer = (name: string, without: (choice: Choice) => boolean = () => false): Possibility[] =>
  candidates.map((choice) => ({
    choice,
    facts: without(choice)
      ? "the machine has no IPv6 default route"
      : assumeHome(
          settleHome(autoHome({ name }), choice),
          name === "haus" ? "2001:db8:2::/64" : "2001:db8:4::/64",
          ["192.168.1.210"],
        ),
  }));
const feld = { ...assumeHome(settleHome(autoHome(), { transport: "ipip6" }), "2001:db8:3::/64") };
const answers = { haus: answer("haus"), hof: answer("hof"), feld };

/** What probing comes to, by the resource's name. */
const chosen: Record<string, Choice> = {
  "haus-transport": { transport: "gre6" },
  "hof-transport": { transport: "wireguard", over: "ipv4" },
};
let registered: Registered[];
beforeAll(async () => {
  registered = await mockEngine(({ name }) => ({
    choice: chosen[name],
    outcomes: [{ ...chosen[name], works: true, says: "" }],
  }));
});

describe("homes whose tunnel is chosen", () => {
  it("are from then on as if the config had said so, with the choice in their facts", async () => {
    const { spec, homes } = await chooseTransports(open, relay, answers);
    expect(spec.homes.map(({ transport }) => transport)).toEqual(["gre6", "wireguard", "ipip6"]);
    expect(homes["haus"]?.chosen).toEqual({ transport: "gre6" });
    expect(homes["hof"]?.chosen).toEqual({ transport: "wireguard", over: "ipv4" });
    expect(homes["feld"]).toEqual(feld);
    const { value } = await settled(planFor(spec, relay, homes));
    expect(value.homes[1]?.tunnel.outer).toEqual({ protocol: "udp", port: 24643, over: "ipv4" });
  });

  it("are one resource each, probed one after the other", () => {
    expect(registered.map(({ name }) => name)).toEqual(["haus-transport", "hof-transport"]);
    expect(registered[1]?.dependencies.join()).toMatch(/haus-transport$/);
    expect(registered[0]?.inputs.candidates).toHaveLength(candidates.length);
    expect(JSON.stringify(registered)).not.toContain("PRIVATE KEY");
  });

  it("are a fault where the line no longer has what was chosen", async () => {
    const lost = { ...answers, haus: answer("haus", ({ transport }) => transport !== "wireguard") };
    const error = await chooseTransports(open, relay, lost).catch((reason) => reason);
    expect(error).toBeInstanceOf(VisibleError);
    expect(error.message).toMatch(/homes: haus.*gre6[^]*no IPv6 default route[^]*--replace/);
  });

  it("are a fault where the cloud's firewall, wanted later, would drop what was chosen", async () => {
    const { spec: guarded } = parseOpenSpec({
      relay: { firewall: true },
      homes: [home({ name: "laube", transport: "auto" }), home({ name: "haus", transport: "auto" })],
      services: [
        { home: "haus", port: 443, to: "192.168.1.210" },
        { home: "laube", port: 80, to: "192.168.1.210" },
      ],
    });
    chosen["laube-transport"] = { transport: "ipip6" };
    const found = chooseTransports(guarded, relay, { haus: answer("haus"), laube: answer("laube") });
    await expect(found).rejects.toThrow(/homes: laube.*ipip6[^]*Cloud Firewall[^]*relay.firewall/);
  });
});

describe("a choice in the state", () => {
  const urn = "urn:pulumi:test::relay4in6::relay4in6:index:Transport::haus-transport";
  const access = { host: "127.0.0.1", port: 1, user: "root", hostKey: HOST_KEY };
  const news = {
    relay: { name: "relay", bootSeconds: 0, ...access },
    home: { name: "haus", ...access },
    candidates: [{ transport: "ipip6", problem: "no prefix" }],
  };

  it("stays whatever the inputs are, and through a refresh", async () => {
    const olds = { ...news, choice: { transport: "gre6" }, outcomes: [] };
    const later = { ...news, home: { ...news.home, host: "192.0.2.1" }, candidates: [] };
    expect(await provider.diff?.("transport", urn, olds, later)).toEqual({ changes: false });
    expect(await provider.read?.("transport", urn, olds)).toMatchObject({ id: "transport", props: olds });
    await expect(provider.delete?.("transport", urn, olds)).resolves.toBeUndefined();
  });

  it("is not made where an end cannot be reached", async () => {
    vi.stubEnv("SSH_AUTH_SOCK", "");
    await expect(provider.create?.(urn, news)).rejects.toThrow(/relay/);
    vi.unstubAllEnvs();
  });
});
