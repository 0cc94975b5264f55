import type { Fault } from "../../errors.ts";
import { isPort, portPair } from "../ports.ts";
import type { Rule } from "./rule.ts";

function faultOf(key: string, value: string): Fault[] {
  const pair = portPair(value);
  if (!pair) {
    const [, only] = /^\s*(\d{1,5})\s*$/.exec(value) ?? [];
    const cure = only ? `write \`port: ${only}\`` : "write FIRST-LAST, for example 50000-50100";
    return [{ key, value, problem: "is no range of ports", cure }];
  }
  const { first, last } = pair;
  if (!isPort(first) || !isPort(last)) {
    return [{ key, value, problem: "has a port outside 1 to 65535", cure: "write ports from 1 to 65535" }];
  }
  if (first <= last) return [];
  return [{ key, value, problem: "is a range backwards", cure: `write ${last}-${first}` }];
}

/** `ports` is FIRST-LAST, upwards, within 1 to 65535. */
export const portRange: Rule = ({ services }) =>
  services.flatMap(({ ports }, index) =>
    ports === undefined ? [] : faultOf(`services[${index}].ports`, ports),
  );
