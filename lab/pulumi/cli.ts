import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { attempt, run } from "../command.ts";
import { CACHE } from "../places.ts";
import { step } from "../progress.ts";
import { ensureGo } from "./go.ts";
import type { Version } from "./version.ts";
import { atLeast, findVersion } from "./version.ts";

/** The release that is built where none is installed. */
const RELEASE: Version = [3, 250, 0];
/** The oldest release that the program works with: a failing after-hook fails `up` since 3.238. */
const OLDEST: Version = [3, 240, 0];

const MODULE = "github.com/pulumi/pulumi";
const TOOLS = `//go:build tools

package tools

import _ "${MODULE}/pkg/v3/cmd/pulumi"
`;

async function usable(pulumi: string): Promise<boolean> {
  const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
  const outcome = await attempt(pulumi, ["version"], { env }).catch(() => undefined);
  const version = outcome?.status === 0 ? findVersion(outcome.stdout) : undefined;
  return version !== undefined && atLeast(version, OLDEST);
}

async function build(target: string): Promise<void> {
  const go = await ensureGo();
  const tag = `v${RELEASE.join(".")}`;
  const scratch = await mkdtemp(join(CACHE, "pulumi-build-"));
  try {
    // A module of our own that requires the command: asking for it by version needs a list of all versions.
    const required = `require ${MODULE}/pkg/v3 ${tag}`;
    await writeFile(join(scratch, "go.mod"), `module pulumi-build\n\ngo 1.25\n\n${required}\n`);
    await writeFile(join(scratch, "tools.go"), TOOLS);
    const built = join(scratch, "pulumi");
    // Without its version the program's own checks refuse the command.
    const flags = `-s -w -X ${MODULE}/sdk/v3/go/common/version.Version=${tag}`;
    const env = { GOFLAGS: "-mod=mod -buildvcs=false", GOTOOLCHAIN: "local", CGO_ENABLED: "0" };
    await run(go, ["build", "-ldflags", flags, "-o", built, `${MODULE}/pkg/v3/cmd/pulumi`], {
      cwd: scratch,
      env: { ...env, PATH: [dirname(go), process.env.PATH].join(delimiter) },
    });
    await mkdir(dirname(target), { recursive: true });
    await copyFile(built, `${target}.new`);
    await rename(`${target}.new`, target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * A Pulumi command to run programs with: the installed one when it is recent enough, else one built from its Go
 * module (some minutes on two cores, once; kept in lab/.cache).
 * @returns its path
 * @throws Error when it has to be built and cannot be
 */
export async function ensurePulumi(): Promise<string> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const installed = join(folder, "pulumi");
    if (await usable(installed)) return installed;
  }
  const cached = join(CACHE, `pulumi-${RELEASE.join(".")}`, "pulumi");
  if (await usable(cached)) return cached;
  await mkdir(CACHE, { recursive: true });
  await step(`Building Pulumi ${RELEASE.join(".")}, once (about 4 minutes)`, () => build(cached));
  if (await usable(cached)) return cached;
  throw new Error(`the Pulumi command that was built does not run: ${cached}`);
}
