import { z } from "zod";
import { sectioned, sections } from "../../facts/sections.ts";
import { type OpenwrtPlan, tunnelsOf } from "../../plan/index.ts";
import { quote } from "../../render/index.ts";
import type { HomeView } from "../examination.ts";
import { endQuestion } from "./endQuestion.ts";
import { line, readEnd } from "./readEnd.ts";
import { replyDevice, replyQuestion } from "./reply.ts";

const assignment = z.object({ address: z.string(), mask: z.number(), preferred: z.number().optional() });
const dump = z.object({
  interface: z.array(
    z.object({
      l3_device: z.string().optional(),
      "ipv6-prefix-assignment": z.array(assignment).default([]),
    }),
  ),
});

/** What a router is asked, over one connection. */
export function openwrtQuestion(home: OpenwrtPlan): string {
  const { tunnel } = home;
  return sectioned({
    ...endQuestion(tunnelsOf(home)),
    endpoint: "cat /etc/relay4in6/endpoint",
    dump: "ubus call network.interface dump",
    reply: replyQuestion(tunnel),
    marks: "nft list table ip relay4in6",
    uci: "uci -q get firewall.relay4in6_tunnel.src_ip",
    loaded: `nft list table inet fw4 | grep ${quote(tunnel.relayEndpoint)} | grep accept`,
    staged: "uci changes | sed 's/^[-+]//; s/\\..*//' | sort -u",
  });
}

/** Reads a router's answer. @param now the operator's clock when it came, seconds since 1970 */
export function readOpenwrt(plan: OpenwrtPlan, output: string, now: number): HomeView {
  const answer = sections(output);
  const endpoint = line(answer, "endpoint");
  const reply = replyDevice(answer["reply"]);
  return {
    ...readEnd(answer, now),
    ...(endpoint === "" ? {} : { endpoint }),
    ...(reply === undefined ? {} : { reply }),
    prefixes: readPrefixes(answer["dump"] ?? "", plan.lan.device),
    marksReplies: tunnelsOf(plan).every(({ device }) => (answer["marks"] ?? "").includes(`"${device}"`)),
    firewall: { inUci: line(answer, "uci") !== "", isLoaded: line(answer, "loaded") !== "" },
    staged: (answer["staged"] ?? "").split("\n").filter((each) => each !== ""),
  };
}

function readPrefixes(text: string, lan: string): HomeView["prefixes"] {
  if (!text.trim().startsWith("{")) return [];
  return dump
    .parse(JSON.parse(text))
    .interface.filter(({ l3_device }) => l3_device === lan)
    .flatMap((each) => each["ipv6-prefix-assignment"])
    .map(({ address, mask, preferred }) => ({
      prefix: `${address}/${mask}`,
      isDeprecated: preferred === 0,
    }));
}
