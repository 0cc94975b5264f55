import { VisibleError } from "../errors.ts";
import type { Choice } from "../transports/candidates.ts";
import { crossedBy } from "./crossed.ts";
import { atEndpoint, isAuto, pathsOf } from "./homes.ts";
import type { AutoHomeSpec, DebianHomeSpec, OpenSpec, OpenwrtHomeSpec, Spec } from "./spec.ts";

/** What `transport: auto` came to, by the home's name. */
export type Choices = Readonly<Record<string, Choice>>;

/**
 * The Spec once every tunnel is chosen: from here on there is no `auto`. Pure.
 *
 * @throws VisibleError that names each home without a choice
 */
export function settle(spec: OpenSpec, choices: Choices): Spec {
  const missing = spec.homes.filter((home) => isAuto(home) && !Object.hasOwn(choices, home.name));
  if (missing.length > 0) {
    throw new VisibleError(
      missing.map(({ name }) => ({
        key: `homes: ${name}`,
        value: "transport: auto",
        problem: "is chosen by what gets through between home and relay, and nobody has probed yet",
        cure: "run: pulumi up; or write the transport",
      })),
    );
  }
  return {
    ...spec,
    homes: spec.homes.map((home) => (isAuto(home) ? settleHome(home, choices[home.name] as Choice) : home)),
  };
}

/** The home with the transport that was chosen for it. */
export function settleHome(
  home: AutoHomeSpec,
  { transport, over }: Choice,
): OpenwrtHomeSpec | DebianHomeSpec {
  const { transport: _, prefix, follow, wireguard, ...managed } = home;
  const crossed = crossedBy(transport, () => ({ prefix, follow }), { over: over ?? "ipv6", ...wireguard });
  return { ...managed, ...crossed };
}

/** The other way round: a home as if its tunnel were still to be chosen, to see what else it could have. */
export function reopen(home: OpenwrtHomeSpec | DebianHomeSpec): AutoHomeSpec {
  const { name, lan, end, ssh, ipv6 } = home;
  const { prefix = "auto", follow = { by: "none" } } = atEndpoint(home) ?? {};
  const port = pathsOf(home).find(({ wireguard }) => wireguard !== undefined)?.wireguard?.port;
  return {
    ...{ name, lan, end, ssh, prefix, follow, transport: "auto" },
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...(port === undefined ? {} : { wireguard: { port } }),
  };
}
