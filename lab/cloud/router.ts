import { ApiError } from "./errors.ts";

/** A request that passed authentication. */
export interface Call {
  params: Record<string, string>;
  query: URLSearchParams;
  /** The parsed JSON body; undefined when there was none. */
  body: unknown;
}

/** What goes back: a status and, unless it is 204, a JSON body. */
export interface Answer {
  status: number;
  body?: unknown;
}

/** One operation; `path` is below /v1 and may have `:name` segments. */
export interface Route {
  method: string;
  path: string;
  handle(call: Call): Answer | Promise<Answer>;
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return params;
}

/**
 * Finds the operation for a request.
 * @throws ApiError 404 for an unknown path, 405 for a known one with another method.
 */
export function findRoute(routes: Route[], method: string, path: string) {
  let known = false;
  for (const route of routes) {
    const params = match(route.path, path);
    if (!params) continue;
    known = true;
    if (route.method === method) return { route, params };
  }
  if (known) throw new ApiError(405, "method_not_allowed", "method not allowed");
  throw new ApiError(404, "not_found", `no such endpoint: ${method} ${path}`);
}
