import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { apply, inspect, remove, script, withSession } from "../../src/deliver/index.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { refusalOf } from "../refusal.ts";
import { planOf } from "../render/specs.ts";
import { Sandbox } from "./sandbox/sandbox.ts";
import { Wire } from "./sandbox/wire.ts";

/** The relay's bundle with these services. */
function relayWith(...services: object[]): Bundle {
  const [relay] = render(planOf({ services }));
  return relay as Bundle;
}

const web = relayWith({ port: 443, to: "192.168.1.210" });
const webAndMail = relayWith({ port: 443, to: "192.168.1.210" }, { port: 25, to: "192.168.1.211" });

let machine: Sandbox;
const wire = new Wire();
beforeAll(async () => {
  machine = await Sandbox.start("relay");
});
afterAll(() => {
  wire.close();
  return machine.stop();
});

/** All that a run could leave on the machine; iptables' own empty chains stay once it was used. */
const everything = () =>
  machine
    .run(`
      find /etc /var/lib/*4in6 /run/relay4in6 -printf '%M %u %p %s\\n' 2>/dev/null | sort
      ip -o link | sed 's/^[0-9]*: //'; ip rule; ip route show table all; ip -6 rule
      ip -6 route show table all; ip -6 addr show dev eth0 | grep inet6
      /usr/sbin/nft -s list ruleset; ipset list -n; cat /proc/sys/net/ipv4/ip_forward`)
    .replace(/.*fe80::.*\n/g, "")
    .replace(/\tchain [A-Z]+ \{\n\t\ttype .*\n\t\}\n\n?/g, "")
    .replace(/table \S+ \S+ \{\n\}\n/g, "");
/** The tunnel's device: a new one has another index. */
const device = () => machine.run("cat /sys/class/net/wrap1/ifindex");
const liveServices = () => machine.run("nft list map ip relay4in6 tcp_servers");

/** Sends a run's script by hand, to stand between trial and confirmation. */
async function start(bundle: Bundle, watchdog: number, verb = "apply") {
  const command = `cat >/tmp/by-hand.sh; sh /tmp/by-hand.sh ${verb}`;
  const { stdout } = await withSession(machine.target, (session) =>
    session.run(command, script(bundle, { watchdog, holder: "anna's notebook" })),
  );
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}
async function confirm(token: string) {
  const { stdout } = await withSession(machine.target, (session) =>
    session.run(`sh /run/relay4in6/deliver confirm ${token}`),
  );
  return JSON.parse(stdout);
}
const faultOf = async (work: Promise<unknown>) => (await refusalOf(work))[0];

