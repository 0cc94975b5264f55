import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Answer, Session } from "../../src/deliver/session.ts";
import { VisibleError } from "../../src/errors.ts";
import { type Candidate, firstThatWorks, likelyCure, outcomeLines, probeAll } from "../../src/probe/index.ts";
import { choiceName } from "../../src/transports/candidates.ts";
import { autoHome, candidatesOf } from "./examples.ts";

const all = candidatesOf(autoHome());

/** What an end that is not there says to the words of a script: a probe crosses, unless a test says otherwise. */
class End implements Session {
  readonly told: string[] = [];
  readonly #says: (words: string, script: string) => Partial<Answer> | undefined;

  constructor(says: (words: string, script: string) => Partial<Answer> | undefined = () => undefined) {
    this.#says = says;
  }

  async run(command: string, script = ""): Promise<Answer> {
    const words = command.replace('sh -c "$(cat)" probe ', "");
    this.told.push(words);
    const [verb = ""] = words.split(" ");
    const usual = { begin: "token t-1\nkey abc=\n", ask: "3\n", received: "0\n" }[verb] ?? "";
    return { code: 0, stdout: usual, stderr: "", ...this.#says(words, script) };
  }
}

const isOf = (script: string, word: string) => script.includes(word);

describe("a probe", () => {
  it("is over as soon as a transport works, and has taken back what it made", async () => {
    const [relay, home] = [new End(), new End()];
    const outcomes = await firstThatWorks({ relay, home }, all);
    expect(outcomes.map(choiceName)).toEqual(["ipip6"]);
    for (const end of [relay, home]) expect(end.told.at(-1)).toBe("finish t-1");
  });

  it("goes past what an end lacks, and installs it only where nothing else works", async () => {
    let installed = false;
    const home = new End((words, script) => {
      if (words === "look" && isOf(script, "ip6_tunnel") && !installed)
        return { stdout: "lacks kmod-ip6-tunnel\n" };
      if (words === "install") installed = true;
      return undefined;
    });
    const outcomes = await firstThatWorks({ relay: new End(), home }, all);
    expect(outcomes.map(({ works }) => works)).toEqual([false, true]);
    expect(outcomes[0]?.says).toBe("the router of haus has no kmod-ip6-tunnel");
    expect(home.told).not.toContain("install");

    const deaf = new End((words) => (words.startsWith("ask") && !installed ? { stdout: "0\n" } : undefined));
    const later = await firstThatWorks({ relay: deaf, home: mute(home, () => installed) }, all);
    expect(home.told).toContain("install");
    expect(choiceName(later.at(-1)!)).toBe("ipip6");
    expect(later.at(-1)?.works).toBe(true);
  });

  it("installs nothing when all are only looked at", async () => {
    const home = new End((words) => (words === "look" ? { stdout: "lacks wireguard-tools\n" } : undefined));
    const outcomes = await probeAll({ relay: new End(), home }, all);
    expect(outcomes).toHaveLength(all.length);
    expect(home.told.every((words) => words === "look")).toBe(true);
    expect(likelyCure(outcomes)).toContain("install what an end lacks");
  });

  it("asks through the tunnel in use, which it does not touch", async () => {
    const used = () => new End((words) => (words === "look" ? { stdout: "used\n" } : undefined));
    const [relay, home] = [used(), used()];
    const [outcome] = await probeAll({ relay, home }, all.slice(0, 1));
    expect(outcome).toMatchObject({ works: true, inUse: true });
    expect([...relay.told, ...home.told].filter((words) => /^(begin|finish|meet)/.test(words))).toEqual([]);
    expect(home.told).toContain("ask wrap1 169.254.46.0 56");
  });

  it("takes another port where the first is taken, on both ends", async () => {
    const relay = new End((words, script) =>
      words === "begin" && isOf(script, "24642") && !isOf(script, "24842")
        ? { code: 2, stderr: "RTNETLINK answers: Address already in use\n", stdout: "token t-0\n" }
        : undefined,
    );
    const scripts: string[] = [];
    const home = new End((words, script) => {
      if (words === "begin") scripts.push(script);
      return undefined;
    });
    const [outcome] = await probeAll({ relay, home }, all.slice(2, 3));
    expect(outcome?.works).toBe(true);
    expect(scripts.join()).toContain("]:24842'");
  });

  it("says why a tunnel cannot be made, by the machine's last words", async () => {
    const home = new End((words) =>
      words === "begin" ? { code: 1, stdout: "token t-1\n", stderr: "a\nno buffer space\n" } : undefined,
    );
    const relay = new End();
    const [outcome] = await probeAll({ relay, home }, all.slice(0, 1));
    expect(outcome?.says).toBe("the router of haus cannot make the tunnel: no buffer space");
    expect(relay.told.at(-1)).toBe("finish t-1");
  });

  it("waits for its turn where somebody else probes, and chooses nothing else because of that", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const busyUntil = (milliseconds: number) => {
      const end = Date.now() + milliseconds;
      return new End((words) => (words === "begin" && Date.now() < end ? { stdout: "busy\n" } : undefined));
    };
    const broken = firstThatWorks({ relay: busyUntil(125_000), home: new End() }, all);
    await vi.advanceTimersByTimeAsync(130_000);
    expect((await broken).map(choiceName)).toEqual(["ipip6"]);

    const relay = new End();
    const lasting = firstThatWorks({ relay, home: busyUntil(200_000) }, all);
    const refused = expect(lasting).rejects.toThrow(/haus[^]*probed by somebody else[^]*run again/);
    await vi.advanceTimersByTimeAsync(200_000);
    await refused;
    expect(relay.told.filter((words) => words === "begin")).toHaveLength(1);
    expect(relay.told.at(-1)).toBe("finish t-1");
  });

  it("is taken back where an end is lost meanwhile, as far as the other goes", async () => {
    const lost = new VisibleError({ key: "haus", problem: "was lost", cure: "run again" });
    const home = new End((words) => {
      if (words.startsWith("ask")) throw lost;
      return undefined;
    });
    const relay = new End();
    await expect(probeAll({ relay, home }, all.slice(0, 1))).rejects.toBe(lost);
    expect(relay.told.at(-1)).toBe("finish t-1");
  });

  it("asks over IPv6, too, where the home is to have it, and goes past what carries IPv4 only", async () => {
    const both = candidatesOf(autoHome({ ipv6: true }));
    const home = new End((words, script) =>
      words.startsWith("ask") && words.includes("fe80::1%probe4in6-1") && isOf(script, "mode any")
        ? { stdout: "0\n" }
        : undefined,
    );
    const outcomes = await firstThatWorks({ relay: new End(), home }, both);
    expect(outcomeLines(outcomes)).toEqual([
      "ipip6  no     IPv4 crosses, IPv6 does not: nothing gets from the router of haus to the relay",
      "gre6   works  small packets and packets of 1456 bytes cross both ways, IPv6 too",
    ]);
  });

  it("does not try what the home's line cannot have", async () => {
    const candidates: Candidate[] = [{ transport: "ipip6", problem: "no prefix" }, ...all.slice(1)];
    const outcomes = await firstThatWorks({ relay: new End(), home: new End() }, candidates);
    expect(outcomeLines(outcomes)).toEqual([
      "ipip6  no     no prefix",
      "gre6   works  small packets and packets of 1456 bytes cross both ways",
    ]);
  });
});

/** An end whose requests are not answered until something has happened. */
function mute(end: End, until: () => boolean): Session {
  return {
    run: async (command, script) => {
      const answer = await end.run(command, script);
      return command.includes(" probe ask") && !until() ? { ...answer, stdout: "0\n" } : answer;
    },
  };
}
