/** What stands for a value that is not known yet: the engine's own constant (sdk/nodejs/runtime/rpc.ts). */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Inputs with the keys that are known: in a preview the engine knows no output of an end that changes, but a key
 * pair is made once and outlives every change of its end. Where there was no key before, it stays unknown.
 *
 * @param olds the resource as it lies in the state
 * @param news its inputs, in which a key may be unknown
 */
export function withKeptKeys(olds: unknown, news: unknown): unknown {
  const [before, wanted] = [keysOf(olds), keysOf(news)];
  if (before === undefined || wanted === undefined) return news;
  const kept = ([device, key]: [string, unknown]) => [
    device,
    key === UNKNOWN ? (before[device] ?? key) : key,
  ];
  return { ...(news as object), keys: Object.fromEntries(Object.entries(wanted).map(kept)) };
}

function keysOf(resource: unknown): Record<string, unknown> | undefined {
  const { keys } = (resource ?? {}) as { keys?: unknown };
  return typeof keys === "object" && keys !== null ? (keys as Record<string, unknown>) : undefined;
}
