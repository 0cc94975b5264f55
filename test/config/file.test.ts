import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfigFile } from "../../src/config/file.ts";
import { parseSpec } from "../../src/config/parse.ts";
import { VisibleError } from "../../src/errors.ts";
import { refusal } from "../refusal.ts";
import { faultsOf, HOST_KEY } from "./examples.ts";

const STACK = `
encryptionsalt: v1:abc
config:
  hcloud:token:
    secure: v1:def
  relay4in6:homes:
    - name: haus
      end: openwrt                     # openwrt | debian | manual
      ssh: {host: 192.168.1.1, hostKey: "${HOST_KEY}"}
      prefix: 2a02:8106:1:2::/64
  relay4in6:services:
    - {port: 8080, to: "192.168.1.212:80", home: haus}
    - {ports: 50000-50100, protocol: both, to: 192.168.1.211}
    - to: 192.168.1.210                # the whole address
`;

const faultOf = (text: string) => refusal(() => readConfigFile(text))[0];

describe("readConfigFile", () => {
  it("reads a stack's file, and the same keys without the namespace alike", () => {
    const { spec } = parseSpec(readConfigFile(STACK));
    expect(spec.homes).toMatchObject([{ name: "haus", prefix: "2a02:8106:1:2::/64" }]);
    expect(spec.services.map(({ kind, to }) => [kind, to])).toEqual([
      ["ports", "192.168.1.212"],
      ["ports", "192.168.1.211"],
      ["whole-address", "192.168.1.210"],
    ]);
    const config = STACK.replaceAll("relay4in6:", "");
    expect(parseSpec(readConfigFile(config)).spec).toEqual(spec);
    const plain = config.slice(config.indexOf("  homes:"));
    expect(parseSpec(readConfigFile(plain)).spec).toEqual(spec);
  });

  it("keeps unknown keys of ours for parseSpec, and leaves those of others out", () => {
    const faults = faultsOf(readConfigFile(`${STACK}  relay4in6:rely: {}\n  aws:region: x\n`));
    expect(faults).toMatchObject([{ key: "rely", cure: "write `relay`" }]);
  });

  it("takes an empty file for a config where everything is missing", () => {
    for (const text of ["", "# nothing\n", "config:\n"]) {
      expect(faultsOf(readConfigFile(text)).map(({ key }) => key)).toEqual(["homes", "services"]);
    }
  });

  it.each([
    ["services: [\n  {to: 1.2.3.4\n", /^line [23], /, /./],
    ["homes:\n  - name: a\n   end: b\n", /^line 3, /, /./],
    ["homes: []\nhomes: []\n", /^line 2, /, /unique/],
    ["services: *nowhere\n", /^line 1, /, /alias/],
    ["just text", /^line 1, /, /group of keys/],
    ["- to: 1.2.3.4\n", /^line 1, /, /group of keys/],
  ])("tells the line of bad YAML: %j", (text, key, problem) => {
    const fault = faultOf(text);
    expect(fault?.key).toMatch(key);
    expect(fault?.problem).toMatch(problem);
    expect(fault?.cure).toMatch(/\S/);
  });

  it("shows no line that could hold a secret", () => {
    const fault = faultOf('config:\n  hcloud:token: "abc\\qdef"\n');
    expect(fault?.key).toMatch(/^line 2/);
    expect(fault?.value).toBeUndefined();
    expect(JSON.stringify(fault)).not.toMatch(/abc|def/);
  });

  it("survives a value that holds itself", () => {
    expect(faultsOf(readConfigFile("homes: &a [*a]\nservices: &b {to: *b}\n")).length).toBeGreaterThan(1);
  });

  it("refuses any text or hands it over, without another crash", () => {
    const part = fc.constantFrom(
      "homes",
      "services",
      "to",
      ":",
      " ",
      "\n",
      "- ",
      "{",
      "}",
      "[",
      "]",
      "&a ",
      "*a",
      '"',
      "<<",
      "|",
      "!!x ",
      "1",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 20 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (yaml) => {
        try {
          parseSpec(readConfigFile(yaml));
        } catch (error) {
          if (!(error instanceof VisibleError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
