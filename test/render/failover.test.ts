import { execFile, execFileSync, spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Bundle, render } from "../../src/render/index.ts";
import { inside } from "../namespaces.ts";
import { Tree } from "./readers.ts";
import { openwrtHome, planOf } from "./specs.ts";

/*
 * The relay's failover in a kernel, with two paths to a home. Veth pairs stand in for the tunnels; behind the home there is a
 * server that the relay reaches by the home's table alone.
 *
 *   relay ── wrap1, wrap1wg ── home 192.168.1.210
 */
const server = "192.168.1.210";
const planned = planOf({
  homes: [{ ...openwrtHome, transport: ["ipip6", "wireguard"] }],
  services: [{ port: 443, to: server }],
});
const [bundle] = render(planned) as [Bundle];
const tree = new Tree(bundle.files);
const tunnels = planned.relay.tunnels;
const [relay, home] = ["relay", "home"].map((name) => `failover-${process.pid}-${name}`) as [string, string];

const routes = () => inside(relay, "ip -4 route show table 42");
const routes6 = () => inside(relay, "ip -6 route show table 42 2>/dev/null || true");
const inUse = () => /^default .*dev (\S+)/.exec(routes())?.[1];
const inUse6 = () => /^default dev (\S+)/.exec(routes6())?.[1];
/** Has the home count what it is asked through a device, from here on. */
const count = (table: "cut" | "mended", { device, inner }: (typeof tunnels)[number]) =>
  `add table ip ${table}; add chain ip ${table} ${device} { type filter hook prerouting priority -400; }
  add rule ip ${table} ${device} iifname ${device} ip daddr ${inner.home} icmp type echo-request counter`;
const asked = (table: "cut" | "mended", device: string) =>
  Number(/packets (\d+)/.exec(inside(home, `nft list chain ip ${table} ${device}`))?.[1]);
/** What crosses a device is dropped at the home, both ways. */
const cut = (device: string) => {
  const chain = count("cut", tunnels.find((tunnel) => tunnel.device === device) as (typeof tunnels)[number]);
  inside(home, `nft '${chain}; add rule ip cut ${device} iifname ${device} drop'`);
};
/** At one go: what is counted is what is answered. */
const mend = () => {
  const chains = tunnels.map((tunnel) => count("mended", tunnel)).join("; ");
  inside(home, `nft 'delete table ip cut; add table ip mended; delete table ip mended; ${chains}'`);
};

const leads = (device: string) => () => inUse() === device;
/** @returns how many seconds it took, and what was counted when it was not so for the last time */
async function until(isSo: () => boolean, seconds: number, counted = () => 0) {
  const began = performance.now();
  for (let before = 0; ; ) {
    // Counted first: it was not so yet when so many had come.
    const now = counted();
    const isSoNow = isSo();
    const took = (performance.now() - began) / 1000;
    if (isSoNow) return { took, before };
    if (took > seconds) throw new Error(`${inUse()} after ${seconds} s:\n${routes()}`);
    before = now;
    await setTimeout(50);
  }
}

let watcher: ReturnType<typeof spawn>;
const start = () => {
  watcher = spawn("ip", ["netns", "exec", relay, "sh", tree.at("/etc/relay4in6/failover")], {
    stdio: "inherit",
  });
};

beforeAll(() => {
  for (const namespace of [relay, home]) execFileSync("ip", ["netns", "add", namespace]);
  inside(home, `ip link set lo up; ip addr add ${server}/32 dev lo`);
  for (const { device, inner, table, metric, mtu } of tunnels) {
    inside(
      relay,
      `ip link add ${device} type veth peer name ${device} netns ${home}
      ip addr add ${inner.relay}/31 dev ${device}
      ip link set ${device} up`,
    );
    inside(home, `ip addr add ${inner.home}/31 dev ${device}; ip link set ${device} up`);
    // As the stanza has it, but for a gateway, which a tunnel does not need.
    inside(
      relay,
      `ip route replace default via ${inner.home} dev ${device} mtu lock ${mtu} metric ${metric} table ${table}`,
    );
  }
  inside(relay, `ip rule add to ${server} lookup 42`);
  start();
});

