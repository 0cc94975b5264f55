import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { run } from "../../command.ts";
import { LAB, RUN } from "../../places.ts";
import { record, table } from "../figures.ts";
import { chart } from "./chart.ts";
import { bars, transportFigures, transportTable } from "./figures.ts";
import { COMPARED, measureWays, QUICK, WHOLE } from "./measure.ts";
import { FRP, WIREGUARD_GO } from "./peers.ts";

/** The chart that the README shows. */
const CHART = `${LAB}/../docs/transports.svg`;

/**
 * Measures all ways and says what came of it: a table, figures with their aims, a chart.
 * @param quick less of everything, for whoever works on it: its figures and its chart are apart from the real ones
 * @returns what to print
 */
export async function benchTransports(quick: boolean): Promise<string> {
  const rounds = await measureWays(quick ? QUICK : WHOLE, COMPARED);
  const title = quick ? "transports (short run)" : "transports";
  const figures = transportFigures(rounds, title);
  await record(figures);
  const file = quick ? `${RUN}/transports.svg` : CHART;
  const measuredOn = await machine(quick);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await chart(bars(rounds), measuredOn));
  const note = `${measuredOn}. Chart: ${file.replace(`${LAB}/../`, "")}`;
  return [transportTable(rounds), table(figures.filter(({ aim }) => aim !== null)), note].join("\n\n");
}

/** On what it was measured, with what, and when. */
async function machine(quick: boolean): Promise<string> {
  const [, qemu = "?"] = /version (\S+)/.exec(await run("qemu-system-x86_64", ["--version"])) ?? [];
  const day = new Date().toISOString().slice(0, 10);
  const peers = `frp ${FRP.version}, wireguard-go ${WIREGUARD_GO.version.split("-").pop()}`;
  return `${quick ? "Short run. " : ""}Debian 13 on an emulated x86-64 that counts instructions (QEMU ${qemu}), ${peers}; ${day}`;
}
