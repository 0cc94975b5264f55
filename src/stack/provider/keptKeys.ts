/** What stands for a value that is not known yet: the engine's own constant (sdk/nodejs/runtime/rpc.ts). */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Inputs with the keys that are known: in a preview the engine knows no output of an end that changes, but a key
 * pair is made once and outlives every change of its end that goes on needing it. Where there was no key before, it
 * stays unknown.
 *
 * @param olds the resource as it lies in the state
 * @param news its inputs, in which a key may be unknown
 */
export function withKeptKeys(olds: unknown, news: unknown): unknown {
  const [before, wanted] = [record(olds), record(news)];
  if (before === undefined || wanted === undefined) return news;
  const [keysBefore, keys] = [record(before["keys"]), record(wanted["keys"])];
  if (keysBefore === undefined || keys === undefined) return news;
  // States of older versions have no login.
  const { relayKey, login } = kept({ login: "", ...before }, wanted);
  return {
    ...wanted,
    ...(relayKey === undefined ? {} : { relayKey }),
    ...(login === undefined ? {} : { login }),
    keys: kept(keysBefore, keys),
  };
}

function kept(before: Values, wanted: Values): Values {
  const known = ([name, value]: [string, unknown]) => [
    name,
    value === UNKNOWN ? (before[name] ?? value) : value,
  ];
  return Object.fromEntries(Object.entries(wanted).map(known));
}

type Values = Record<string, unknown>;

function record(value: unknown): Values | undefined {
  return typeof value === "object" && value !== null ? (value as Values) : undefined;
}
