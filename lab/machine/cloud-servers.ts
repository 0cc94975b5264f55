/**
 * The lab's record of servers in the cloud: what was ordered, and the MAC by which DHCP and the
 * metadata service know them. One file per server, read by the services of the core router.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { MachineOrder } from "../cloud/machines.ts";
import { RUN } from "../places.ts";

const FOLDER = `${RUN}/cloud-servers`;

/** A server that was created and not yet deleted. */
export interface CloudServer {
  readonly order: MachineOrder;
  readonly mac: string;
}

/** Records a new server. @returns its record, with the MAC it is to have */
export async function addCloudServer(order: MachineOrder): Promise<CloudServer> {
  const hex = order.id.toString(16).padStart(8, "0").slice(-8);
  const server = { order, mac: `96:00:${hex.match(/../g)?.join(":")}` };
  await mkdir(FOLDER, { recursive: true, mode: 0o700 });
  await writeFile(`${FOLDER}/${order.id}.json`, JSON.stringify(server, null, 2), { mode: 0o600 });
  return server;
}

/** Forgets a server; quietly done when it is not known. */
export async function removeCloudServer(id: number): Promise<void> {
  await rm(`${FOLDER}/${id}.json`, { force: true });
}

/** All servers that exist. */
export async function cloudServers(): Promise<CloudServer[]> {
  if (!existsSync(FOLDER)) return [];
  const files = await readdir(FOLDER);
  return Promise.all(
    files.map(async (file) => JSON.parse(await readFile(`${FOLDER}/${file}`, "utf8")) as CloudServer),
  );
}
