import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expandHome, readPrivateKey } from "../../src/config/key.ts";
import { VisibleError } from "../../src/errors.ts";

const room = mkdtempSync(join(tmpdir(), "key-"));
const at = (name: string) => join(room, name);
const make = (name: string, ...more: string[]) =>
  execFileSync("ssh-keygen", ["-q", "-C", "", "-f", at(name), ...more]);

beforeAll(() => {
  make("plain", "-t", "ed25519", "-N", "");
  make("locked", "-t", "ed25519", "-N", "a passphrase");
  make("locked-pem", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "a passphrase");
  make("pem", "-t", "ecdsa", "-m", "PEM", "-N", "");
  writeFileSync(
    at("text"),
    "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n",
  );
});
afterAll(() => rmSync(room, { recursive: true }));

async function faultOf(path: string) {
  const error = await readPrivateKey(path, "homes[0].ssh.key").catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(VisibleError);
  const { faults, message } = error as VisibleError;
  expect(faults).toMatchObject([{ key: "homes[0].ssh.key", value: path }]);
  expect(message).not.toMatch(/BEGIN|bm90/);
  return faults[0];
}

describe("readPrivateKey", () => {
  it.each(["plain", "pem"])("reads a key without a passphrase: %s", async (name) => {
    expect(await readPrivateKey(at(name))).toBe(readFileSync(at(name), "utf8"));
  });

  it.each(["locked", "locked-pem"])("refuses an encrypted key: %s", async (name) => {
    const fault = await faultOf(at(name));
    expect(fault?.problem).toMatch(/encrypted/);
    expect(fault?.cure).toMatch(/ssh-add/);
  });

  it("refuses a missing file", async () => {
    const fault = await faultOf(at("none"));
    expect(fault?.problem).toMatch(/does not exist/);
    expect(fault?.cure).toMatch(/ssh-keygen -t ed25519/);
  });

  it("refuses a directory", async () => {
    expect((await faultOf(room))?.problem).toMatch(/directory/);
  });

  it("refuses a public key", async () => {
    const fault = await faultOf(at("plain.pub"));
    expect(fault?.problem).toMatch(/public key/);
    expect(fault?.cure).toMatch(/without \.pub/);
  });

  it("refuses what is no key", async () => {
    expect((await faultOf(at("text")))?.problem).toMatch(/no private key/);
  });

  it("refuses a file that may not be read", async () => {
    chmodSync(at("pem"), 0);
    // Root reads everything, so it becomes nobody for as long as it reads.
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      expect((await faultOf(at("pem")))?.cure).toMatch(/chmod 600/);
    } finally {
      if (root) process.seteuid?.(0);
    }
  });
});

describe("expandHome", () => {
  it("knows ~ at the beginning only", () => {
    expect(expandHome("~/.ssh/id")).toBe(join(homedir(), ".ssh/id"));
    expect(expandHome("/a/~/b")).toBe("/a/~/b");
    expect(expandHome("~other/x")).toBe("~other/x");
  });
});
