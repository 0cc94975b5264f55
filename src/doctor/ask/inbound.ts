import { connect } from "node:net";
import type { Service, Spec } from "../../config/index.ts";
import type { Session } from "../../deliver/index.ts";
import type { Try } from "../examination.ts";

/** Milliseconds that a server has for its answer to a SYN: two of the client's retries (RFC 6298, 2). */
const patience = 4_000;

/** Services of one home that are tried: they share a way, so the first few tell of all. */
const perHome = 3;

/** A declared TCP port and its home. */
export interface Target {
  home: string;
  port: number;
}

/** The ports that are tried: the first of each TCP service, a few of each home. */
export function targets({ homes, services }: Spec): Target[] {
  return homes.flatMap(({ name }) =>
    services
      .filter((service) => service.home === name)
      .flatMap(portOf)
      .slice(0, perHome)
      .map((port) => ({ home: name, port })),
  );
}

function portOf(service: Service): number[] {
  if (service.kind !== "ports" || !service.protocols.includes("tcp")) return [];
  return [service.ports.first];
}

/** Connects to the public address from here, as any client would. */
export function knock(publicIpv4: string, { home, port }: Target): Promise<Try> {
  return new Promise((resolve) => {
    const socket = connect({ host: publicIpv4, port, family: 4, timeout: patience });
    const end = (result: Try["result"]) => {
      socket.destroy();
      resolve({ home, port, result });
    };
    socket.on("connect", () => end("connected"));
    socket.on("timeout", () => end("silent"));
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "ECONNREFUSED") end("refused");
      else end(code === "ENETUNREACH" || code === "EADDRNOTAVAIL" ? "no-ipv4" : "silent");
    });
  });
}

/** Adds where the relay led the last connection to each port, if it saw one. */
export async function ledTo(session: Session, publicIpv4: string, tries: readonly Try[]): Promise<Try[]> {
  const { stdout } = await session.run(`conntrack -L -p tcp --orig-dst ${publicIpv4} 2>/dev/null`);
  return tries.map((each) => {
    const port = String(each.port);
    // The first port is the one that was called.
    const entries = stdout.split("\n").filter((line) => /\bdport=(\d+)/.exec(line)?.[1] === port);
    // The second source is that of the reply: the server.
    const server = [...(entries.at(-1) ?? "").matchAll(/\bsrc=(\S+)/g)].map(([, source]) => source)[1];
    return server === undefined ? each : { ...each, ledTo: server };
  });
}
