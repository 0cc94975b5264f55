import type { Properties } from "../grpc.ts";
import type { Action, HcloudApi } from "./api.ts";
import { HcloudError } from "./api.ts";
import type { Kind } from "./kind.ts";

/** A primary IP, as far as this plugin looks at it. */
export interface PrimaryIp {
  id: number;
  name: string;
  type: string;
  ip: string;
  assignee_id: number | null;
  assignee_type: string;
  auto_delete: boolean;
  labels: Record<string, string>;
  protection: { delete: boolean };
  location: { name: string };
}

const DELETE_TRIES = 10;
const DELETE_PAUSE_MILLISECONDS = 500;

async function protect(api: HcloudApi, id: string | number, on: unknown): Promise<void> {
  await api.act(`/primary_ips/${id}/actions/change_protection`, { delete: on === true });
}

async function unassign(api: HcloudApi, ip: PrimaryIp): Promise<void> {
  if (ip.assignee_id === null) return;
  await api.act(`/servers/${ip.assignee_id}/actions/poweroff`);
  await api.act(`/primary_ips/${ip.id}/actions/unassign`);
  await api.act(`/servers/${ip.assignee_id}/actions/poweron`);
}

function outputs(ip: PrimaryIp): Properties {
  return {
    name: ip.name,
    type: ip.type,
    location: ip.location.name,
    ipAddress: ip.ip.split("/")[0],
    ...(ip.type === "ipv6" ? { ipNetwork: ip.ip } : {}),
    assigneeId: ip.assignee_id ?? 0,
    assigneeType: ip.assignee_type,
    autoDelete: ip.auto_delete,
    deleteProtection: ip.protection.delete,
    labels: ip.labels,
  };
}

/** `hcloud:index/primaryIp:PrimaryIp` */
export const primaryIp: Kind = {
  properties: {
    name: { type: "string" },
    type: { type: "string", required: true, replaces: true },
    location: { type: "string", replaces: true, computed: true },
    assigneeId: { type: "number", computed: true },
    assigneeType: { type: "string", computed: true },
    autoDelete: { type: "boolean", fallback: false },
    deleteProtection: { type: "boolean", fallback: false },
    labels: { type: "labels", fallback: {} },
  },
  outputs: ["ipAddress", "ipNetwork", "assigneeId", "assigneeType", "location"],
  check({ location, assigneeId, assigneeType }) {
    if ((location === undefined) === (assigneeId === undefined))
      return [["location", "exactly one of location and assigneeId must be given"]];
    if (assigneeId !== undefined && assigneeType === undefined)
      return [["assigneeId", "must be given together with assigneeType"]];
    return [];
  },
  async create(api, inputs, made) {
    const body = {
      name: inputs.name,
      type: inputs.type,
      labels: inputs.labels,
      auto_delete: inputs.autoDelete,
      ...(inputs.location === undefined
        ? { assignee_id: inputs.assigneeId, assignee_type: inputs.assigneeType }
        : { location: inputs.location }),
    };
    type Made = { primary_ip: PrimaryIp; action: Action | null };
    const { primary_ip: ip, action } = await api.call<Made>("POST", "/primary_ips", body);
    made(ip.id);
    await api.settle(action);
    if (inputs.deleteProtection === true) await protect(api, ip.id, true);
  },
  async read(api, id) {
    const ip = (await api.find<{ primary_ip: PrimaryIp }>(`/primary_ips/${id}`))?.primary_ip;
    return ip && outputs(ip);
  },
  async update(api, id, _state, inputs, changed) {
    if (changed.includes("deleteProtection")) await protect(api, id, inputs.deleteProtection);
    if (changed.includes("assigneeId")) {
      await unassign(
        api,
        (await api.call<{ primary_ip: PrimaryIp }>("GET", `/primary_ips/${id}`)).primary_ip,
      );
      if (inputs.assigneeId !== 0)
        await api.act(`/primary_ips/${id}/actions/assign`, {
          assignee_id: inputs.assigneeId,
          assignee_type: inputs.assigneeType,
        });
    }
    const { name, labels, autoDelete } = inputs;
    await api.call("PUT", `/primary_ips/${id}`, { name, labels: labels ?? {}, auto_delete: autoDelete });
  },
  async delete(api, id) {
    for (let tries = 1; ; tries += 1) {
      const ip = (await api.find<{ primary_ip: PrimaryIp }>(`/primary_ips/${id}`))?.primary_ip;
      if (!ip) return;
      try {
        await unassign(api, ip);
        await api.call("DELETE", `/primary_ips/${id}`);
      } catch (error) {
        // A server that is just being deleted still has it for a moment.
        const passing = error instanceof HcloudError && error.code !== "protected";
        if (!passing || tries === DELETE_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, DELETE_PAUSE_MILLISECONDS));
      }
    }
  },
};
