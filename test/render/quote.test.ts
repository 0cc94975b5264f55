import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainWords, quote } from "../../src/render/quote.ts";

const shells = { dash: ["sh"], "busybox ash": ["busybox", "ash"] };

/** What a real shell makes of each word: one process for all of them, each ended by a NUL. */
function wordsOf([command, ...args]: string[], quoted: readonly string[]): string[] {
  const script = quoted.map((word) => `printf '%s\\0' ${word}`).join("\n");
  const output = execFileSync(command as string, [...args, "-c", script], { maxBuffer: 1e8 });
  return output.toString("utf8").split("\0").slice(0, -1);
}

/** Any text but NUL, which no argument can hold; much of it made of what shells read something into. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll("\0", "")),
  fc.string({ unit: fc.constantFrom(..."'\"\\$`!*?~#&|;<>()[]{} \t\n\r=-a"), maxLength: 20 }),
);

describe("quote", () => {
  it("leaves plain text bare and quotes the rest", () => {
    expect(quote("192.168.1.210")).toBe("192.168.1.210");
    expect(quote("0x1000000/0xff000000")).toBe("0x1000000/0xff000000");
    expect(quote(1452)).toBe("1452");
    expect(quote("")).toBe("''");
    expect(quote("two words")).toBe("'two words'");
    expect(quote("it's")).toBe("'it'\\''s'");
  });

  it.each(Object.entries(shells))("makes one word of any text, as %s reads it", (_name, shell) => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 50, maxLength: 100 }), (texts) => {
        expect(wordsOf(shell, texts.map(quote))).toEqual(texts);
      }),
      { numRuns: 5 },
    );
  });

  it.each(Object.entries(shells))("lets %s run nothing", (_name, shell) => {
    const hostile = [`$(reboot)'"`, "`reboot`", "a; reboot", "a\nreboot", "'$(reboot)'", "~root", "-n", "*"];
    expect(wordsOf(shell, hostile.map(quote))).toEqual(hostile);
  });
});

describe("plainWords", () => {
  it("lets words and the blanks between them pass", () => {
    expect(plainWords("meta mark set tcp dport map @tcp_marks")).toBe(
      "meta mark set tcp dport map @tcp_marks",
    );
    expect(plainWords(42)).toBe("42");
  });

  it.each([`$(reboot)'"`, "a\nup reboot", "a;b", "", " ", "a\tb", "a\\", "#a", "ä"])(
    "refuses %j, which no format would take as it is",
    (text) => {
      expect(() => plainWords(text)).toThrow(JSON.stringify(text));
    },
  );
});
