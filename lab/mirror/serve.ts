/**
 * Serves the package mirror's folder over HTTP.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { normalize } from "node:path";
import { CACHE } from "../places.ts";

/** Folder with the packages and their index. */
export const MIRROR_FOLDER = `${CACHE}/mirror`;

/** Serves until the process ends. @param address IPv6 address of the core router */
export function serveMirror(address: string): Promise<void> {
  const http = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://mirror").pathname));
    const file = `${MIRROR_FOLDER}/${path}`;
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-length": found.size, "last-modified": found.mtime.toUTCString() });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    http.on("error", reject);
    http.listen(80, address, resolve);
  });
}
