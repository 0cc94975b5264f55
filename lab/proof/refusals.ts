/**
 * Proofs of what is told when an end cannot be set up: one clear message with the end's name and the cure, an exit
 * status that is not 0, no stack trace, and the end as it was.
 */
import { readFile, writeFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { keyPair } from "../machine/keys.ts";
import { INTERNET, LAN } from "../network/topology.ts";
import type { Place, Places } from "./places.ts";
import type { Report } from "./proof.ts";
import { CONFIG_FILE, type Pulumi, type ServiceConfig, STACK } from "./stack.ts";

/** Something that is wrong, and what `pulumi up` has to say about it. */
interface Refusal {
  readonly name: string;
  /** The end's name, and words of the problem and of its cure. */
  readonly says: readonly string[];
  /** Brings it about. @returns what undoes it */
  arrange(places: Places): Promise<() => Promise<unknown>>;
}

/** The router's package feed is away at its first `up`, which then lacks what the tunnel needs. */
export const withoutFeed: Refusal = {
  name: "a router without the kernel module, and no feed to get it from",
  says: ["haus", "could not install", "ip-full", "package feed"],
  arrange: ({ home }) => onMachine(home, "touch /usr/lib/lab/no-feed", "rm /usr/lib/lab/no-feed"),
};

const refusals: readonly Refusal[] = [
  {
    name: "a changed host key",
    says: ["haus", "another host key", "ssh-keyscan"],
    arrange: async () => {
      const { publicKey } = await keyPair("some-other-host");
      return withConfig((config) => {
        config.homes[0].ssh.hostKey = publicKey;
      });
    },
  },
  {
    name: "a refused login",
    says: ["zwei", "refuses the login of root", "authorized_keys"],
    arrange: async () => {
      const { file } = await keyPair("some-other-operator");
      return withConfig((config) => {
        config.homes[1].ssh.key = file;
      });
    },
  },
  {
    name: "a home that is off",
    says: ["zwei", "cannot be reached", "in its network"],
    arrange: ({ operator }) => {
      const route = "ip -6 route";
      return onMachine(
        operator,
        `${route} add unreachable fd42:0:0:2::/64 metric 1`,
        `${route} del fd42:0:0:2::/64 metric 1`,
      );
    },
  },
  {
    name: "no IPv6 at the operator's place",
    says: ["relay", "there is no route to it", "management.over"],
    arrange: async ({ operator }) => {
      const undo = await withNewService();
      const route = `via ${INTERNET.operator.gateway6}`;
      await operator.say(`ip -6 route del default ${route}`);
      return async () => {
        await operator.say(`ip -6 route add default ${route}`);
        await undo();
      };
    },
  },
  {
    name: "a full disk",
    says: ["zwei", "No space left on device", "df -h"],
    arrange: async ({ home2 }) => {
      const undo = await withNewService();
      const away = await onMachine(
        home2,
        // As much as root may have, without writing it; the rest, smaller than a block group, is written.
        "fallocate -l $(stat -f -c '%f' / | awk '{ print $1 * 4096 - 4194304 }') /full; dd if=/dev/zero of=/full.rest bs=4k 2>/dev/null; true",
        "rm -f /full /full.rest",
      );
      return () => Promise.all([away(), undo()]);
    },
  },
  {
    name: "a read-only file system",
    says: ["zwei", "Read-only file system", "dmesg"],
    arrange: async ({ home2 }) => {
      const undo = await withNewService();
      const away = await onMachine(
        home2,
        "mount --bind /etc /etc && mount -o remount,bind,ro /etc",
        "umount /etc",
      );
      return () => Promise.all([away(), undo()]);
    },
  },
];

/** Each refusal in turn; what the Debian home keeps stays as it is through all of them. */
export async function proveRefusals(report: Report, pulumi: Pulumi, places: Places): Promise<void> {
  const kept = "cd /etc/relay4in6 && sha256sum * | sha256sum; iptables-save -t mangle | grep -c RELAY4IN6";
  const before = await places.home2.say(kept);
  for (const refusal of refusals) await proveRefusal(report, pulumi, places, refusal);
  const after = await places.home2.say(kept);
  await report.add({
    name: "nothing was half applied by any of them",
    ok: after === before,
    measured: after === before ? "the same" : `${before} | ${after}`,
    expected: "the same",
  });
  await pulumi.up();
}

/** Brings it about, runs `up`, and undoes it, whatever came of it. */
export async function proveRefusal(
  report: Report,
  pulumi: Pulumi,
  places: Places,
  { name, says, arrange }: Refusal,
): Promise<void> {
  const undo = await arrange(places);
  try {
    const { status, stdout, stderr } = await pulumi.attempt([
      "up",
      "--yes",
      "--skip-preview",
      "--stack",
      STACK,
    ]);
    const said = `${stdout}\n${stderr}`;
    const missing = says.filter((words) => !said.includes(words));
    const hasStack = /^\s+at .*\.ts:\d+/m.test(said);
    await report.add({
      name: `up says what to do: ${name}`,
      ok: status !== 0 && missing.length === 0 && !hasStack,
      measured:
        status === 0
          ? "it went on"
          : missing.length === 0 && !hasStack
            ? says.join(", ")
            : said.slice(-1500).replaceAll("\n", " | "),
      expected: says.join(", "),
    });
  } finally {
    await undo();
  }
}

async function onMachine(place: Place, command: string, undo: string): Promise<() => Promise<unknown>> {
  await place.say(command);
  return () => place.say(undo);
}

interface Config {
  homes: [Home, Home];
  services: ServiceConfig[];
}
interface Home {
  ssh: { hostKey: string; key: string };
}

/** A service more, so that there is something to deliver to the relay and to the Debian home. */
function withNewService(): Promise<() => Promise<unknown>> {
  return withConfig((config) => {
    config.services.unshift({ port: 9444, to: LAN.server, home: "zwei" });
  });
}

/** Changes the stack's config. @returns what puts the old one back */
async function withConfig(change: (config: Config) => void): Promise<() => Promise<unknown>> {
  const text = await readFile(CONFIG_FILE, "utf8");
  const file = parse(text);
  const config = { homes: file.config["relay4in6:homes"], services: file.config["relay4in6:services"] };
  change(config);
  await writeFile(CONFIG_FILE, stringify(file));
  return () => writeFile(CONFIG_FILE, text);
}
