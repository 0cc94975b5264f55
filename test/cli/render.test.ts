import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseSpec, readConfigFile } from "../../src/config/index.ts";
import { plan } from "../../src/plan/index.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { isInstalled, listing, relay4in6, temporaryFolder, write } from "./cli.ts";
import { mixed, mixedOptions, shortest, shortestOptions } from "./examples.ts";

const folder = temporaryFolder();
const out = join(folder, "out");

describe("the shortest config, as the README shows it", () => {
  beforeAll(() => {
    const config = write(folder, "Pulumi.dev.yaml", shortest);
    const { code, stderr } = relay4in6("render", "--config", config, ...shortestOptions, "--out", out);
    expect(stderr).toMatch(/^warning: --relay-ipv4/);
    expect(code).toBe(0);
  });

  it("is a tree for each machine, with modes, scripts and steps", () => {
    expect(listing(out)).toMatchSnapshot();
  });

  it("has the steps in order, with a check after each", () => {
    expect(readFileSync(join(out, "README.md"), "utf8")).toMatchSnapshot();
  });

  it("derives both endpoints", () => {
    const endpoint = readFileSync(join(out, "home-haus/etc/relay4in6/endpoint"), "utf8");
    expect(endpoint).toBe("2e5b:9a11:b0a8:fdd2:231:201:224:144\n");
    expect(readFileSync(join(out, "README.md"), "utf8")).toContain("54a0:6231:d015:6ef9:231:201:224:144");
  });

  it("holds no secret of the stack file", () => {
    const found = execFileSync("sh", ["-c", `grep -rl -e AAABAEx -e hcloud "${out}" || true`], {
      encoding: "utf8",
    });
    expect(found).toBe("");
  });

  it("is the same when rendered again from its own facts.json, and assumes nothing then", () => {
    const texts = () =>
      listing(out)
        .map((line) => line.slice(4))
        .filter((path) => path !== ".relay4in6")
        .map((path) => [path, readFileSync(join(out, path), "utf8")]);
    const { "README.md": assumed, ...before } = Object.fromEntries(texts());
    const words = ["--config", join(folder, "Pulumi.dev.yaml"), "--facts", join(out, "facts.json")];
    expect(relay4in6("render", ...words, "--out", out).code).toBe(0);
    const { "README.md": told, ...after } = Object.fromEntries(texts());
    expect(after).toEqual(before);
    expect(assumed).toContain("the LAN's device is br-lan");
    expect(told).toContain("Nothing: all of it was told.");
  });
});

describe("transport: auto", () => {
  it("is what the facts say it came to, and assumed without them", () => {
    const auto = shortest.replace("end: openwrt", "end: openwrt\n      transport: auto");
    const words = ["render", "--config", write(folder, "Pulumi.auto.yaml", auto), "--out"];
    const [assumed, told] = ["assumed", "told"].map((name) => join(folder, name)) as [string, string];
    expect(relay4in6(...words, assumed, ...shortestOptions).code).toBe(0);
    expect(readFileSync(join(assumed, "README.md"), "utf8")).toContain(
      "haus: nobody has probed which tunnel gets through, so it is ipip6",
    );
    const facts = JSON.parse(readFileSync(join(assumed, "facts.json"), "utf8"));
    facts.homes.haus.chosen = { transport: "gre6" };
    const file = write(folder, "chosen.json", JSON.stringify(facts));
    expect(relay4in6(...words, told, "--facts", file).code).toBe(0);
    expect(readFileSync(join(told, "home-haus/etc/relay4in6/link-wrap1gre"), "utf8")).toContain("ip6gre");
    expect(readFileSync(join(told, "README.md"), "utf8")).not.toContain("nobody has probed");
  });
});

describe("every kind of end", () => {
  const all = join(folder, "all");

  beforeAll(() => {
    const config = write(folder, "mixed.yaml", mixed);
    expect(relay4in6("render", "--config", config, ...mixedOptions, "--out", all).code).toBe(0);
  });

  it("has steps for each, in the order of the config", () => {
    expect(readFileSync(join(all, "README.md"), "utf8")).toMatchSnapshot();
  });

  it("has instructions in place of files for a manual home", () => {
    expect(listing(join(all, "home-hof"))).toEqual(["644 README.md"]);
    expect(readFileSync(join(all, "home-hof/README.md"), "utf8")).toMatchSnapshot();
  });

  it("has, to the byte and mode, what up pushes for the same facts", () => {
    const bundles = bundlesOf(mixed, join(all, "facts.json"));
    expect(bundles.map(({ name }) => name)).toEqual(["relay", "werk", "haus"]);
    for (const { name, files, state } of bundles) {
      for (const { path, mode, text } of [...files, ...state]) {
        const written = join(all, name === "relay" ? name : `home-${name}`, path);
        expect(readFileSync(written, "utf8")).toBe(text);
        expect((statSync(written).mode & 0o777).toString(8)).toBe(Number(mode).toString());
      }
    }
  });

  const scripts = ["relay", "home-werk", "home-haus"].flatMap((end) => [
    `${end}/apply.sh`,
    `${end}/remove.sh`,
  ]);

  it.each(scripts)("%s is right for every shell that reads it", (script) => {
    const path = join(all, script);
    execFileSync("sh", ["-n", path]);
    if (isInstalled("busybox")) execFileSync("busybox", ["ash", "-n", path]);
  });

  it.runIf(isInstalled("shellcheck")).each(scripts)("%s has nothing that shellcheck finds", (script) => {
    execFileSync("shellcheck", ["-s", "dash", join(all, script)], { encoding: "utf8" });
  });

  it("differs between apply.sh and remove.sh in what they do without a word", () => {
    const text = (script: string) => readFileSync(join(all, "relay", script), "utf8").split("\n");
    const remove = text("remove.sh");
    expect(text("apply.sh").filter((line, index) => line !== remove[index])).toEqual(["default_verb=apply"]);
    expect(remove).toContain("default_verb=remove");
  });
});

it("prints the files with --stdout, and writes none", () => {
  const config = write(folder, "stdout.yaml", shortest);
  const { code, stdout } = relay4in6("render", "--config", config, ...shortestOptions, "--stdout");
  expect(code).toBe(0);
  const names = stdout.split("\n").filter((line) => /^==> .* <==$/.test(line));
  expect(names).toEqual(
    expect.arrayContaining(["==> README.md (0644) <==", "==> relay/etc/relay4in6/rules (0755) <=="]),
  );
  expect(stdout).toContain(readFileSync(join(out, "relay/etc/relay4in6/services.nft"), "utf8"));
});

function bundlesOf(config: string, facts: string): Bundle[] {
  const { spec } = parseSpec(readConfigFile(config));
  return render(plan(spec, JSON.parse(readFileSync(facts, "utf8"))));
}
