import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/index.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { provider } from "../../src/stack/provider/index.ts";
import { HOST_KEY } from "../config/examples.ts";
import { Sandbox } from "../deliver/sandbox/sandbox.ts";
import { examples, planOf } from "../render/specs.ts";
import { inputsOf } from "./inputs.ts";

const END = "urn:pulumi:test::relay4in6::relay4in6:index:End::relay";

const [bundle] = render(planOf({ services: [{ port: 443, to: "192.168.1.210" }] })) as [Bundle];

const following = render(examples["following"] as Plan)[0] as Bundle;

const folder = mkdtempSync(join(tmpdir(), "relay4in6-provider-"));
afterAll(() => rmSync(folder, { recursive: true }));

const diff = (olds: object, news: object) => provider.diff?.("relay", END, olds, news);

describe("an end on a machine", () => {
  let machine: Sandbox;
  let access: object;
  let inputs: ReturnType<typeof inputsOf>;
  beforeAll(async () => {
    machine = await Sandbox.start("relay");
    const { host, port, user, hostKey, privateKey = "" } = machine.target;
    const key = join(folder, "login");
    writeFileSync(key, privateKey, { mode: 0o600 });
    access = { host, port, user, hostKey, key };
    inputs = inputsOf(bundle, access);
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

  it("has another user for the homes' logins once it had none, and that one is told their keys anew", async () => {
    const telling = inputsOf(following, access);
    const { id, outs } = (await provider.create?.(END, telling)) ?? { id: "" };
    const update = async (olds: object, news: object) => (await provider.update?.(id, END, olds, news))?.outs;
    const keys = (login: unknown) => ({
      ...access,
      machine: "42",
      name: "relay",
      login,
      keys: { wrap1: HOST_KEY },
    });
    const KEYS = "urn:pulumi:test::relay4in6::relay4in6:index:HomeKeys::home-keys";
    const told = (await provider.create?.(KEYS, keys(outs.login)))?.outs;
    const isToldAnew = async (login: unknown) =>
      (await provider.diff?.("home-keys", KEYS, told, keys(login)))?.changes;

    const again = await update(outs, telling);
    expect(await isToldAnew(again.login)).toBe(false);
    const gone = await update(again, inputs);
    expect(machine.run("getent passwd relay4in6 || true")).toBe("");
    const back = await update(gone, telling);
    expect(await isToldAnew(back.login)).toBe(true);
    await provider.delete?.(id, END, back);
  });
});
