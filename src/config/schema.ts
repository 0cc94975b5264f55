import { z } from "zod";
import { anyHome } from "./schema/home.ts";
import { relay } from "./schema/relay.ts";
import { service } from "./schema/service.ts";

/*
 * The one description of the config: structure, types, defaults and words for people. The JSON Schema,
 * the reference table and the cures of structural faults are all made from it. What a single value means
 * (addresses, ranges, keys) and how values agree with each other is judged in rules/.
 */

/** The relay holds one tunnel, table and mark for each home. */
export const MOST_HOMES = 200;

/** The config as a user may write it; each part's default is what an absent key means. */
export const configSchema = z.strictObject({
  relay,
  homes: z
    .array(anyHome)
    .min(1)
    .max(MOST_HOMES)
    .meta({
      description: "the homes behind DS-Lite or CGNAT",
      examples: ['[{name: haus, end: openwrt, ssh: {host: 192.168.1.1, hostKey: "ssh-ed25519 AAAA…"}}]'],
    }),
  services: z
    .array(service)
    .min(1)
    .meta({ description: "what is reachable from outside", examples: ["[{to: 192.168.1.210}]"] }),
});

/** What a user may write. */
export type ConfigInput = z.input<typeof configSchema>;
/** The same with its defaults. */
export type ConfigOutput = z.output<typeof configSchema>;
