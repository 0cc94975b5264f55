import { z } from "zod";
import { keyPathOf } from "../../config/issues.ts";
import { type Fault, VisibleError } from "../../errors.ts";
import type { Facts } from "../../facts/facts.ts";
import { readNamedFile } from "../input.ts";

const text = (pattern: RegExp, problem: string) => z.string("is no text").regex(pattern, problem);
const device = text(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}$/, "is not the name of a network device");
const name = text(/^[A-Za-z0-9_.-]{1,32}$/, "is not a name of OpenWrt's");
const prefix4 = text(/^[0-9.]{7,15}\/[0-9]{1,2}$/, "is no IPv4 prefix");
const address4 = text(/^[0-9.]{7,15}$/, "is no IPv4 address");
const mtu = z
  .int("is no whole number")
  .min(1280, "is less than 1280, the least of an IPv6 line")
  .max(65535, "is more than 65535");

const facts = z.object({
  relay: z.object({ ipv4: z.string("is no text"), prefix: z.string("is no text"), mtu }),
  homes: z.record(
    z.string(),
    z.object({
      prefix: z.string("is no text"),
      mtu,
      lan: z.object({ prefixes: z.array(prefix4), device, zone: name }),
      interfaces: z.array(name),
      addresses: z.array(address4),
    }),
  ),
});

const cure = "write the file anew: pulumi stack output facts --json >FILE";

/**
 * Reads what a stack's output `facts` says, or the `facts.json` of an earlier render, which people edit.
 *
 * @throws VisibleError with every fault of the file's structure; addresses are judged with those of the options
 */
export function readFactsFile(path: string): Facts {
  const content = readNamedFile("--facts", path, "a file that `pulumi stack output facts --json` wrote");
  return parseFacts(parseJson(content, path), "--facts");
}

/**
 * Facts that somebody wrote down: names in them reach scripts, so they are held to what such names can be.
 *
 * @param source put before the key of each fault
 * @throws VisibleError with every fault of the structure
 */
export function parseFacts(told: unknown, source: string): Facts {
  const parsed = facts.safeParse(told, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new VisibleError(
    parsed.error.issues.map((issue): Fault => {
      const key = `${source}: ${keyPathOf(issue.path)}`;
      if (issue.input === undefined) return { key, problem: "is missing", cure };
      return { key, value: issue.input, problem: issue.message, cure: `correct it, or ${cure}` };
    }),
  );
}

function parseJson(content: string, path: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new VisibleError({ key: "--facts", value: path, problem: "is no JSON", cure });
  }
}
