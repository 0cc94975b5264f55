import { describe, expect, it } from "vitest";
import { type Drift, driftOf } from "../../../src/cli/status/drift.ts";
import { type RelayReading, readHome, readRelay } from "../../../src/cli/status/readings.ts";
import type { StatusReport } from "../../../src/cli/status/report.ts";
import { type Readings, statusOf } from "../../../src/cli/status/statusOf.ts";
import { statusText } from "../../../src/cli/status/table.ts";
import { endedHomes } from "../../../src/config/homes.ts";
import { parseSpec } from "../../../src/config/index.ts";
import { assumeHome } from "../../../src/facts/index.ts";
import { plan as planOf } from "../../../src/plan/index.ts";
import { type Bundle, render } from "../../../src/render/index.ts";
import { HOST_KEY } from "../../config/examples.ts";

const ssh = { host: "192.168.1.1", hostKey: HOST_KEY };
const { spec } = parseSpec({
  homes: [
    { name: "haus", end: "openwrt", ssh, prefix: "2001:db8:2::/64" },
    { name: "hof", end: "manual", prefix: "2001:db8:3::/64" },
  ],
  services: [
    { home: "haus", port: 443, to: "192.168.1.210", name: "web" },
    { home: "haus", ports: "50000-50100", protocol: "both", to: "192.168.1.211" },
    { home: "hof", port: 8080, to: "192.168.1.212:80" },
    { home: "haus", to: "192.168.1.210" },
  ],
});
const plan = planOf(spec, {
  relay: { ipv4: "203.0.113.7", prefix: "2001:db8:1::/64", mtu: 1500 },
  homes: Object.fromEntries(endedHomes(spec).map((home) => [home.name, assumeHome(home, home.prefix)])),
});

/** As the relay prints it. `hof` was last seen a minute and a half ago. */
const relayOutput = `== kernel
6.12.0-amd64
== os
Debian GNU/Linux 13 (trixie)
== devices
wrap1 1460 100 20000 200 40000
wrap2 1460 1 84 2 168
== clock
1700000100
5000.50 9000.00
== probe
{"version":1,"time":1700000090,"interval":20,"connections":7,"connectionsMax":65536,"homes":[
{"home":"haus","device":"wrap1","state":"up","since":1699990000,"lastSeen":{"time":1700000090,"rtt":14.2,"endpoint":"2001:db8:2:0:203:0:113:7"},"endpoint":"2001:db8:2:0:203:0:113:7","sent":10,"received":10,"loss":0,"rtt":{"min":13.9,"avg":14.2,"max":15.0},"fromHome":{"packets":1,"bytes":1},"toHome":{"packets":1,"bytes":1},"ports":[
{"protocol":"tcp","ports":"443","to":"192.168.1.210","port":443,"answer":"open"},
{"protocol":"tcp","ports":"50000-50100","to":"192.168.1.211","port":50000,"answer":"refused"},
{"protocol":"tcp","ports":"50000-50100","to":"192.168.1.211","port":50050,"answer":"open"}]},
{"home":"hof","device":"wrap2","state":"up","since":1699990000,"lastSeen":{"time":1700000090,"rtt":4.2,"endpoint":"2001:db8:3:0:203:0:113:7"},"endpoint":"2001:db8:3:0:203:0:113:7","sent":10,"received":10,"loss":0,"rtt":{"min":3.9,"avg":4.2,"max":5.0},"fromHome":{"packets":1,"bytes":1},"toHome":{"packets":1,"bytes":1},"ports":[
{"protocol":"tcp","ports":"8080","to":"192.168.1.212","port":80,"answer":"open"}]}
]}
== endpoints
endpoint 2001:db8:1:0:203:0:113:7
wrap1 2001:db8:2:5:203:0:113:7
wrap2 2001:db8:3:0:203:0:113:7
wrap2.pub AAAA
== tracked
7
65536
== flows
1 0 tcp 443 2 10 1000 20 90000
1 0 udp 50007 1 3 300 4 400
1 0 tcp 8443 1 5 500 6 600
1 0 icmp 0 1 1 84 1 84
0 1 tcp 192.168.1.210 3 7 700 8 8000
2 0 tcp 8080 1 2 200 3 300
`;
const reading = readRelay(relayOutput);
const [, hausBundle] = render(plan);
const texts = (bundle: Bundle) => Object.fromEntries(bundle.files.map(({ path, text }) => [path, text]));
const right = driftOf(hausBundle as Bundle, { healthy: true, files: texts(hausBundle as Bundle) });
const home = readHome("== kernel\n6.6.1\n== os\nOpenWrt 24.10.0\n== endpoint\n2001:db8:2:5::1\n");

