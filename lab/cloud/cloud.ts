import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { actionRoutes } from "./action-routes.ts";
import { Actions } from "./actions.ts";
import type { AddressPool } from "./addresses.ts";
import { catalogueRoutes } from "./catalogue-routes.ts";
import { ApiError } from "./errors.ts";
import type { Fault } from "./faults.ts";
import { Faults, fail, HangUp } from "./faults.ts";
import { firewallRoutes } from "./firewall-routes.ts";
import { Firewalls } from "./firewalls.ts";
import type { Machines } from "./machines.ts";
import { primaryIpRoutes } from "./primary-ip-routes.ts";
import { PrimaryIps } from "./primary-ips.ts";
import type { RateLimit } from "./rate-limit.ts";
import { RateLimiter } from "./rate-limit.ts";
import type { Answer } from "./router.ts";
import { findRoute } from "./router.ts";
import { serverRoutes } from "./server-routes.ts";
import { Servers } from "./servers.ts";
import { sshKeyRoutes } from "./ssh-keys.ts";
import { Store } from "./state.ts";

/** What a stand-in cloud is started with. */
export interface CloudOptions {
  /** Where to listen; port 0 takes any free one. */
  listen: { host: string; port: number };
  /** The one token that is accepted. */
  token: string;
  /** JSON file with all that the cloud knows; read at the start when it exists. */
  stateFile: string;
  machines: Machines;
  /** @default 3,600 calls, 1 more each second, as the real service has it */
  rateLimit?: RateLimit;
  addresses: AddressPool;
  /** Failures to begin with. */
  faults?: Fault[];
}

/** A running stand-in cloud. */
export interface Cloud {
  /** The API's endpoint, which ends in /v1. */
  url: string;
  /** Replaces all faults; an empty list ends them. */
  inject(faults: Fault[]): void;
  /** Calls answered or refused so far, by method and path: `POST /servers`. */
  calls(): string[];
  /** Waits for running actions, then stops listening; the machines stay as they are. */
  close(): Promise<void>;
}

const MOST_BODY = 1024 * 1024;

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MOST_BODY) throw new ApiError(413, "invalid_input", "request body is too large");
  }
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, "json_error", "invalid JSON in request");
  }
}

function send(response: ServerResponse, { status, body }: Answer, headers: Record<string, string>): void {
  response.writeHead(status, {
    ...headers,
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

/** Starts the stand-in cloud; see README.md in this folder for what it leaves out. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const store = new Store(options.stateFile);
  const actions = new Actions(store);
  const ips = new PrimaryIps(store, actions, options.addresses);
  const firewalls = new Firewalls(store, actions, (id, rules) => options.machines.filter(id, rules));
  const servers = new Servers(store, actions, ips, firewalls, options.machines);
  const routes = [
    ...catalogueRoutes,
    ...sshKeyRoutes(store),
    ...primaryIpRoutes(store, actions, ips, servers),
    ...firewallRoutes(store, firewalls, servers),
    ...serverRoutes(store, actions, ips, firewalls, servers),
    ...actionRoutes(store),
  ];
  const limiter = new RateLimiter(options.rateLimit ?? { limit: 3600 });
  const faults = new Faults();
  faults.set(options.faults ?? []);
  const calls: string[] = [];

  async function answer(request: IncomingMessage, limits: (headers: Record<string, string>) => void) {
    const method = request.method ?? "GET";
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://cloud");
    const path = pathname.startsWith("/v1/") ? pathname.slice(3) : pathname;
    const body = await jsonBody(request);
    calls.push(`${method} ${path}`);
    const fault = faults.due(method, path);
    if (fault && fault.when !== "after") fail(fault);
    if (request.headers.authorization !== `Bearer ${options.token}`)
      throw new ApiError(401, "unauthorized", "unable to authenticate");
    try {
      limiter.take();
    } finally {
      limits(limiter.headers());
    }
    const { route, params } = findRoute(routes, method, path);
    const reply = await route.handle({ params, query: searchParams, body });
    if (fault) fail(fault);
    return reply;
  }

  const server = createServer(async (request, response) => {
    let headers: Record<string, string> = {};
    try {
      const reply = await answer(request, (limits) => {
        headers = limits;
      });
      send(response, reply, headers);
    } catch (error) {
      if (error instanceof HangUp) {
        request.socket.destroy();
        return;
      }
      const known = error instanceof ApiError ? error : new ApiError(500, "server_error", String(error));
      send(response, { status: known.status, body: known.body() }, headers);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.listen.port, options.listen.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.listen.host.includes(":") ? `[${options.listen.host}]` : options.listen.host;

  return {
    url: `http://${host}:${port}/v1`,
    inject: (wanted) => faults.set(wanted),
    calls: () => [...calls],
    close: async () => {
      await actions.idle();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
