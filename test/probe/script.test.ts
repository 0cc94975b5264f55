import { describe, expect, it } from "vitest";
import { scripts } from "./scripts.ts";

describe("the script of a probe", () => {
  it.each([
    "ipip6-openwrt",
    "ipip6-relay",
    "gre6-debian",
    "wireguard-over-IPv4-relay",
    "wireguard-over-IPv6-debian",
  ])("is this text: %s", async (name) => {
    await expect(scripts[name]).toMatchFileSnapshot(`snapshots/${name}.sh`);
  });

  it.each(Object.entries(scripts))("has no name that the rules of a tunnel in use match: %s", (_, text) => {
    // Where the tunnel in use is looked for, it is named.
    const made = text.split("in_use() {")[0] ?? "";
    expect(made.match(/^device=(.*)$/m)?.[1]).toBe("probe4in6-1");
    expect(made.slice(made.indexOf("write_link"))).not.toMatch(/wrap\d/);
  });

  it.each(Object.entries(scripts))("has all of its state in a folder that goes with it: %s", (_, text) => {
    const link = text.split("write_link() {")[1]?.split("in_use() {")[0] ?? "";
    expect(link).not.toMatch(/\/var\/lib\/relay4in6|\/etc\/relay4in6/);
  });
});
