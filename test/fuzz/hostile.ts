import fc from "fast-check";

/** Texts that mean something to a shell, a template, YAML, a terminal, JavaScript or one of our formats. */
const known = [
  ..."$(reboot)|`reboot`|; reboot|&& reboot|| reboot|'; reboot; '|\"; reboot; \"|'\\''|\\|-rf|--|*|~root|#|!|{}|%s".split(
    "|",
  ),
  ..."a\nb|a\r\nb|a\tb|\u0000|\u001b[2J|\u202eabc|\ufeff|\u2028|ﬁ|𝒳|é|e\u0301|END_OF_FILE\nreboot".split("|"),
  ..."<%= 1 %>|<%- process.exit() %>|%>|${0}|__proto__|constructor|toString|prototype|hasOwnProperty".split(
    "|",
  ),
  ..."0x7f.1|127.1|0177.0.0.1|1.2.3.4.5|256.1.1.1|1.1.1.1/33|::ffff:1.2.3.4|::1|fe80::1%eth0|2001:db8::/129".split(
    "|",
  ),
  ..."2001:db8::/64 |2a02:0:0:0:0:0:0:0:0/64|64:ff9b::1.2.3.4/96|65536|-1|1e3|0|00|٣|1-2-3|9-1|../../etc/passwd".split(
    "|",
  ),
  "",
  " ",
  "x".repeat(5000),
  "-----BEGIN OPENSSH PRIVATE KEY-----",
  "auto",
  "relay",
];

/** A text that nobody should write, or any other. */
export const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...known) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 20 }) },
);

/** Whatever YAML and JSON can say, and what JavaScript makes of it. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      undefined,
      true,
      false,
      0,
      -0,
      -1,
      1.5,
      22,
      65535,
      65536,
      2 ** 53,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      10n,
      [],
      {},
      [[]],
      [null],
      { to: "192.168.1.210" },
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown> },
);

/** A change of one place in a tree of values. */
export interface Mutation {
  /** Chooses the way down; each number is taken modulo the number of ways there are. */
  way: readonly number[];
  kind: "replace" | "delete" | "add" | "double";
  key: string;
  value: unknown;
}

/** No change at all, or a few. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Mutation[]>([]) },
  {
    weight: 2,
    arbitrary: fc.array(
      fc.record({
        way: fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }),
        kind: fc.constantFrom("replace", "replace", "replace", "delete", "add", "double"),
        key: fc.oneof(
          hostileText,
          fc.constantFrom("port", "ports", "home", "lan", "ssh", "key", "host", "name"),
        ),
        value: hostileValue,
      }),
      { minLength: 1, maxLength: 3 },
    ),
  },
);

/** A copy of `tree` with one place of it changed. */
export function mutated(tree: unknown, { way, kind, key, value }: Mutation): unknown {
  const [turn = 0, ...rest] = way;
  if (typeof tree !== "object" || tree === null) return kind === "replace" ? value : tree;
  const names = Object.keys(tree);
  const name = names[turn % Math.max(names.length, 1)];
  const copy = (Array.isArray(tree) ? [...tree] : { ...tree }) as Record<string, unknown>;
  if (rest.length > 0 && name !== undefined)
    copy[name] = mutated(copy[name], { way: rest, kind, key, value });
  else if (kind === "add" || name === undefined)
    define(copy, Array.isArray(tree) ? `${names.length}` : key, value);
  else if (kind === "double" && Array.isArray(copy)) copy.push(copy[Number(name)]);
  else if (kind === "delete" && Array.isArray(copy)) copy.splice(Number(name), 1);
  else if (kind === "delete") delete copy[name];
  else copy[name] = value;
  return copy;
}

/** As JSON.parse does: a key `__proto__` is a key like any other. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
