import { chmodSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { readStack } from "../../src/cli/stack.ts";
import { makeKeyPair } from "../../src/deliver/keyPair.ts";
import { HOST_KEY } from "../config/examples.ts";
import { temporaryFolder, write } from "./cli.ts";

afterEach(() => void vi.unstubAllEnvs());

const folder = temporaryFolder();
const key = write(folder, "key", makeKeyPair().private);
const config = {
  relay: { key },
  homes: [
    { name: "haus", end: "openwrt", ssh: { host: "192.168.1.1", port: 2222, hostKey: HOST_KEY, key } },
    { name: "hof", end: "manual", prefix: "2001:db8:3::/64" },
  ],
  services: [{ port: 443, to: "192.168.1.210", home: "haus" }],
};
const home = {
  prefix: "2001:db8:2::/64",
  mtu: 1492,
  lan: { prefixes: ["192.168.1.1/24"], device: "br-lan", zone: "lan" },
  interfaces: ["lan", "wan6"],
  addresses: ["192.168.1.1"],
};
const access = { host: "2001:db8:1::1", port: 22, user: "root", hostKey: HOST_KEY };
const facts = {
  relay: { ipv4: "203.0.113.7", prefix: "2001:db8:1::/64", mtu: 1500 },
  homes: { haus: home, hof: home },
};
const outputs = { publicIpv4: "203.0.113.7", access, facts };

/** Puts a program in front of PATH that stands for pulumi; it sees its arguments as `$*`. */
function fakePulumi(script: string): void {
  const bin = mkdtempSync(join(folder, "bin-"));
  chmodSync(write(bin, "pulumi", `#!/bin/sh\n${script}\n`), 0o755);
  vi.stubEnv("PATH", `${bin}:${process.env["PATH"]}`);
}

const said = (name: string, value: unknown) => write(folder, name, JSON.stringify(value));
const entries = Object.fromEntries(
  Object.entries(config).map(([name, value]) => [
    `relay4in6:${name}`,
    { value: JSON.stringify(value), objectValue: value, secret: false },
  ]),
);
const configFile = said("config.json", { ...entries, "hcloud:token": { secret: true } });
const outputsFile = said("outputs.json", outputs);
const answering = `case "$*" in
"config --json "*) cat '${configFile}' ;;
"stack output --json "*) cat '${outputsFile}' ;;
esac`;

async function refusal(options: Parameters<typeof readStack>[0] = {}): Promise<string> {
  return readStack(options).then(
    () => "no refusal",
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

describe("a deployed stack", () => {
  it("is read from pulumi: spec, plan, and how to log in to each end", async () => {
    fakePulumi(answering);
    const stack = await readStack({});
    expect(stack.plan.relay.tcp.servers).toEqual([{ ports: "443", value: "192.168.1.210" }]);
    expect(stack.plan.homes[0]?.tunnel.mtu).toBe(1452);
    expect(stack.relay).toMatchObject({ name: "relay", ...access });
    expect(stack.homes).toMatchObject({ haus: { name: "haus", host: "192.168.1.1", port: 2222 } });
    expect(Object.keys(stack.homes)).toEqual(["haus"]);
    for (const { privateKey } of [stack.relay, ...Object.values(stack.homes)])
      expect(privateKey).toContain("PRIVATE KEY");
  });

  it("has the transport that was chosen for a home, and is refused where none was yet", async () => {
    const [haus, hof] = config.homes;
    const file = said("auto.json", { ...config, homes: [{ ...haus, transport: "auto" }, hof] });
    const chosen = { ...home, chosen: { transport: "wireguard", over: "ipv4" } };
    const known = said("chosen.json", {
      ...outputs,
      facts: { ...facts, homes: { haus: chosen, hof: home } },
    });
    const { spec, plan } = await readStack({ config: file, outputs: known });
    expect(spec.homes[0]).toMatchObject({ transport: "wireguard", wireguard: { over: "ipv4" } });
    expect(plan.homes[0]?.tunnel.outer).toEqual({ protocol: "udp", port: 24642, over: "ipv4" });
    const open = await refusal({ config: file, outputs: outputsFile });
    expect(open).toMatch(/homes: haus.*transport: auto[^]*cure: run: pulumi up/);
    const wrong = { ...home, chosen: { transport: "gre6", over: "ipv4" } };
    const other = said("wrong.json", { ...outputs, facts: { ...facts, homes: { haus: wrong, hof: home } } });
    expect(await refusal({ config: file, outputs: other })).toMatch(/homes.haus.chosen/);
  });

  it("is the one that --stack names", async () => {
    fakePulumi(
      `case "$*" in *" --stack other") ;; *) echo "other arguments: $*" >&2; exit 9 ;; esac\n${answering}`,
    );
    expect((await readStack({ stack: "other" })).facts).toEqual(facts);
  });

  it("is read from files without any pulumi, the same", async () => {
    fakePulumi(answering);
    const asked = await readStack({});
    vi.stubEnv("PATH", folder);
    const written = write(
      folder,
      "Pulumi.any.yaml",
      stringify({
        config: Object.fromEntries(
          Object.entries(config).map(([name, value]) => [`relay4in6:${name}`, value]),
        ),
      }),
    );
    expect(await readStack({ config: written, outputs: outputsFile })).toEqual(asked);
  });
});

describe("what is missing is told with its cure", () => {
  it("pulumi itself", async () => {
    vi.stubEnv("PATH", join(folder, "empty"));
    expect(await refusal()).toMatch(/^VisibleError: .*pulumi is not on PATH.*cure: install it/s);
  });

  it.each([
    [
      "error: no stack selected; please use `pulumi stack select` to choose one",
      /no stack is selected.*--stack/s,
    ],
    ["error: no Pulumi.yaml project file found (searching upwards from /)", /has no Pulumi project/],
    ["error: no stack named 'nope' found", /there is no such stack.*pulumi stack ls/s],
    ["error: PULUMI_ACCESS_TOKEN must be set for login", /not logged in.*pulumi login/s],
    ["error: the disk is on fire", /status 6: error: the disk is on fire/],
  ])("where pulumi says: %s", async (words, expected) => {
    fakePulumi(`echo '${words.replaceAll("'", "'\\''")}' >&2; exit 6`);
    expect(await refusal()).toMatch(expected);
  });

  it("outputs, before the first up", async () => {
    fakePulumi(answering.replace(outputsFile, said("none.json", {})));
    expect(await refusal()).toMatch(/has no outputs yet.*cure: run: pulumi up/s);
  });

  it("an up since a home was added", async () => {
    const older = { ...outputs, facts: { ...facts, homes: { haus: home } } };
    fakePulumi(answering.replace(outputsFile, said("older.json", older)));
    expect(await refusal()).toMatch(/homes: hof.*the stack does not yet.*pulumi up/s);
  });

  it("a file of outputs that is none", async () => {
    fakePulumi(answering);
    expect(await refusal({ outputs: write(folder, "no.json", "{") })).toMatch(/--outputs.*is no JSON/s);
    expect(await refusal({ outputs: join(folder, "nowhere") })).toMatch(/--outputs.*does not exist/s);
  });

  it("the operator's private key", async () => {
    const elsewhere = said("elsewhere.json", {
      ...entries,
      "relay4in6:relay": { objectValue: { key: join(folder, "gone") } },
    });
    fakePulumi(answering.replace(configFile, elsewhere));
    expect(await refusal()).toMatch(/ssh\.key.*does not exist/s);
  });
});
