import { isProcess, type TunnelKind } from "../transports/index.ts";
import type { DraftHome } from "./draft.ts";

/** The tunnels that a home's `transport` names, in its order: none where it is absent, wrong, to be chosen, or no tunnel. */
export function namedTunnels({ transport }: DraftHome): TunnelKind[] {
  if (Array.isArray(transport)) return transport.filter((kind) => kind !== undefined);
  return transport === undefined || transport === "auto" || isProcess(transport) ? [] : [transport];
}
