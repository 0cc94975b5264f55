import { z } from "zod";
import type { Device, EndView, Route, RoutingRule } from "../examination.ts";

const link = z.object({
  ifname: z.string(),
  flags: z.array(z.string()).default([]),
  mtu: z.number(),
  addr_info: z.array(z.object({ local: z.string().optional() })).default([]),
  linkinfo: z
    .object({
      info_kind: z.string().optional(),
      info_data: z
        .object({
          local: z.string().default(""),
          remote: z.string().default(""),
          encap_limit: z.number().optional(),
        })
        .optional(),
    })
    .optional(),
});

const rule = z.object({
  priority: z.number(),
  table: z.string().default("main"),
  src: z.string().optional(),
  dst: z.string().optional(),
  dstlen: z.number().optional(),
  fwmark: z.string().optional(),
  fwmask: z.string().optional(),
  suppress_prefixlen: z.number().optional(),
});

const route = z.object({
  dst: z.string(),
  dev: z.string().optional(),
  table: z.string().default("main"),
  type: z.string().default("unicast"),
});

/** Kinds of device that have two ends, an IPv6 address each. */
const tunnelKinds = ["ip6tnl", "ip6gre", "ip6gretap"];

/**
 * What `endQuestion` was answered.
 *
 * @param answer section → text
 * @param now the operator's clock when the answer came, seconds since 1970
 */
export function readEnd(answer: Readonly<Record<string, string>>, now: number): EndView {
  const clock = Number(line(answer, "clock"));
  return {
    skew: Number.isFinite(clock) && clock > 0 ? clock - now : 0,
    kernel: line(answer, "kernel"),
    missingModules: words(answer["modules"]).flat(),
    devices: list(answer["links"], link).map(device),
    rules: list(answer["rules"], rule).map(routingRule),
    routes: list(answer["routes"], route) as Route[],
    rules6: list(answer["rules6"], rule).map(routingRule),
    routes6: list(answer["routes6"], route) as Route[],
    rpFilter: Object.fromEntries(
      words(answer["rpfilter"]).flatMap(([name, value]) =>
        name === undefined ? [] : [[name, Number(value)]],
      ),
    ),
    forwards: line(answer, "forward") !== "0",
    forwards6: line(answer, "forward6") !== "0",
  };
}

function device({ ifname, flags, mtu, addr_info, linkinfo }: z.infer<typeof link>): Device {
  const base = {
    name: ifname,
    isUp: flags.includes("UP"),
    mtu,
    addresses: addr_info.flatMap(({ local }) => (local === undefined ? [] : [local])),
  };
  const { info_kind = "", info_data } = linkinfo ?? {};
  if (!tunnelKinds.includes(info_kind) || info_data === undefined) return base;
  const { local, remote, encap_limit } = info_data;
  return { ...base, tunnel: { kind: info_kind, local, remote, encapLimit: encap_limit ?? "none" } };
}

function routingRule({ priority, table, ...rest }: z.infer<typeof rule>) {
  const { src, dst, dstlen, fwmark, fwmask, suppress_prefixlen } = rest;
  const read: RoutingRule = { priority, table };
  if (fwmark !== undefined) read.fwmark = `${fwmark}/${fwmask ?? "0xffffffff"}`;
  if (src !== undefined && src !== "all") read.src = src;
  if (dst !== undefined && dstlen !== undefined) read.dst = `${dst}/${dstlen}`;
  if (suppress_prefixlen !== undefined) read.suppressPrefixlength = suppress_prefixlen;
  return read;
}

/** The objects of a JSON list; none where the command said nothing, or something else. */
export function list<T>(text: string | undefined, shape: z.ZodType<T>): T[] {
  // iproute2 prints an empty object where it leaves something out, and nothing at all for an empty list.
  if (!text?.trim().startsWith("[")) return [];
  const all = z.array(z.unknown()).parse(JSON.parse(text));
  return all.flatMap((each) => {
    const parsed = shape.safeParse(each);
    return parsed.success ? [parsed.data] : [];
  });
}

/** The first line of a section. */
export function line(answer: Readonly<Record<string, string>>, section: string): string {
  return answer[section]?.trim().split("\n")[0]?.trim() ?? "";
}

/** A section's lines as words. */
export function words(text: string | undefined): string[][] {
  return (text ?? "")
    .split("\n")
    .map((each) => each.trim().split(/\s+/))
    .filter(([first]) => first !== "");
}