const readings = (relay: Partial<RelayReading> = {}): Readings => ({
  relay: { reading: { ...reading, ...relay }, drift: right },
  homes: { haus: { reading: home, drift: right } },
});
/** The probe's findings, with a change to a home. */
const probed = (change: object, name = "haus") => ({
  probe: {
    ...(reading.probe as NonNullable<RelayReading["probe"]>),
    homes: (reading.probe?.homes ?? []).map((each) => (each.home === name ? { ...each, ...change } : each)),
  },
});
const reportOf = (now: Readings, before?: Readings): StatusReport => statusOf(spec, plan, now, before);
const haus = ({ homes }: StatusReport) => homes[0] as StatusReport["homes"][number];

describe("a report", () => {
  const report = reportOf(readings());

  it("is well where nothing is wrong", () => {
    expect([report.verdict, report.problems]).toEqual(["up", []]);
    expect(report.relay).toMatchObject({ probeAge: 10, connections: 7, connectionsMax: 65536 });
  });

  it("has of each home what the probe found, and where its tunnel leads now", () => {
    expect(haus(report)).toMatchObject({
      state: "up",
      since: 1699990000,
      rtt: { min: 13.9, avg: 14.2 },
      loss: 0,
      transport: "ipip6",
      device: "wrap1",
      mtu: 1460,
      // Not the one of the plan: the home's prefix may have changed since.
      endpoints: { relay: "2001:db8:1:0:203:0:113:7", home: "2001:db8:2:5:203:0:113:7" },
      toHome: { packets: 200, bytes: 40000 },
      fromHome: { packets: 100, bytes: 20000 },
      machine: { os: "OpenWrt 24.10.0", kernel: "6.6.1", drift: "none" },
    });
    expect(report.homes[1]?.machine).toMatchObject({ problem: "is set up by hand", drift: "unknown" });
  });

  it("has each service with its connections, and what the servers started", () => {
    const rows = haus(report).services.map(({ service, connections, toHome, fromHome, answering }) => [
      ...[service, connections, toHome.bytes, fromHome.bytes],
      ...(answering === undefined ? [] : [`${answering.open}/${answering.tried}`]),
    ]);
    expect(rows).toEqual([
      ["tcp 443", 2, 1000, 90000, "1/1"],
      ["tcp+udp 50000-50100", 1, 300, 400, "1/2"],
      ["everything else", 2, 584, 684],
      ["started at home", 3, 8000, 700],
    ]);
    expect(haus(report).connections).toBe(8);
    expect(report.homes[1]?.services).toMatchObject([
      { service: "tcp 8080", to: "192.168.1.212:80", connections: 1, answering: { tried: 1, open: 1 } },
    ]);
  });

  it("has rates from two readings, by the clock that does not jump", () => {
    const before = readings({
      uptime: 4990.5,
      time: 1800000000,
      devices: {
        wrap1: { mtu: 1460, received: { packets: 50, bytes: 10000 }, sent: { packets: 0, bytes: 0 } },
        // More than now: the device was made anew.
        wrap2: { mtu: 1460, received: { packets: 9, bytes: 900 }, sent: { packets: 0, bytes: 0 } },
      },
    });
    const after = reportOf(readings(), before);
    expect(haus(after).fromHome).toMatchObject({ bytesPerSecond: 1000, packetsPerSecond: 5 });
    expect(haus(after).toHome).toMatchObject({ bytesPerSecond: 4000, packetsPerSecond: 20 });
    expect(after.homes[1]?.fromHome).not.toHaveProperty("bytesPerSecond");
    expect(haus(report).fromHome).not.toHaveProperty("bytesPerSecond");
  });
});

