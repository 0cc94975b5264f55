/**
 * What a user would take instead of a relay of ours, built from the Go modules in which it is published. The programs
 * are kept in lab/.cache and go nowhere else.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { run } from "../../command.ts";
import type { Program } from "../../guest/image.ts";
import { CACHE } from "../../places.ts";
import { step } from "../../progress.ts";
import { ensureGo } from "../../pulumi/go.ts";

/** A Go module, and the commands of it that are built. */
interface GoModule {
  readonly path: string;
  readonly version: string;
  /** Name of the program → its package, as a folder of the module. */
  readonly programs: Readonly<Record<string, string>>;
}

/** frp, by its release. */
export const FRP: GoModule = {
  path: "github.com/fatedier/frp",
  version: "v0.65.0",
  programs: { frps: "./cmd/frps", frpc: "./cmd/frpc" },
};

/** WireGuard in user space: its newest state, there are no tagged ones of late. */
export const WIREGUARD_GO: GoModule = {
  path: "golang.zx2c4.com/wireguard",
  version: "v0.0.0-20260522210424-ecfc5a8d5446",
  programs: { "wireguard-go": "." },
};

/**
 * The peers' programs, from the cache or newly built (a minute or two, once).
 * @throws Error when there is no Go, or a module cannot be fetched
 */
export async function ensurePeers(): Promise<Program[]> {
  return (await Promise.all([FRP, WIREGUARD_GO].map(ensureModule))).flat();
}

async function ensureModule(module: GoModule): Promise<Program[]> {
  const name = Object.keys(module.programs)[0] as string;
  const folder = join(CACHE, `${name}-${module.version}`);
  if (!existsSync(folder))
    await step(`Building ${module.path} ${module.version}, once`, () => build(module, folder));
  return Object.keys(module.programs).map((program) => ({
    name: program,
    version: module.version,
    path: join(folder, program),
  }));
}

async function build({ path, version, programs }: GoModule, folder: string): Promise<void> {
  const go = await ensureGo();
  await mkdir(CACHE, { recursive: true });
  const scratch = await mkdtemp(join(CACHE, "peer-build-"));
  try {
    const env = {
      GOFLAGS: "-mod=readonly -buildvcs=false -trimpath",
      GOTOOLCHAIN: "local",
      CGO_ENABLED: "0",
      PATH: [dirname(go), process.env.PATH].join(delimiter),
    };
    const downloaded = await run(go, ["mod", "download", "-json", `${path}@${version}`], {
      cwd: scratch,
      env: { ...env, GOFLAGS: "" },
    });
    const { Dir } = JSON.parse(downloaded) as { Dir: string };
    for (const [program, source] of Object.entries(programs)) {
      // In the module's own folder: elsewhere its replace directives do not count.
      await run(go, ["build", "-ldflags", "-s -w", "-o", join(scratch, program), source], { cwd: Dir, env });
    }
    await rename(scratch, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
