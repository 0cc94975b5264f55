import type { EndReport, HomeReport, StatusReport } from "./report.ts";

/** Seconds without a round of the probe after which nobody knows how the homes are. */
const staleAfter = 90;
/** Part of the connection table that is worth a word before it is full. */
const crowded = 0.8;

type Report = Omit<StatusReport, "verdict" | "problems">;

/** What is not as it should be, and what that amounts to. */
export function problemsOf({ relay, homes, endless }: Report): Pick<StatusReport, "verdict" | "problems"> {
  if (relay.problem !== undefined)
    return { verdict: "down", problems: [`relay: cannot be asked: ${relay.problem}`] };
  const down = [
    ...homes.filter(({ state, mtu }) => state === "down" || mtu === undefined).map(downWords),
    ...endless
      .filter(({ state }) => state === "down")
      .map(({ home }) => `${home}: none of its servers answers the relay over IPv6`),
  ];
  const degraded = [
    ...relayProblems(relay),
    ...homes.filter(({ state, mtu }) => state !== "down" && mtu !== undefined).flatMap(homeProblems),
    ...endless.filter(({ state }) => state !== "down").flatMap(silentServices),
    ...driftProblems("relay", relay),
    ...homes.flatMap(({ home, machine }) => driftProblems(home, machine)),
  ];
  const problems = [...down, ...degraded];
  if (down.length > 0) return { verdict: "down", problems };
  return { verdict: degraded.length > 0 ? "degraded" : "up", problems };
}

function downWords({ home, mtu, device, lastSeen }: HomeReport): string {
  if (mtu === undefined) return `${home}: the relay has no tunnel device ${device}`;
  return lastSeen === undefined
    ? `${home}: has never answered`
    : `${home}: does not answer through its tunnel; last seen at ${lastSeen.endpoint}`;
}

function relayProblems({ probeAge, connections = 0, connectionsMax = 0 }: Report["relay"]): string[] {
  const isCrowded = connectionsMax > 0 && connections >= crowded * connectionsMax;
  return [
    ...(probeAge === undefined ? ["relay: its probe has found nothing yet"] : []),
    ...(probeAge !== undefined && probeAge > staleAfter
      ? [`relay: its probe last ran ${Math.round(probeAge)} seconds ago`]
      : []),
    ...(isCrowded ? [`relay: tracks ${connections} of at most ${connectionsMax} connections`] : []),
  ];
}

/** Ports of a range are often opened one by one: only a single port has to answer. */
function homeProblems({ home, device, paths = [], loss = 0, services }: HomeReport): string[] {
  return [
    ...paths
      .filter(({ state }) => state === "down")
      .map((path) => `${home}: ${path.transport} (${path.device}) does not answer; ${device} carries`),
    ...(loss > 0 ? [`${home}: ${Math.round(loss * 100)} % of the probe's packets were lost`] : []),
    ...silentServices({ home, services }),
  ];
}

function silentServices({ home, services }: Pick<Report["endless"][number], "home" | "services">): string[] {
  return services
    .filter(({ answering }) => answering?.tried === 1 && answering.open === 0)
    .map(({ service, to }) => `${home}: ${to} does not answer (${service})`);
}

function driftProblems(name: string, { drift, driftedFiles }: EndReport): string[] {
  switch (drift) {
    case "edited":
      return [`${name}: is not what the config says: ${driftedFiles.join(", ")}`];
    case "absent":
      return [`${name}: has nothing of relay4in6`];
    case "dead":
      return [`${name}: tunnel, routes or rules are not there`];
    default:
      return [];
  }
}
