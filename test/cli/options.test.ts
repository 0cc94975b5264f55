import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ended, listing, relay4in6, temporaryFolder, write } from "./cli.ts";
import { mixed, mixedOptions, shortest, shortestOptions } from "./examples.ts";

const folder = temporaryFolder();
const config = write(folder, "shortest.yaml", shortest);
const out = join(folder, "never");

function render(...words: string[]): Ended {
  return relay4in6("render", "--config", config, ...words);
}

/** The keys that a refusal names; nothing else may be said than such a list, and no stack. */
function refused({ code, stdout, stderr }: Ended): string[] {
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).toContain("nothing was written");
  return [...stderr.matchAll(/^ {2}- (--[\w-]+(?:: [\w.[\]]+(?=:))?|[\w.[\]]+)/gm)].map(
    ([, key]) => key ?? "",
  );
}

describe("render refuses", () => {
  it("every missing option at once", () => {
    expect(refused(render())).toEqual(["--out", "--relay-ipv4", "--relay-prefix", "--home-prefix"]);
  });

  it.each([
    ["--relay-ipv4", "231.201.224"],
    ["--relay-ipv4", "231.201.224.0144"],
    ["--relay-ipv4", "127.0.0.1"],
    ["--relay-ipv4", "2001:db8::1"],
    ["--relay-prefix", "54a0:6231:d015:6ef9::1/64"],
    ["--relay-prefix", "54a0:6231:d015:6ef9::/80"],
    ["--relay-prefix", "fd00::/64"],
    ["--relay-prefix", "2001:db8::/16"],
    ["--home-prefix", "fe80::/64"],
    ["--home-prefix", "2e5b:9a11:b0a8:fdd2::"],
    ["--home-prefix", "hof=2e5b:9a11:b0a8:fdd2::/64"],
    ["--home-prefix", "constructor=2e5b:9a11:b0a8:fdd2::/64"],
    ["--home-prefix", "$(touch pwned)`'\"=2e5b:9a11:b0a8:fdd2::/64"],
    ["--home-prefix", "54a0:6231:d015:6ef9::/64"],
  ])("%s %s, and names the option", (option, value) => {
    const at = shortestOptions.indexOf(option) + 1;
    const ended = render(...shortestOptions.with(at, value), "--out", out);
    expect(refused(ended)).toEqual([option]);
    expect(ended.stderr).toContain(JSON.stringify(value));
  });

  it("faults of config and options together", () => {
    const bad = write(folder, "bad.yaml", shortest.replace("to: 192.168.1.210", "to: 192.168.1.256"));
    const words = ["--relay-ipv4", "no", ...shortestOptions.slice(2), "--out", out];
    expect(refused(relay4in6("render", "--config", bad, ...words))).toEqual([
      "services[0].to",
      "--relay-ipv4",
    ]);
  });

  it("a prefix without a name where there are several homes", () => {
    const several = write(folder, "several.yaml", mixed);
    const words = [...mixedOptions.slice(0, -1), "2001:db8:4:8::/62"];
    const ended = relay4in6("render", "--config", several, ...words, "--out", out);
    expect(refused(ended)).toEqual(["--home-prefix"]);
    expect(ended.stderr).toContain("write NAME=2001:db8:4:8::/62, NAME being one of hof, werk, haus");
  });

  it("an option that contradicts the config", () => {
    const several = write(folder, "several.yaml", mixed);
    const ended = relay4in6(
      "render",
      "--config",
      several,
      ...mixedOptions,
      "--home-prefix",
      "hof=2001:db8:9::/64",
      "--out",
      out,
    );
    expect(refused(ended)).toEqual(["--home-prefix"]);
  });

  it("--out and --stdout together", () => {
    expect(refused(render(...shortestOptions, "--out", out, "--stdout"))).toEqual(["--out"]);
  });

  it("a config file that is not there", () => {
    const ended = relay4in6(
      "render",
      "--config",
      join(folder, "none.yaml"),
      ...shortestOptions,
      "--out",
      out,
    );
    expect(refused(ended)).toEqual(["--config"]);
  });

  it("a home of several words in a facts file, without running any of them", () => {
    const facts = {
      relay: { ipv4: "203.0.113.10", prefix: "2001:db8:1::/64", mtu: 576 },
      homes: {
        haus: {
          prefix: "2001:db8:2::/64",
          mtu: 1492,
          lan: { prefixes: ["192.168.1.1/24"], device: "br-lan; $(reboot)", zone: "lan'" },
          interfaces: ["lan\nwan"],
        },
      },
    };
    const file = write(folder, "hostile.json", JSON.stringify(facts));
    expect(refused(render("--facts", file, "--out", out))).toEqual([
      "--facts: relay.mtu",
      "--facts: homes.haus.lan.device",
      "--facts: homes.haus.lan.zone",
      "--facts: homes.haus.interfaces[0]",
      "--facts",
    ]);
  });

  it("a facts file that is no JSON", () => {
    const file = write(folder, "no.json", "relay: no");
    expect(refused(render("--facts", file, "--out", out))).toEqual(["--facts"]);
  });

  it("a service outside of the LAN that the facts tell", () => {
    const facts = {
      relay: { ipv4: "203.0.113.10", prefix: "2001:db8:1::/64", mtu: 1500 },
      homes: {
        haus: {
          prefix: "2001:db8:2::/64",
          mtu: 1492,
          lan: { prefixes: ["192.168.77.1/24"], device: "br-lan", zone: "lan" },
          interfaces: ["lan"],
          addresses: [],
        },
      },
    };
    const file = write(folder, "elsewhere.json", JSON.stringify(facts));
    expect(refused(render("--facts", file, "--out", out))).toEqual(["services[0].to"]);
  });
});

