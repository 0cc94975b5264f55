/** Real tunnels between two ends on one machine, and what on their way drops some of them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { poll } from "../../lab/command.ts";
import { candidatesOf } from "../../lab/probe/candidates.ts";
import { type Place, ProbeMachine } from "../../lab/probe/machine.ts";
import { endsOf, type Sessions } from "../../src/probe/ends.ts";
import { type Candidate, firstThatWorks, probeAll } from "../../src/probe/probeAll.ts";
import { choiceName } from "../../src/transports/candidates.ts";

/** Emulated, each case takes half a minute: all of them with `RELAY4IN6_FAULTS=all`, else one of each kind. */
const ALL = process.env["RELAY4IN6_FAULTS"] === "all";

let machine: ProbeMachine;

beforeAll(async () => {
  machine = await ProbeMachine.start();
}, 1_200_000);
afterAll(() => machine?.stop());

const sessions = (home: "haus" | "zwei"): Sessions => ({
  relay: machine.at("relay"),
  home: machine.at(home),
});
const haus = candidatesOf("haus");
const zwei = candidatesOf("zwei");
const named = (home: Candidate[], name: string) =>
  home.filter((candidate) => choiceName(candidate) === name) as [Candidate & { tunnel: never }];

/** What the way does to packets from now on. */
const way = (...rules: string[]) =>
  machine.run(
    "internet",
    "nft -f -",
    ["flush chain inet way forward", ...rules.map((rule) => `add rule inet way forward ${rule}`)].join("\n"),
  );
afterEach(() => way());

/** All that a probe could leave at a place; counters left out. */
const traces = async (place: Place) =>
  machine.run(
    place,
    `ip -br addr; ip -4 rule
     iptables-save | sed 's/\\[.*\\]//; /^#/d'; ip6tables-save | sed 's/\\[.*\\]//; /^#/d'
     nft list tables; nft list table inet fw4 2>/dev/null || true; ls /run /tmp`,
  );
const allTraces = async (home: "haus" | "zwei" = "haus") => Promise.all([traces("relay"), traces(home)]);

/** Works at the work, and holds it to leave nothing. */
async function leavingNothing<T>(work: () => Promise<T>, home: "haus" | "zwei" = "haus"): Promise<T> {
  const before = await allTraces(home);
  const result = await work();
  expect(await allTraces(home)).toEqual(before);
  return result;
}

const choose = (home: "haus" | "zwei", all: Candidate[]) =>
  leavingNothing(() => firstThatWorks(sessions(home), all), home);
const works = (outcomes: { works: boolean }[]) => outcomes.map((outcome) => outcome.works);

describe("beside a tunnel that is in use", { timeout: 1_200_000 }, () => {
  it("asks through it where it is that transport, and makes its own of the others", async () => {
    const index = () => machine.run("relay", "cat /sys/class/net/wrap1/ifindex /sys/class/net/wrap2/ifindex");
    const before = await index();
    const outcomes = await leavingNothing(() => probeAll(sessions("haus"), haus));
    expect(outcomes.map(({ inUse = false }) => inUse)).toEqual([true, false, false, false]);
    expect(works(outcomes), JSON.stringify(outcomes)).toEqual([true, true, true, true]);
    expect(await index()).toBe(before);
  });

  it.runIf(ALL)("does so at a Debian home as well, behind a router that lets answers in only", async () => {
    const outcomes = await leavingNothing(() => probeAll(sessions("zwei"), zwei), "zwei");
    expect(works(outcomes), JSON.stringify(outcomes)).toEqual([true, true, true, true]);
    expect(outcomes[0]?.inUse).toBe(true);
    // This home is to have IPv6, too; the tunnel in use is asked as its rules let it be.
    const over6 = outcomes.map(({ says }) => says.endsWith("IPv6 too"));
    expect(over6, JSON.stringify(outcomes)).toEqual([false, true, true, true]);
  });
});

