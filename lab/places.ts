/**
 * Where the lab keeps its things. Everything but the cache goes away with `lab down`.
 */
import { fileURLToPath } from "node:url";

/** The folder `lab/` itself. */
export const LAB = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");

/** What is slow to make and safe to keep: images, packages, the Pulumi CLI. Survives `lab down`. */
export const CACHE = `${LAB}/.cache`;

/** What belongs to the running lab: keys, disks of machines, sockets, logs, the report. */
export const RUN = `${LAB}/.run`;
