import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { apply, inspect, remove } from "../../src/deliver/index.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { debianHome, planOf } from "../render/specs.ts";
import { Sandbox } from "./sandbox/sandbox.ts";

/** A Debian home's bundle with these services. */
function homeWith(...services: object[]): Bundle {
  const [, home] = render(planOf({ homes: [debianHome], services }));
  return home as Bundle;
}

const web = homeWith({ port: 443, to: "192.168.1.210" });
const whole = homeWith({ to: "192.168.1.210" });

/** More than any round of the watcher takes. */
const waiting = { timeout: 60_000, interval: 200 };

let machine: Sandbox;
beforeAll(async () => {
  machine = await Sandbox.start("hof");
});
afterAll(() => machine.stop());

describe("a Debian home", () => {
  it("is given its tunnel, rules and routes, and all of it is taken away again", async () => {
    const left = () =>
      machine.run("ls -d /etc/relay4in6 /var/lib/relay4in6 2>/dev/null; ip rule; ip -o link; ipset list -n");
    const before = left();

    expect((await apply(machine.target, web)).changed).toEqual(web.files.map(({ path }) => path));
    const { healthy, files } = await inspect(machine.target, web);
    expect(healthy).toBe(true);
    expect(files).toEqual(Object.fromEntries(web.files.map(({ path, text }) => [path, text])));
    expect(machine.run("ipset list relay4in6-services")).toContain("192.168.1.210,tcp:443");
    expect(machine.run("cat /run/systemctl.log")).toMatch(/restart relay4in6-keepalive\.service/);

    await remove(machine.target, web);
    expect(left()).toBe(before);
  });

  it("routes a server of the whole address by its own address, and no more once it is gone", async () => {
    machine.run("ip addr add 192.168.1.210/24 dev eth0");
    await apply(machine.target, whole);
    expect(machine.run("ip rule")).toMatch(/4242:\s+from 192\.168\.1\.210 lookup 42/);
    expect(machine.run("ip route show table 42")).toContain("default dev wrap1 scope link src 192.168.1.210");
    expect((await apply(machine.target, web)).changed).toEqual([
      "/etc/relay4in6/rules",
      "/etc/relay4in6/sets",
      "/etc/systemd/system/relay4in6-source.service",
    ]);
    expect(machine.run("ip rule")).not.toContain("192.168.1.210");
    expect(machine.run("ipset list relay4in6-whole")).not.toContain("192.168.1.210");
    await remove(machine.target, web);
  });

  it("answers also while its own address is not there yet, as at boot", async () => {
    machine.run("ip addr del 192.168.1.210/24 dev eth0");
    await apply(machine.target, whole);
    expect(machine.run("ip rule")).toMatch(/fwmark 0x1000000\/0xff000000 lookup 42/);
    expect(machine.run("ip rule")).not.toContain("iif lo");
    await remove(machine.target, whole);
  });

  it("comes up at boot before there is a route to the internet", async () => {
    await apply(machine.target, web);
    const route = machine.run("ip -6 route show default").trim();
    expect(route).toContain("dev eth0");
    machine.run(`ifdown --force wrap1; ip -6 route del ${route}; ifup --force wrap1`);
    expect((await inspect(machine.target, web)).healthy).toBe(true);
    machine.run(`ip -6 route add ${route}`);
    await remove(machine.target, web);
  });

  it("starts connections by its own address whenever that comes, and as before while it is not there", async () => {
    await apply(machine.target, whole);
    expect(machine.run("cat /run/systemctl.log")).toMatch(/restart .*relay4in6-source\.service/);
    machine.powerCut();
    const unit = "/etc/systemd/system/relay4in6-source.service";
    const pid = machine.run(`$(sed -n 's/^ExecStart=//p' ${unit}) </dev/null >/dev/null 2>&1 & echo $!`);
    const routes = () => machine.run("ip rule; ip route show table 42");
    try {
      machine.run("ip addr add 192.168.9.9/24 dev eth0; ip route replace default via 192.168.9.1");
      const unbound = () => machine.run("ip route get 198.51.100.9");
      expect(unbound()).toMatch(/dev eth0 .*src 192\.168\.9\.9/);

      machine.run("ip addr add 192.168.1.210/24 dev eth0");
      await vi.waitFor(() => expect(unbound()).toMatch(/dev wrap1 .*src 192\.168\.1\.210/), waiting);
      expect(routes()).toContain("from 0.0.0.0 iif lo lookup 42");

      // The kernel takes the route with it, which the answers need too.
      machine.run("ip addr del 192.168.1.210/24 dev eth0");
      await vi.waitFor(() => expect(unbound()).toMatch(/dev eth0 .*src 192\.168\.9\.9/), waiting);
      expect(routes()).toMatch(/^default dev wrap1 scope link metric 1001 $/m);
    } finally {
      machine.run(`kill ${pid.trim()}; ip -4 addr flush dev eth0`);
    }
    await remove(machine.target, whole);
    expect(routes()).not.toMatch(/wrap1|lookup 42/);
  });

  it("keeps IPv6 forwarding off and other rules where they are", async () => {
    machine.run(
      "ip6tables -A INPUT -p tcp --dport 80 -j ACCEPT; iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE",
    );
    await apply(machine.target, web);
    expect(machine.run("cat /proc/sys/net/ipv6/conf/all/forwarding")).toBe("0\n");
    expect(machine.run("ip6tables -S INPUT")).toContain("--dport 80 -j ACCEPT");
    await remove(machine.target, web);
    expect(machine.run("ip6tables -S INPUT; iptables -t nat -S POSTROUTING").trim().split("\n")).toEqual([
      "-P INPUT ACCEPT",
      "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT",
      "-P POSTROUTING ACCEPT",
      "-A POSTROUTING -o eth0 -j MASQUERADE",
    ]);
  });
});
