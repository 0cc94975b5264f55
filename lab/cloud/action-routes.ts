import { notFound } from "./errors.ts";
import { listing } from "./listing.ts";
import type { Route } from "./router.ts";
import type { Action, Store } from "./state.ts";

const show = (action: Action) => action;

/** Looking actions up: by id, or all of one resource. */
export function actionRoutes(store: Store): Route[] {
  const ofResource = (plural: string, type: string): Route => ({
    method: "GET",
    path: `/${plural}/:id/actions`,
    handle: ({ params, query }) => {
      const concerns = (action: Action) =>
        action.resources.some((resource) => resource.type === type && String(resource.id) === params.id);
      return listing("actions", query, store.state.actions.filter(concerns), show);
    },
  });
  return [
    {
      method: "GET",
      path: "/actions",
      handle: ({ query }) => {
        const ids = query.getAll("id");
        const asked = (action: Action) => ids.length === 0 || ids.includes(String(action.id));
        return listing("actions", query, store.state.actions.filter(asked), show);
      },
    },
    {
      method: "GET",
      path: "/actions/:id",
      handle: ({ params }) => {
        const action = store.state.actions.find((candidate) => String(candidate.id) === params.id);
        if (!action) throw notFound("action", params.id ?? "");
        return { status: 200, body: { action } };
      },
    },
    ofResource("servers", "server"),
    ofResource("primary_ips", "primary_ip"),
    ofResource("firewalls", "firewall"),
  ];
}
