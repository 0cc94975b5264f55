import type { Properties } from "../grpc.ts";
import type { HcloudApi } from "./api.ts";
import type { PrimaryIp } from "./primary-ip.ts";

/** What a server's public network is wanted to be; an id of 0 is an address that comes and goes with the server. */
export interface PublicNet {
  ipv4: number;
  ipv4Enabled: boolean;
  ipv6: number;
  ipv6Enabled: boolean;
}

/** The `publicNets` of a program (a set of one) with its defaults; undefined when it says nothing. */
export function wantedPublicNet(publicNets: unknown): PublicNet | undefined {
  const [given] = (Array.isArray(publicNets) ? publicNets : []) as Properties[];
  if (!given) return undefined;
  const id = (value: unknown) => Number(value ?? 0);
  return {
    ipv4: id(given.ipv4),
    ipv4Enabled: given.ipv4Enabled !== false,
    ipv6: id(given.ipv6),
    ipv6Enabled: given.ipv6Enabled !== false,
  };
}

/** The same for `POST /servers`. */
export function publicNetBody(net: PublicNet | undefined) {
  return (
    net && {
      enable_ipv4: net.ipv4Enabled || net.ipv4 !== 0,
      enable_ipv6: net.ipv6Enabled || net.ipv6 !== 0,
      ...(net.ipv4 === 0 ? {} : { ipv4: net.ipv4 }),
      ...(net.ipv6 === 0 ? {} : { ipv6: net.ipv6 }),
    }
  );
}

/** Brings a server's addresses to what is wanted, with the server off meanwhile, as the real plugin does. */
export async function changePublicNet(
  api: HcloudApi,
  server: { id: number; location: { name: string } },
  net: PublicNet,
): Promise<void> {
  await api.act(`/servers/${server.id}/actions/poweroff`);
  const all = await api.list<PrimaryIp>("primary_ips");
  for (const family of ["ipv4", "ipv6"] as const) {
    const now = all.find((ip) => ip.assignee_id === server.id && ip.type === family);
    const enabled = net[`${family}Enabled`] || net[family] !== 0;
    const stays =
      now !== undefined && enabled && (net[family] === 0 ? now.auto_delete : net[family] === now.id);
    if (stays) continue;
    if (now) {
      await api.act(`/primary_ips/${now.id}/actions/unassign`);
      if (now.auto_delete) await api.call("DELETE", `/primary_ips/${now.id}`);
    }
    if (!enabled) continue;
    const id = net[family] || (await createOwn(api, server, family));
    await api.act(`/primary_ips/${id}/actions/assign`, { assignee_id: server.id, assignee_type: "server" });
  }
  await api.act(`/servers/${server.id}/actions/poweron`);
}

async function createOwn(
  api: HcloudApi,
  server: { id: number; location: { name: string } },
  type: string,
): Promise<number> {
  const body = { name: `${type}-of-${server.id}`, type, location: server.location.name, auto_delete: true };
  return (await api.call<{ primary_ip: PrimaryIp }>("POST", "/primary_ips", body)).primary_ip.id;
}
