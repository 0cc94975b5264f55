import { stripVTControlCharacters, styleText } from "node:util";
import type { EndReport, HomeReport, StatusReport, Traffic } from "./report.ts";
import type { ServiceReport } from "./services.ts";

/** How a report is to look. */
export interface Look {
  /** Whether whoever reads it sees colours. */
  colours: boolean;
  /** Unix seconds: what "3 h ago" counts from. */
  now: number;
}

type Colour = "green" | "yellow" | "red" | "dim" | "bold";

/** The report for people. */
export function statusText(report: StatusReport, look: Look): string {
  const paint = (colour: Colour, text: string) =>
    look.colours ? styleText(colour, text, { validateStream: false }) : text;
  const sections = [
    `${paint("bold", report.publicIpv4)} is ${paint(byState[report.verdict], report.verdict)}${relayWords(report)}`,
    ...(report.homes.length === 0 ? [] : tunnelTables(report, look, paint)),
    ...(report.endless.length === 0 ? [] : endlessTables(report, paint)),
    table(
      ["end", "relay4in6", "drift", "system"],
      [
        ["relay", report.relay] as const,
        ...report.homes.map(({ home, machine }) => [home, machine] as const),
      ].map(([name, end]) => endRow(name, end, paint)),
    ),
    ...report.homes.flatMap((home) => lastSeen(home, look)),
    ...report.problems.map((problem) => paint(report.verdict === "down" ? "red" : "yellow", problem)),
  ];
  return `${sections.join("\n")}\n`;
}

type Paint = (colour: Colour, text: string) => string;

const byState = { up: "green", degraded: "yellow", down: "red", unknown: "yellow" } as const;

/** Of the homes that a tunnel leads to: how they are, their tunnels, their services. */
function tunnelTables(report: StatusReport, look: Look, paint: Paint): string[] {
  return [
    table(
      ["home", "state", "since", "round trip", "loss", "to home", "from home", "connections"],
      report.homes.map((home) => [
        paint("bold", home.home),
        paint(byState[home.state], home.state),
        home.since === undefined ? "" : ago(look.now - home.since),
        home.rtt === undefined ? "" : `${milliseconds(home.rtt.min)} / ${milliseconds(home.rtt.avg)} ms`,
        home.loss === undefined ? "" : `${Math.round(home.loss * 100)} %`,
        trafficWords(home.toHome),
        trafficWords(home.fromHome),
        `${home.connections}`,
      ]),
    ),
    table(
      ["home", "tunnel", "MTU", "relay endpoint", "home endpoint"],
      report.homes.map(({ home, device, transport, mtu, endpoints }) => [
        paint("bold", home),
        `${device} ${transport}`,
        mtu === undefined ? paint("red", "not there") : `${mtu}`,
        endpoints.relay,
        endpoints.home ?? paint("dim", "dials"),
      ]),
    ),
    table(
      ["home", "service", "to", "answers", "connections", "to home", "from home"],
      report.homes.flatMap((home) => home.services.map((service) => serviceRow(home, service, paint))),
    ),
  ];
}

/** Of the homes that a process reaches: nothing is known of their connections. */
function endlessTables({ endless }: StatusReport, paint: Paint): string[] {
  return [
    table(
      ["home", "state", "transport"],
      endless.map(({ home, state, transport }) => [
        paint("bold", home),
        paint(byState[state], state),
        transport,
      ]),
    ),
    table(
      ["home", "service", "to", "answers"],
      endless.flatMap(({ home, services }) =>
        services.map(({ service, name, to, answering }) => [
          paint("bold", home),
          name === undefined ? service : `${service} (${name})`,
          to,
          answersCell(answering, paint),
        ]),
      ),
    ),
  ];
}

function relayWords({ relay }: StatusReport): string {
  const { probeAge, connections, connectionsMax } = relay;
  const probed = probeAge === undefined ? "" : `, probed ${Math.round(probeAge)} s ago`;
  if (connections === undefined) return probed;
  return `${probed}, ${grouped(connections)} of ${grouped(connectionsMax ?? 0)} connections tracked`;
}

function serviceRow(
  { home }: HomeReport,
  { service, name, to, answering, connections, toHome, fromHome }: ServiceReport,
  paint: Paint,
): string[] {
  return [
    paint("bold", home),
    name === undefined ? service : `${service} (${name})`,
    to,
    answersCell(answering, paint),
    `${connections}`,
    bytes(toHome.bytes),
    bytes(fromHome.bytes),
  ];
}

function answersCell(answering: ServiceReport["answering"], paint: Paint): string {
  const words = answering === undefined ? "" : answerWords(answering);
  return answering?.tried === 1 && answering.open === 0 ? paint("red", words) : words;
}

function answerWords({ tried, open }: { tried: number; open: number }): string {
  if (tried === 1) return open === 1 ? "yes" : "no";
  return `${open} of ${tried}`;
}

function endRow(name: string, end: EndReport, paint: Paint): string[] {
  if (end.problem !== undefined) return [paint("bold", name), "", "", paint("dim", end.problem)];
  return [
    paint("bold", name),
    end.drift === "absent" ? "" : (end.digest ?? ""),
    end.drift === "none" ? end.drift : paint("red", end.drift),
    [end.os, `Linux ${end.kernel}`].filter((part) => part !== "").join(", "),
  ];
}

function lastSeen({ home, state, lastSeen: last }: HomeReport, { now }: Look): string[] {
  if (state === "up" || last === undefined) return [];
  // Of a home that dials, the relay writes down no endpoint.
  const from = last.endpoint === "-" ? "" : `, from ${last.endpoint}`;
  return [`${home}: last answer ${ago(now - last.time)} ago, ${milliseconds(last.rtt)} ms${from}`];
}

/** Columns as wide as their widest cell, two blanks between them. */
function table(head: string[], rows: string[][]): string {
  const width = (cell: string) => stripVTControlCharacters(cell).length;
  const widths = head.map((word, column) =>
    Math.max(word.length, ...rows.map((row) => width(row[column] ?? ""))),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell)))
      .join("  ")
      .trimEnd();
  return `\n${[head, ...rows].map(line).join("\n")}`;
}

function trafficWords(traffic: Traffic | undefined): string {
  if (traffic === undefined) return "";
  const { bytesPerSecond } = traffic;
  const rate = bytesPerSecond === undefined ? "" : `, ${bits(bytesPerSecond * 8)}`;
  return `${bytes(traffic.bytes)}${rate}`;
}

const scale = (units: readonly string[]) => (value: number) => {
  let unit = 0;
  let left = value;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit++;
  }
  return `${unit === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
};
const bytes = scale(["B", "kB", "MB", "GB", "TB"]);
const bits = scale(["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);

function milliseconds(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

/** The two greatest units that matter. */
function ago(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3_600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
