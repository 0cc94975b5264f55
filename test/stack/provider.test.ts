import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, describe, expect, it } from "vitest";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import type { VisibleError } from "../../src/errors.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { provider } from "../../src/stack/provider/index.ts";
import { freePort } from "../deliver/daemons.ts";
import { planOf } from "../render/specs.ts";
import { inputsOf } from "./inputs.ts";

const END = "urn:pulumi:test::relay4in6::relay4in6:index:End::relay";
const HOST_KEY =
  "urn:pulumi:test::relay4in6::relay4in6:index:HetznerRelay$relay4in6:index:HostKey::relay-host-key";

const [bundle] = render(planOf({ services: [{ port: 443, to: "192.168.1.210" }] })) as [Bundle];
const [other] = render(planOf({ services: [{ port: 444, to: "192.168.1.210" }] })) as [Bundle];

const folder = mkdtempSync(join(tmpdir(), "relay4in6-provider-"));
afterAll(() => rmSync(folder, { recursive: true }));

const before = inputsOf(bundle, {});
const diff = (olds: object, news: object) => provider.diff?.("relay", END, olds, news);

describe("an end's difference", () => {
  it("is none where state and program agree", async () => {
    expect(await diff({ ...before, healthy: true }, before)).toMatchObject({ changes: false, replaces: [] });
  });

  it("is one where a file differs, and replaces nothing", async () => {
    const result = await diff({ ...before, healthy: true }, inputsOf(other, {}));
    expect(result).toMatchObject({ changes: true, replaces: [] });
  });

  it("is one where a file is gone, or nothing works any more", async () => {
    const { "/etc/relay4in6/sets": _, ...fewer } = before.files;
    expect(await diff({ ...before, files: fewer, healthy: true }, before)).toMatchObject({ changes: true });
    expect(await diff({ ...before, healthy: false }, before)).toMatchObject({ changes: true, replaces: [] });
  });

  it("replaces the end when it is another machine, not when it has another address", async () => {
    expect(await diff(before, { ...before, machine: "43" })).toMatchObject({
      changes: true,
      replaces: ["machine"],
      deleteBeforeReplace: true,
    });
    expect(await diff(before, { ...before, host: "192.0.2.1" })).toMatchObject({
      changes: true,
      replaces: [],
    });
  });

  it("is one as long as an input is not known", async () => {
    expect(await diff(before, { ...before, hostKey: undefined })).toEqual({ changes: true });
  });
});

describe("a host key", () => {
  it("is made once, an Ed25519 pair", async () => {
    const { id, outs } = (await provider.create?.(HOST_KEY, {})) ?? {};
    expect(id).toBeTruthy();
    expect(outs.publicKey).toMatch(/^ssh-ed25519 \S+$/);
    const parsed = ssh2.utils.parseKey(outs.privateKey);
    if (parsed instanceof Error) throw parsed;
    expect(parsed.getPublicSSH().toString("base64")).toBe(outs.publicKey.split(" ")[1]);
    expect(await provider.diff?.(id ?? "", HOST_KEY, outs, {})).toEqual({ changes: false });
    expect(await provider.read?.(id ?? "", HOST_KEY, outs)).toMatchObject({ id, props: outs });
  });
});

describe("the provider", () => {
  it("knows no other kind", async () => {
    const urn = "urn:pulumi:test::relay4in6::relay4in6:index:Other::x";
    await expect(provider.create?.(urn, {})).rejects.toThrow("relay4in6:index:Other");
  });

  it("says how to forget an end that cannot be reached, without a stack trace", async () => {
    const keyFile = join(folder, "key");
    writeFileSync(keyFile, makeKeyPair().private, { mode: 0o600 });
    const gone = { ...before, port: await freePort(), key: keyFile };
    const error: VisibleError = await provider.delete!("relay", END, gone).then(
      () => {
        throw new Error("it was deleted");
      },
      (reason) => reason,
    );
    expect(error.message).toContain("refuses connections");
    expect(error.message).toContain(`pulumi state delete '${END}'`);
    expect(error.stack).toBeUndefined();
  });
});