describe("a delivery", () => {
  let before: string;

  it("leaves a machine that nobody delivered to as it is, when asked or told to remove", async () => {
    before = everything();
    expect(await inspect(machine.target, web)).toMatchObject({ healthy: false, files: {} });
    await remove(machine.target, web);
    expect(everything()).toBe(before);
  });

  it("puts the trial's state to work, and its files nowhere before somebody confirms", async () => {
    const trial = await start(web, 60);
    expect(trial).toMatchObject({ result: "trial", seconds: 60 });
    expect(trial.changed).toEqual(web.files.map(({ path }) => path));
    expect(liveServices()).toContain("443 : 192.168.1.210");
    expect(machine.run("ls -A /etc/network/interfaces.d; ls -d /etc/relay4in6 || true")).toBe("");

    expect(await confirm("0".repeat(32))).toMatchObject({ result: "failed" });
    expect(liveServices()).toContain("443");

    expect(await confirm(trial.token)).toEqual({ result: "kept" });
    const { healthy, files } = await inspect(machine.target, web);
    expect(healthy).toBe(true);
    expect(files).toEqual(Object.fromEntries(web.files.map(({ path, text }) => [path, text])));
  });

  it("writes through no file that somebody put into /tmp", async () => {
    machine.run(`echo precious >/run/precious; perl -e 'for (1..2000) {
      symlink("/run/precious", "/tmp/relay4in6-$_.sh"); symlink("/run/precious", "/tmp/relay4in6-live.$_")
    }'`);
    const there = machine.run("ls /tmp | sort");
    expect((await inspect(machine.target, web)).healthy).toBe(true);
    expect(machine.run("cat /run/precious")).toBe("precious\n");
    expect(machine.run("ls /tmp | sort")).toBe(there);
    machine.run("find /tmp -type l -delete; rm /run/precious");
  });

  it("sets the modes that the bundle says", () => {
    const modes = machine.run(`stat -c '%a %n' ${web.files.map(({ path }) => path).join(" ")}`);
    expect(modes.trim().split("\n")).toEqual(web.files.map(({ mode, path }) => `${mode.slice(1)} ${path}`));
  });

  it("changes nothing where nothing is to be changed", async () => {
    const kept = everything();
    expect((await apply(machine.target, web)).changed).toEqual([]);
    expect(everything()).toBe(kept);
  });

  it("writes one file for a new port, and keeps the tunnel's device", async () => {
    const tunnel = device();
    expect((await apply(machine.target, webAndMail)).changed).toEqual([
      "/etc/relay4in6/services.nft",
      "/etc/relay4in6/sets",
    ]);
    expect(liveServices()).toContain("25 : 192.168.1.211");
    expect(device()).toBe(tunnel);
  });

  it("goes back by itself when nobody confirms", async () => {
    const kept = everything();
    const trial = await start(web, 20);
    expect(trial.result).toBe("trial");
    expect(liveServices()).not.toContain("192.168.1.211");
    await vi.waitFor(() => expect(everything()).toBe(kept), { timeout: 100_000, interval: 200 });
    expect(await confirm(trial.token).catch(() => "no answer")).toBe("no answer");
  });

  it("is confirmed as soon as the new state lets a connection through", async () => {
    wire.cut(2);
    const through = { ...machine.target, port: await wire.port(() => machine) };
    expect((await apply(through, web)).changed).not.toEqual([]);
    expect(wire.count).toBe(3);
    expect((await apply(machine.target, web)).changed).toEqual([]);
    await apply(machine.target, webAndMail);
  });

  it("says that the machine goes back when no second connection reaches it while the trial lasts", async () => {
    const kept = everything();
    const gate = createServer((socket) => {
      gate.close();
      const inner = connect(machine.target.port, "127.0.0.1").on("error", () => socket.destroy());
      socket
        .on("error", () => inner.destroy())
        .pipe(inner)
        .pipe(socket);
    }).listen(0, "127.0.0.1");
    await once(gate, "listening");
    const { port } = gate.address() as AddressInfo;
    const error = await apply({ ...machine.target, port }, web, { watchdog: 5 }).catch((reason) => reason);
    expect(error.faults).toMatchObject([
      { key: "relay", problem: "refuses connections" },
      { key: "relay", problem: expect.stringContaining("goes back by itself within 5 seconds") },
    ]);
    await vi.waitFor(() => expect(everything()).toBe(kept), { timeout: 60_000, interval: 200 });
  });

  it("does not say that it went back when only the confirmation's answer is lost", async () => {
    wire.cut(2, "in its answer");
    const port = await wire.port(() => machine);
    expect(await refusalOf(apply({ ...machine.target, port }, web))).toMatchObject([
      { key: "relay", problem: "was lost while a command ran there" },
      {
        key: "relay",
        problem: expect.stringContaining("it keeps it, or goes back"),
        cure: expect.any(String),
      },
    ]);
    expect((await apply(machine.target, web)).changed).toEqual([]);
    await apply(machine.target, webAndMail);
  });

  it("is refused while another one is on trial, with its holder's name", async () => {
    const trial = await start(web, 60);
    expect(await faultOf(apply(machine.target, web))).toMatchObject({
      key: "relay",
      problem: expect.stringContaining("another run holds this machine: anna's notebook"),
      cure: expect.stringContaining("wait"),
    });
    expect(await confirm(trial.token)).toEqual({ result: "kept" });
  });

  it("takes a trial that is offered while its watch looks at it for no run that ended in its middle", async () => {
    const trial = await start(webAndMail, 300);
    machine.run(`
      cd /run/relay4in6
      setsid sh -c 'sleep 300 & echo $! >/tmp/worker; wait' >/dev/null 2>&1 &
      until [ -s /tmp/worker ]; do sleep 0.1; done
      worker=$(cat /tmp/worker)
      echo "$worker $(sed 's/.*) //' "/proc/$worker/stat" | cut -d ' ' -f 20)" >owner.1
      # Last: the machine's own watch may look at any moment.
      mv offered /tmp/offered
      mkdir -p /tmp/slow
      cat >/tmp/slow/sed <<'END'
#!/bin/sh
# Offers, and ends, while the watch reads whether the run is alive.
if mv /tmp/offered /run/relay4in6/offered 2>/dev/null; then
	kill "$(cat /tmp/worker)"
	while [ -e "/proc/$(cat /tmp/worker)" ]; do sleep 0.1; done
fi
exec /bin/sed "$@"
END
      chmod +x /tmp/slow/sed
      PATH=/tmp/slow:$PATH sh /run/relay4in6/deliver watch >/dev/null 2>&1 &
      for try in $(seq 600); do [ -e /tmp/offered ] || break; sleep 0.1; done
      # A second look is two seconds after the first.
      sleep 4
      kill $!
      [ ! -e /tmp/offered ]`);
    expect(await confirm(trial.token)).toEqual({ result: "kept" });
    await apply(machine.target, web);
  });

  it("mends a file that was changed by hand, and its mode", async () => {
    const edited = `# a\tb \\t "by hand" \\\\ 'too'\n`;
    machine.run(`cat >/etc/relay4in6/sets <<'END'\n${edited}END\nchmod -x /etc/relay4in6/rules`);
    const { files } = await inspect(machine.target, web);
    expect(files["/etc/relay4in6/sets"]).toBe(edited);
    expect((await apply(machine.target, web)).changed).toEqual([
      "/etc/relay4in6/rules",
      "/etc/relay4in6/sets",
    ]);
  });

  it("mends a tunnel that was taken down", async () => {
    machine.run("ip link del wrap1");
    expect((await inspect(machine.target, web)).healthy).toBe(false);
    await apply(machine.target, web);
    expect((await inspect(machine.target, web)).healthy).toBe(true);
  });

  it("keeps the old state when the new one cannot be started", async () => {
    const kept = everything();
    const broken = {
      ...web,
      files: web.files.map((file) =>
        file.path.endsWith("rules.v4") ? { ...file, text: `${file.text}no such table\n` } : file,
      ),
    };
    expect(await faultOf(apply(machine.target, broken))).toMatchObject({
      key: "relay",
      problem: expect.stringMatching(/old (one|state) runs again[^]*rules\.v4|iptables-restore/),
    });
    expect(everything()).toBe(kept);
  });

  it("names what it needs and cannot get, and touches nothing", async () => {
    const kept = everything();
    const greedy = { ...webAndMail, packages: ["ifupdown", "relay4in6-no-such-package"] };
    expect(await faultOf(apply(machine.target, greedy))).toMatchObject({
      problem: expect.stringContaining("could not install relay4in6-no-such-package"),
      cure: expect.stringContaining("by hand"),
    });
    machine.run("mv /etc/network/interfaces /run/interfaces; echo '# empty' >/etc/network/interfaces");
    expect(await faultOf(apply(machine.target, webAndMail))).toMatchObject({
      problem: expect.stringContaining("does not read /etc/network/interfaces.d"),
      cure: expect.stringContaining("source /etc/network/interfaces.d/*"),
    });
    machine.run("mv /run/interfaces /etc/network/interfaces");
    expect(everything()).toBe(kept);
  });

  it("takes over from a run that was killed", async () => {
    machine.run("mkdir /run/relay4in6; echo 99999 >/run/relay4in6/owner.1");
    const kept = everything().replace(/.*\/run\/relay4in6.*\n/g, "");
    expect((await apply(machine.target, web)).changed).toEqual([]);
    expect(everything()).toBe(kept);
  });

  it("touches nothing on a read-only or full file system", async () => {
    const kept = everything();
    machine.run("mount -o remount,ro,bind /etc");
    expect(await faultOf(apply(machine.target, webAndMail))).toMatchObject({
      key: "relay",
      problem: expect.stringContaining("/etc cannot be written"),
      cure: expect.stringContaining("df"),
    });
    machine.run("mount -o remount,rw,bind /etc; dd if=/dev/zero of=/etc/filler bs=1M 2>/dev/null || true");
    expect((await faultOf(apply(machine.target, webAndMail)))?.problem).toContain("No space left");
    machine.run("rm /etc/filler");
    expect(everything()).toBe(kept);
  });

  it("takes nothing away for a name that the machine had before", async () => {
    const renamed = { ...web, name: "another" };
    expect((await apply(machine.target, renamed)).changed).toEqual([]);
    const kept = everything();
    await remove(machine.target, web);
    expect(everything()).toBe(kept);
    expect((await inspect(machine.target, renamed)).healthy).toBe(true);
    expect((await apply(machine.target, web)).changed).toEqual([]);
  });

  it("takes everything away again", async () => {
    await remove(machine.target, web);
    expect(everything()).toBe(before);
  });
});
