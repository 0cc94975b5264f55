import { once } from "node:events";
import fc from "fast-check";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  apply,
  putAuthorizedKeys,
  putPeers,
  readAuthorizedKeys,
  readPeers,
  remove,
  type Session,
  withSession,
} from "../../src/deliver/index.ts";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { authorizedKeys, type Bundle, render } from "../../src/render/index.ts";
import { debianHome, openwrtHome, planOf } from "../render/specs.ts";
import { Sandbox } from "./sandbox/sandbox.ts";
import { Wire } from "./sandbox/wire.ts";

const homes = [
  { ...openwrtHome, prefix: "auto" },
  { ...debianHome, prefix: "auto" },
];
const services = [
  { home: "haus", port: 443, to: "192.168.1.210" },
  { home: "hof", port: 444, to: "192.168.1.210" },
];
const plan = planOf({ homes, services });
const [relay] = render(plan) as [Bundle];
const [first, second] = plan.relay.tunnels.map((tunnel) =>
  tunnel.knownBy === "endpoint" ? tunnel.homeEndpoint : "",
);
const own = plan.relay.endpoint;
const moved = "2001:db8:77:1:231:201:224:144";

let machine: Sandbox;
const key = makeKeyPair();
const asHome = () => ({ ...machine.target, user: "relay4in6", privateKey: key.private });
const endpointOf = (device: string) => machine.run(`cat /var/lib/relay4in6/${device}`).trim();
/** What systemd does on a machine: the path unit starts the service when there is a request. */
let systemd: NodeJS.Timeout;

beforeAll(async () => {
  machine = await Sandbox.start("relay");
  await apply(machine.target, relay);
  await putAuthorizedKeys(machine.target, authorizedKeys({ wrap1: key.public.trim() }));
  systemd = setInterval(() => {
    const requests = machine.run("ls /run/relay4in6-follow/requests 2>/dev/null || true");
    if (requests !== "") machine.run("sh /etc/relay4in6/follow apply");
  }, 200);
});
afterAll(async () => {
  clearInterval(systemd);
  await machine.stop();
});

const say = (address: string) => withSession(asHome(), (session) => session.run(address));
/** A home may ask for another address every few seconds only. */
const whenItMay = () => machine.run("rm -f /run/relay4in6-follow/requests/.asked-*");

describe("a home's key", () => {
  it("leads the tunnel to another prefix, and its packets in", async () => {
    expect(await say(moved)).toMatchObject({ code: 0, stdout: "applied\n" });
    expect(endpointOf("wrap1")).toBe(moved);
    expect(machine.run("cat /run/tunnel-wrap1")).toContain(`remote ${moved} `);
    const admitted = machine.run("ipset list relay4in6-homes");
    expect(admitted).toContain(moved);
    expect(admitted).not.toContain(`${first}\n`);
    expect(machine.run("cat /run/log")).toContain(`wrap1: the home is at ${moved} now, was at ${first}`);
    expect(await say(moved)).toMatchObject({ code: 0, stdout: "unchanged\n" });
  });

  it("takes the address from standard input as well", async () => {
    whenItMay();
    const answer = await withSession(asHome(), (session) => session.run("", `${first}\n`));
    expect(answer).toMatchObject({ code: 0, stdout: "applied\n" });
    expect(endpointOf("wrap1")).toBe(first);
  });

  it("may ask for another address only every few seconds", async () => {
    // When it asked last is put ten minutes on: a busy machine may take longer than those few seconds.
    const mark = "/run/relay4in6-follow/requests/.asked-wrap1";
    expect(machine.run(`cat ${mark}`)).toMatch(/^\d+\n$/);
    machine.run(`echo $(($(cat ${mark}) + 600)) >${mark}`);
    expect(await say(moved)).toMatchObject({ code: 1, stderr: "refused: asked too often\n" });
    expect(endpointOf("wrap1")).toBe(first);
  });

  it("keeps the device: flows in the flow table go on", async () => {
    const index = machine.run("cat /sys/class/net/wrap1/ifindex");
    whenItMay();
    await say(moved);
    whenItMay();
    await say(first as string);
    expect(machine.run("cat /sys/class/net/wrap1/ifindex")).toBe(index);
  });

  it.each([
    ["another home's endpoint", () => second as string, "another home's endpoint"],
    ["the relay's own", () => own, "no endpoint of a home"],
    ["another suffix", () => "2001:db8:77:1::1", "no endpoint of a home"],
    ["another way to write it", () => "2001:0db8:77:1:231:201:224:144", "no endpoint of a home"],
    ["a unique local one", () => "fd00:1:2:3:231:201:224:144", "no endpoint of a home"],
    ["a command", () => "sh -c id", "no IPv6 address"],
    ["two addresses", () => `${moved}\n${moved}`, "no IPv6 address"],
    ["a substitution", () => "$(reboot)", "no IPv6 address"],
    ["an option", () => "-rf /", "no IPv6 address"],
  ])("is refused %s", async (_title, address, reason) => {
    whenItMay();
    const answer = await say(address());
    expect(answer).toMatchObject({ code: 1, stdout: "" });
    expect(answer.stderr).toContain(`refused: that is ${reason}`);
    expect(endpointOf("wrap1")).toBe(first);
  });

  it("is refused a thousand malformed addresses, and the log stays short", async () => {
    const hex = fc.constantFrom(..."0123456789abcdefABCDEF:::.%/ '\"$;`\\\t-");
    const malformed = fc.oneof(
      fc.string({ unit: hex, maxLength: 60 }),
      fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll("\0", "")),
      fc.ipV6().filter((address) => !address.endsWith(":231:201:224:144")),
      fc.constant("2001:db8:1".repeat(2_000)),
    );
    const tries = fc.sample(malformed, { numRuns: 1_000, seed: 1 }).map((text) => text || "x");
    const logged = machine.run("wc -l </run/log");
    await withSession(asHome(), async (session: Session) => {
      for (const text of tries) {
        expect(await session.run(text), JSON.stringify(text)).toMatchObject({ code: 1, stdout: "" });
      }
    });
    expect(endpointOf("wrap1")).toBe(first);
    // One line in ten seconds at the most.
    expect(Number(machine.run("wc -l </run/log")) - Number(logged)).toBeLessThan(100);
  }, 900_000);
});

