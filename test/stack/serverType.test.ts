import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cloud, documentationAddresses, startCloud } from "../../lab/cloud/index.ts";
import { chooseServerType, fetchServerTypes, type ServerType } from "../../src/stack/serverType.ts";
import { MemoryMachines } from "../lab/memory-machines.ts";
import { refusal } from "../refusal.ts";

const type = (name: string, gross: string, more: Partial<ServerType> = {}): ServerType => ({
  name,
  architecture: "x86",
  prices: [
    { location: "fsn1", price_monthly: { gross } },
    { location: "ash", price_monthly: { gross: String(Number(gross) + 1) } },
  ],
  ...more,
});
const here = (state: object) => ({ locations: [{ name: "fsn1", ...state }] });

const types = [
  type("cx32", "8.09"),
  type("cx22", "4.51"),
  type("cax11", "3.92", { architecture: "arm" }),
  type("cx11", "3.29", here({ deprecation: { unavailable_after: "2024-09-06T00:00:00Z" } })),
  type("cpx11", "3.99", here({ available: false, deprecation: null })),
  type("ccx13", "14.86", here({ available: true, deprecation: null })),
  type("cpx10", "9.99e0", { prices: [{ location: "ash", price_monthly: { gross: "1.00" } }] }),
];

const faultOf = (work: () => unknown) => refusal(work)[0];

describe("the server type", () => {
  it("is the cheapest x86 one that the location offers, whatever the order", () => {
    expect(chooseServerType(types, "fsn1", "cheapest")).toBe("cx22");
    expect(chooseServerType(types.toReversed(), "fsn1", "cheapest")).toBe("cx22");
    expect(chooseServerType(types, "ash", "cheapest")).toBe("cpx10");
  });

  it("compares prices as numbers", () => {
    const two = [type("ten", "10.00"), type("nine", "9.00")];
    expect(chooseServerType(two, "fsn1", "cheapest")).toBe("nine");
  });

  it("is the one that is asked for, of any architecture", () => {
    expect(chooseServerType(types, "fsn1", "cax11")).toBe("cax11");
  });

  it.each(["cx11", "cpx11", "cpx10", "cx99"])("is not %s where that is not on offer", (wanted) => {
    expect(faultOf(() => chooseServerType(types, "fsn1", wanted))).toMatchObject({
      key: "relay.serverType",
      value: wanted,
      cure: expect.stringContaining("cax11, cx22, cx32, ccx13"),
    });
  });

  it("is not to be had in a location that does not exist", () => {
    expect(faultOf(() => chooseServerType(types, "mars1", "cheapest"))).toMatchObject({
      key: "relay.location",
      value: "mars1",
      cure: "use one of ash, fsn1",
    });
  });
});

describe("the types that the cloud offers", () => {
  const folder = mkdtempSync(join(tmpdir(), "relay4in6-cloud-"));
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await startCloud({
      listen: { host: "127.0.0.1", port: 0 },
      token: "a-token",
      stateFile: join(folder, "state.json"),
      machines: new MemoryMachines(),
      addresses: documentationAddresses(),
    });
  });
  afterAll(async () => {
    await cloud.close();
    rmSync(folder, { recursive: true });
  });

  it("are asked of its API, and one is chosen", async () => {
    const offered = await fetchServerTypes(cloud.url, "a-token");
    const chosen = chooseServerType(offered, "fsn1", "cheapest");
    expect(offered.map(({ name }) => name)).toContain(chosen);
  });

  it("are not told to a wrong token: the cure says how to set one", async () => {
    await expect(fetchServerTypes(cloud.url, "wrong")).rejects.toMatchObject({
      faults: [
        { key: "hcloud:token", cure: expect.stringContaining("pulumi config set --secret hcloud:token") },
      ],
    });
  });

  it("cannot be asked where nothing answers", async () => {
    await expect(fetchServerTypes("http://127.0.0.1:1/v1", "a-token")).rejects.toMatchObject({
      faults: [{ key: "hcloud:endpoint", value: "http://127.0.0.1:1/v1" }],
    });
  });
});
