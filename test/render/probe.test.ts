import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ProbeStatus, readProbe } from "../../src/facts/probed.ts";
import type { Plan } from "../../src/plan/index.ts";
import { render } from "../../src/render/index.ts";
import { Tree } from "./readers.ts";
import { examples } from "./specs.ts";

const plan = examples.full as Plan;
const [relay] = render(plan);
const tree = new Tree(relay?.files ?? []);
afterAll(() => tree.remove());

/**
 * Three homes in namespaces of their own, all of them with 192.168.1.210; a cable stands in for each tunnel. The
 * first home serves ports 443 and 80 of .210 to .212 and the last of a range, and refuses others; the third is cut
 * off. Each round's files are printed, and time passes by the probe's own memory.
 */
const rounds = `
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
mount -t sysfs sysfs /sys
mkdir -p /var/lib/relay4in6
ip link set lo up
for number in 1 2 3; do
	echo 2001:db8:$number::1 >/var/lib/relay4in6/wrap$number
	ip netns add home$number
	ip link add wrap$number type veth peer name tunnel netns home$number
	ip addr add 169.254.46.$((2 * number - 2))/31 dev wrap$number
	ip link set wrap$number up
	ip route add default dev wrap$number table $((41 + number))
	ip rule add oif wrap$number lookup $((41 + number))
	ip -n home$number link set lo up
	ip -n home$number link set tunnel up
	ip -n home$number addr add 169.254.46.$((2 * number - 1))/31 dev tunnel
	for server in 210 211 212; do ip -n home$number addr add 192.168.1.$server/32 dev tunnel; done
done
ip -n home3 link set tunnel down
serve() {
	ip netns exec home1 socat TCP4-LISTEN:$2,bind=192.168.1.$1,fork,reuseaddr /dev/null >/dev/null 2>&1 &
	until ip netns exec home1 ss -Hltn "sport = :$2" | grep -q .; do sleep 0.05; done
}
serve 210 443
serve 212 80
serve 211 50100
export RUNTIME_DIRECTORY=/run/status
round() {
	sh -eu "$1/etc/relay4in6/probe"
	echo "=="
	cat /run/status/status.json
	echo "=="
	cat /run/status/relay4in6.prom
}
# A home's last answer: so many seconds earlier by the clock that does not jump.
earlier() {
	awk -v s="$2" '{ $4 -= s; print }' /run/status/$1.memory >/run/memory
	mv /run/memory /run/status/$1.memory
}
round "$1"
ip -n home2 link set tunnel down
earlier wrap1 90
earlier wrap2 30
earlier wrap3 90
round "$1"
earlier wrap2 31
ip -n home3 link set tunnel up
round "$1"
ls -A /run/status | tr '\\n' ' ' >&2
`;

let seen: { json: string; status: ProbeStatus; metrics: string }[];
let left: string;
beforeAll(() => {
  const { stdout, stderr } = spawnSync(
    "unshare",
    ["-mnp", "--fork", "--kill-child", "--mount-proc", "sh", "-euc", rounds, "sh", tree.root],
    {
      timeout: 60_000,
      encoding: "utf8",
    },
  );
  left = stderr;
  const parts = stdout.split("==\n").slice(1);
  seen = [0, 2, 4].map((at) => {
    const json = parts[at] ?? "";
    return { json, status: readProbe(json) as ProbeStatus, metrics: parts[at + 1] ?? "" };
  });
}, 120_000);

const homeIn = (round: number, name: string) =>
  seen[round]?.status.homes.find(({ home }) => home === name) as ProbeStatus["homes"][number];