describe("a home's key opens nothing else", () => {
  /** A connection of its own, without the library that we use ourselves. */
  async function connected<T>(work: (client: ssh2.Client) => Promise<T>): Promise<T> {
    const { host, port, privateKey } = asHome();
    const client = new ssh2.Client();
    client.on("error", () => {});
    client.connect({ host, port, username: "relay4in6", privateKey });
    await once(client, "ready");
    try {
      return await work(client);
    } finally {
      client.end();
    }
  }

  it("no shell", async () => {
    const said = await connected(
      (client) =>
        new Promise<string>((resolve, reject) =>
          client.shell(false, (error, channel) => {
            if (error) return reject(error);
            let text = "";
            channel.on("data", (data: Buffer) => {
              text += data;
            });
            channel.stderr.on("data", (data: Buffer) => {
              text += data;
            });
            channel.on("close", () => resolve(text));
            channel.end("id; echo open\n");
          }),
        ),
    );
    expect(said).toBe("refused: that is no IPv6 address\n");
  });

  it("no terminal", async () => {
    const opened = connected(
      (client) =>
        new Promise((resolve, reject) =>
          client.exec(moved, { pty: true }, (error) => (error ? reject(error) : resolve("a terminal"))),
        ),
    );
    await expect(opened).rejects.toThrow(/pseudo-terminal/i);
  });

  it("no forwarding to anywhere, and none back", async () => {
    const out = connected(
      (client) =>
        new Promise((resolve, reject) =>
          client.forwardOut("127.0.0.1", 1, "127.0.0.1", 22, (error) => (error ? reject(error) : resolve(1))),
        ),
    );
    await expect(out).rejects.toThrow(/prohibited|open failed/i);
    const back = connected(
      (client) =>
        new Promise((resolve, reject) =>
          client.forwardIn("127.0.0.1", 0, (error) => (error ? reject(error) : resolve(1))),
        ),
    );
    await expect(back).rejects.toThrow(/unable to bind|fail/i);
  });

  it("no file transfer", async () => {
    const opened = connected(
      (client) =>
        new Promise((resolve, reject) => client.sftp((error) => (error ? reject(error) : resolve(1)))),
    );
    await expect(opened).rejects.toThrow();
  });

  it("no change of who may log in", () => {
    const asUser = (command: string) =>
      machine.run(
        `setpriv --reuid relay4in6 --regid relay4in6 --clear-groups sh -c '${command}' 2>&1 || true`,
      );
    expect(asUser("echo >>/var/lib/relay4in6/login/.ssh/authorized_keys")).toMatch(/denied/);
    expect(asUser("echo >/var/lib/relay4in6/wrap1")).toMatch(/denied/);
    expect(asUser("sh /etc/relay4in6/follow dns; touch /run/relay4in6-follow/answers/wrap1")).toMatch(
      /denied/,
    );
  });

  it("no file of root's by a link that lies there as a request", async () => {
    machine.run("ln -s /etc/shadow /run/relay4in6-follow/requests/wrap1");
    await vi.waitFor(() => expect(machine.run("ls /run/relay4in6-follow/requests")).toBe(""), 60_000);
    expect(machine.run("cat /run/log; cat /run/relay4in6-follow/answers/*")).not.toContain("root:");
    expect(endpointOf("wrap1")).toBe(first);
  });
});

