import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { endedHomes } from "../../src/config/homes.ts";
import { parseSpec } from "../../src/config/parse.ts";
import type { ExistingRelaySpec } from "../../src/config/spec.ts";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { VisibleError } from "../../src/errors.ts";
import { assumeHome } from "../../src/facts/index.ts";
import { plan } from "../../src/plan/index.ts";
import { render } from "../../src/render/index.ts";
import { askHomes, deliverTo, planFor, readme } from "../../src/stack/index.ts";
import { existingRelay } from "../../src/stack/machine.ts";
import { stackSpec } from "../../src/stack/settings.ts";
import { shapes } from "../../src/stack/shape.ts";
import { HOST_KEY, home } from "../config/examples.ts";
import { freePort } from "../deliver/daemons.ts";
import { mockEngine, type Registered, settled } from "./mocks.ts";

const raw = {
  relay: { provider: "existing", host: "2001:db8:1::1", hostKey: HOST_KEY },
  homes: [home({ prefix: "2001:db8:2::/64" }), { name: "hof", end: "manual", prefix: "2001:db8:3::/64" }],
  services: [
    { home: "haus", port: 443, to: "192.168.1.210" },
    { home: "hof", port: 8080, to: "192.168.1.212:80" },
  ],
};
const { spec } = parseSpec(raw);
const homes = Object.fromEntries(
  endedHomes(spec).map((each) => [each.name, assumeHome(each, each.prefix as string)]),
);
const relayFacts = { ipv4: "203.0.113.7", prefix: "2001:db8:1::/64", mtu: 1500 };

describe("the ends", () => {
  let registered: Registered[];
  beforeAll(async () => {
    registered = await mockEngine(() => ({}));
    const machine = existingRelay(spec.relay as ExistingRelaySpec, relayFacts);
    const ends = deliverTo(spec, machine, homes, planFor(spec, machine, homes));
    await Promise.all(ends.map((end) => settled(end.urn)));
  });

  it("are the relay and every home that can be delivered to, the relay first", () => {
    expect(registered.map(({ name }) => name)).toEqual(["turnover", "relay", "haus"]);
    expect(registered[1]?.dependencies.join()).toMatch(/Turnover::turnover$/);
    expect(registered[2]?.dependencies.join()).toMatch(/End::relay$/);
  });

  it("have one input for each file, as render makes it", async () => {
    const machine = existingRelay(spec.relay as ExistingRelaySpec, relayFacts);
    const { value } = await settled(planFor(spec, machine, homes));
    for (const bundle of render(value)) {
      const end = registered.find(({ name }) => name === bundle.name);
      expect(end?.inputs.files).toEqual(
        Object.fromEntries(bundle.files.map(({ path, text }) => [path, text])),
      );
      expect(end?.inputs.modes).toEqual(
        Object.fromEntries(bundle.files.map(({ path, mode }) => [path, mode])),
      );
    }
  });

  it("are of an own server taken away at destroy", () => {
    expect(registered[0]?.retainOnDelete).toBe(false);
  });

  it("hold the path of a key, never a key", () => {
    expect(JSON.stringify(registered)).not.toContain("PRIVATE KEY");
  });
});

describe("the first preview", () => {
  it("names the very files that there will be, before the relay has an address", async () => {
    const machine = existingRelay(spec.relay as ExistingRelaySpec, relayFacts);
    const { value } = await settled(planFor(spec, machine, homes));
    const outline = (bundles: ReturnType<typeof render>) =>
      bundles.map(({ name, end, packages, devices, files, state }) => ({
        name,
        end,
        packages,
        devices,
        files: files.map(({ path, mode }) => `${mode} ${path}`),
        state: state.map(({ path }) => path),
      }));
    expect(outline(shapes(spec, homes))).toEqual(outline(render(value)));
  });
});

