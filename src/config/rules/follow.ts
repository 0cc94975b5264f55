import type { Fault } from "../../errors.ts";
import { isDialling } from "./dialling.ts";
import { normalHostKey } from "./hostKey.ts";
import type { Rule } from "./rule.ts";

/** A home end that we set up derives its endpoint from the written prefix: the relay must not go elsewhere. */
export const follow: Rule = ({ homes }) =>
  homes.flatMap((home, index): Fault[] => {
    const { follow, prefix = "auto", end } = home;
    if (isDialling(home)) return [];
    if (typeof follow !== "object" || end === undefined || end === "manual" || prefix === "auto") return [];
    return [
      {
        key: `homes[${index}].follow`,
        value: follow.dns ?? "",
        problem: `is followed by the relay, while the home end stays at the written prefix ${prefix}`,
        cure: "write `prefix: auto`, so that both follow; or `follow: none`",
      },
    ];
  });

/** dbclient, OpenWrt's SSH client, takes the kind of host key that it likes best: any other pinned one never matches. */
export const followHostKey: Rule = ({ homes, relay }) => {
  const told = homes.some(
    (home) =>
      home.end === "openwrt" &&
      (home.prefix ?? "auto") === "auto" &&
      (home.follow ?? "auto") === "auto" &&
      !isDialling(home),
  );
  const [kind] = normalHostKey(relay.hostKey ?? "")?.split(" ") ?? [];
  if (!told || kind === undefined || kind === "ssh-ed25519") return [];
  return [
    {
      key: "relay.hostKey",
      value: kind,
      problem:
        "is of a kind that an OpenWrt home, which tells the relay its prefix over SSH, does not ask for",
      cure: "pin the Ed25519 key: ssh-keyscan -t ed25519 HOST; or write `follow: none` or `follow: {dns: NAME}`",
    },
  ];
};
