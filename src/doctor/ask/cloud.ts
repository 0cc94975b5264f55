import { z } from "zod";
import type { HcloudRelaySpec } from "../../config/index.ts";
import { VisibleError } from "../../errors.ts";
import type { SeenRule } from "../../plan/index.ts";
import { chooseServerType, fetchServerTypes } from "../../stack/serverType.ts";

/** A Cloud Firewall, and what it lets in. */
export interface CloudFirewall {
  name: string;
  rules: readonly SeenRule[];
}

/** What the cloud's API says of the relay's server. */
export interface Cloud {
  /** Absent: the cloud has no server with the relay's address. */
  server?: {
    /** `running`, `off`, … */
    status: string;
    /** Whether the provider has blocked the public address. */
    isBlocked: boolean;
    /** Cloud Firewalls attached to it: together they drop what none of them lets in. */
    firewalls: readonly CloudFirewall[];
  };
  /** Whether a new server of the type that the config asks for could be ordered today. */
  isTypeOffered: boolean;
}

/** How the API is asked. */
export interface CloudAccess {
  /** Ends in `/v1`. */
  endpoint: string;
  token: string;
}

const servers = z.object({
  servers: z.array(
    z.object({
      status: z.string(),
      public_net: z.object({
        ipv4: z.object({ ip: z.string(), blocked: z.boolean().default(false) }).nullable(),
        firewalls: z.array(z.object({ id: z.number(), status: z.string().optional() })).default([]),
      }),
    }),
  ),
  meta: z.object({ pagination: z.object({ next_page: z.number().nullable() }) }),
});

const firewall = z.object({
  firewall: z.object({
    name: z.string(),
    rules: z.array(
      z.object({
        direction: z.string(),
        protocol: z.string(),
        port: z.string().nullish(),
        source_ips: z.array(z.string()).default([]),
      }),
    ),
  }),
});

/**
 * Looks the server up by the address that it has, so that its name does not matter.
 *
 * @returns nothing where the API does not answer: it is not what traffic depends on
 */
export async function askCloud(
  { endpoint, token }: CloudAccess,
  publicIpv4: string,
  { location, serverType }: HcloudRelaySpec,
): Promise<Cloud | undefined> {
  try {
    const types = await fetchServerTypes(endpoint, token);
    const isTypeOffered = isOffered(() => chooseServerType(types, location, serverType));
    for (let next: number | null = 1; next !== null; ) {
      const response = await fetch(`${endpoint}/servers?per_page=50&page=${next}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(10_000),
      });
      if (!response.ok) return undefined;
      const page = servers.parse(await response.json());
      const found = page.servers.find(({ public_net }) => public_net.ipv4?.ip === publicIpv4);
      if (found !== undefined) {
        const { status, public_net } = found;
        const server = {
          status,
          isBlocked: public_net.ipv4?.blocked ?? false,
          firewalls: await Promise.all(
            public_net.firewalls.map(({ id }) => askFirewall(endpoint, token, id)),
          ),
        };
        return { server, isTypeOffered };
      }
      next = page.meta.pagination.next_page;
    }
    return { isTypeOffered };
  } catch {
    return undefined;
  }
}

async function askFirewall(endpoint: string, token: string, id: number): Promise<CloudFirewall> {
  const response = await fetch(`${endpoint}/firewalls/${id}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10_000),
  });
  const { name, rules } = firewall.parse(await response.json()).firewall;
  const inbound = rules.filter(({ direction }) => direction === "in");
  return {
    name,
    rules: inbound.map(({ protocol, port, source_ips }) => ({
      protocol,
      port: port ?? null,
      sources: source_ips,
    })),
  };
}

function isOffered(choose: () => string): boolean {
  try {
    choose();
    return true;
  } catch (error) {
    if (error instanceof VisibleError) return false;
    throw error;
  }
}
