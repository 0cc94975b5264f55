import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** What a Pulumi program is to be run with. */
export interface PulumiEnvironmentOptions {
  /** Folder of this backend's own: the state and Pulumi's home live in it. */
  backendDir: string;
  /** The Hetzner Cloud API to use: an address that ends in /v1. */
  cloudUrl: string;
  /** The token for it. */
  token: string;
  /** Passphrase that encrypts the stack's secrets. */
  passphrase: string;
  /** The pulumi to be found first on PATH, as `ensurePulumi` returns it. */
  pulumi?: string;
}

const standIns = join(import.meta.dirname, "bin");

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The version of the plugin that the installed @pulumi/hcloud asks for. */
function hcloudVersion(): string {
  const manifest = createRequire(import.meta.url).resolve("@pulumi/hcloud/package.json");
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}

/**
 * Puts a plugin into Pulumi's home: the official one where the operator has it installed, else the stand-in.
 * One on PATH needs no place there, the engine prefers it.
 */
function provide(home: string, path: string[], kind: string, name: string, version: string): void {
  const program = `pulumi-${kind}-${name}`;
  if (path.some((folder) => executable(join(folder, program)))) return;
  const plugins = join(home, "plugins");
  mkdirSync(plugins, { recursive: true });
  for (const old of entries(plugins))
    if (old.startsWith(`${kind}-${name}-v`)) rmSync(join(plugins, old), { recursive: true });

  const operators = join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "plugins");
  const official = entries(operators).filter(
    (folder) => folder.startsWith(`${kind}-${name}-v`) && executable(join(operators, folder, program)),
  );
  for (const folder of official) symlinkSync(join(operators, folder), join(plugins, folder));
  if (official.length > 0) return;
  const folder = join(plugins, `${kind}-${name}-v${version}`);
  mkdirSync(folder);
  symlinkSync(join(standIns, program), join(folder, program));
}

/**
 * The environment that any Pulumi or hcloud command needs to work on a file backend and the given cloud.
 * It is complete: what the operator has set for other stacks (`PULUMI_*`, `HCLOUD_*`) is not in it.
 */
export function pulumiEnvironment(options: PulumiEnvironmentOptions): Record<string, string> {
  const { backendDir, pulumi } = options;
  const state = join(backendDir, "state");
  const home = join(backendDir, "home");
  for (const folder of [state, home]) mkdirSync(folder, { recursive: true });
  const path = [
    ...(pulumi === undefined ? [] : [dirname(pulumi)]),
    // The stand-ins and the program need this Node, not one that the system has.
    dirname(process.execPath),
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  provide(home, path, "language", "nodejs", "0.0.1");
  provide(home, path, "resource", "hcloud", hcloudVersion());

  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !entry[0].startsWith("PULUMI_") && !entry[0].startsWith("HCLOUD_"),
  );
  return {
    ...Object.fromEntries(inherited),
    PATH: path.join(delimiter),
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: options.passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    HCLOUD_TOKEN: options.token,
    HCLOUD_ENDPOINT: options.cloudUrl,
  };
}