describe("between ends that have nothing of ours", { timeout: 1_200_000 }, () => {
  beforeAll(async () => {
    const down = (device: string) => `ifdown -i /etc/network/interfaces.d/relay4in6-${device} ${device}`;
    await machine.run("relay", `${down("wrap1")}; ${down("wrap2")}; rm /etc/relay4in6/link-*`);
    await machine.run("zwei", `${down("wrap2")}; rm /etc/relay4in6/link-*`);
    await machine.run(
      "haus",
      "sh /packets/rc.common /etc/init.d/relay4in6 stop || true; rm /etc/relay4in6/link-*",
    );
  }, 600_000);

  it("takes the fastest", async () => {
    const outcomes = await choose("haus", haus);
    expect(outcomes).toEqual([
      {
        transport: "ipip6",
        works: true,
        says: "small packets and packets of 1460 bytes cross both ways",
      },
    ]);
  });

  it.runIf(ALL)("takes it at a Debian home behind a router that lets answers in only", async () => {
    const outcomes = await choose("zwei", zwei);
    expect(outcomes.map(choiceName)).toEqual(["ipip6"]);
    expect(works(outcomes), JSON.stringify(outcomes)).toEqual([true]);
  });

  const dropping: [name: string, rules: string[]][] = [
    ["gre6", ["meta l4proto 4 drop"]],
    ["wireguard over IPv6", ["meta l4proto { 4, gre } drop"]],
    ["wireguard over IPv4", ["meta l4proto { 4, gre } drop", "meta nfproto ipv6 meta l4proto udp drop"]],
  ];
  it.each(ALL ? dropping : dropping.slice(0, 1))(
    "takes %s where the way drops what is faster",
    async (name, rules) => {
      await way(...rules);
      const outcomes = await choose("haus", haus);
      expect(choiceName(outcomes.at(-1)!), JSON.stringify(outcomes)).toBe(name);
      expect(works(outcomes), JSON.stringify(outcomes)).toEqual(
        outcomes.map((_, at) => at === outcomes.length - 1),
      );
      expect(outcomes[0]?.says).toBe("nothing gets from the router of haus to the relay");
    },
  );

  it("goes past what carries IPv4 only, where IPv6 shall cross as well", async () => {
    await way("meta l4proto 41 drop");
    const outcomes = await choose("haus", candidatesOf("haus", true));
    expect(outcomes).toMatchObject([
      {
        transport: "ipip6",
        works: false,
        says: expect.stringMatching(/^IPv4 crosses, IPv6 does not: nothing/),
      },
      { transport: "gre6", works: true, says: expect.stringMatching(/cross both ways, IPv6 too$/) },
    ]);
  });

  it.runIf(ALL)("says which direction is dropped", async () => {
    await way("oifname line meta l4proto 4 drop");
    const [ipip6] = await leavingNothing(() => probeAll(sessions("haus"), named(haus, "ipip6")));
    expect(ipip6?.says).toBe("they get from the router of haus to the relay, and no answer gets back");
  });

  it.runIf(ALL)("finds nothing where all is dropped", async () => {
    await way("meta l4proto { 4, gre, udp } drop");
    expect(works(await choose("haus", haus))).toEqual([false, false, false, false]);
  });

  it("names the size where large packets vanish", async () => {
    await way("meta length > 1400 drop");
    const [ipip6] = await leavingNothing(() => probeAll(sessions("haus"), named(haus, "ipip6")));
    expect(ipip6).toMatchObject({ works: false });
    expect(ipip6?.says).toMatch(/packets of full size \(1460 bytes, 1500 on the line\) vanish/);
  });

  it.runIf(ALL)("takes a way that is narrower and says so", async () => {
    await machine.run("internet", "ip link set wire mtu 1400");
    const [ipip6] = await probeAll(sessions("haus"), named(haus, "ipip6"));
    await machine.run("internet", "ip link set wire mtu 1500");
    await machine.run("haus", "ip -6 route flush cache");
    expect(ipip6).toMatchObject({ works: true });
    expect(ipip6?.says).toContain("packets of 1360 bytes cross, larger ones are told so");
  });

  it.runIf(ALL)("goes past a transport that an end has no program or module for", async () => {
    await machine.run("", "mv /usr/bin/wg /usr/bin/wg.away");
    await way("meta l4proto { 4, gre } drop");
    const outcomes = await choose("haus", haus.slice(1, 3)).finally(() =>
      machine.run("", "mv /usr/bin/wg.away /usr/bin/wg"),
    );
    expect(works(outcomes)).toEqual([false, false]);
    expect(outcomes[1]?.says).toContain("wireguard-tools");
  });

  it.each(ALL ? ["ipip6", "wireguard over IPv4"] : ["ipip6"])(
    "takes itself back where nobody comes back to it: %s",
    async (name) => {
      const before = await allTraces();
      const [{ tunnel }] = named(haus, name);
      const ends = endsOf(sessions("haus"), tunnel);
      for (const side of ["relay", "home"] as const)
        expect((await ends.tell(side, "begin")).failure).toBeUndefined();
      expect(await traces("haus")).toContain("probe4in6-1");
      // The time that it has is over: it has so much that a machine as slow as this one has begun by then.
      await machine.run("relay", "echo 0 >/run/relay4in6-probe/deadline");
      await machine.run("haus", "echo 0 >/tmp/relay4in6-probe/deadline");
      await poll("nothing left", 300_000, async () =>
        JSON.stringify(await allTraces()) === JSON.stringify(before) ? true : undefined,
      );
    },
  );

  it("lets one probe at a time have an end", async () => {
    const [{ tunnel }] = named(haus, "ipip6");
    const ends = endsOf(sessions("haus"), tunnel);
    const first = await ends.tell("relay", "begin");
    expect(await ends.tell("relay", "begin")).toEqual({ lines: ["busy"] });
    await ends.tell("relay", "finish", "another");
    expect(await traces("relay")).toContain("probe4in6-1");
    await ends.tell("relay", "finish", first.lines[0]?.split(" ")[1] ?? "");
    expect(await traces("relay")).not.toContain("probe4in6-1");
  });
});
