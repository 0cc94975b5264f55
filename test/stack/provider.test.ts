import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import type { VisibleError } from "../../src/errors.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { provider } from "../../src/stack/provider/index.ts";
import { freePort } from "../deliver/daemons.ts";
import { Sandbox } from "../deliver/sandbox/sandbox.ts";
import { planOf } from "../render/specs.ts";

const END = "urn:pulumi:test::relay4in6::relay4in6:index:End::relay";
const HOST_KEY =
  "urn:pulumi:test::relay4in6::relay4in6:index:HetznerRelay$relay4in6:index:HostKey::relay-host-key";

const [bundle] = render(planOf({ services: [{ port: 443, to: "192.168.1.210" }] })) as [Bundle];
const [other] = render(planOf({ services: [{ port: 444, to: "192.168.1.210" }] })) as [Bundle];
const texts = (files: Bundle["files"]) => Object.fromEntries(files.map(({ path, text }) => [path, text]));

const folder = mkdtempSync(join(tmpdir(), "relay4in6-provider-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The inputs of an End, as stack/resources.ts makes them. */
function inputsOf({ name, end, packages, devices, files, state }: Bundle, access: object) {
  return {
    name,
    end,
    packages: [...packages],
    devices: [...devices],
    files: texts(files),
    modes: Object.fromEntries(files.map(({ path, mode }) => [path, mode])),
    state: texts(state),
    host: "127.0.0.1",
    port: 1,
    user: "root",
    hostKey: "ssh-ed25519 AAAA",
    machine: "42",
    bootSeconds: 0,
    ...access,
  };
}

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

describe("an end on a machine", () => {
  let machine: Sandbox;
  let inputs: ReturnType<typeof inputsOf>;
  beforeAll(async () => {
    machine = await Sandbox.start("relay");
    const { host, port, user, hostKey, privateKey = "" } = machine.target;
    const key = join(folder, "login");
    writeFileSync(key, privateKey, { mode: 0o600 });
    inputs = inputsOf(bundle, { host, port, user, hostKey, key });
  });
  afterAll(() => machine.stop());

  it("is created, read back without a difference, seen when changed by hand, updated and deleted", async () => {
    const { id, outs } = (await provider.create?.(END, inputs)) ?? { id: "" };
    const read = async () => (await provider.read?.(id, END, outs))?.props;
    expect(await diff(await read(), inputs)).toMatchObject({ changes: false });

    machine.run("echo '# by hand' >>/etc/relay4in6/sets; rm /etc/relay4in6/rules.v6");
    const seen = await read();
    expect(seen.files["/etc/relay4in6/sets"]).toMatch(/# by hand\n$/);
    expect(seen.files).not.toHaveProperty("/etc/relay4in6/rules.v6");
    expect(await diff(seen, inputs)).toMatchObject({ changes: true, replaces: [] });

    await provider.update?.(id, END, seen, inputs);
    expect(await diff(await read(), inputs)).toMatchObject({ changes: false });

    await provider.delete?.(id, END, outs);
    expect(machine.run("ls -d /etc/relay4in6 /var/lib/relay4in6 2>/dev/null || true")).toBe("");
  });
});
