import { describe, expect, it } from "vitest";
import { VisibleError } from "../src/errors.ts";

const fault = { key: "services[2].port", value: 0, problem: "is out of range", cure: "write 1 to 65535" };

describe("VisibleError", () => {
  it("lists every fault with key, value and cure", () => {
    const { message } = new VisibleError([fault, { key: "homes", problem: "is missing", cure: "write it" }]);
    expect(message).toBe(
      [
        "2 things to mend",
        "  - services[2].port: 0",
        "      is out of range",
        "      cure: write 1 to 65535",
        "  - homes",
        "      is missing",
        "      cure: write it",
      ].join("\n"),
    );
  });

  it("takes one fault and a title", () => {
    expect(new VisibleError(fault, "The config has a fault.").message).toMatch(
      /^The config has a fault\.\n {2}- /,
    );
  });

  it.each([
    ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----\nhidden", "relay.key"],
    ["a token by its key", "hidden", "relay.apiToken"],
    ["a passphrase by its key", "hidden", "key-passphrase"],
    ["a password deep inside", { ssh: [{ password: "hidden" }] }, "homes[0]"],
    ["a private key deep inside", { ssh: { key: "-----BEGIN RSA PRIVATE KEY-----hidden" } }, "homes[0]"],
  ])("shows nothing of %s, in message or faults", (_title, value, key) => {
    const error = new VisibleError({ ...fault, key, value });
    expect(error.message).not.toMatch(/hidden/);
    expect(JSON.stringify(error.faults)).not.toMatch(/hidden/);
    expect(error.message).toMatch(/not shown/);
  });

  it("keeps control characters away from the terminal, and long values short", () => {
    const { message } = new VisibleError({ ...fault, key: "a\u001b[2J", value: "\u001b[31m\u009b\u202e\n" });
    expect(message).not.toMatch(/[\u001b\u009b\u202e]/);
    expect(new VisibleError({ ...fault, value: "x".repeat(5000) }).message.length).toBeLessThan(300);
  });

  it("survives values that JSON cannot say", () => {
    const loop: unknown[] = [];
    loop.push(loop);
    for (const value of [loop, 1n, Symbol("x"), () => 1, Number.NaN]) {
      expect(new VisibleError({ ...fault, value }).message).toMatch(/services\[2\]\.port: \S/);
    }
  });
});
