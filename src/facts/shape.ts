import { z } from "zod";
import { ipv4, ipv6 } from "../config/addresses.ts";
import { type Fault, VisibleError } from "../errors.ts";
import { candidates, choiceName, isSameChoice } from "../transports/candidates.ts";
import { tunnelKinds } from "../transports/index.ts";
import type { HomeFacts, RelayFacts } from "./facts.ts";

/**
 * What facts can be, wherever they come from. A machine's own names reach scripts and rules on other machines, so
 * they are held to what such names are where people choose them with sense.
 */

const text = (right: (value: string) => boolean, problem: string) =>
  z.string("is no text").refine(right, problem);
const matching = (pattern: RegExp, problem: string) => text((value) => pattern.test(value), problem);

const device = matching(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}$/, "is not the name of a network device");
const name = matching(/^[A-Za-z0-9_.-]{1,32}$/, "is not a name of OpenWrt's");
const address4 = text((value) => ipv4(value) !== undefined, "is no IPv4 address");
const prefix4 = text((value) => {
  const [address = "", length = "", ...more] = value.split("/");
  return ipv4(address) !== undefined && /^([12]?[0-9]|3[0-2])$/.test(length) && more.length === 0;
}, "is no IPv4 prefix");
const mtu = z
  .int("is no whole number")
  .min(1280, "is less than 1280, the least of an IPv6 line")
  .max(65535, "is more than 65535");

const prefix6 = text((value) => isIpv6Prefix(value), "is no IPv6 prefix").refine(
  (value) => Number(value.split("/")[1]) <= 64,
  "is longer than /64: no endpoint can be derived from it",
);

/** Is it an IPv6 address with a length, whatever its host bits are? */
export function isIpv6Prefix(value: string): boolean {
  const [address = "", length = "", ...more] = value.split("/");
  return ipv6(address) !== undefined && /^(\d|[1-9]\d|1[01]\d|12[0-8])$/.test(length) && more.length === 0;
}

/** One of what `transport: auto` tries. */
export const choiceShape = z
  .object({ transport: z.enum(tunnelKinds), over: z.enum(["ipv6", "ipv4"]).optional() })
  .refine(
    (choice) => candidates.some((each) => isSameChoice(each, choice)),
    `is none of ${candidates.map(choiceName).join(", ")}`,
  );

/** What is told of a home end; its prefix only has to be a text, as people may write it, or is absent. */
export const homeShape = z.object({
  prefix: z.string("is no text").optional(),
  mtu,
  lan: z.object({ prefixes: z.array(prefix4), device, zone: name }),
  interfaces: z.array(name),
  addresses: z.array(address4),
  chosen: choiceShape.optional(),
});

/** What is told of the relay; its addresses only have to be texts, as people may write them. */
export const relayShape = z.object({
  ipv4: z.string("is no text"),
  prefix: z.string("is no text"),
  mtu,
  hostKey: matching(/^[a-z0-9-]{4,32} [A-Za-z0-9+/]{16,2048}={0,2}$/, "is no public host key").optional(),
});

const homeAnswer = homeShape.extend({ prefix: prefix6.optional() });
const relayAnswer = relayShape.extend({ ipv4: address4, prefix: prefix6 });

/**
 * What a home end said, once it is known to be fit for files.
 *
 * @throws VisibleError that names the machine and each thing that is not
 */
export function fitHome(machine: string, facts: HomeFacts): HomeFacts {
  return fit(machine, homeAnswer, facts);
}

/** The same for an own server that is to be the relay. @throws VisibleError */
export function fitRelay(facts: RelayFacts): RelayFacts {
  return fit("relay", relayAnswer, facts);
}

function fit<T>(machine: string, shape: z.ZodType<T>, facts: T): T {
  const parsed = shape.safeParse(facts, { reportInput: true });
  if (parsed.success) return facts;
  throw new VisibleError(
    parsed.error.issues.map((issue): Fault => {
      const what = issue.path.filter((part) => typeof part === "string").join(".");
      return {
        key: machine,
        value: issue.input,
        problem: `its ${what} ${issue.message}`,
        cure: "change that on the machine, or write what the config has a key for (`lan`, `prefix`)",
      };
    }),
  );
}
