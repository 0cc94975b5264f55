import { parseSpec } from "../../src/config/parse.ts";
import type { Fault } from "../../src/errors.ts";
import { refusal } from "../refusal.ts";

export const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

type Group = Record<string, unknown>;

/** A right home, with what a test wants to be different. */
export const home = (change: Group = {}): Group => ({
  name: "haus",
  end: "openwrt",
  ssh: { host: "192.168.1.1", hostKey: HOST_KEY },
  ...change,
});

/** A right second home that nobody logs in to. */
export const manualHome = (change: Group = {}): Group => ({
  name: "hof",
  end: "manual",
  prefix: "2a02:8106:1:2::/64",
  ...change,
});

/** A right config with one service: the whole address. */
export const config = (change: Group = {}): Group => ({
  homes: [home()],
  services: [{ to: "192.168.1.210" }],
  ...change,
});

/** The same with these services. */
export const serving = (...services: unknown[]): Group => config({ services });

/** The faults that a config is refused with; the test fails when it is not refused. */
export function faultsOf(raw: unknown): Fault[] {
  return refusal(() => parseSpec(raw));
}
