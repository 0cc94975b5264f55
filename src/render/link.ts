import type { Tunnel } from "../plan/index.ts";
import { type LinkEnd, transports } from "../transports/index.ts";
import type { BundleFile } from "./bundle.ts";
import { fillFrom } from "./template.ts";

/** The script that makes, changes, checks and takes away a tunnel's device on one end. */
export function linkScript(tunnel: Tunnel, end: LinkEnd): BundleFile {
  const { linkTemplate, linkValues } = transports[tunnel.transport];
  return fillFrom(linkTemplate, linkValues(tunnel, end), `/etc/relay4in6/link-${tunnel.device}`);
}
