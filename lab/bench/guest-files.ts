/**
 * What the counting machine is given: its scripts, the addresses of its places, and the relay's files as
 * `up` renders them, for one service and for many.
 */
import { readFile } from "node:fs/promises";
import { deriveEndpoint } from "../../src/plan/index.ts";
import { filesOf } from "../guest/bundle.ts";
import { ensureGuestImage } from "../guest/image.ts";
import type { Image } from "../machine/index.ts";
import type { MachineFile } from "../machine/initrd.ts";
import { EXAMPLE, exampleBundles, FIRST_PORT } from "./example.ts";

/** Services of the relay that has many. */
export const MANY = 1000;

/** The image of the counting machine: a relay, and a peer for UDP. */
export function ensureCounterImage(): Promise<Image> {
  return ensureGuestImage("counter", ["socat"]);
}

/**
 * Path on the machine → file.
 * @param worlds names of the relays to measure, in this order
 */
export async function guestFiles(worlds: readonly string[]): Promise<Record<string, MachineFile>> {
  const files: Record<string, MachineFile> = {
    "/bench/addresses": { text: `worlds="${worlds.join(" ")}"\n${addresses()}` },
    ...bundleFiles("/bundle/one", 1),
    ...bundleFiles("/bundle/thousand", MANY),
  };
  for (const name of ["init", "generate", "measure", "world"]) {
    const text = await readFile(new URL(`guest/${name}`, import.meta.url), "utf8");
    files[name === "init" ? "/usr/sbin/init" : `/bench/${name}`] = { text, mode: 0o755 };
  }
  return files;
}

/** The files of a relay with one home, in a folder of the machine. */
export function bundleFiles(folder: string, services: number): Record<string, MachineFile> {
  const relay = exampleBundles(1, services).find(({ end }) => end === "relay");
  if (relay === undefined) throw new Error("The example has no relay.");
  return filesOf(relay, folder);
}

/** Shell variables for the scripts. */
export function addresses(): string {
  const homePrefix = EXAMPLE.homePrefix(0);
  return Object.entries({
    public: EXAMPLE.publicIpv4,
    client: EXAMPLE.client,
    server: EXAMPLE.server,
    relay_prefix: EXAMPLE.relayPrefix,
    home_prefix: homePrefix,
    relay_endpoint: deriveEndpoint(EXAMPLE.relayPrefix, EXAMPLE.publicIpv4),
    home_endpoint: deriveEndpoint(homePrefix, EXAMPLE.publicIpv4),
    one_port: FIRST_PORT,
    // Of a list that is walked from its beginning, the last one costs most.
    thousand_port: FIRST_PORT + MANY - 1,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
