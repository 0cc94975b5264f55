import { ensurePulumi } from "../../lab/pulumi/cli.ts";
import { setUp } from "../../lab/setup.ts";

/** What these files share is there before any of them runs: two of them run at a time. */
export default async function prepare(): Promise<void> {
  await setUp();
  await ensurePulumi();
}
