import { authorizedKeysFile } from "../../deliver/index.ts";
import { readProbe } from "../../facts/probed.ts";
import { sectioned, sections } from "../../facts/sections.ts";
import type { RelayPlan } from "../../plan/index.ts";
import type { RelayView } from "../examination.ts";
import { endQuestion } from "./endQuestion.ts";
import { foreignNat } from "./foreignNat.ts";
import { line, readEnd, words } from "./readEnd.ts";

/** What the relay is asked, over one connection. */
export function relayQuestion({ tunnels }: RelayPlan): string {
  return sectioned({
    ...endQuestion(tunnels),
    remotes:
      'for f in /var/lib/relay4in6/wrap*; do case $f in *.*) ;; *) echo "${f##*/} $(cat "$f")" ;; esac; done',
    ipv4: "iptables-save",
    ipv6: "ip6tables-save",
    nft: "nft -nn list ruleset",
    homes: "ipset list relay4in6-homes",
    heard: `sed -n 's/.*"\\/etc\\/relay4in6\\/follow \\(wrap[0-9]*\\)".*/\\1/p' ${authorizedKeysFile}`,
    // They say by a section of their own that connections pass through them.
    stopped:
      "grep -ls '^\\[X-relay4in6\\]' /etc/systemd/system/relay4in6-*.service | while read -r f; do systemctl is-active --quiet ${f##*/} || echo ${f##*/}; done",
    // Of a probe that does not run any more, nothing is believed.
    probe: "find /run/relay4in6-status/status.json -mmin -3 -exec cat {} +",
    conntrack:
      "cat /proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/netfilter/nf_conntrack_max | tr '\\n' ' '",
  });
}

/**
 * Reads the relay's answer.
 *
 * @param now the operator's clock when the answer came, seconds since 1970
 */
export function readRelay(output: string, now: number): RelayView {
  const answer = sections(output);
  const [count = 0, max = 0] = line(answer, "conntrack").split(" ").map(Number);
  const nft = answer["nft"] ?? "";
  return {
    ...readEnd(answer, now),
    remotes: Object.fromEntries(words(answer["remotes"]).filter((pair) => pair.length === 2)),
    hooks: [...readHooks("iptables", answer["ipv4"]), ...readHooks("ip6tables", answer["ipv6"])],
    // Ports that a process takes are told apart by the same table.
    translates: /dnat to|vmap @/.test(tableOf(nft, "ip relay4in6")),
    stopped: words(answer["stopped"]).flat(),
    mss: readMss(answer["ipv4"]),
    admitted: words(answer["homes"]).flatMap(([first = "", ...rest]) =>
      rest.length === 0 && first.includes(":") && !first.endsWith(":") ? [first] : [],
    ),
    heard: words(answer["heard"]).flat(),
    foreignNat: foreignNat(nft),
    endless: readProbe(answer["probe"] ?? "")?.endless ?? [],
    conntrack: { count, max },
  };
}

/** `COMMAND TABLE CHAIN` of each rule of the kernel's own chains that jumps into one of ours. */
export function readHooks(command: string, saved: string | undefined): string[] {
  let table = "";
  return (saved ?? "").split("\n").flatMap((each) => {
    if (each.startsWith("*")) table = each.slice(1);
    const chain = /^-A ([A-Z]+) .*-j RELAY4IN6/.exec(each)?.[1];
    return chain === undefined ? [] : [`${command} ${table} ${chain}`];
  });
}

function readMss(saved: string | undefined): RelayView["mss"] {
  const found: Record<string, { in?: number; out?: number }> = {};
  for (const [, way, device = "", size] of (saved ?? "").matchAll(
    /^-A RELAY4IN6-FORWARD -([io]) (\S+) .*--set-mss (\d+)/gm,
  )) {
    found[device] = { ...found[device], [way === "i" ? "in" : "out"]: Number(size) };
  }
  return found;
}

/** The text of one table out of `nft list ruleset`. */
export function tableOf(ruleset: string, name: string): string {
  return ruleset.split(/^(?=table )/m).find((table) => table.startsWith(`table ${name} `)) ?? "";
}
