import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Sandbox } from "./sandbox.ts";

/**
 * Where a connection can be cut. Nothing of what is cut off arrives, but for the half answer; the command of the
 * last two has been started by then, that of the last one has come to its end.
 */
export const cuts = ["at connect", "after the login", "at its command's start", "in its answer"] as const;
export type Cut = (typeof cuts)[number];

/** Bytes of what sshd says when it starts a command: that it does, and how much it takes (RFC 4254, 5.2 and 6.5). */
const START = 72;

/**
 * The way to sandboxes' sshd, over ports of its own. It counts the connections to all of them and cuts one. What
 * passes is encrypted: how far a connection is, sshd's log tells.
 */
export class Wire {
  readonly #servers: Server[] = [];
  #count = 0;
  #cut: { at: number; how: Cut } | undefined;
  #struck = false;

  /** How many connections there were since `cut`. */
  get count(): number {
    return this.#count;
  }

  /** Whether that one was cut by now, at its place. */
  get struck(): boolean {
    return this.#struck;
  }

  /** From here on the connections are counted, and that one is cut; without a number none is. */
  cut(at: number | undefined, how: Cut = "at connect"): void {
    this.#count = 0;
    this.#struck = false;
    this.#cut = at === undefined ? undefined : { at, how };
  }

  /** @returns the port that leads to that sandbox, whichever it is then */
  async port(to: () => Sandbox | undefined): Promise<number> {
    const server = createServer((socket) =>
      this.#pass(
        socket.on("error", () => {}),
        to(),
      ),
    );
    this.#servers.push(server.listen(0, "127.0.0.1"));
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  #pass(socket: Socket, sandbox: Sandbox | undefined): void {
    const how = ++this.#count === this.#cut?.at ? this.#cut.how : undefined;
    if (sandbox === undefined || how === "at connect") {
      this.#struck = how !== undefined;
      socket.resetAndDestroy();
      return;
    }
    const inner = connect(sandbox.target.port, "127.0.0.1").on("error", () => socket.destroy());
    const cut = () => {
      this.#struck = true;
      socket.resetAndDestroy();
      inner.destroy();
    };
    let loggedIn = false;
    /** What the server said since its command was started; it is held back. */
    let answer: Buffer[] | undefined;
    let started = 0;
    const log = (line: string) => {
      if (line.startsWith("Accepted publickey")) loggedIn = true;
      if (line.startsWith("Starting session")) {
        if (how === "at its command's start") cut();
        if (how === "in its answer") answer = [];
      }
      if (line.includes("session_exit_message") && answer !== undefined) {
        const whole = Buffer.concat(answer);
        socket.write(whole.subarray(0, whole.length / 2), cut);
      }
    };
    const heard = (port: number, line: string) => {
      if (port === inner.localPort) log(line);
    };
    sandbox.log.on("line", heard);
    socket.on("data", (chunk) => {
      // With its first packet after the login the client shows that it knows of it.
      if (loggedIn && how === "after the login") cut();
      else inner.write(chunk);
    });
    inner.on("data", (chunk) => {
      if (answer !== undefined && started >= START) {
        answer.push(chunk);
        return;
      }
      if (answer !== undefined) started += chunk.length;
      socket.write(chunk);
    });
    socket.on("end", () => inner.end());
    socket.on("close", () => {
      // On a busy machine the client may have waited long enough: the answer is lost all the same.
      if (answer !== undefined) this.#struck = true;
      inner.destroy();
    });
    inner
      .on("end", () => socket.end())
      .on("close", () => {
        sandbox.log.off("line", heard);
        socket.destroy();
      });
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }
}
