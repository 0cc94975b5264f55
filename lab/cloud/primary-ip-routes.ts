import { z } from "zod";
import type { Actions } from "./actions.ts";
import { byIdOrName, datacenters, locations } from "./catalogue.ts";
import { invalidInput } from "./errors.ts";
import { readBody } from "./input.ts";
import { labelsInput } from "./labels.ts";
import { listing } from "./listing.ts";
import type { PrimaryIps } from "./primary-ips.ts";
import { showPrimaryIp } from "./primary-ips.ts";
import type { Route } from "./router.ts";
import type { Servers } from "./servers.ts";
import type { Store } from "./state.ts";

const name = z.string().min(1).max(255);
const createBody = z.object({
  name,
  type: z.enum(["ipv4", "ipv6"]),
  location: z.string().optional(),
  datacenter: z.string().optional(),
  assignee_id: z.int().optional(),
  assignee_type: z.enum(["server"]).optional(),
  auto_delete: z.boolean().optional(),
  labels: labelsInput.optional(),
});
const updateBody = z.object({
  name: name.optional(),
  auto_delete: z.boolean().optional(),
  labels: labelsInput.optional(),
});
const assignBody = z.object({ assignee_id: z.int(), assignee_type: z.enum(["server"]) });
const protectionBody = z.object({ delete: z.boolean() });

function locationOf(body: z.infer<typeof createBody>): string | undefined {
  // Old clients, the packaged hcloud among them, can only say a data centre.
  const datacenter = body.datacenter ? byIdOrName(datacenters, body.datacenter) : undefined;
  const wanted = body.location ?? datacenter?.location ?? body.datacenter;
  if (wanted === undefined || wanted === "") return undefined;
  const location = byIdOrName(locations, wanted);
  if (!location) throw invalidInput([{ name: "location", messages: [`location '${wanted}' not found`] }]);
  return location.name;
}

/** Primary IPs and their actions. */
export function primaryIpRoutes(store: Store, actions: Actions, ips: PrimaryIps, servers: Servers): Route[] {
  const at = (id: string | undefined) => ips.get(id ?? "");
  return [
    {
      method: "GET",
      path: "/primary_ips",
      handle: ({ query }) => {
        const address = query.get("ip");
        const chosen = ips.all.filter((ip) => address === null || ip.ip.split("/")[0] === address);
        return listing("primary_ips", query, chosen, showPrimaryIp);
      },
    },
    {
      method: "POST",
      path: "/primary_ips",
      handle: async (call) => {
        const body = readBody(createBody, call.body);
        const location = locationOf(body);
        const server = body.assignee_id === undefined ? undefined : servers.get(body.assignee_id);
        const place = location ?? server?.location;
        if (place === undefined)
          throw invalidInput([
            { name: "location", messages: ["either location or assignee_id is required"] },
          ]);
        const off = server !== undefined && (await servers.status(server)) === "off";
        const { assignee_id: _, assignee_type: __, datacenter: ___, ...wanted } = body;
        const ip = ips.create({ ...wanted, location: place } as Parameters<PrimaryIps["create"]>[0]);
        try {
          const action = server ? ips.assign(ip, server, off) : null;
          return { status: 201, body: { primary_ip: showPrimaryIp(ip), action } };
        } catch (error) {
          ips.delete(ip);
          throw error;
        }
      },
    },
    {
      method: "GET",
      path: "/primary_ips/:id",
      handle: ({ params }) => ({ status: 200, body: { primary_ip: showPrimaryIp(at(params.id)) } }),
    },
    {
      method: "PUT",
      path: "/primary_ips/:id",
      handle: ({ params, body }) => {
        const ip = at(params.id);
        const change = readBody(updateBody, body);
        if (change.name !== undefined) ips.refuseTakenName(change.name, ip.id);
        ip.name = change.name ?? ip.name;
        ip.auto_delete = change.auto_delete ?? ip.auto_delete;
        ip.labels = change.labels ?? ip.labels;
        store.save();
        return { status: 200, body: { primary_ip: showPrimaryIp(ip) } };
      },
    },
    {
      method: "DELETE",
      path: "/primary_ips/:id",
      handle: ({ params }) => {
        ips.delete(at(params.id));
        return { status: 204 };
      },
    },
    {
      method: "POST",
      path: "/primary_ips/:id/actions/assign",
      handle: async ({ params, body }) => {
        const ip = at(params.id);
        const server = servers.get(readBody(assignBody, body).assignee_id);
        const off = (await servers.status(server)) === "off";
        return { status: 201, body: { action: ips.assign(ip, server, off) } };
      },
    },
    {
      method: "POST",
      path: "/primary_ips/:id/actions/unassign",
      handle: async ({ params }) => {
        const ip = at(params.id);
        const off = ip.assignee_id === null || (await servers.status(servers.get(ip.assignee_id))) === "off";
        return { status: 201, body: { action: ips.unassign(ip, off) } };
      },
    },
    {
      method: "POST",
      path: "/primary_ips/:id/actions/change_protection",
      handle: ({ params, body }) => {
        const ip = at(params.id);
        const wanted = readBody(protectionBody, body).delete;
        const action = actions.start("change_protection", [{ id: ip.id, type: "primary_ip" }], async () => {
          ip.protection.delete = wanted;
        });
        return { status: 201, body: { action } };
      },
    },
  ];
}
