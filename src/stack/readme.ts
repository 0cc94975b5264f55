import { rangeText } from "../config/index.ts";
import { endpointTunnel, type HomePlan, type Plan, type Tunnel } from "../plan/index.ts";
import { outerWords } from "../transports/candidates.ts";
import { hostOf, type Relayed } from "../transports/index.ts";

/** What a person wants to know after `up`: Markdown, complete without any cloud service. */
export function readme({ relay, homes }: Plan, login: string): string {
  const relayed = relay.processes.flatMap((each) => each.services);
  const names = [...new Set([...homes.map(({ name }) => name), ...relayed.map(({ home }) => home)])];
  const services = [...lines("tcp", relay.tcp), ...lines("udp", relay.udp), ...relayed.map(relayedLine)];
  if (relay.wholeAddress !== undefined) services.push(`- everything else → ${relay.wholeAddress.to}`);
  return `# ${relay.publicIpv4}

${names.join(", ")} can be reached at this address:

${services.join("\n")}
${homes.length === 0 ? "" : tunnelTable(homes)}${ipv6Lines(homes)}
Next:

- Point a DNS A record at ${relay.publicIpv4}.
- Look at the relay: \`${login}\`
- Change a service: edit the stack's config, then \`pulumi up\`.
- See whether somebody changed an end by hand: \`pulumi refresh\`, then \`pulumi up\`.
- Take it all down: \`pulumi destroy\`.
${homes.some(({ end, tunnel }) => end === "openwrt" && tunnel.ipv6 !== undefined) ? ownAddressHint : ""}${homes.map(debianHint).join("")}${homes.some(({ end }) => end === "manual") ? manualHint : ""}${relayed.length === 0 ? "" : relayedHint}`;
}

function tunnelTable(homes: Plan["homes"]): string {
  return `
| home | end | tunnel | relay endpoint | home endpoint | MTU |
| --- | --- | --- | --- | --- | --- |
${homes
  .map(
    ({ name, end, tunnel }) =>
      `| ${name} | ${end} | ${tunnel.device} | ${tunnel.relayEndpoint} | ${homeEndpoint(tunnel)} | ${tunnel.mtu} |`,
  )
  .join("\n")}
`;
}

/** Each server's own IPv6 address, with its own ports: nothing is translated there. */
function ipv6Lines(homes: Plan["homes"]): string {
  const lines = homes.flatMap(({ name, tunnel }) =>
    (tunnel.ipv6?.servers ?? []).map(
      ({ server, address, admitted }) =>
        `- ${server} of ${name} → ${address}: ${admitted
          .map(({ protocol, ports }) =>
            ports === undefined ? "everything" : `${protocol} ${ports.join(", ")}`,
          )
          .join("; ")}`,
    ),
  );
  return lines.length === 0 ? "" : `\nOver IPv6, for a DNS AAAA record:\n\n${lines.join("\n")}\n`;
}

function homeEndpoint(tunnel: Tunnel): string {
  return tunnel.knownBy === "endpoint" ? tunnel.homeEndpoint : "none: it dials";
}

/** What is in front of a Debian home has to admit tunnels that do not dial. */
function debianHint(home: HomePlan): string {
  const admitted = home.end === "debian" ? endpointTunnel(home) : undefined;
  if (admitted === undefined) return "";
  return (
    `\nThe router in front of ${home.name} has to admit ${outerWords(admitted.outer)} from the relay endpoint. ` +
    "A keepalive every 20 seconds opens most stateful routers without that.\n"
  );
}

const ownAddressHint =
  "\nA server behind an OpenWrt router is given its IPv6 address once, by hand: `ip -6 addr replace ADDRESS/128 dev eth0 " +
  "preferred_lft 0`, and where its system keeps such things (docs/ipv6.md).\n";

const manualHint = "\nA manual home is set up by hand: `npx relay4in6 render` writes the steps.\n";

const relayedHint =
  "\nA home without an end has to let the relay in as any client: see that its router and its servers take the " +
  "services' ports over IPv6.\n";

function relayedLine(relayed: Relayed): string {
  const { protocol, server, toPort } = relayed;
  return `- ${protocol} ${rangeText(relayed)} → ${hostOf(server)}${toPort === undefined ? "" : `:${toPort}`}`;
}

function lines(protocol: string, { servers, translated }: Plan["relay"]["tcp"]): string[] {
  return [...servers, ...translated].map(
    ({ ports, value }) => `- ${protocol} ${ports} → ${value.replace(" . ", ":")}`,
  );
}
