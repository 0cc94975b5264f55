import { createHash } from "node:crypto";
import type { Properties } from "../grpc.ts";
import type { Action, HcloudApi } from "./api.ts";
import { attach } from "./firewall.ts";
import type { Kind } from "./kind.ts";
import { changePublicNet, publicNetBody, wantedPublicNet } from "./public-net.ts";

interface Server {
  id: number;
  name: string;
  status: string;
  labels: Record<string, string>;
  location: { name: string };
  server_type: { name: string };
  image: { id: number; name: string | null } | null;
  protection: { delete: boolean; rebuild: boolean };
  primary_disk_size: number;
  public_net: {
    ipv4: { ip: string } | null;
    ipv6: { ip: string } | null;
    firewalls: { id: number }[];
  };
}

/** The state keeps user data only as its hash. */
const hash = (value: unknown) => createHash("sha1").update(String(value)).digest("base64");

async function imageFor(api: HcloudApi, image: string, serverType: string): Promise<number> {
  const type = await api.byIdOrName<{ architecture: string }>("server_types", "server_type", serverType);
  if (!type) throw new Error(`server type ${serverType} not found`);
  if (/^\d+$/.test(image)) return Number(image);
  const [found] = await api.list<{ id: number }>("images", { name: image, architecture: type.architecture });
  if (!found) throw new Error(`image ${image} for architecture ${type.architecture} not found`);
  return found.id;
}

async function keyIds(api: HcloudApi, keys: string[]): Promise<number[]> {
  const ids: number[] = [];
  for (const wanted of keys) {
    const key = await api.byIdOrName<{ id: number }>("ssh_keys", "ssh_key", wanted);
    if (!key) throw new Error(`SSH key not found: ${wanted}`);
    ids.push(key.id);
  }
  return ids;
}

async function protect(api: HcloudApi, id: string | number, inputs: Properties): Promise<void> {
  await api.act(`/servers/${id}/actions/change_protection`, {
    delete: inputs.deleteProtection === true,
    rebuild: inputs.rebuildProtection === true,
  });
}

function outputs(server: Server, state: Properties): Properties {
  const network = server.public_net.ipv6?.ip;
  const image = server.image;
  return {
    // What the API does not tell stays as the program said it.
    ...Object.fromEntries(["sshKeys", "publicNets", "userData"].map((key) => [key, state[key]])),
    name: server.name,
    status: server.status,
    location: server.location.name,
    serverType: server.server_type.name,
    image: image?.name && String(image.id) !== state.image ? image.name : String(image?.id ?? ""),
    labels: server.labels,
    ipv4Address: server.public_net.ipv4?.ip,
    ...(network === undefined ? {} : { ipv6Address: network.replace(/\/64$/, "1"), ipv6Network: network }),
    backupWindow: "",
    backups: false,
    firewallIds: server.public_net.firewalls.map(({ id }) => id),
    ignoreRemoteFirewallIds: false,
    keepDisk: state.keepDisk === true,
    shutdownBeforeDeletion: state.shutdownBeforeDeletion === true,
    deleteProtection: server.protection.delete,
    rebuildProtection: server.protection.rebuild,
    primaryDiskSize: server.primary_disk_size,
  };
}

/** `hcloud:index/server:Server` */
export const server: Kind = {
  properties: {
    name: { type: "string" },
    serverType: { type: "string", required: true },
    image: { type: "string", replaces: true, computed: true },
    location: { type: "string", replaces: true, computed: true },
    userData: { type: "string", replaces: true, stored: hash },
    sshKeys: { type: "strings", replaces: true },
    labels: { type: "labels", fallback: {} },
    publicNets: { type: "publicNets", computed: true },
    firewallIds: { type: "numbers", computed: true },
    keepDisk: { type: "boolean", fallback: false },
    deleteProtection: { type: "boolean", fallback: false },
    rebuildProtection: { type: "boolean", fallback: false },
    shutdownBeforeDeletion: { type: "boolean", fallback: false },
  },
  outputs: ["ipv4Address", "ipv6Address", "ipv6Network", "status", "primaryDiskSize", "location"],
  async create(api, inputs, made) {
    const { name, serverType, image, location, userData, labels } = inputs;
    const body = {
      name,
      server_type: serverType,
      image: await imageFor(api, String(image), String(serverType)),
      ssh_keys: await keyIds(api, (inputs.sshKeys ?? []) as string[]),
      ...(location === undefined ? {} : { location }),
      ...(userData === undefined ? {} : { user_data: userData }),
      ...(labels === undefined ? {} : { labels }),
      ...(inputs.firewallIds === undefined
        ? {}
        : { firewalls: (inputs.firewallIds as number[]).map((firewall) => ({ firewall })) }),
      public_net: publicNetBody(wantedPublicNet(inputs.publicNets)),
    };
    type Made = { server: Server; action: Action; next_actions: Action[] };
    const answer = await api.call<Made>("POST", "/servers", body);
    made(answer.server.id);
    await api.settle(answer.action, ...answer.next_actions);
    if (inputs.deleteProtection === true || inputs.rebuildProtection === true)
      await protect(api, answer.server.id, inputs);
  },
  async read(api, id, state) {
    const found = (await api.find<{ server: Server }>(`/servers/${id}`))?.server;
    return found && outputs(found, state);
  },
  async update(api, id, _state, inputs, changed) {
    const { name, labels } = inputs;
    if (changed.includes("name") || changed.includes("labels"))
      await api.call("PUT", `/servers/${id}`, { name, labels: labels ?? {} });
    if (changed.includes("serverType")) {
      await api.act(`/servers/${id}/actions/poweroff`);
      await api.act(`/servers/${id}/actions/change_type`, {
        server_type: inputs.serverType,
        upgrade_disk: inputs.keepDisk !== true,
      });
      // The real plugin leaves it off; the user starts it.
    }
    if (changed.includes("firewallIds")) {
      const now = (await api.call<{ server: Server }>("GET", `/servers/${id}`)).server.public_net.firewalls;
      const had = now.map((firewall) => firewall.id);
      const wanted = (inputs.firewallIds ?? []) as number[];
      for (const each of had.filter((one) => !wanted.includes(one)))
        await attach(api, each, Number(id), false);
      for (const each of wanted.filter((one) => !had.includes(one)))
        await attach(api, each, Number(id), true);
    }
    const net = wantedPublicNet(inputs.publicNets);
    if (changed.includes("publicNets") && net)
      await changePublicNet(api, (await api.call<{ server: Server }>("GET", `/servers/${id}`)).server, net);
    if (changed.includes("deleteProtection") || changed.includes("rebuildProtection"))
      await protect(api, id, inputs);
  },
  async delete(api, id, state) {
    if (!(await api.find(`/servers/${id}`))) return;
    if (state.shutdownBeforeDeletion === true) await api.act(`/servers/${id}/actions/shutdown`);
    await api.settle((await api.call<{ action: Action }>("DELETE", `/servers/${id}`)).action);
  },
};
