import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { attempt, run } from "../command.ts";
import { CACHE } from "../places.ts";
import { step } from "../progress.ts";
import type { Version } from "./version.ts";
import { atLeast, findVersion } from "./version.ts";

/** What the pinned Pulumi's own go.mod asks for. */
const WANTED: Version = [1, 25, 11];
const RELEASE = `go${WANTED.join(".")}`;

async function version(go: string): Promise<Version | undefined> {
  // GOTOOLCHAIN=local: the compiler's own version, not that of one it would fetch.
  const outcome = await attempt(go, ["version"], { env: { GOTOOLCHAIN: "local" } }).catch(() => undefined);
  return outcome?.status === 0 ? findVersion(outcome.stdout) : undefined;
}

/** Every go on PATH and where Debian and the official archive put it. */
async function candidates(): Promise<string[]> {
  const lib = await readdir("/usr/lib").catch(() => []);
  const debian = lib.filter((name) => /^go-[\d.]+$/.test(name)).map((name) => `/usr/lib/${name}/bin`);
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/go/bin", ...debian];
  return [...new Set(folders)].map((folder) => join(folder, "go")).filter((go) => existsSync(go));
}

/**
 * Fetches the toolchain with an older go: it is published as a module like any other, which is how Go 1.21 and
 * later switch by themselves. Its sum is checked against the public checksum database.
 */
async function fetchToolchain(older: string, target: string): Promise<void> {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  await mkdir(CACHE, { recursive: true });
  const scratch = await mkdtemp(join(CACHE, "go-fetch-"));
  try {
    await writeFile(join(scratch, "go.mod"), "module toolchain-fetch\n");
    const wanted = `golang.org/toolchain@v0.0.1-${RELEASE}.linux-${architecture}`;
    const env = {
      GOMODCACHE: join(scratch, "modules"),
      GOPATH: join(scratch, "path"),
      GOFLAGS: "-mod=mod -modcacherw",
      GOTOOLCHAIN: "local",
    };
    const { Dir } = JSON.parse(await run(older, ["mod", "download", "-json", wanted], { cwd: scratch, env }));
    // A module's files are not executable.
    for (const folder of ["bin", `pkg/tool/linux_${architecture}`])
      for (const file of await readdir(join(Dir, folder))) await chmod(join(Dir, folder, file), 0o755);
    await rm(target, { recursive: true, force: true });
    await rename(Dir, target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * A Go compiler that is new enough to build Pulumi: the installed one, or one fetched into the lab's cache by
 * an older one, such as that of Debian 12.
 * @returns the path of `go`
 * @throws Error when there is no Go at all
 */
export async function ensureGo(installed?: string[]): Promise<string> {
  const found = installed ?? (await candidates());
  for (const go of found) {
    const is = await version(go);
    if (is && atLeast(is, WANTED)) return go;
  }
  const target = join(CACHE, RELEASE);
  const cached = join(target, "bin", "go");
  if (await version(cached)) return cached;
  for (const go of found) {
    if (!(await version(go))) continue;
    await step(`Fetching ${RELEASE}, which building Pulumi needs`, () => fetchToolchain(go, target));
    return cached;
  }
  throw new Error("no go on this machine, and Pulumi has to be built: apt-get install golang-go");
}

/** Lets what this process starts find it as `go`, which need not be on PATH: sudo takes /usr/local/go from it. */
export async function putGoOnPath(): Promise<void> {
  process.env.PATH = [dirname(await ensureGo()), process.env.PATH].join(delimiter);
}