afterAll(() => {
  watcher?.kill();
  for (const namespace of [relay, home]) execFileSync("ip", ["netns", "delete", namespace]);
  tree.remove();
});

it("takes the preferred path as soon as it answers, and keeps its MTU", async () => {
  await vi.waitFor(() => expect(routes()).toMatch(/^default .*dev wrap1 metric 1 mtu lock 1452/m), 60_000);
  expect(inside(relay, `ping -n -c 1 -W 20 ${server}`)).toContain("1 received");
});

it("leads IPv6 by the same path, where that comes later", async () => {
  for (const { device, metric, table } of tunnels)
    inside(relay, `ip -6 route replace default dev ${device} metric ${metric} table ${table}`);
  // It looks every ten answers.
  await vi.waitFor(() => expect(routes6()).toMatch(/^default dev wrap1 metric 1 /m), 60_000);
  await vi.waitFor(() => expect(routes6()).toMatch(/^default dev wrap1wg metric 2 /m), 60_000);
});

it("leaves it after three missed answers, and a connection goes on by the other", async () => {
  const pinging = promisify(execFile)("ip", `netns exec ${relay} ping -n -i 0.2 -c 100 ${server}`.split(" "));
  const began = performance.now();
  cut("wrap1");
  const { took, before } = await until(leads("wrap1wg"), 30, () => asked("cut", "wrap1"));
  const lasted = (performance.now() - began) / 1000;
  // Three are missed, no matter how long they take on a busy machine; the next one is sent when it is left.
  expect(took).toBeGreaterThan(2);
  expect(before).toBeLessThanOrEqual(3);
  expect(asked("cut", "wrap1")).toBeGreaterThanOrEqual(3);
  await vi.waitFor(() => expect(inUse6()).toBe("wrap1wg"), 60_000);
  const [, received] = /(\d+) received/.exec((await pinging).stdout) ?? [];
  expect(Number(received)).toBeGreaterThan(100 - (lasted + 2) / 0.2);
  expect(inside(relay, `ping -n -c 1 -W 20 ${server}`)).toContain("1 received");
  expect(routes()).toMatch(/^default .*dev wrap1 metric 1001/m);
});

it("takes it again only when it has answered for a while", async () => {
  mend();
  const { took } = await until(leads("wrap1"), 60);
  expect(took).toBeGreaterThan(8);
  await vi.waitFor(() => expect(inUse6()).toBe("wrap1"), 60_000);
});

it("waits longer each time that it fails soon after", async () => {
  cut("wrap1");
  await until(leads("wrap1wg"), 30);
  mend();
  const { took } = await until(leads("wrap1"), 90);
  expect(took).toBeGreaterThan(18);
});

it("keeps both ways where neither answers", async () => {
  cut("wrap1");
  cut("wrap1wg");
  await vi.waitFor(() => expect(`${routes()}${routes6()}`.match(/metric [12]\b/g)).toBeNull(), 60_000);
  await setTimeout(4000);
  expect(routes().match(/dev wrap1\b.* metric \d+/g)).toHaveLength(1);
  expect(routes().match(/dev wrap1wg .*metric \d+/g)).toHaveLength(1);
  expect(routes6().match(/metric \d+/g)).toHaveLength(2);
});

it("takes whichever answers first after both were silent, however often they have failed", async () => {
  mend();
  const most = () => Math.max(...tunnels.map(({ device }) => asked("mended", device)));
  const { before } = await until(() => /metric [12]\b/.test(routes()), 60, most);
  // The two that are asked for after a miss, and one. Where another path leads, it is ten at least.
  expect(before).toBeLessThan(6);
  await vi.waitFor(() => expect(routes6()).toMatch(/metric [12]\b/), 60_000);
});

it("leaves nothing running behind", async () => {
  const ended = new Promise((resolve) => watcher.once("exit", resolve));
  watcher.kill();
  await ended;
  // Its pings wait for two answers at most.
  const left = () => execFileSync("ip", ["netns", "pids", relay], { encoding: "utf8" });
  await vi.waitFor(() => expect(left()).toBe(""), 30_000);
});
