import { type Outer, type Transport, transports } from "../transports/index.ts";
import type { DraftHome } from "./draft.ts";
import { isEndless } from "./rules/serviceHome.ts";

/**
 * How a home's outer packets are told; nothing where no tunnel leads to it.
 *
 * @param index place of the home in the config
 */
export function outerOf(home: DraftHome, index: number): Outer | undefined {
  const transport: Transport = transports[home.transport ?? "ipip6"];
  if (isEndless(home) || !("outer" in transport)) return undefined;
  const { over = "ipv6", port } = home.wireguard ?? {};
  return transport.outer({ wireguard: port === undefined ? { over } : { over, port } }, index);
}
