/**
 * The stack that the lab deploys: the real Pulumi on the real program, in the operator's namespace.
 */
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Outcome } from "../command.ts";
import { keyPair } from "../machine/keys.ts";
import { debianHomeHost } from "../network/debian-home.ts";
import { type Home, LAN } from "../network/topology.ts";
import { LAB } from "../places.ts";
import { attemptAsOperator } from "./operator.ts";

/** Name of the stack. */
export const STACK = "lab";

/** The folder of the program. */
const PROJECT = join(LAB, "..");

/** The stack's config, where Pulumi looks for it; not in git, and gone with `lab down`. */
export const CONFIG_FILE = join(PROJECT, `Pulumi.${STACK}.yaml`);

/** A service as the config has it. */
export type ServiceConfig = Readonly<Record<string, unknown>>;

/** Every kind of service, over two homes with one LAN prefix. */
export const SERVICES: readonly ServiceConfig[] = [
  { port: 443, to: LAN.server, home: "haus" },
  { port: 51820, protocol: "udp", to: LAN.server2, home: "haus" },
  { ports: "50000-50010", protocol: "both", to: LAN.server2, home: "haus" },
  { port: 8443, to: `${LAN.server2}:443`, home: "haus" },
  { port: 9443, to: `${LAN.server}:443`, home: "zwei" },
  { port: 8080, to: LAN.server, home: "zwei", egress: "relay" },
  { port: 8081, to: LAN.server, home: "zwei" },
  { to: LAN.server, home: "haus" },
];

/** The relay as the config has it. */
export type RelayConfig = Readonly<Record<string, unknown>>;

/**
 * Writes the stack's config: five values and the services.
 * @param relay what the config says of the relay @default what it said before; at first, the operator's key
 */
export async function configure(
  homes: readonly Home[],
  services: readonly ServiceConfig[],
  relay?: RelayConfig,
): Promise<void> {
  const { file } = await keyPair("operator");
  const named = ["haus", "zwei"];
  const described = await Promise.all(
    homes.map(async (home, index) => ({
      name: named[index],
      end: home.kind,
      ssh: {
        host: home.kind === "openwrt" ? LAN.router : debianHomeHost(home),
        hostKey: (await keyPair(`${home.name}-host`)).publicKey,
        key: file,
      },
    })),
  );
  const before = await written();
  await writeFile(
    CONFIG_FILE,
    stringify({
      ...before,
      config: {
        "relay4in6:relay": relay ?? before.config?.["relay4in6:relay"] ?? { key: file },
        "relay4in6:homes": described,
        "relay4in6:services": services,
      },
    }),
  );
}

/** What of the config proofs change. */
export interface Declared {
  readonly relay: RelayConfig;
  readonly homes: readonly Readonly<Record<string, unknown>>[];
  readonly services: readonly ServiceConfig[];
}

/** With another tunnel, or two, to each home that has an end. @param tunnel as a home's config has it */
export function withTunnels(
  { homes }: Declared,
  tunnel: { readonly transport: unknown; readonly wireguard?: unknown },
): Partial<Declared> {
  return {
    homes: homes.map((home) => {
      if (home["end"] === "none") return home;
      const { transport: _, wireguard: __, ...rest } = home;
      return { ...rest, ...tunnel };
    }),
  };
}

/** Writes the config anew. @param change gives what is to be another */
export async function changeConfig(change: (declared: Declared) => Partial<Declared>): Promise<void> {
  const { config = {}, ...rest } = await written();
  const keys = ["relay", "homes", "services"] satisfies (keyof Declared)[];
  const declared = Object.fromEntries(keys.map((key) => [key, config[`relay4in6:${key}`]]));
  const changed = Object.entries(change(declared as unknown as Declared));
  const ours = Object.fromEntries(changed.map(([key, value]) => [`relay4in6:${key}`, value]));
  await writeFile(CONFIG_FILE, stringify({ ...rest, config: { ...config, ...ours } }));
}

/** Whether the relay is a server that its user ordered: no cloud's firewall is made for that. */
export async function isOwnServer(): Promise<boolean> {
  const relay = (await written()).config?.["relay4in6:relay"] as RelayConfig | undefined;
  return relay?.["provider"] === "existing";
}

/** The config as it is, with the salt that `pulumi stack init` wrote. */
async function written(): Promise<{ config?: Record<string, unknown> }> {
  return existsSync(CONFIG_FILE) ? parse(await readFile(CONFIG_FILE, "utf8")) : {};
}

const UP = ["up", "--yes", "--skip-preview", "--stack", STACK];

/** Runs pulumi where the operator is. */
export class Pulumi {
  readonly #env: Readonly<Record<string, string>>;
  readonly #project: string;

  /**
   * @param env as `pulumiEnvironment` gives it
   * @param project folder of the program @default relay4in6 itself
   */
  constructor(env: Readonly<Record<string, string>>, project: string = PROJECT) {
    this.#env = env;
    this.#project = project;
  }

  /** @param seconds until it is killed @default 1200 */
  attempt(args: readonly string[], seconds = 1200): Promise<Outcome> {
    return attemptAsOperator(this.#env, ["pulumi", ...args, "--non-interactive"], {
      cwd: this.#project,
      timeout: seconds * 1000,
    });
  }

  /** @throws Error with what pulumi printed when it fails */
  async run(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(args);
    if (status !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Brings everything to what the config says. @throws Error with what pulumi printed when it fails */
  up(...args: string[]): Promise<string> {
    return this.run(...UP, ...args);
  }

  /** What another `up` changes: `nothing`, or what it printed. */
  async changesOfUp(...args: string[]): Promise<string> {
    const { status, stdout } = await this.attempt([...UP, "--expect-no-changes", ...args]);
    return status === 0 ? "nothing" : stdout;
  }

  async outputs(): Promise<{
    publicIpv4: string;
    endpoints: { relay: string; homes: Readonly<Record<string, string>> };
    login: string;
    readme: string;
    access: { host: string; port: number; user: string; hostKey: string };
  }> {
    return JSON.parse(await this.run("stack", "output", "--json", "--stack", STACK));
  }
}

/** Takes the stack's config away. */
export async function forgetStack(): Promise<void> {
  await rm(CONFIG_FILE, { force: true });
}