describe("the relay", () => {
  it("keeps what a home told it when it is delivered to again with the old seed", async () => {
    whenItMay();
    await say(moved);
    expect(await apply(machine.target, relay)).toMatchObject({ changed: [] });
    const other = render(planOf({ homes, services: services.slice(0, 1) }))[0] as Bundle;
    await apply(machine.target, other);
    expect(endpointOf("wrap1")).toBe(moved);
    expect(machine.run("cat /run/tunnel-wrap1")).toContain(`remote ${moved} `);
  });

  it("takes the seed of a home that stands at another's place of the config now", async () => {
    const [swapped] = render(planOf({ homes: homes.toReversed(), services })) as [Bundle];
    await apply(machine.target, swapped);
    expect(["wrap1", "wrap2"].map(endpointOf)).toEqual([second, first]);
    await apply(machine.target, relay);
    expect(["wrap1", "wrap2"].map(endpointOf)).toEqual([first, second]);
  });

  it("keeps who may log in, and whom its tunnels answer, when the connection is cut before all has come", async () => {
    const line = `${authorizedKeys({ wrap1: key.public.trim() })}`;
    machine.run("echo old-key >/var/lib/relay4in6/peer-wrap1");
    const wire = new Wire();
    const through = { ...machine.target, port: await wire.port(() => machine) };
    for (const put of [
      () => putAuthorizedKeys(through, `${line}${line}`),
      () => putPeers(through, { wrap1: `${"A".repeat(43)}=` }),
    ]) {
      wire.cut(1, "at its command's start");
      await expect(put()).rejects.toThrow("was lost while a command ran there");
      // sshd first, which starts the command, then the command.
      for (const one of ["[s]shd", "relay4in6/[l]ogin|peer-[*]"]) {
        const running = `grep -lsE '${one}' /proc/[0-9]*/cmdline || true`;
        await vi.waitUntil(() => machine.run(running) === "", { timeout: 60_000, interval: 50 });
      }
    }
    wire.close();
    expect(await readAuthorizedKeys(machine.target)).toBe(line);
    expect(await readPeers(machine.target)).toEqual({ wrap1: "old-key" });
    machine.run("rm /var/lib/relay4in6/peer-wrap1");
  });

  it("follows a name, as long as what it resolves to is a home's", async () => {
    const named = planOf({
      homes: [
        { name: "feld", end: "manual", prefix: "2001:db8:4::/64", follow: { dns: "feld.example.org" } },
      ],
      services: [{ port: 443, to: "192.168.1.210" }],
    });
    const [bundle] = render(named) as [Bundle];
    await apply(machine.target, bundle);
    const resolve = (...addresses: string[]) => {
      const lines = addresses.map((address) => `${address} feld.example.org`).join("\n");
      machine.run(`printf '%s\\n' '${lines}' >/etc/hosts; sh /etc/relay4in6/follow dns`);
      return endpointOf("wrap1");
    };
    expect(resolve("2001:db8:9:9::1")).toBe("2001:db8:9:9:231:201:224:144");
    expect(resolve("fd00::1", "2001:db8:a:a::1")).toBe("2001:db8:a:a:231:201:224:144");
    expect(resolve("2001:db8:1:1::1", "2001:db8:a:a::2")).toBe("2001:db8:a:a:231:201:224:144");
    expect(resolve("203.0.113.9")).toBe("2001:db8:a:a:231:201:224:144");
    expect(resolve(own)).toBe("2001:db8:a:a:231:201:224:144");
    expect(machine.run("id relay4in6 2>&1 || true")).toMatch(/no such user/);
    await apply(machine.target, relay);
  });

  it("forgets everything at removal: user, units, keys and files", async () => {
    await putAuthorizedKeys(machine.target, authorizedKeys({ wrap1: key.public.trim() }));
    expect(await readAuthorizedKeys(machine.target)).toContain("follow wrap1");
    await remove(machine.target, relay);
    expect(machine.run("id relay4in6 2>&1 || true")).toMatch(/no such user/);
    expect(machine.run("getent group relay4in6 || true")).toBe("");
    const left = "ls -d /run/relay4in6* /var/lib/relay4in6* /etc/*/relay4in6* /etc/systemd/*/*relay4in6*";
    expect(machine.run(`${left} 2>/dev/null || true`)).toBe("");
  });
});
