import { z } from "zod";
import { type CloudRule, lackingRules } from "../plan/index.ts";
import { askCloud, type CloudAccess, type Ours } from "./ours.ts";

const answer = z.object({
  firewall: z.object({
    rules: z.array(
      z.object({ protocol: z.string(), port: z.string().nullish(), source_ips: z.array(z.string()) }),
    ),
    applied_to: z.array(z.unknown()),
  }),
});

/**
 * A firewall that no server has is what a lost answer left behind, for it is made before the server. The engine takes
 * over only what is as the program says, and the services may be others by now: so its rules are brought up to date.
 *
 * @param preview whether nothing may be changed: then it is left out, and shown as one that will be made
 * @returns what can be taken over
 */
export async function readyToAdopt(
  access: CloudAccess,
  there: readonly Ours[],
  wanted: readonly CloudRule[],
  preview: boolean,
): Promise<Ours[]> {
  const ready: Ours[] = [];
  for (const each of there) {
    if (each.kind === "firewalls") {
      const { firewall } = answer.parse(await askCloud(access, "GET", `/firewalls/${each.id}`));
      const rules = firewall.rules.map(({ source_ips: sources, ...rule }) => ({ ...rule, sources }));
      const isRight = rules.length === wanted.length && lackingRules(wanted, rules).length === 0;
      if (!isRight && firewall.applied_to.length === 0) {
        if (preview) continue;
        const body = {
          rules: wanted.map(({ sources, ...rule }) => ({ ...inbound, ...rule, source_ips: sources })),
        };
        await askCloud(access, "POST", `/firewalls/${each.id}/actions/set_rules`, body);
      }
    }
    ready.push(each);
  }
  return ready;
}

const inbound = { direction: "in" } as const;
