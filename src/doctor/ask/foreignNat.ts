/**
 * Rules of other tables than ours that translate destinations, out of `nft list ruleset`, which lists
 * iptables-nft's rules as well. Chains that such a hook jumps to (a container engine's) count with it.
 */
export function foreignNat(ruleset: string): string[] {
  return ruleset
    .split(/^(?=table )/m)
    .filter((table) => /^table (ip|inet) /.test(table) && !/^table \S+ relay4in6/.test(table))
    .flatMap(translations);
}

function translations(table: string): string[] {
  const chains = new Map(
    [...table.matchAll(/^\tchain (\S+) \{\n([\s\S]*?)^\t\}/gm)].map(
      ([, name = "", body = ""]) => [name, body.split("\n").map((rule) => rule.trim())] as const,
    ),
  );
  const hooked = [...chains].filter(([, rules]) =>
    rules.some((rule) => /^type nat hook prerouting /.test(rule)),
  );
  const seen = new Set<string>();
  const walk = (name: string, before: string): string[] => {
    if (seen.has(name)) return [];
    seen.add(name);
    return (chains.get(name) ?? []).flatMap((rule) => {
      const text = `${before}${rule.replace(/counter packets \d+ bytes \d+ ?/, "")}`;
      const next = /(?:jump|goto) (\S+)$/.exec(rule)?.[1];
      if (next !== undefined) return walk(next, text.replace(/(?:jump|goto) \S+$/, ""));
      return /\bdnat\b|\bredirect\b|xt target "(DNAT|REDIRECT|NETMAP)"/.test(rule) ? [text] : [];
    });
  };
  return hooked.flatMap(([name]) => walk(name, ""));
}
