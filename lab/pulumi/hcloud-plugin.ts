/**
 * Stands in for pulumi-resource-hcloud, Pulumi's bridge to the Terraform provider: the resources and functions
 * that relay4in6 uses, with the names, types, replacements and waits of the real one. README.md has what is left out.
 */

import type * as PluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import type * as ProviderService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as Provider from "@pulumi/pulumi/proto/provider_pb.js";
import type { Properties, RpcError } from "./grpc.ts";
import { Empty, fromStruct, grpc, proto, servePlugin, toStruct, unary } from "./grpc.ts";
import { HcloudApi } from "./hcloud/api.ts";
import { firewall } from "./hcloud/firewall.ts";
import { functions } from "./hcloud/functions.ts";
import { initFailed } from "./hcloud/init-failed.ts";
import { checkInputs, diffInputs } from "./hcloud/inputs.ts";
import type { Kind } from "./hcloud/kind.ts";
import { hasUnknown, UNKNOWN } from "./hcloud/kind.ts";
import { primaryIp } from "./hcloud/primary-ip.ts";
import { server } from "./hcloud/server.ts";
import { sshKey } from "./hcloud/ssh-key.ts";

const provider = proto<typeof Provider>("provider_pb");
const plugin = proto<typeof PluginProto>("plugin_pb");
const { ResourceProviderService } = proto<typeof ProviderService>("provider_grpc_pb");

/** The release of @pulumi/hcloud whose types are served. */
const VERSION = "1.41.0";
const PUBLIC_ENDPOINT = "https://api.hetzner.cloud/v1";

const kinds: Record<string, Kind> = {
  "hcloud:index/sshKey:SshKey": sshKey,
  "hcloud:index/firewall:Firewall": firewall,
  "hcloud:index/primaryIp:PrimaryIp": primaryIp,
  "hcloud:index/server:Server": server,
};

let configured: HcloudApi | undefined;

function api(): HcloudApi {
  if (configured) return configured;
  throw new Error("no token for the Hetzner Cloud API: set hcloud:token, or HCLOUD_TOKEN");
}

/** The type and the name in a URN. */
function parseUrn(urn: string): { kind: Kind; name: string } {
  const parts = urn.split("::");
  const type = (parts[2] ?? "").split("$").at(-1) ?? "";
  const kind = kinds[type];
  if (kind) return { kind, name: parts.slice(3).join("::") };
  throw new Error(`the lab's stand-in for the hcloud plugin does not serve ${type}`);
}

/** Inputs as the state keeps them. */
function stored(kind: Kind, inputs: Properties): Properties {
  const kept = Object.entries(inputs).map(([key, value]) => {
    const store = hasUnknown(value) ? undefined : kind.properties[key]?.stored;
    return [key, store ? store(value) : value];
  });
  return Object.fromEntries(kept.filter(([key]) => key !== "__defaults"));
}

/** The state after creation or an update, read back from the API. */
async function readBack(kind: Kind, id: string, inputs: Properties): Promise<Properties> {
  const state = await kind.read(api(), id, stored(kind, inputs));
  if (!state) throw new Error(`it is gone right after it was made or changed (ID ${id})`);
  return { ...state, id };
}

function preview(kind: Kind, inputs: Properties, state: Properties): Properties {
  const unknown = kind.outputs.filter((key) => inputs[key] === undefined && state[key] === undefined);
  const outputs = Object.fromEntries(unknown.map((key) => [key, UNKNOWN]));
  return { ...state, ...stored(kind, inputs), ...outputs };
}

function configure(request: Provider.ConfigureRequest): Provider.ConfigureResponse {
  const args = fromStruct(request.getArgs());
  const setting = (name: string, variable: string) => {
    const value = args[name] ?? request.getVariablesMap().get(`hcloud:config:${name}`);
    return (typeof value === "string" && value !== "" ? value : process.env[variable]) ?? "";
  };
  const token = setting("token", "HCLOUD_TOKEN");
  const endpoint = setting("endpoint", "HCLOUD_ENDPOINT") || PUBLIC_ENDPOINT;
  const poll = /^(\d+)(ms|s)$/.exec(setting("pollInterval", "HCLOUD_POLL_INTERVAL"));
  const milliseconds = poll ? Number(poll[1]) * (poll[2] === "s" ? 1000 : 1) : undefined;
  if (token !== "" && token !== UNKNOWN) configured = new HcloudApi(endpoint, token, milliseconds);
  const response = new provider.ConfigureResponse();
  response.setSupportspreview(true);
  return response;
}

function check(request: Provider.CheckRequest): Provider.CheckResponse {
  const { kind, name } = parseUrn(request.getUrn());
  const olds = fromStruct(request.getOlds());
  const news = fromStruct(request.getNews());
  const { inputs, failures } = checkInputs(kind, name, olds, news, request.getRandomseed_asU8());
  const response = new provider.CheckResponse();
  response.setInputs(toStruct(inputs));
  for (const [property, reason] of failures) {
    const failure = new provider.CheckFailure();
    failure.setProperty(property);
    failure.setReason(`${property} ${reason}`);
    response.addFailures(failure);
  }
  return response;
}

