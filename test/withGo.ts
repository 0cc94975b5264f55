import { delimiter, dirname } from "node:path";
import { ensureGo } from "../lab/pulumi/go.ts";

/** The router's stand-ins are built with Go, which need not be on PATH: sudo takes /usr/local/go from it. */
export default async function withGo(): Promise<void> {
  process.env.PATH = [dirname(await ensureGo()), process.env.PATH].join(delimiter);
}