describe("the relay's probe", () => {
  it("leaves whole files only", () => {
    expect(left.trim()).toBe("relay4in6.prom status.json wrap1.memory wrap2.memory wrap3.memory");
  });

  it("sees each home by its own tunnel, with round trip and loss", () => {
    expect(homeIn(0, "haus")).toMatchObject({ state: "up", device: "wrap1", received: 10, loss: 0 });
    expect(homeIn(0, "haus").rtt?.avg).toBeGreaterThan(0);
    expect(homeIn(0, "hof")).toMatchObject({ state: "up", device: "wrap2", loss: 0 });
    expect(homeIn(0, "feld")).toMatchObject({
      state: "unknown",
      received: 0,
      loss: 1,
      rtt: null,
      lastSeen: null,
    });
  });

  it("knows which TCP ports answer at which home, a range by its ends and its middle", () => {
    const answers = (name: string) =>
      homeIn(0, name).ports.map(({ ports, to, port, answer }) => `${ports} ${to}:${port} ${answer}`);
    expect(answers("haus")).toEqual([
      "443 192.168.1.210:443 open",
      "50000-50100 192.168.1.211:50000 refused",
      "50000-50100 192.168.1.211:50050 refused",
      "50000-50100 192.168.1.211:50100 open",
      "8080 192.168.1.212:80 open",
      "8081 192.168.1.212:80 open",
    ]);
    expect(answers("hof")).toEqual(["25 192.168.1.210:25 refused"]);
    // Nobody asks for the ports of a home that does not answer.
    expect(answers("feld")).toEqual(["2222 192.168.1.210:22 null"]);
  });

  it("takes a home for down after 60 seconds of silence, and not before", () => {
    expect(homeIn(1, "hof")).toMatchObject({
      state: "up",
      received: 0,
      lastSeen: { endpoint: "2001:db8:2::1" },
    });
    expect(homeIn(2, "hof")).toMatchObject({ state: "down", since: homeIn(1, "hof").lastSeen?.time });
    expect(homeIn(1, "feld").state).toBe("down");
  });

  it("takes it for up with the first answer, since then", () => {
    const { state, since } = homeIn(2, "feld");
    expect([state, since]).toEqual(["up", seen[2]?.status.time]);
    expect([homeIn(1, "haus").state, homeIn(1, "haus").since]).toEqual(["up", homeIn(0, "haus").since]);
  });

  it("counts what passed the tunnel", () => {
    const before = homeIn(0, "haus");
    const after = homeIn(1, "haus");
    // 10 echo requests of 84 bytes, and their answers.
    expect(after.fromHome.packets - before.fromHome.packets).toBeGreaterThanOrEqual(10);
    expect(after.toHome.bytes - before.toHome.bytes).toBeGreaterThanOrEqual(840);
  });

  it("says the same to Prometheus, each family once and in base units", () => {
    const { metrics, status } = seen[0] as (typeof seen)[number];
    const lines = metrics.trimEnd().split("\n");
    const sample = /^(relay4in6_[a-z0-9_]+)(?:\{(?:[a-z_]+="[^"\\]*",?)+\})? (-?[0-9.e+-]+)$/;
    const families: string[] = [];
    for (const line of lines) {
      const declared = /^# TYPE (\S+) (gauge|counter)$/.exec(line);
      if (declared?.[1] !== undefined) families.push(declared[1]);
      else if (!line.startsWith("# HELP ")) {
        const [, name, value] = sample.exec(line) ?? [];
        expect(name, line).toBe(families.at(-1));
        expect(Number.isFinite(Number(value)), line).toBe(true);
      }
    }
    expect(new Set(families).size).toBe(families.length);
    expect(lines).toContain('relay4in6_home_up{home="haus",device="wrap1"} 1');
    expect(lines).toContain('relay4in6_home_up{home="feld",device="wrap3"} 0');
    expect(lines).toContain(
      'relay4in6_service_answers{home="hof",protocol="tcp",ports="25",server="192.168.1.210",server_port="25"} 0',
    );
    const [, rtt] = /rtt_avg_seconds\{home="haus",device="wrap1"\} (\S+)/.exec(metrics) ?? [];
    const average = status.homes[0]?.rtt?.avg as number;
    expect(Number(rtt)).toBeCloseTo(average / 1000, 6);
  });
});
