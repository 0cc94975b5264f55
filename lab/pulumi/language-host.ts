/**
 * Stands in for pulumi-language-nodejs: starts a Node program for the engine and hands back how it ended.
 * Left out: installing dependencies, TypeScript by ts-node (Node strips the types), code generation, debugging.
 */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as LanguageService from "@pulumi/pulumi/proto/language_grpc_pb.js";
import type * as Language from "@pulumi/pulumi/proto/language_pb.js";
import type * as PluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import { Empty, proto, servePlugin, unary } from "./grpc.ts";

const language = proto<typeof Language>("language_pb");
const plugin = proto<typeof PluginProto>("plugin_pb");
const { LanguageRuntimeService } = proto<typeof LanguageService>("language_grpc_pb");

/** Exit status by which @pulumi/pulumi says that it has already told the person what is wrong. */
const ALREADY_TOLD = 32;

let engine = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
const running = new Set<ChildProcess>();
const stop = () => {
  for (const child of running) child.kill();
};

function runArguments(request: Language.RunRequest): string[] {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() || request.getPwd();
  const script = createRequire(join(folder, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  const flags: [string, string][] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engine],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info?.getRootDirectory() ?? ""],
    ["stack", request.getStack()],
    ["pwd", folder],
    ["parallel", String(request.getParallel())],
  ];
  return [
    script,
    ...flags.filter(([, value]) => value !== "").flatMap(([name, value]) => [`--${name}`, value]),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() || request.getProgram() || ".",
    ...request.getArgsList(),
  ];
}

function run(request: Language.RunRequest): Promise<Language.RunResponse> {
  const response = new language.RunResponse();
  const child = spawn(process.execPath, runArguments(request), {
    // The engine reads the program's own output from the host's.
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    },
  });
  running.add(child);
  return new Promise((resolve) => {
    child.once("error", (error) => {
      response.setError(`the program did not start: ${error.message}`);
      resolve(response);
    });
    child.once("close", (status, signal) => {
      running.delete(child);
      if (status === ALREADY_TOLD) response.setBail(true);
      else if (status !== 0)
        response.setError(`the program ended with ${signal ? `signal ${signal}` : `exit status ${status}`}`);
      resolve(response);
    });
  });
}

/** Every installed package that says that it comes with a resource plugin, from the program's folder up. */
function requiredPlugins(info: Language.ProgramInfo | undefined): PluginProto.PluginDependency[] {
  const found = new Map<string, PluginProto.PluginDependency>();
  for (let folder = info?.getProgramDirectory() ?? ""; folder !== ""; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    for (const name of existsSync(manifest) ? dependencies(manifest) : []) {
      const at = join(folder, "node_modules", name, "package.json");
      if (!existsSync(at)) continue;
      const { pulumi, version } = JSON.parse(readFileSync(at, "utf8"));
      if (!pulumi?.resource) continue;
      const dependency = new plugin.PluginDependency();
      dependency.setName(pulumi.name ?? name.replace(/^@pulumi\//, ""));
      dependency.setKind("resource");
      dependency.setVersion(`v${pulumi.version ?? version}`);
      if (pulumi.server) dependency.setServer(pulumi.server);
      found.set(dependency.getName(), dependency);
    }
    if (folder === dirname(folder)) break;
  }
  return [...found.values()];
}

const dependencies = (manifest: string) =>
  Object.keys(JSON.parse(readFileSync(manifest, "utf8")).dependencies ?? {});

await servePlugin(
  LanguageRuntimeService,
  {
    handshake: unary((request: Language.LanguageHandshakeRequest) => {
      engine = request.getEngineAddress() || engine;
      return new language.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => {
      const info = new plugin.PluginInfo();
      info.setVersion("0.0.0-stand-in");
      return info;
    }),
    getRequiredPlugins: unary((request: Language.GetRequiredPluginsRequest) => {
      const response = new language.GetRequiredPluginsResponse();
      response.setPluginsList(requiredPlugins(request.getInfo()));
      return response;
    }),
    run: unary(run),
    cancel: unary(() => {
      stop();
      return new Empty();
    }),
  },
  stop,
);
