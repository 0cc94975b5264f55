import { z } from "zod";
import type { Choices } from "../../config/index.ts";
import { keyPathOf } from "../../config/issues.ts";
import { type Fault, VisibleError } from "../../errors.ts";
import type { Facts } from "../../facts/facts.ts";
import { homeShape, relayShape } from "../../facts/shape.ts";
import { readNamedFile } from "../input.ts";

const facts = z.object({ relay: relayShape, homes: z.record(z.string(), homeShape) });

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

/** What `transport: auto` came to, as far as the facts say it. */
export function choicesIn({ homes }: Facts): Choices {
  return Object.fromEntries(
    Object.entries(homes).flatMap(([name, { chosen }]) => (chosen === undefined ? [] : [[name, chosen]])),
  );
}

function parseJson(content: string, path: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new VisibleError({ key: "--facts", value: path, problem: "is no JSON", cure });
  }
}
