import { isIP } from "node:net";
import { z } from "zod";
import { refused } from "./errors.ts";
import type { Firewalls } from "./firewalls.ts";
import { showFirewall } from "./firewalls.ts";
import { readBody } from "./input.ts";
import { labelsInput } from "./labels.ts";
import { listing } from "./listing.ts";
import type { Route } from "./router.ts";
import type { Servers } from "./servers.ts";
import type { FirewallRule, Server, Store } from "./state.ts";

/** Limits of the reference: rules of a firewall, and addresses of a rule. */
const MOST_RULES = 50;
const MOST_ADDRESSES = 100;

const name = z.string().min(1).max(128);

function isNetwork(text: string): boolean {
  const [address = "", length = "", ...rest] = text.split("/");
  const most = { 4: 32, 6: 128 }[isIP(address)];
  return most !== undefined && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= most;
}

const addresses = z
  .array(z.string().refine(isNetwork, { error: "is not a network in CIDR notation" }))
  .max(MOST_ADDRESSES)
  .default([]);

/** `443`, `80-85`, `any` */
function isPorts(text: string): boolean {
  if (text === "any") return true;
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  return first !== undefined && 1 <= Number(first) && Number(first) <= Number(last) && Number(last) <= 65535;
}

const rule = z
  .object({
    direction: z.enum(["in", "out"]),
    protocol: z.enum(["tcp", "udp", "icmp", "esp", "gre"]),
    port: z.string().refine(isPorts, { error: "is no port, no range of ports and not 'any'" }).nullish(),
    source_ips: addresses,
    destination_ips: addresses,
    description: z.string().max(255).nullish(),
  })
  .superRefine(({ direction, protocol, port, source_ips, destination_ips }, { addIssue }) => {
    const fault = (field: string, message: string) => addIssue({ code: "custom", path: [field], message });
    const hasPorts = protocol === "tcp" || protocol === "udp";
    if (hasPorts !== Boolean(port)) fault("port", hasPorts ? "is required" : `is not for ${protocol}`);
    if (direction === "in" && source_ips.length === 0) fault("source_ips", "is required");
    if (direction === "out" && destination_ips.length === 0) fault("destination_ips", "is required");
  })
  .transform(
    ({ port, description, ...rest }): FirewallRule => ({
      ...rest,
      port: port ?? null,
      description: description ?? null,
    }),
  );
const rules = z.array(rule).max(MOST_RULES);

/** Servers only: the lab's cloud does not look for new ones with a label. */
const resources = z.array(
  z.object({
    type: z.literal("server", { error: "the lab's firewalls are applied to servers only" }),
    server: z.object({ id: z.int() }),
  }),
);
const createBody = z.object({
  name,
  labels: labelsInput.default({}),
  rules: rules.default([]),
  apply_to: resources.default([]),
});
const updateBody = z.object({ name: name.optional(), labels: labelsInput.optional() });
const rulesBody = z.object({ rules });
const applyBody = z.object({ apply_to: resources });
const removeBody = z.object({ remove_from: resources });

/** Firewalls and their actions. */
export function firewallRoutes(store: Store, firewalls: Firewalls, servers: Servers): Route[] {
  const at = (id: string | undefined) => firewalls.get(id ?? "");
  const named = (wanted: z.infer<typeof resources>): Server[] =>
    wanted.map(({ server }) => {
      const found = servers.all.find(({ id }) => id === server.id);
      if (!found) throw refused("firewall_resource_not_found", `server with ID '${server.id}' not found`);
      return found;
    });
  return [
    {
      method: "GET",
      path: "/firewalls",
      handle: ({ query }) => listing("firewalls", query, firewalls.all, showFirewall),
    },
    {
      method: "POST",
      path: "/firewalls",
      handle: (call) => {
        const { apply_to: wanted, ...body } = readBody(createBody, call.body);
        const targets = named(wanted);
        const firewall = firewalls.create(body);
        const actions = firewalls.apply(firewall, targets);
        return { status: 201, body: { firewall: showFirewall(firewall), actions } };
      },
    },
    {
      method: "GET",
      path: "/firewalls/:id",
      handle: ({ params }) => ({ status: 200, body: { firewall: showFirewall(at(params.id)) } }),
    },
    {
      method: "PUT",
      path: "/firewalls/:id",
      handle: ({ params, body }) => {
        const firewall = at(params.id);
        const change = readBody(updateBody, body);
        if (change.name !== undefined) firewalls.refuseTakenName(change.name, firewall.id);
        firewall.name = change.name ?? firewall.name;
        firewall.labels = change.labels ?? firewall.labels;
        store.save();
        return { status: 200, body: { firewall: showFirewall(firewall) } };
      },
    },
    {
      method: "DELETE",
      path: "/firewalls/:id",
      handle: ({ params }) => {
        firewalls.delete(at(params.id));
        return { status: 204 };
      },
    },
    {
      method: "POST",
      path: "/firewalls/:id/actions/set_rules",
      handle: ({ params, body }) => {
        const firewall = at(params.id);
        const actions = firewalls.setRules(firewall, readBody(rulesBody, body).rules);
        return { status: 201, body: { actions } };
      },
    },
    {
      method: "POST",
      path: "/firewalls/:id/actions/apply_to_resources",
      handle: ({ params, body }) => {
        const firewall = at(params.id);
        const actions = firewalls.apply(firewall, named(readBody(applyBody, body).apply_to));
        return { status: 201, body: { actions } };
      },
    },
    {
      method: "POST",
      path: "/firewalls/:id/actions/remove_from_resources",
      handle: ({ params, body }) => {
        const firewall = at(params.id);
        const actions = firewalls.remove(firewall, named(readBody(removeBody, body).remove_from));
        return { status: 201, body: { actions } };
      },
    },
  ];
}
