import type { Plan } from "../plan/index.ts";

/** What a person wants to know after `up`: Markdown, complete without any cloud service. */
export function readme({ relay, homes }: Plan, login: string): string {
  const services = [...lines("tcp", relay.tcp), ...lines("udp", relay.udp)];
  if (relay.wholeAddress !== undefined) services.push(`- everything else → ${relay.wholeAddress.to}`);
  return `# ${relay.publicIpv4}

${homes.map(({ name }) => name).join(", ")} can be reached at this address:

${services.join("\n")}

| home | end | tunnel | relay endpoint | home endpoint | MTU |
| --- | --- | --- | --- | --- | --- |
${homes
  .map(
    ({ name, end, tunnel }) =>
      `| ${name} | ${end} | ${tunnel.device} | ${tunnel.relayEndpoint} | ${tunnel.homeEndpoint} | ${tunnel.mtu} |`,
  )
  .join("\n")}

Next:

- Point a DNS A record at ${relay.publicIpv4}.
- Look at the relay: \`${login}\`
- Change a service: edit the stack's config, then \`pulumi up\`.
- See whether somebody changed an end by hand: \`pulumi refresh\`, then \`pulumi up\`.
- Take it all down: \`pulumi destroy\`.
${homes.some(({ end }) => end === "debian") ? debianHint : ""}${homes.some(({ end }) => end === "manual") ? manualHint : ""}`;
}

const debianHint =
  "\nA Debian home end needs the router in front of it to admit IPv6 next header 4 (IPv4 in IPv6) from the relay " +
  "endpoint. A keepalive every 20 seconds opens most stateful routers without that.\n";

const manualHint = "\nA manual home is set up by hand: `npx relay4in6 render` writes the steps.\n";

function lines(protocol: string, { servers, translated }: Plan["relay"]["tcp"]): string[] {
  return [...servers, ...translated].map(
    ({ ports, value }) => `- ${protocol} ${ports} → ${value.replace(" . ", ":")}`,
  );
}
