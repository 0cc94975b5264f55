/**
 * The home servers' service, over IPv4 and IPv6: tells each caller the address that it sees. One process for many ports.
 *
 * usage: node answer.ts PORT …    TCP and UDP on each PORT: `ADDRESS PORT` of the caller
 *        port 5001: a line five times a second until the caller goes
 *        port 5002: 100 MB
 *        port 5003: counts what it is sent and answers with the number of bytes
 */
import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import { Readable } from "node:stream";

const bulk = 100_000_000;
const chunk = Buffer.alloc(64 * 1024, "relay4in6 ");

const ways: Record<number, (socket: Socket) => void> = {
  5001: (socket) => {
    let line = 0;
    const timer = setInterval(() => socket.write(`${line++}\n`), 200);
    socket.on("close", () => clearInterval(timer));
  },
  5002: (socket) => {
    Readable.from(pieces()).pipe(socket);
  },
  5003: (socket) => {
    let bytes = 0;
    socket.on("data", (data) => {
      bytes += data.length;
    });
    socket.on("end", () => socket.end(`${bytes}\n`));
  },
};

function* pieces(): Generator<Buffer> {
  for (let left = bulk; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
}

function tellAddress(socket: Socket): void {
  socket.end(`${bare(socket.remoteAddress ?? "")} ${socket.remotePort}\n`);
}

/** Without the prefix that an IPv4 address has in a socket for both (RFC 4291, 2.5.5.2). */
function bare(address: string): string {
  return address.replace(/^::ffff:/, "");
}

const ports = process.argv.slice(2).map(Number);
for (const port of ports) {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    (ways[port] ?? tellAddress)(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, "::", resolve));
  const datagrams = createSocket("udp6");
  datagrams.on("message", (_, { address, port: from }) =>
    datagrams.send(`${bare(address)} ${from}\n`, from, address),
  );
  await new Promise<void>((resolve) => datagrams.bind(port, "::", resolve));
}
console.log("ready");
