import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Applied, apply, inspect, remove } from "../../deliver/index.ts";
import { VisibleError } from "../../errors.ts";
import type { Bundle } from "../../render/index.ts";
import { access, holder, targetOf } from "./access.ts";
import type { Kind } from "./kind.ts";

const text = z.record(z.string(), z.string());

/** The inputs of an End, as they lie in the state. */
const inputs = z.object({
  /** Who the machine is: another one is another resource. */
  machine: z.string(),
  name: z.string(),
  end: z.enum(["relay", "openwrt", "debian"]),
  ...access,
  /** Seconds that a new machine may take to boot. */
  bootSeconds: z.number(),
  packages: z.array(z.string()),
  idlePackages: z.array(z.string()).default([]),
  /** Absent in states of before there was a choice of transports. */
  modules: z.array(z.string()).default(["ip6_tunnel"]),
  devices: z.array(z.string()),
  /** Path → text: one line of a preview for each file. */
  files: text,
  modes: text,
  /** Seeds of what is state on the machine. */
  state: text,
  /** Paths of `state` that the machine changes by itself. */
  followed: z.array(z.string()).default([]),
  /** Names of the key pairs that the machine makes for itself. */
  pairs: z.array(z.string()).default([]),
});
type EndInputs = z.infer<typeof inputs>;

/** Whether tunnel, routes and rules are alive is an output: a refresh that finds them dead is drift. */
const outputs = inputs.extend({
  healthy: z.boolean().default(true),
  /** The public halves of the key pairs. */
  keys: text.default({}),
  /** Which user for the homes' logins it has, if it has one: another one knows none of their keys. */
  login: z.string().default(""),
});
type EndOutputs = z.infer<typeof outputs>;

/** What one machine has of the relay: its files, and that what they say is alive. */
export const endResource: Kind = {
  async diff(olds, news) {
    const old = outputs.safeParse(olds);
    const wanted = inputs.safeParse(news);
    if (!old.success || !wanted.success) return { changes: true };
    const { healthy, keys: _, login: __, ...before } = old.data;
    return {
      changes: !healthy || !isDeepStrictEqual(unfollowed(before), unfollowed(wanted.data)),
      replaces: before.machine === wanted.data.machine ? [] : ["machine"],
      deleteBeforeReplace: true,
    };
  },
  async create(news) {
    const wanted = inputs.parse(news);
    const { keys } = await deliver(wanted, wanted.bootSeconds);
    return { id: wanted.name, outs: { ...wanted, healthy: true, keys, login: loginOf(wanted) } };
  },
  async update(news, olds) {
    const wanted = inputs.parse(news);
    const before = outputs.safeParse(olds).data;
    const { keys } = await deliver(wanted);
    return { outs: { ...wanted, healthy: true, keys, login: loginOf(wanted, before) } };
  },
  async read(id, props) {
    const known = outputs.parse(props);
    const { files, healthy, keys } = await inspect(await targetOf(known), bundleOf(known));
    const { healthy: _, keys: __, login, ...seen } = { ...known, files };
    return { id, props: { ...seen, healthy, keys, login }, inputs: seen };
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

/** Without the seeds of what the machine follows by itself: that it is elsewhere now is no difference. */
function unfollowed(end: EndInputs): EndInputs {
  const state = Object.entries(end.state).filter(([path]) => !end.followed.includes(path));
  return { ...end, state: Object.fromEntries(state) };
}

/** The user goes with its file, and its home with it. */
function loginOf(wanted: EndInputs, before?: EndOutputs): string {
  const has = ({ files }: EndInputs) => "/etc/sysusers.d/relay4in6.conf" in files;
  if (!has(wanted)) return "";
  return before !== undefined && has(before) ? before.login : randomUUID();
}

async function deliver(wanted: EndInputs, bootSeconds = 0): Promise<Applied> {
  return apply(await targetOf(wanted), bundleOf(wanted), {
    bootSeconds,
    holder: holder(),
  });
}

function bundleOf(known: EndInputs): Bundle {
  const { name, end, packages, idlePackages, modules, devices, files, modes, state, followed, pairs } = known;
  return {
    name,
    end,
    packages,
    idlePackages,
    modules,
    devices,
    followed,
    keys: pairs,
    files: Object.entries(files).map(([path, content]) => ({
      path,
      mode: modes[path] === "0755" ? "0755" : "0644",
      text: content,
    })),
    state: Object.entries(state).map(([path, content]) => ({ path, mode: "0644", text: content })),
  };
}
