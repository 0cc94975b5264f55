import { describe, expect, it } from "vitest";
import { tcpMss, tunnelMtu } from "../../src/plan/mtu.ts";

describe("the tunnel's MTU and the MSS", () => {
  it.each([
    { lines: [1500, 1500], mtu: 1460, mss: 1420 },
    { lines: [1500, 1492], mtu: 1452, mss: 1412 },
    { lines: [1492, 1500], mtu: 1452, mss: 1412 },
    { lines: [9000, 1500], mtu: 1460, mss: 1420 },
  ])("are $mtu and $mss between lines of $lines", ({ lines, mtu, mss }) => {
    expect(tunnelMtu(lines, 40)).toBe(mtu);
    expect(tcpMss(mtu)).toBe(mss);
  });
});
