import { expect, it } from "vitest";
import { driftOf } from "../../../src/cli/status/drift.ts";
import { readRelay } from "../../../src/cli/status/readings.ts";
import { statusOf } from "../../../src/cli/status/statusOf.ts";
import { statusText } from "../../../src/cli/status/table.ts";
import { parseSpec } from "../../../src/config/index.ts";
import { plan as planOf } from "../../../src/plan/index.ts";
import { type Bundle, render } from "../../../src/render/index.ts";

const { spec } = parseSpec({
  homes: [{ name: "box", end: "none", transport: "proxy" }],
  services: [
    { port: 443, to: "[2001:db8:4::210]:8443", name: "web" },
    { port: 25, to: "mail.box.example" },
  ],
});
const plan = planOf(spec, {
  relay: { ipv4: "203.0.113.7", prefix: "2001:db8:1::/64", mtu: 1500 },
  homes: {},
});
const [bundle] = render(plan);
const files = Object.fromEntries((bundle as Bundle).files.map(({ path, text }) => [path, text]));
const drift = driftOf(bundle as Bundle, { healthy: true, files });

function reportOf(state: string, web: string) {
  const port = (ports: string, to: string, at: number, answer: string) =>
    JSON.stringify({ protocol: "tcp", ports, to, port: at, answer });
  const ports = [port("25", "mail.box.example", 25, web), port("443", "[2001:db8:4::210]", 8443, web)];
  const probe = `{"version":1,"time":1700000090,"interval":20,"connections":7,"connectionsMax":65536,"homes":[],"endless":[{"home":"box","state":"${state}","ports":[${ports}]}]}`;
  const reading = readRelay(
    `== clock\n1700000100\n5000.50 9000.00\n== probe\n${probe}\n== tracked\n7\n65536\n`,
  );
  return statusOf(spec, plan, { relay: { reading, drift }, homes: {} });
}
const text = (report: ReturnType<typeof reportOf>) => statusText(report, { colours: false, now: 1700000100 });

it("a home without an end is up with its servers, and has no tunnel that could be missing", () => {
  const report = reportOf("up", "open");
  expect([report.verdict, report.problems]).toEqual(["up", []]);
  expect(text(report)).toMatch(/^box +up +proxy$/m);
  expect(text(report)).toMatch(/^box +tcp 443 \(web\) +\[2001:db8:4::210\]:8443 +yes$/m);
  expect(text(report)).not.toContain("tunnel");
});

it("it is degraded by a server that refuses, and down where none answers", () => {
  expect(reportOf("up", "refused")).toMatchObject({
    verdict: "degraded",
    problems: [
      expect.stringContaining("[2001:db8:4::210]:8443 does not answer"),
      expect.stringContaining("mail.box.example"),
    ],
  });
  expect(reportOf("down", "silent")).toMatchObject({
    verdict: "down",
    problems: ["box: none of its servers answers the relay over IPv6"],
  });
});
