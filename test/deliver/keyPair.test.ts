import ssh2 from "ssh2";
import { expect, it } from "vitest";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";

const { parseKey } = ssh2.utils;

it("makes pairs that are read, both halves of the same key", () => {
  // As many as make it certain (but for one in e⁸) that one with a leading zero byte is among them.
  for (let made = 0; made < 2048; made++) {
    const pair = makeKeyPair();
    const [own, shown] = [parseKey(pair.private), parseKey(pair.public)];
    if (own instanceof Error) throw own;
    if (shown instanceof Error) throw shown;
    expect(own.getPublicSSH()).toEqual(shown.getPublicSSH());
  }
});
