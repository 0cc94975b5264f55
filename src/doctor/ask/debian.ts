import { Address6 } from "ip-address";
import { z } from "zod";
import { sectioned, sections } from "../../facts/sections.ts";
import { type DebianPlan, keepaliveUnits, tunnelsOf } from "../../plan/index.ts";
import type { HomeView, Route } from "../examination.ts";
import { endQuestion } from "./endQuestion.ts";
import { line, list, readEnd, words } from "./readEnd.ts";
import { readHooks } from "./relay.ts";
import { replyDevice, replyQuestion } from "./reply.ts";

/** What a Debian home server is asked, over one connection. */
export function debianQuestion(home: DebianPlan): string {
  return sectioned({
    ...endQuestion(tunnelsOf(home)),
    endpoint: "cat /var/lib/relay4in6/endpoint",
    default6: "ip -6 -j route show default",
    reply: replyQuestion(home.tunnel),
    ipv4: "iptables-save",
    ipv6: "ip6tables-save",
    // Status and a line for each: `active` or `inactive`.
    keepalive: `systemctl is-active ${keepaliveUnits(home).join(" ")} || true`,
  });
}

const uplink = z.object({ dev: z.string() });
const address = z.object({
  ifname: z.string(),
  addr_info: z.array(
    z.object({
      family: z.string(),
      local: z.string().optional(),
      prefixlen: z.number(),
      scope: z.string(),
      deprecated: z.boolean().default(false),
    }),
  ),
});

/** Reads a Debian home's answer. @param now the operator's clock when it came, seconds since 1970 */
export function readDebian(output: string, now: number): HomeView {
  const answer = sections(output);
  const endpoint = line(answer, "endpoint");
  const reply = replyDevice(answer["reply"]);
  const end = readEnd(answer, now);
  const states = words(answer["keepalive"]).flat();
  const hooks = [...readHooks("iptables", answer["ipv4"]), ...readHooks("ip6tables", answer["ipv6"])];
  return {
    ...end,
    ...(endpoint === "" ? {} : { endpoint }),
    ...(reply === undefined ? {} : { reply }),
    prefixes: readPrefixes(answer, end.routes6),
    marksReplies: hooks.includes("iptables mangle PREROUTING"),
    hooks,
    keepalive: states.length > 0 && states.every((state) => state === "active"),
    staged: [],
  };
}

/** Those of the device that faces the internet: of its addresses, and of on-link routes. */
function readPrefixes(
  answer: Readonly<Record<string, string>>,
  routes: readonly Route[],
): HomeView["prefixes"] {
  const device = list(answer["default6"], uplink)[0]?.dev;
  const own = list(answer["links"], address)
    .filter(({ ifname }) => ifname === device)
    .flatMap(({ addr_info }) => addr_info)
    .filter(({ family, scope, prefixlen }) => family === "inet6" && scope === "global" && prefixlen <= 64)
    .map(({ local, prefixlen, deprecated }) => ({
      prefix: `${local}/${prefixlen}`,
      isDeprecated: deprecated,
    }));
  const withdrawn = new Set(own.filter(({ isDeprecated }) => isDeprecated).map(({ prefix }) => net(prefix)));
  const onLink = routes
    .filter(
      ({ dst, dev, table }) =>
        table === "main" && dev === device && dst.endsWith("/64") && !dst.startsWith("fe80"),
    )
    // The route of a withdrawn prefix stays as long as its address does.
    .filter(({ dst }) => !withdrawn.has(net(dst)))
    .map(({ dst }) => ({ prefix: dst, isDeprecated: false }));
  return [...own, ...onLink];
}

function net(prefix: string): string {
  return new Address6(prefix).startAddress().correctForm();
}
