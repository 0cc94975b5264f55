import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { readPrivateKey } from "../../config/index.ts";
import { apply, inspect, remove, type Target } from "../../deliver/index.ts";
import { VisibleError } from "../../errors.ts";
import type { Bundle } from "../../render/index.ts";
import type { Kind } from "./kind.ts";

const text = z.record(z.string(), z.string());

/** The inputs of an End, as they lie in the state. */
const inputs = z.object({
  /** Who the machine is: another one is another resource. */
  machine: z.string(),
  name: z.string(),
  end: z.enum(["relay", "openwrt", "debian"]),
  host: z.string(),
  port: z.number(),
  user: z.string(),
  hostKey: z.string(),
  /** Path of the private key on the operator's machine: the key itself is in no state. */
  key: z.string().optional(),
  /** Seconds that a new machine may take to boot. */
  bootSeconds: z.number(),
  packages: z.array(z.string()),
  /** Absent in states of before there was a choice of transports. */
  modules: z.array(z.string()).default(["ip6_tunnel"]),
  devices: z.array(z.string()),
  /** Path → text: one line of a preview for each file. */
  files: text,
  modes: text,
  /** Seeds of what is state on the machine. */
  state: text,
});
type EndInputs = z.infer<typeof inputs>;

/** Whether tunnel, routes and rules are alive is an output: a refresh that finds them dead is drift. */
const outputs = inputs.extend({ healthy: z.boolean().default(true) });

/** What one machine has of the relay: its files, and that what they say is alive. */
export const endResource: Kind = {
  async diff(olds, news) {
    const old = outputs.safeParse(olds);
    const wanted = inputs.safeParse(news);
    if (!old.success || !wanted.success) return { changes: true };
    const { healthy, ...before } = old.data;
    return {
      changes: !healthy || !isDeepStrictEqual(before, wanted.data),
      replaces: before.machine === wanted.data.machine ? [] : ["machine"],
      deleteBeforeReplace: true,
    };
  },
  async create(news) {
    const wanted = inputs.parse(news);
    await deliver(wanted, wanted.bootSeconds);
    return { id: wanted.name, outs: { ...wanted, healthy: true } };
  },
  async update(news) {
    const wanted = inputs.parse(news);
    await deliver(wanted);
    return { outs: { ...wanted, healthy: true } };
  },
  async read(id, props) {
    const known = outputs.parse(props);
    const { files, healthy } = await inspect(await targetOf(known), bundleOf(known));
    const { healthy: _, ...seen } = { ...known, files };
    return { id, props: { ...seen, healthy }, inputs: seen };
  },
  async delete(props, urn) {
    const known = outputs.parse(props);
    try {
      await remove(await targetOf(known), bundleOf(known));
    } catch (error) {
      if (!(error instanceof VisibleError)) throw error;
      throw new VisibleError([
        ...error.faults,
        {
          key: known.name,
          problem: "its files are still on it",
          cure: `run again when it can be reached; or leave them there and forget them: pulumi state delete '${urn}'`,
        },
      ]);
    }
  },
};

async function deliver(wanted: EndInputs, bootSeconds = 0): Promise<void> {
  await apply(await targetOf(wanted), bundleOf(wanted), {
    bootSeconds,
    holder: `${process.env["USER"] ?? "somebody"} since ${new Date().toISOString()}`,
  });
}

async function targetOf({ name, host, port, user, hostKey, key }: EndInputs): Promise<Target> {
  const target = { name, host, port, user, hostKey };
  return key === undefined ? target : { ...target, privateKey: await readPrivateKey(key) };
}

function bundleOf({ name, end, packages, modules, devices, files, modes, state }: EndInputs): Bundle {
  return {
    name,
    end,
    packages,
    modules,
    devices,
    files: Object.entries(files).map(([path, content]) => ({
      path,
      mode: modes[path] === "0755" ? "0755" : "0644",
      text: content,
    })),
    state: Object.entries(state).map(([path, content]) => ({ path, mode: "0644", text: content })),
  };
}