describe("the folder to write to", () => {
  const toFolder = (name: string, ...words: string[]) =>
    render(...shortestOptions, "--out", join(folder, name), ...words);

  it("keeps files of its own unless forced", () => {
    mkdirSync(join(folder, "own"));
    write(folder, "own/letter.txt", "mine");
    const ended = toFolder("own");
    expect(refused(ended)).toEqual(["--out"]);
    expect(ended.stderr).toContain("letter.txt");
    expect(listing(join(folder, "own"))).toHaveLength(1);
    expect(toFolder("own", "--force").code).toBe(0);
    expect(readFileSync(join(folder, "own/letter.txt"), "utf8")).toBe("mine");
  });

  it("keeps a file that was edited, and takes away what is no longer rendered", () => {
    const several = write(folder, "both.yaml", mixed);
    const target = join(folder, "both");
    expect(relay4in6("render", "--config", several, ...mixedOptions, "--out", target).code).toBe(0);
    expect(toFolder("both").code).toBe(0);
    expect(listing(target).some((line) => line.includes("home-werk"))).toBe(false);
    write(target, "relay/apply.sh", "# edited");
    expect(refused(toFolder("both"))).toEqual(["--out"]);
  });

  it("may not be a file", () => {
    write(folder, "file", "");
    const ended = toFolder("file");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("is a file, not a folder");
  });
});

describe("render of a home that dials", () => {
  const dialling = shortest.replace(
    /^(\s+)(end: openwrt)$/m,
    "$1$2\n$1transport: wireguard\n$1wireguard: {over: ipv4}",
  );

  it("asks for no prefix, and says where the home's endpoint is: nowhere", () => {
    const file = write(folder, "dialling.yaml", dialling);
    const relayOptions = ["--relay-ipv4", "231.201.224.144", "--relay-prefix", "54a0:6231:d015:6ef9::/64"];
    const { code, stdout, stderr } = relay4in6("render", "--config", file, ...relayOptions, "--stdout");
    expect(stderr).not.toMatch(/home/);
    expect(code).toBe(0);
    expect(stdout).toContain("UDP port 24642 in from anywhere");
    expect(stdout).toContain("231.201.224.144:24642");
    expect(stdout).not.toMatch(/undefined|next header 4/);
  });
});
