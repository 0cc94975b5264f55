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
/** What crosses a device is dropped at the home, both ways. */
const cut = (device: string) =>
  inside(
    home,
    `nft 'add table ip cut; add chain ip cut ${device} { type filter hook prerouting priority -400; }; add rule ip cut ${device} iifname ${device} drop'`,
  );
const mend = () => inside(home, "nft delete table ip cut");

async function until(device: string, seconds: number): Promise<number> {
  const began = performance.now();
  while (inUse() !== device) {
    if (performance.now() - began > seconds * 1000)
      throw new Error(`${inUse()} after ${seconds} s:\n${routes()}`);
    await setTimeout(50);
  }
  return (performance.now() - began) / 1000;
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
  expect(inside(relay, `ping -n -c 1 -W 1 ${server}`)).toContain("1 received");
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
  cut("wrap1");
  const took = await until("wrap1wg", 30);
  // Three answers, and the second before the first of them: bounds of the protocol, three times as wide for a busy machine.
  expect(took).toBeGreaterThan(2);
  expect(took).toBeLessThan(12);
  await vi.waitFor(() => expect(inUse6()).toBe("wrap1wg"), 5000);
  const [, received] = /(\d+) received/.exec((await pinging).stdout) ?? [];
  expect(Number(received)).toBeGreaterThan(100 - 12 / 0.2);
  expect(routes()).toMatch(/^default .*dev wrap1 metric 1001/m);
});

it("takes it again only when it has answered for a while", async () => {
  mend();
  const took = await until("wrap1", 60);
  expect(took).toBeGreaterThan(8);
  await vi.waitFor(() => expect(inUse6()).toBe("wrap1"), 5000);
});

it("waits longer each time that it fails soon after", async () => {
  cut("wrap1");
  await until("wrap1wg", 30);
  mend();
  const took = await until("wrap1", 90);
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
  const began = performance.now();
  mend();
  await vi.waitFor(() => expect(routes()).toMatch(/metric [12]\b/), { timeout: 60_000, interval: 50 });
  // Ten answers, a second apart, are the least that a path has to give where another one leads.
  expect(performance.now() - began).toBeLessThan(9000);
  await vi.waitFor(() => expect(routes6()).toMatch(/metric [12]\b/), 5000);
});

it("leaves nothing running behind", async () => {
  const ended = new Promise((resolve) => watcher.once("exit", resolve));
  watcher.kill();
  await ended;
  // Its pings wait for two answers at most.
  const left = () => execFileSync("ip", ["netns", "pids", relay], { encoding: "utf8" });
  await vi.waitFor(() => expect(left()).toBe(""), 30_000);
});
