import * as pulumi from "@pulumi/pulumi";
import type { ExistingRelaySpec, SshSpec } from "../config/index.ts";
import type { RelayFacts } from "../facts/index.ts";
import type { Access } from "./resources.ts";

/** The machine that is the relay, whoever made it. */
export interface Machine {
  facts: pulumi.Output<RelayFacts>;
  access: Access;
}

/** The user's own Debian server as relay: nothing is created. */
export function existingRelay({ ssh }: ExistingRelaySpec, facts: RelayFacts): Machine {
  return { facts: pulumi.output(facts), access: accessOf(ssh) };
}

/** How a machine that the user has is reached: it is told from others by its address. */
export function accessOf({ host, port, user, hostKey, key }: SshSpec): Access {
  return { host, port, user, hostKey, machine: host, ...(key === undefined ? {} : { key }) };
}
