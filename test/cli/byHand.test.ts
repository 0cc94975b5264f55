import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { Sandbox } from "../deliver/sandbox/sandbox.ts";
import { ByHand } from "./byHand.ts";
import { listing, temporaryFolder } from "./cli.ts";

const login = makeKeyPair();
const folders = [temporaryFolder(), temporaryFolder()] as const;

describe("a relay by hand", () => {
  let machine: Sandbox;
  let hand: ByHand;

  beforeAll(async () => {
    machine = await Sandbox.start("relay", { login });
    const { host, port, hostKey } = machine.target;
    const config = {
      relay: { provider: "existing", host, port, hostKey },
      homes: [{ name: "hof", end: "manual", prefix: "2001:db8:2::/64" }],
      services: [{ port: 443, to: "192.168.178.20" }],
    };
    hand = new ByHand(folders[0], config, [machine], login);
  });
  afterAll(() => machine.stop());

  it("sends the script, tries the new state, and keeps it as it is told", async () => {
    expect(await hand.keep(hand.blocks[0], hand.blocks[1])).toBe('{"result":"kept"}\n');
  });

  it("finds the end healthy, and a second run changes nothing", async () => {
    expect((await hand.run(hand.blocks[2])).stdout).toBe('"healthy":true\n');
    expect((await hand.run(hand.blocks[0])).stdout).toBe('{"result":"unchanged"}\n');
  });

  it("has put every file of the tree where the tree has it", async () => {
    const files = listing(join(hand.out, "relay")).filter((line) => !line.endsWith(".sh"));
    expect(files.length).toBeGreaterThan(5);
    for (const line of files) {
      const path = line.slice(4);
      expect(machine.run(`cat /${path}`)).toBe(readFileSync(join(hand.out, "relay", path), "utf8"));
      if (!path.startsWith("var/"))
        expect(machine.run(`stat -c '%a' /${path}`).trim()).toBe(line.slice(0, 3));
    }
  });

  it("takes it away again, and leaves nothing", async () => {
    const { stderr } = await hand.run(hand.blocks.at(-2));
    const [, token = stderr] = / confirm (\w+)$/m.exec(stderr) ?? [];
    expect((await hand.run(hand.blocks.at(-1)?.replace("TOKEN", token))).stdout).toBe(
      '{"result":"removed"}\n',
    );
    const left = machine.run("find /etc /var/lib -path '*relay4in6*'; ip -o link show wrap1 2>&1 || true");
    expect(left).toBe('Device "wrap1" does not exist.\n');
  });
});

describe("two ends that know each other by key, by hand", () => {
  let relay: Sandbox;
  let home: Sandbox;
  let hand: ByHand;
  const peers = (machine: Sandbox) => machine.run("wg show wrap1wg peers").trim();

  beforeAll(async () => {
    [relay, home] = await Promise.all([Sandbox.start("relay", { login }), Sandbox.start("hof", { login })]);
    const sshOf = ({ target: { host, port, hostKey } }: Sandbox) => ({ host, port, hostKey });
    const config = {
      relay: { provider: "existing", ...sshOf(relay) },
      homes: [{ name: "hof", end: "debian", transport: "wireguard", ssh: sshOf(home) }],
      services: [{ port: 443, to: "192.168.178.20" }],
    };
    hand = new ByHand(folders[1], config, [relay, home], login);
    for (const [send, confirm] of [hand.blocks.slice(0, 2), hand.blocks.slice(3, 5)])
      expect(JSON.parse(await hand.keep(send, confirm)).result).toBe("kept");
  });
  afterAll(() => Promise.all([relay.stop(), home.stop()]));

  it("are told each other's public key", async () => {
    expect([peers(relay), peers(home)]).toEqual(["", ""]);
    expect((await hand.run(hand.blocks[6])).code).toBe(0);
    const own = (machine: Sandbox) => machine.run("cat /var/lib/relay4in6/keys/wireguard.pub").trim();
    expect([peers(relay), peers(home)]).toEqual([own(home), own(relay)]);
  });

  it("are healthy then", async () => {
    for (const block of [2, 5]) expect((await hand.run(hand.blocks[block])).stdout).toBe('"healthy":true\n');
  });
});
