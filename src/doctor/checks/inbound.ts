import type { Plan } from "../../plan/index.ts";
import type { Try } from "../examination.ts";
import type { Finding } from "../finding.ts";
import { type Case, type Check, crosses } from "./check.ts";
import { isTaken } from "./foreignNat.ts";

/** The way of a client: from here to the public address, through the relay, to the server. */
export const inbound: Check = (subject) => {
  const { seen, plan } = subject;
  const tries = seen.inbound?.tries.filter(({ result }) => result !== "no-ipv4") ?? [];
  if (tries.length === 0 || typeof seen.relay === "string") return [];
  const nothing = seen.inbound?.arrived === 0 && tries.every(({ result }) => result === "silent");
  if (nothing) return [blocked(plan)];
  return tries
    .filter(({ port }) => !isTaken(subject, port))
    .flatMap((each) => misled(subject, each) ?? silent(subject, each) ?? []);
};

function blocked({ relay }: Plan): Finding {
  return {
    id: "address-blocked",
    where: "before the relay",
    what: `nothing that was sent from here to ${relay.publicIpv4} arrived at the relay, while the relay itself is reached and its tunnels work`,
    cure: `try from another network: nc -vz ${relay.publicIpv4} PORT. If that arrives, the network where you are filters. If not, the provider has blocked the address (abuse, an unpaid bill, an attack): read its mails and its console, ask its support; a new address is: pulumi up after deleting the primary IP, which changes the endpoints as well`,
    severity: "down",
  };
}

/** What a try came to that was led somewhere else than the plan says. */
function misled({ plan }: Case, { port, ledTo, home }: Try): Finding | undefined {
  const should = serverOf(plan, port);
  if (ledTo === undefined || should === undefined || ledTo === should) return undefined;
  return {
    id: "foreign-nat",
    where: "relay",
    what: `port ${port} is led to ${ledTo}, and should lead to ${should}`,
    cure: "there: nft list ruleset; take away the other program's rule that translates this port first",
    severity: "degraded",
    home,
  };
}

function silent(subject: Case, { port, result, home }: Try): Finding | undefined {
  if (result === "connected" || !crosses(subject, home)) return undefined;
  const server = serverOf(subject.plan, port) ?? "its server";
  const refused = result === "refused";
  return {
    id: "service-silent",
    where: home,
    what: refused
      ? `port ${port}: ${server} refuses connections, all the way to it is right`
      : `port ${port}: the tunnel works, and ${server} does not answer`,
    cure: refused
      ? `see that the program runs on ${server} and listens on 0.0.0.0, not on 127.0.0.1`
      : `see that ${server} is on and has this address, that its own firewall lets clients in from everywhere, and that its default gateway is the home's end of the tunnel`,
    severity: "degraded",
    home,
  };
}

/** The server that a TCP port of the public address leads to. */
function serverOf({ relay }: Plan, port: number): string | undefined {
  const within = (ports: string) => {
    const [first = 0, last = first] = ports.split("-").map(Number);
    return port >= first && port <= last;
  };
  const entry = [...relay.tcp.servers, ...relay.tcp.translated].find(({ ports }) => within(ports));
  return entry?.value.split(" . ")[0];
}
