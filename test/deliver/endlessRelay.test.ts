import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apply, inspect, remove } from "../../src/deliver/index.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { debianHome, openwrtHome, planOf } from "../render/specs.ts";
import { Sandbox } from "./sandbox/sandbox.ts";

const homes = [
  { name: "box", end: "none", transport: "proxy" },
  { name: "laube", end: "none", transport: "socat" },
];
const web = { home: "box", port: 443, to: "2001:db8:4::210" };
const dns = { home: "laube", port: 53, protocol: "udp", to: "2001:db8:5::53" };
/** The relay's bundle with these homes and services. */
const relayOf = (homes: object[], services: object[]): Bundle =>
  render(planOf({ homes, services }))[0] as Bundle;
const relayWith = (services: object[], more: object[] = []) => relayOf([...homes, ...more], services);

const both = relayWith([web, dns]);
const third = relayWith([web, dns, { ...dns, port: 54 }]);
const tunnelled = relayWith([web, dns, { home: "haus", port: 25, to: "192.168.1.210" }], [openwrtHome]);

let machine: Sandbox;
beforeAll(async () => {
  machine = await Sandbox.start("relay");
});
afterAll(() => machine.stop());

/** What systemd was asked to start since this was last asked, in its order. */
function started(): string[] {
  const said = machine.run("cat /run/systemctl.log; : >/run/systemctl.log");
  return said.split("\n").filter((line) => /^(restart|reload-or-restart|start) .*relay4in6-/.test(line));
}
const left = () =>
  machine.run(
    "ls -d /etc/relay4in6 /var/lib/relay4in6 /etc/systemd/system/relay4in6* 2>/dev/null; iptables-save | grep RELAY4IN6; ipset list -n; nft list tables | grep relay4in6 || true",
  );

describe("a relay without any tunnel", { timeout: 240_000 }, () => {
  it("has its rules and its processes, and says that it is well", async () => {
    const before = left();
    expect((await apply(machine.target, both)).changed).toEqual(both.files.map(({ path }) => path));
    expect((await inspect(machine.target, both)).healthy).toBe(true);
    expect(machine.run("ipset list relay4in6-local-udp")).toMatch(/^53$/m);
    expect(machine.run("iptables-save -t filter")).toMatch(/match-set relay4in6-local-tcp dst -j ACCEPT/);
    expect(machine.run("nft list table ip relay4in6")).toMatch(/443 : accept/);
    expect(before).toBe("");
  });

  it("is left alone where nothing changed", async () => {
    started();
    expect((await apply(machine.target, both)).changed).toEqual([]);
    expect(started()).toEqual([]);
  });

  it("starts what is new, and lets run what carries the connections of others", async () => {
    await apply(machine.target, third);
    const said = started();
    expect(said).toContain("reload-or-restart relay4in6-socat-udp-54.service");
    expect(said.join("\n")).not.toMatch(/socat-udp-53|relay4in6-proxy|relay4in6-rules/);
  });

  it("has the rules by the tunnel once there is one, and by themselves again", async () => {
    await apply(machine.target, tunnelled);
    expect(machine.has("/etc/systemd/system/relay4in6-rules.service")).toBe(false);
    expect(machine.run("nft list table ip relay4in6")).toMatch(/25 : 192\.168\.1\.210/);
    await apply(machine.target, both);
    expect(machine.has("/etc/systemd/system/relay4in6-rules.service")).toBe(true);
    expect(machine.run("ls /sys/class/net")).not.toContain("wrap");
    expect(machine.run("iptables-save -t filter")).toMatch(/match-set relay4in6-local-tcp dst -j ACCEPT/);
    expect(machine.run("nft list table ip relay4in6")).not.toMatch(/192\.168\.1\.210/);
  });

  it("leaves a tunnel that works alone while other homes come and go, and makes one anew that does not", async () => {
    const haus = { home: "haus", port: 25, to: "192.168.1.210" };
    const alone = relayOf([openwrtHome], [haus]);
    const index = () => machine.run("cat /sys/class/net/wrap1/ifindex");
    await apply(machine.target, alone);
    const tunnel = index();

    const more = [openwrtHome, ...homes, debianHome];
    const neighbours = [web, dns, { home: "hof", port: 26, to: "192.168.1.220" }];
    await apply(machine.target, relayOf(more, [haus, ...neighbours]));
    expect(machine.run("ls /sys/class/net")).toContain("wrap4");
    expect(index()).toBe(tunnel);
    await apply(machine.target, alone);
    expect(machine.run("ls /sys/class/net")).not.toContain("wrap4");
    expect(index()).toBe(tunnel);

    machine.run("ip link set wrap1 down");
    await apply(machine.target, alone);
    expect(index()).not.toBe(tunnel);
    expect((await inspect(machine.target, alone)).healthy).toBe(true);
    await apply(machine.target, both);
  });

  it("goes back to the services that it had when one of the new ones does not start", async () => {
    machine.run(": >/run/no-start");
    await expect(apply(machine.target, third)).rejects.toThrow("could not be started");
    expect((await inspect(machine.target, both)).healthy).toBe(true);
    expect(machine.run("ipset list relay4in6-local-udp")).not.toMatch(/^54$/m);
  });

  it("leaves nothing behind", async () => {
    await remove(machine.target, both);
    expect(left()).toBe("");
  });
});
