import { z } from "zod";
import type { Actions } from "./actions.ts";
import { notUnique, refused } from "./errors.ts";
import type { Firewalls } from "./firewalls.ts";
import { readBody } from "./input.ts";
import { labelsInput } from "./labels.ts";
import { listing } from "./listing.ts";
import type { Machines } from "./machines.ts";
import type { PrimaryIps } from "./primary-ips.ts";
import type { Route } from "./router.ts";
import { hostName, orderableType, orderBody, placeOrder } from "./server-order.ts";
import type { Servers } from "./servers.ts";
import type { Store } from "./state.ts";

const updateBody = z.object({ name: hostName.optional(), labels: labelsInput.optional() });
const typeBody = z.object({ server_type: z.union([z.string(), z.int()]), upgrade_disk: z.boolean() });
const protectionBody = z.object({ delete: z.boolean().optional(), rebuild: z.boolean().optional() });

// "Cuts power to a server and starts it again": one that is off is started.
async function resetOrStart(machines: Machines, id: number): Promise<void> {
  await ((await machines.running(id)) ? machines.reset(id) : machines.powerOn(id));
}

/** Power actions: the name in the path, the command that the action shows, and what the machine does. */
const power: [string, string, (machines: Machines, id: number) => Promise<void>][] = [
  ["poweron", "start_server", (machines, id) => machines.powerOn(id)],
  ["poweroff", "stop_server", (machines, id) => machines.powerOff(id)],
  // The lab's machines have no power button to press gently.
  ["shutdown", "shutdown_server", (machines, id) => machines.powerOff(id)],
  ["reboot", "reboot_server", resetOrStart],
  ["reset", "reset_server", resetOrStart],
];

/** Servers and their actions. */
export function serverRoutes(
  store: Store,
  actions: Actions,
  ips: PrimaryIps,
  firewalls: Firewalls,
  servers: Servers,
): Route[] {
  const at = (id: string | undefined) => servers.get(id ?? "");
  return [
    {
      method: "GET",
      path: "/servers",
      handle: async ({ query }) => {
        const statuses = query.getAll("status");
        const chosen = [];
        for (const server of servers.all)
          if (statuses.length === 0 || statuses.includes(await servers.status(server))) chosen.push(server);
        return listing("servers", query, chosen, (server) => servers.show(server));
      },
    },
    {
      method: "POST",
      path: "/servers",
      handle: async ({ body }) => {
        const order = readBody(orderBody, body);
        const { server, action, next } = placeOrder(order, store, actions, ips, firewalls, servers);
        const shown = await servers.show(server);
        return { status: 201, body: { server: shown, action, next_actions: next, root_password: null } };
      },
    },
    {
      method: "GET",
      path: "/servers/:id",
      handle: async ({ params }) => ({ status: 200, body: { server: await servers.show(at(params.id)) } }),
    },
    {
      method: "PUT",
      path: "/servers/:id",
      handle: async ({ params, body }) => {
        const server = at(params.id);
        const change = readBody(updateBody, body);
        if (servers.all.some((other) => other !== server && other.name === change.name))
          throw notUnique("server name is already used", "name");
        server.name = change.name ?? server.name;
        server.labels = change.labels ?? server.labels;
        store.save();
        return { status: 200, body: { server: await servers.show(server) } };
      },
    },
    {
      method: "DELETE",
      path: "/servers/:id",
      handle: ({ params }) => ({ status: 200, body: { action: servers.delete(at(params.id)) } }),
    },
    {
      method: "POST",
      path: "/servers/:id/actions/change_protection",
      handle: ({ params, body }) => {
        const server = at(params.id);
        const change = readBody(protectionBody, body);
        const action = servers.act("change_protection", server, async () => {
          server.protection.delete = change.delete ?? server.protection.delete;
          server.protection.rebuild = change.rebuild ?? server.protection.rebuild;
        });
        return { status: 201, body: { action } };
      },
    },
    {
      method: "POST",
      path: "/servers/:id/actions/change_type",
      handle: async ({ params, body }) => {
        const server = at(params.id);
        const type = orderableType(readBody(typeBody, body).server_type, server.location);
        if ((await servers.status(server)) !== "off")
          throw refused("server_not_stopped", "the server must be powered off for this operation");
        const action = servers.act("change_server_type", server, async () => {
          server.server_type = type.id;
        });
        return { status: 201, body: { action } };
      },
    },
    ...power.map(
      ([name, command, press]): Route => ({
        method: "POST",
        path: `/servers/:id/actions/${name}`,
        handle: ({ params }) => {
          const server = at(params.id);
          const action = servers.act(command, server, () => press(servers.machines, server.id));
          return { status: 201, body: { action } };
        },
      }),
    ),
  ];
}
