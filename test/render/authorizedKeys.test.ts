import { describe, expect, it } from "vitest";
import { authorizedKeys } from "../../src/render/index.ts";
import { HOST_KEY } from "../config/examples.ts";

describe("the relay's authorized_keys", () => {
  it("holds one line for each home, each for one command", () => {
    expect(authorizedKeys({ wrap10: HOST_KEY, wrap2: HOST_KEY })).toBe(
      `restrict,command="/etc/relay4in6/follow wrap2" ${HOST_KEY}\n` +
        `restrict,command="/etc/relay4in6/follow wrap10" ${HOST_KEY}\n`,
    );
    expect(authorizedKeys({})).toBe("");
  });

  it.each([
    "",
    `${HOST_KEY}\nssh-ed25519 AAAA`,
    `${HOST_KEY} comment`,
    `command="sh" ${HOST_KEY}`,
    HOST_KEY.replace("ssh-ed25519", "ssh-rsa"),
    HOST_KEY.slice(0, -1),
  ])("takes no %j for a key: an end says what it likes", (key) => {
    expect(() => authorizedKeys({ wrap1: key })).toThrow("wrap1");
  });

  it("takes no other device", () => {
    expect(() => authorizedKeys({ 'wrap1" ssh': HOST_KEY })).toThrow("no Ed25519 key");
  });
});
