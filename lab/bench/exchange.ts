/**
 * Run as a program inside a namespace: answers connections, or makes them and says what it found as JSON.
 *
 *     node exchange.ts serve PORT
 *     node exchange.ts roundtrip HOST PORT     {"seconds": median time of one byte there and back}
 *     node exchange.ts connect HOST PORT       {"perSecond": connections made, used for one byte and closed}
 */
import { connect, createServer, type Socket } from "node:net";

const [what, ...rest] = process.argv.slice(2);
if (what === "serve") serve(Number(rest[0]));
else {
  const [host = "", port] = rest;
  const found =
    what === "roundtrip" ? await roundTrip(host, Number(port)) : await connections(host, Number(port));
  process.stdout.write(`${JSON.stringify(found)}\n`);
}

function serve(port: number): void {
  createServer({ noDelay: true }, (socket) => {
    // Clients of this benchmark leave without a farewell.
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  }).listen(port, "0.0.0.0", () => process.stdout.write("listening\n"));
}

/** Median of many exchanges over one connection, so that the handshake is not in it. */
async function roundTrip(host: string, port: number): Promise<{ seconds: number }> {
  const socket = await open(host, port);
  const times: number[] = [];
  for (let index = 0; index < 300; index++) {
    const start = performance.now();
    await echo(socket);
    times.push((performance.now() - start) / 1000);
  }
  socket.destroy();
  return { seconds: times.toSorted((a, b) => a - b)[150] as number };
}

/** Eight clients at once, for four seconds. */
async function connections(host: string, port: number): Promise<{ perSecond: number }> {
  const start = performance.now();
  let made = 0;
  const client = async () => {
    while (performance.now() - start < 4000) {
      const socket = await open(host, port);
      await echo(socket);
      socket.destroy();
      made++;
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return { perSecond: made / ((performance.now() - start) / 1000) };
}

function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

function echo(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("data", () => resolve());
    socket.once("close", () => reject(new Error("closed before the answer")));
    socket.write("x");
  });
}