describe("the verdict", () => {
  const silent = { state: "down", received: 0, loss: 1, rtt: null } as const;

  it.each<[string, Readings, StatusReport["verdict"], RegExp]>([
    ["a silent home", readings(probed(silent)), "down", /^haus: does not answer.*last seen at 2001:db8:2:/],
    ["no device", readings({ devices: {} }), "down", /^haus: the relay has no tunnel device wrap1$/],
    [
      "no relay",
      { ...readings(), relay: { problem: "2001:db8:1::1 port 22 does not answer" } },
      "down",
      /^relay: cannot be asked: 2001:db8:1::1 port 22 does not answer$/,
    ],
    ["lost packets", readings(probed({ received: 9, loss: 0.1 })), "degraded", /^haus: 10 % of/],
    [
      "a port that is closed",
      readings(probed({ ports: [{ ...reading.probe?.homes[1]?.ports[0], answer: "silent" }] }, "hof")),
      "degraded",
      /^hof: 192\.168\.1\.212:80 does not answer \(tcp 8080\)$/,
    ],
    [
      "an old round",
      readings({ time: 1700000290 }),
      "degraded",
      /^relay: its probe last ran 200 seconds ago$/,
    ],
    ["a full table", readings({ connections: 60000 }), "degraded", /^relay: tracks 60000 of at most 65536/],
  ])("of %s", (_title, now, verdict, problem) => {
    const report = reportOf(now);
    expect(report.verdict).toBe(verdict);
    expect(report.problems[0]).toMatch(problem);
    expect(statusText(report, { colours: false, now: 1700000100 })).toContain(report.problems[0]);
  });

  it("without a first round of the probe is not up", () => {
    const { probe: _, ...unprobed } = reading;
    const report = reportOf({ ...readings(), relay: { reading: unprobed, drift: right } });
    expect(report.verdict).toBe("degraded");
    expect(haus(report).state).toBe("unknown");
  });

  it("is not worse because a home cannot be reached from here", () => {
    const report = reportOf({
      ...readings(),
      homes: { haus: { problem: "192.168.1.1 port 22 does not answer" } },
    });
    expect(report.verdict).toBe("up");
    expect(haus(report).machine).toMatchObject({
      drift: "unknown",
      problem: expect.stringContaining("port 22"),
    });
  });

  it("takes a range for well that nobody listens on", () => {
    const ports = reading.probe?.homes[0]?.ports.map((port) =>
      port.ports === "443" ? port : { ...port, answer: "refused" },
    );
    expect(reportOf(readings(probed({ ports }))).verdict).toBe("up");
  });
});

describe("drift", () => {
  const bundle = hausBundle as Bundle;
  const [first, ...others] = bundle.files;

  it.each<[string, { healthy: boolean; files: Record<string, string> }, Drift, number]>([
    ["nothing", { healthy: true, files: texts(bundle) }, "none", 0],
    ["a dead tunnel", { healthy: false, files: texts(bundle) }, "dead", 0],
    ["an edited file", { healthy: true, files: { ...texts(bundle), [first?.path ?? ""]: "x" } }, "edited", 1],
    ["a missing file", { healthy: true, files: texts({ ...bundle, files: others }) }, "edited", 1],
    ["no file at all", { healthy: false, files: {} }, "absent", bundle.files.length],
  ])("of %s", (_title, inspection, word, files) => {
    const { drift, digest, wanted, files: differing } = driftOf(bundle, inspection);
    expect([drift, differing.length]).toEqual([word, files]);
    expect(digest === wanted).toBe(files === 0);
    const report = reportOf({
      ...readings(),
      homes: { haus: { reading: home, drift: driftOf(bundle, inspection) } },
    });
    expect(report.verdict).toBe(word === "none" ? "up" : "degraded");
  });
});

describe("what people see", () => {
  it("is one table for each question, without colours for a file", () => {
    const text = statusText(reportOf(readings()), { colours: false, now: 1700000100 });
    expect(text).not.toContain("\u001b");
    expect(text).toContain("203.0.113.7 is up, probed 10 s ago, 7 of 65,536 connections tracked");
    expect(text).toMatch(/haus +up +2 h 48 min +13\.9|haus +up +2 h 48 min +14/);
    expect(text).toMatch(/haus +tcp 443 \(web\) +192\.168\.1\.210 +yes +2 +1\.0 kB +90\.0 kB/);
    expect(text).toMatch(/haus +[0-9a-f]{8} +none +OpenWrt 24\.10\.0, Linux 6\.6\.1/);
    expect(text).not.toMatch(/ $/m);
  });

  it("has colours for a terminal, and says when a home was last seen", () => {
    const down = probed({
      state: "down",
      received: 0,
      loss: 1,
      rtt: null,
      lastSeen: { time: 1699999900, rtt: 14.2, endpoint: "2001:db8:2::9" },
    });
    const text = statusText(reportOf(readings(down)), { colours: true, now: 1700000100 });
    expect(text).toContain("\u001b[31mdown\u001b[39m");
    expect(text).toContain("haus: last answer 3 min 20 s ago, 14 ms, from 2001:db8:2::9");
  });
});
