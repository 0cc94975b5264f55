/** The real engine, and what it keeps of `transport: auto`. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Choice, candidates, isSameChoice } from "../../src/transports/candidates.ts";
import { Engine } from "./engine.ts";
import { MemoryMachines } from "./memory-machines.ts";

const MINUTE = 60_000;
const URN = "urn:pulumi:test::auto::relay4in6:index:Transport::haus-transport";
let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start("auto", new MemoryMachines());
}, 20 * MINUTE);
afterAll(() => engine.close());

/** From now on, probing finds that this one works, and what is faster does not; or that nothing does. */
async function gets(through: Choice | undefined): Promise<void> {
  const outcomes = candidates.map((choice) => {
    const works = through !== undefined && isSameChoice(choice, through);
    return { ...choice, works, says: works ? "it crosses" : "nothing gets across" };
  });
  await writeFile(join(engine.folder, "probed"), JSON.stringify(outcomes));
}

const outputs = async () => JSON.parse(await engine.ok("stack", "output", "--json"));
const up = (...more: string[]) => engine.ok("up", "--yes", "--skip-preview", ...more);

test(
  "a choice is made at the first up, shown, and kept until it is replaced",
  async () => {
    await gets({ transport: "gre6" });
    expect(await engine.ok("preview")).toContain("haus: `up` probes which tunnel gets through");
    const said = await up();
    expect(said).toContain("haus: the tunnel is gre6");
    expect(said).toMatch(/ipip6 +no +nothing gets across/);
    expect(await outputs()).toEqual({ transport: "gre6", chosen: { transport: "gre6" } });

    await gets({ transport: "wireguard", over: "ipv4" });
    await engine.ok("refresh", "--yes", "--skip-preview");
    expect(await up("--expect-no-changes")).toContain("haus: the tunnel is gre6");

    await up("--replace", URN);
    expect(await outputs()).toEqual({
      transport: "wireguard",
      chosen: { transport: "wireguard", over: "ipv4" },
    });
  },
  20 * MINUTE,
);

test(
  "where nothing works, up fails with it, and the next one probes again",
  async () => {
    expect((await engine.destroy()).status).toBe(0);
    await gets(undefined);
    const { status, text } = await engine.up();
    expect(status).not.toBe(0);
    expect(text).toContain("no tunnel gets through");
    await gets({ transport: "ipip6" });
    await up();
    expect(await outputs()).toMatchObject({ transport: "ipip6" });
  },
  20 * MINUTE,
);