describe("the readme output", () => {
  it("has the address, each service, the endpoints and how to log in, all filled in", async () => {
    const machine = existingRelay(spec.relay as ExistingRelaySpec, relayFacts);
    const { value } = await settled(planFor(spec, machine, homes));
    const text = readme(value, "ssh -p 22 root@2001:db8:1::1");
    for (const expected of [
      "# 203.0.113.7",
      "- tcp 443 → 192.168.1.210",
      "- tcp 8080 → 192.168.1.212:80",
      "2001:db8:1:0:203:0:113:7",
      "2001:db8:2:0:203:0:113:7",
      "`ssh -p 22 root@2001:db8:1::1`",
      "npx relay4in6 render",
    ]) {
      expect(text).toContain(expected);
    }
    expect(text).not.toMatch(/undefined|\$\{|\[object/);
  });
});

describe("a readme of a home with IPv6", () => {
  const readmeOf = (end: string, transport: unknown = "ipip6") => {
    const { spec: with6 } = parseSpec({
      homes: [home({ name: "hof", end, prefix: "2001:db8:3::/64", ipv6: true, transport })],
      services: [
        { port: 8080, to: "192.168.1.210:80" },
        { port: 53, protocol: "udp", to: "192.168.1.210" },
      ],
    });
    const [hof] = endedHomes(with6);
    if (hof === undefined) throw new Error("a home");
    const facts = { relay: relayFacts, homes: { hof: assumeHome(hof, "2001:db8:3::/64") } };
    return readme(plan(with6, facts), "ssh root@relay");
  };

  it("has each server's own address and the ports that it has there", () => {
    expect(readmeOf("debian")).toMatch(
      /^- 192\.168\.1\.210 of hof → 2001:db8:1:0:[0-9a-f:]+:c0a8:1d2: tcp 80; udp 53$/m,
    );
  });

  it("says what the router in front of a Debian home has to admit, by each tunnel", () => {
    const next = (transport: unknown) => {
      const text = readmeOf("debian", transport);
      return /has to admit (.*) from the relay endpoint/.exec(text)?.[1];
    };
    expect(next("ipip6")).toBe("IPv6 next header 4 (IPv4 in IPv6), and 41 (IPv6 in IPv6)");
    expect(next("gre6")).toBe("IPv6 next header 47 (GRE)");
    expect(next(["wireguard", "gre6"])).toBe("IPv6 next header 47 (GRE)");
    expect(next("wireguard")).toBeUndefined();
  });

  it("says what is left to do where the server does not end the tunnel itself", () => {
    expect(readmeOf("openwrt")).toContain("`ip -6 addr replace ADDRESS/128 dev eth0 preferred_lft 0`");
    expect(readmeOf("debian")).not.toContain("ADDRESS/128");
  });
});

describe("the homes", () => {
  const folder = mkdtempSync(join(tmpdir(), "relay4in6-homes-"));
  const key = join(folder, "key");
  writeFileSync(key, makeKeyPair().private, { mode: 0o600 });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are all asked before anything is said: every one that fails is named", async () => {
    const unreachable = async (name: string) =>
      home({ name, ssh: { host: "127.0.0.1", port: await freePort(), hostKey: HOST_KEY, key } });
    const { spec: failing } = parseSpec({
      homes: [await unreachable("haus"), await unreachable("hof")],
      services: [{ home: "haus", to: "192.168.1.210" }],
    });
    const error = await askHomes(failing).catch((reason) => reason);
    expect(error).toBeInstanceOf(VisibleError);
    expect(error.faults.map((fault: { key: string }) => fault.key)).toEqual(["haus", "hof"]);
  });

  it("are not asked when they are set up by hand", async () => {
    const { spec: manual } = parseSpec({
      homes: [{ name: "hof", end: "manual", prefix: "2001:db8:3::/64" }],
      services: [{ to: "192.168.1.210" }],
    });
    expect(await askHomes(manual)).toMatchObject({ hof: { prefix: "2001:db8:3::/64", mtu: 1500 } });
  });
});

describe("a stack's config", () => {
  const set = (values: Record<string, unknown>) =>
    pulumi.runtime.setAllConfig(
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [`relay4in6:${name}`, JSON.stringify(value)]),
      ),
    );

  it("is the same Spec as its keys without the namespace", () => {
    set(raw);
    expect(stackSpec()).toEqual(spec);
  });

  it("is refused with all its faults at once", () => {
    set({ homes: [home({ end: "windows" })], services: [{ port: 0, to: "192.168.1.210" }] });
    expect(() => stackSpec()).toThrow(VisibleError);
    expect(() => stackSpec()).toThrow(/homes\[0\]\.end[^]*services\[0\]\.port/);
  });

  it("gives its warnings to the engine to show", () => {
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    set(raw);
    stackSpec();
    expect(warn.mock.calls.map(([text]) => text).join("\n")).toContain("2001:db8:2::/64");
    warn.mockRestore();
  });
});