function diff(request: Provider.DiffRequest): Provider.DiffResponse {
  const { kind } = parseUrn(request.getUrn());
  const ignored = new Set(request.getIgnorechangesList());
  const [state, olds, news] = [request.getOlds(), request.getOldInputs(), request.getNews()].map(fromStruct);
  const found = diffInputs(kind, state ?? {}, olds ?? {}, news ?? {});
  const changed = found.changed.filter((key) => !ignored.has(key));
  const response = new provider.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = provider.DiffResponse.DiffChanges;
  response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setDiffsList(changed);
  response.setReplacesList(found.replaces.filter((key) => !ignored.has(key)));
  response.setDeletebeforereplace(found.deleteBeforeReplace);
  return response;
}

async function create(request: Provider.CreateRequest): Promise<Provider.CreateResponse> {
  const { kind } = parseUrn(request.getUrn());
  const inputs = fromStruct(request.getProperties());
  const response = new provider.CreateResponse();
  if (request.getPreview()) {
    response.setProperties(toStruct(preview(kind, inputs, {})));
    return response;
  }
  let id: string | undefined;
  try {
    await kind.create(api(), inputs, (made) => {
      id = String(made);
    });
    if (id === undefined) throw new Error("the API returned no id");
    response.setId(id);
    response.setProperties(toStruct(await readBack(kind, id, inputs)));
  } catch (error) {
    // What was made has to be known to the state, or nobody would ever take it away.
    if (id === undefined) throw error;
    const state = await readBack(kind, id, inputs).catch(() => ({ ...inputs, id }));
    throw initFailed(id, state, inputs, error as Error);
  }
  return response;
}

async function read(request: Provider.ReadRequest): Promise<Provider.ReadResponse> {
  const { kind } = parseUrn(request.getUrn());
  const known = fromStruct(request.getProperties());
  const inputs = fromStruct(request.getInputs());
  const response = new provider.ReadResponse();
  const state = await kind.read(api(), request.getId(), known);
  if (!state) return response;
  response.setId(request.getId());
  response.setProperties(toStruct({ ...state, id: request.getId() }));
  // Inputs follow what was changed elsewhere, so that `refresh` shows it.
  const followed = Object.keys(kind.properties).filter(
    (key) => !kind.properties[key]?.stored && (key in inputs || Object.keys(inputs).length === 0),
  );
  const now = followed.filter((key) => state[key] !== undefined).map((key) => [key, state[key]]);
  response.setInputs(toStruct({ ...inputs, ...Object.fromEntries(now) }));
  return response;
}

async function update(request: Provider.UpdateRequest): Promise<Provider.UpdateResponse> {
  const { kind } = parseUrn(request.getUrn());
  const state = fromStruct(request.getOlds());
  const inputs = fromStruct(request.getNews());
  const response = new provider.UpdateResponse();
  if (request.getPreview()) {
    response.setProperties(toStruct(preview(kind, inputs, state)));
    return response;
  }
  const ignored = new Set(request.getIgnorechangesList());
  const { changed } = diffInputs(kind, state, fromStruct(request.getOldInputs()), inputs);
  await kind.update(
    api(),
    request.getId(),
    state,
    inputs,
    changed.filter((key) => !ignored.has(key)),
  );
  response.setProperties(toStruct(await readBack(kind, request.getId(), inputs)));
  return response;
}

async function remove(request: Provider.DeleteRequest) {
  const { kind } = parseUrn(request.getUrn());
  await kind.delete(api(), request.getId(), fromStruct(request.getProperties()));
  return new Empty();
}

async function invoke(request: Provider.InvokeRequest): Promise<Provider.InvokeResponse> {
  const call = functions[request.getTok()];
  if (!call) throw new Error(`the lab's stand-in for the hcloud plugin does not serve ${request.getTok()}`);
  const response = new provider.InvokeResponse();
  response.setReturn(toStruct(await call(api(), fromStruct(request.getArgs()))));
  return response;
}

function unimplemented(): never {
  const error: RpcError = new Error("not implemented");
  error.code = grpc.status.UNIMPLEMENTED;
  throw error;
}

await servePlugin(ResourceProviderService, {
  handshake: unary(() => new provider.ProviderHandshakeResponse()),
  getPluginInfo: unary(() => {
    const info = new plugin.PluginInfo();
    info.setVersion(VERSION);
    return info;
  }),
  getSchema: unary(unimplemented),
  checkConfig: unary(unimplemented),
  diffConfig: unary(unimplemented),
  configure: unary(configure),
  check: unary(check),
  diff: unary(diff),
  create: unary(create),
  read: unary(read),
  update: unary(update),
  delete: unary(remove),
  invoke: unary(invoke),
  cancel: unary(() => new Empty()),
});
