import { expect, test } from "vitest";
import { median, quantile, ratio } from "../../../lab/bench/ratios.ts";

test("the median is the middle one, whatever the order", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2);
  expect(() => median([])).toThrow("median of nothing");
});

test("a quantile is the nearest rank", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(quantile(hundred, 0.99)).toBe(99);
  expect(quantile(hundred, 0.5)).toBe(50);
  expect(quantile([7], 0.99)).toBe(7);
});

test("a ratio is taken within each round: one round that is slow for all does not count", () => {
  const rounds = [
    { a: { speed: 10 }, b: { speed: 20 } },
    { a: { speed: 1 }, b: { speed: 2 } },
    { a: { speed: 10 }, b: { speed: 5 } },
  ];
  expect(ratio(rounds, "speed", "a", "b")).toBe(0.5);
});

test("there is no ratio of what was not measured", () => {
  const rounds = [{ tcpOnly: { tcp: 1 }, plain: { tcp: 2, udp: 4 } }];
  expect(ratio<"tcpOnly" | "plain", "tcp" | "udp">(rounds, "udp", "tcpOnly", "plain")).toBeUndefined();
  expect(ratio<"tcpOnly" | "plain", "tcp" | "udp">(rounds, "tcp", "tcpOnly", "plain")).toBe(0.5);
});
