import { describe, expect, it } from "vitest";
import { parseOpenSpec, parseSpec } from "../../src/config/parse.ts";
import { reopen, settle } from "../../src/config/settle.ts";
import { refusal } from "../refusal.ts";
import { config, faultsOf, home, manualHome } from "./examples.ts";

const auto = (change: object = {}) => config({ homes: [home({ transport: "auto", ...change })] });

describe("transport: auto", () => {
  it("is left open, and settled by a choice", () => {
    const { spec } = parseOpenSpec(auto({ wireguard: { port: 51820 } }));
    expect(settle(spec, { haus: { transport: "gre6" } })).toEqual(
      parseSpec(config({ homes: [home({ transport: "gre6" })] })).spec,
    );
    expect(settle(spec, { haus: { transport: "wireguard", over: "ipv4" } })).toEqual(
      parseSpec(
        config({ homes: [home({ transport: "wireguard", wireguard: { over: "ipv4", port: 51820 } })] }),
      ).spec,
    );
  });

  it("is a fault with its cure where nobody has chosen", () => {
    const [fault] = refusal(() => parseSpec(auto()));
    expect(fault).toMatchObject({ key: "homes: haus", value: "transport: auto" });
    expect(fault?.cure).toContain("pulumi up");
  });

  it.each([
    ["manual", { homes: [manualHome({ transport: "auto" })] }],
    [
      "none",
      {
        homes: [{ name: "box", end: "none", transport: "auto" }],
        services: [{ port: 443, to: "box.example" }],
      },
    ],
  ])("is refused with end: %s, by key and with the cure", (_, change) => {
    const found = faultsOf(config(change)).find(({ key }) => key === "homes[0].transport");
    expect(found).toMatchObject({ value: "auto" });
    expect(found?.cure).toMatch(/`auto`/);
  });

  it("finds out over which address WireGuard goes, and takes its port only", () => {
    expect(faultsOf(auto({ wireguard: { over: "ipv4" } }))).toMatchObject([
      { key: "homes[0].wireguard.over", value: "ipv4" },
    ]);
  });

  it("keeps the port that WireGuard would have from services", () => {
    const raw = { ...auto(), services: [{ port: 24642, protocol: "udp", to: "192.168.1.210" }] };
    expect(faultsOf(raw)).toMatchObject([{ key: "services[0].port", value: 24642 }]);
  });

  it.each([{}, { ipv6: true }])(
    "can be had of a home with a transport, to see what else it could have: %j",
    (more) => {
      const { spec } = parseSpec(config({ homes: [home(more)] }));
      const [known] = spec.homes;
      if (known?.end !== "openwrt") throw new Error("an OpenWrt home");
      expect(settle({ ...spec, homes: [reopen(known)] }, { haus: { transport: "ipip6" } })).toEqual(spec);
    },
  );
});
