import { z } from "zod";
import { VisibleError } from "../errors.ts";
import type { Bundle } from "../render/index.ts";
import { type ScriptOptions, script } from "./script.ts";
import { type Answer, type Session, type Target, withSession } from "./session.ts";

/** The public halves of an end's own key pairs, by name: text without line breaks, whatever the end says. */
const keys = z
  .record(z.string().regex(/^[a-z0-9-]+$/), z.string().regex(/^[\x20-\x7e]{1,1024}$/))
  .default({});

/** What an end says of itself: the last line of the script's standard output. */
const report = z.discriminatedUnion("result", [
  z.object({ result: z.literal("unchanged"), keys }),
  z.object({
    result: z.literal("trial"),
    token: z.string(),
    seconds: z.number(),
    changed: z.array(z.string()),
  }),
  z.object({ result: z.literal("kept"), keys }),
  z.object({ result: z.literal("removed") }),
  z.object({
    result: z.literal("inspected"),
    healthy: z.boolean(),
    files: z.record(z.string(), z.string()),
    keys,
  }),
  z.object({ result: z.literal("failed"), problem: z.string(), cure: z.string() }),
]);
type Report = Exclude<z.infer<typeof report>, { result: "failed" }>;

/** How a delivery is to behave. */
export interface DeliverOptions extends ScriptOptions {
  /** Seconds that a machine which was just made may take to boot. @default 0 */
  bootSeconds?: number;
}

/** What a delivery did. */
export interface Applied {
  /** Paths of the files that changed. */
  changed: string[];
  /** The public halves of the key pairs that the end made for itself, by name. */
  keys: Record<string, string>;
}

/**
 * Brings an end to what its bundle says, or leaves it as it was.
 *
 * The end tries the new state, and keeps it only when a second, new connection confirms it; otherwise it goes
 * back by itself. An end that is as it should be is asked over one connection and left alone.
 *
 * @throws VisibleError with the end's own words when it cannot or does not take the new state
 */
export async function apply(target: Target, bundle: Bundle, options: DeliverOptions = {}): Promise<Applied> {
  return tryAndKeep(target, bundle, "apply", options);
}

/** The trial over one connection, its confirmation over another. */
async function tryAndKeep(
  target: Target,
  bundle: Bundle,
  verb: "apply" | "remove",
  options: DeliverOptions,
): Promise<Applied> {
  const tried = await withSession(
    target,
    (session) => send(session, target, script(bundle, options), verb),
    options.bootSeconds,
  );
  if (tried.result === "removed") return { changed: [], keys: {} };
  if (tried.result === "unchanged") return { changed: [], keys: tried.keys };
  if (tried.result !== "trial") throw new Error(`${target.name} answered ${verb} with ${tried.result}`);
  const confirmation = `sh ${runFolder(bundle)}/deliver confirm ${tried.token}`;
  let asked = false;
  const ask = (session: Session) => {
    asked = true;
    return session.run(confirmation);
  };
  // A new state may have to settle until it lets a connection through: it is tried for as long as the trial lasts.
  const answer = await withSession(target, ask, tried.seconds).catch((error) => {
    throw notConfirmed(target, error, tried.seconds, asked);
  });
  const confirmed = read(target, answer);
  if (confirmed.result === "removed") return { changed: tried.changed, keys: {} };
  if (confirmed.result !== "kept")
    throw new Error(`${target.name} answered confirm with ${confirmed.result}`);
  return { changed: tried.changed, keys: confirmed.keys };
}

/** What is wrong with the second connection, and what becomes of the end that it did not reach. */
function notConfirmed({ name }: Target, error: unknown, seconds: number, asked: boolean): unknown {
  if (!(error instanceof VisibleError)) return error;
  const fault = asked
    ? {
        problem: `was asked to keep the new state, and its answer did not arrive: it keeps it, or goes back by itself within ${seconds} seconds`,
        cure: "run again after that: it finds out which",
      }
    : {
        problem: `runs the new state on trial: nobody could confirm it, so it goes back by itself within ${seconds} seconds`,
        cure: "run again after that; if it is always so, the new state cuts this machine off from it",
      };
  return new VisibleError([...error.faults, { key: name, ...fault }]);
}

/** What stands on an end now. */
export interface Inspection {
  /** Whether tunnel, routes and rules are alive. */
  healthy: boolean;
  /** Path → text, of the bundle's files that are there. */
  files: Record<string, string>;
  /** The public halves of its own key pairs, by name. */
  keys: Record<string, string>;
}

/** Reads back the bundle's files, and whether what they describe is alive. */
export async function inspect(target: Target, bundle: Bundle): Promise<Inspection> {
  return withSession(target, (session) => inspectOver(session, target.name, bundle));
}

/** The same over a connection that is there. @param name of the machine, for errors */
export async function inspectOver(session: Session, name: string, bundle: Bundle): Promise<Inspection> {
  const answer = await send(session, { name }, script(bundle), "inspect");
  if (answer.result !== "inspected") throw new Error(`${name} answered inspect with ${answer.result}`);
  return answer;
}

/**
 * Takes everything of ours away from an end: a trial too, that the end takes back when nobody confirms it.
 * An end that has nothing of ours is left as it is.
 *
 * @throws VisibleError with the end's own words when it still has what it had
 */
export async function remove(target: Target, bundle: Bundle, options: DeliverOptions = {}): Promise<void> {
  await tryAndKeep(target, bundle, "remove", options);
}

/** Where the script stands on an end while a trial runs. */
function runFolder(bundle: Bundle): string {
  return bundle.end === "openwrt" ? "/tmp/relay4in6" : "/run/relay4in6";
}

type Named = Pick<Target, "name">;

/** Script and files through one channel: dropbear has no SFTP. */
async function send(session: Session, target: Named, text: string, verb: string): Promise<Report> {
  const command = `f=$(mktemp /tmp/relay4in6.XXXXXX) || exit; cat >"$f" && sh "$f" ${verb}; s=$?; rm -f "$f"; exit $s`;
  return read(target, await session.run(command, text));
}

function read(target: Named, { code, stdout, stderr }: Answer): Report {
  const line = stdout.trim().split("\n").at(-1) ?? "";
  const parsed = report.safeParse(json(line));
  const fault = (problem: string, cure: string) => new VisibleError([{ key: target.name, problem, cure }]);
  if (parsed.success && parsed.data.result === "failed") {
    throw fault(`${parsed.data.problem}${lastWords(stderr)}`, parsed.data.cure);
  }
  if (parsed.success && code === 0 && parsed.data.result !== "failed") return parsed.data;
  throw fault(
    `the script ended with status ${code} and no answer${lastWords(stderr)}`,
    "the machine goes back to its old state by itself; see what it says above, then run again",
  );
}

/** A line that broke off, because the script was killed while it wrote it, is no answer. */
function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function lastWords(stderr: string): string {
  const lines = stderr.trim().split("\n").slice(-8).join("\n    ");
  return lines === "" ? "" : `\n    ${lines}\n`;
}
