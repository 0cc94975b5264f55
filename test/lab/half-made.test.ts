/** The cloud fails at the k-th call, for every k: the next `up` finishes it, `destroy` empties it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Fault } from "../../lab/cloud/index.ts";
import { Engine } from "./engine.ts";
import { MemoryMachines } from "./memory-machines.ts";

const MINUTE = 60_000;
const machines = new MemoryMachines();
let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start("half-made", machines);
  await engine.giveKeys();
}, 20 * MINUTE);

afterAll(() => engine.close());

const up = () => engine.up();
const destroy = () => engine.destroy();
const left = async () => [
  ...(await engine.left()),
  ...[...machines.orders.keys()].map((id) => `machine ${id}`),
];

const answers: Readonly<Record<string, Omit<Fault, "call">>> = {
  "500": { answer: { status: 500, code: "server_error", message: "internal server error" } },
  "503": { answer: { status: 503, code: "unavailable", message: "service is currently unavailable" } },
  "429": { answer: { status: 429, code: "rate_limit_exceeded", message: "limit of 3600 requests reached" } },
  "a call that hangs up": { answer: "hangup" },
  "an answer that is lost": { answer: "hangup", when: "after" },
};
/** More calls than an `up` makes: those beyond fail nothing, which ends the walk. */
const MOST = 40;

/** Every kind at every call takes half an hour; else each call fails in one of the kinds. */
const ALL = process.env["RELAY4IN6_FAULTS"] === "all";
const STRIDE = ALL ? 1 : Object.keys(answers).length;

test.each(
  Object.entries(answers).map(([name, fault], index) => ({ name, fault, from: ALL ? 1 : index + 1 })),
)(
  `$name at the k-th call, for every k${ALL ? "" : " of its share, from $from"}`,
  async ({ fault, from }) => {
    let failures = 0;
    for (let call = from; call < MOST; call += STRIDE) {
      const before = engine.cloud.calls().length;
      engine.cloud.inject([{ ...fault, call }]);
      const first = await up();
      const reached = engine.cloud.calls().length - before >= call;
      const at = engine.cloud.calls()[before + call - 1];
      engine.cloud.inject([]);
      if (first.status !== 0) {
        failures++;
        const second = await up();
        expect(second.status, `up after call ${call}, ${at}: ${second.text}`).toBe(0);
      }
      expect(await left()).toHaveLength(6);
      expect((await destroy()).status).toBe(0);
      expect(await left(), `after call ${call}, ${at}`).toEqual([]);
      if (!reached) break;
    }
    expect(failures).toBeGreaterThan(fault.answer === answers["429"]?.answer ? -1 : ALL ? 3 : 0);
  },
  60 * MINUTE,
);

test(
  "destroy alone empties what a failed up left",
  async () => {
    for (const path of [/^\/ssh_keys$/, /^\/primary_ips$/, /^\/firewalls$/, /^\/servers$/]) {
      engine.cloud.inject([{ method: "POST", path, call: 1, answer: "hangup", when: "after" }]);
      expect((await up()).status).not.toBe(0);
      engine.cloud.inject([]);
      expect((await destroy()).status).toBe(0);
      expect(await left(), String(path)).toEqual([]);
    }
  },
  20 * MINUTE,
);

test(
  "destroy that fails at the k-th call is finished by the next",
  async () => {
    for (let call = 1; call < MOST; call += STRIDE) {
      const made = await up();
      expect(made.status, made.text).toBe(0);
      const before = engine.cloud.calls().length;
      engine.cloud.inject([{ answer: answers["503"]?.answer ?? "hangup", call }]);
      await destroy();
      const reached = engine.cloud.calls().length - before >= call;
      engine.cloud.inject([]);
      const again = await destroy();
      expect(again.status, again.text).toBe(0);
      expect(await left(), `after call ${call}`).toEqual([]);
      if (!reached) break;
    }
  },
  60 * MINUTE,
);
