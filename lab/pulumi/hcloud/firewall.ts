import type { FirewallRule } from "../../cloud/index.ts";
import type { Properties } from "../grpc.ts";
import type { Action, HcloudApi } from "./api.ts";
import { HcloudError } from "./api.ts";
import type { Kind } from "./kind.ts";

interface Firewall {
  id: number;
  name: string;
  labels: Record<string, string>;
  rules: FirewallRule[];
  applied_to: { type: "server"; server: { id: number } }[];
}

const DELETE_TRIES = 10;
const DELETE_PAUSE_MILLISECONDS = 500;

/** A set: in one order, and without what says nothing. */
function asSet(rules: unknown): Properties[] {
  const told = (rule: Properties) =>
    Object.entries(rule)
      .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
      .map(([key, value]) => [key, Array.isArray(value) ? value.toSorted() : value])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  const sorted = (rules as Properties[])
    .map((rule) => JSON.stringify(Object.fromEntries(told(rule))))
    .toSorted();
  return sorted.map((text) => JSON.parse(text));
}

const toApi = (rules: unknown) =>
  ((rules ?? []) as Properties[]).map(({ sourceIps, destinationIps, ...rule }) => ({
    ...rule,
    source_ips: sourceIps ?? [],
    destination_ips: destinationIps ?? [],
  }));

const fromApi = (rules: FirewallRule[]) =>
  asSet(
    rules.map(({ source_ips, destination_ips, ...rule }) => ({
      ...rule,
      sourceIps: source_ips,
      destinationIps: destination_ips,
    })),
  );

const find = async (api: HcloudApi, id: string) =>
  (await api.find<{ firewall: Firewall }>(`/firewalls/${id}`))?.firewall;

async function act(api: HcloudApi, id: string, action: string, body: unknown): Promise<void> {
  const path = `/firewalls/${id}/actions/${action}`;
  await api.settle(...(await api.call<{ actions: Action[] }>("POST", path, body)).actions);
}

/** Puts a server behind a firewall, or takes it from there. */
export async function attach(api: HcloudApi, firewall: number, server: number, on: boolean): Promise<void> {
  const resources = [{ type: "server", server: { id: server } }];
  if (on) await act(api, String(firewall), "apply_to_resources", { apply_to: resources });
  else await act(api, String(firewall), "remove_from_resources", { remove_from: resources });
}

/** `hcloud:index/firewall:Firewall` */
export const firewall: Kind = {
  properties: {
    name: { type: "string" },
    rules: { type: "rules", fallback: [], stored: asSet },
    labels: { type: "labels", fallback: {} },
  },
  outputs: ["applyTos"],
  async create(api, { name, rules, labels }, made) {
    type Made = { firewall: Firewall; actions: Action[] };
    const body = { name, labels, rules: toApi(rules) };
    const answer = await api.call<Made>("POST", "/firewalls", body);
    made(answer.firewall.id);
    await api.settle(...answer.actions);
  },
  async read(api, id) {
    const found = await find(api, id);
    return (
      found && {
        name: found.name,
        labels: found.labels,
        rules: fromApi(found.rules),
        applyTos: found.applied_to.map(({ server }) => ({ server: server.id })),
      }
    );
  },
  async update(api, id, _state, inputs, changed) {
    const { name, labels } = inputs;
    if (changed.includes("name") || changed.includes("labels"))
      await api.call("PUT", `/firewalls/${id}`, { name, labels: labels ?? {} });
    // The real plugin does not take the last rule away.
    const rules = toApi(inputs.rules);
    if (changed.includes("rules") && rules.length > 0) await act(api, id, "set_rules", { rules });
  },
  async delete(api, id) {
    const found = await find(api, id);
    for (const { server } of found?.applied_to ?? []) await attach(api, Number(id), server.id, false);
    for (let tries = 1; found; tries += 1) {
      try {
        await api.call("DELETE", `/firewalls/${id}`);
        return;
      } catch (error) {
        const code = error instanceof HcloudError ? error.code : "";
        if (code === "not_found") return;
        if (code !== "resource_in_use" || tries === DELETE_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, DELETE_PAUSE_MILLISECONDS));
      }
    }
  },
};
