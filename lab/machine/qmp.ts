/**
 * QEMU's machine protocol (QMP): one command over a machine's socket.
 */
import { connect } from "node:net";

/** Commands that the lab uses. */
export type QmpCommand = "system_reset" | "set_link";

/**
 * Sends one command and waits for its answer.
 * @throws Error when nothing listens, QEMU refuses, or 10 s pass
 */
export function qmp(socket: string, command: QmpCommand, args: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket);
    const fail = (why: string) => {
      connection.destroy();
      reject(new Error(`QMP ${command} at ${socket}: ${why}`));
    };
    connection.setTimeout(10_000, () => fail("no answer in 10 s"));
    connection.on("error", (error) => fail(error.message));
    connection.on("close", () => fail("closed without an answer"));
    let pending = "";
    connection.on("data", (chunk) => {
      pending += chunk;
      const lines = pending.split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines.filter((text) => text.trim())) {
        const message = JSON.parse(line) as {
          QMP?: object;
          id?: string;
          return?: unknown;
          error?: { desc: string };
        };
        if (message.QMP) connection.write(`${JSON.stringify({ execute: "qmp_capabilities" })}\n`);
        else if (message.error) fail(message.error.desc);
        else if (message.id === command) {
          connection.removeAllListeners("close");
          connection.end();
          resolve(message.return);
        } else if (message.return !== undefined) {
          connection.write(`${JSON.stringify({ execute: command, id: command, arguments: args })}\n`);
        }
      }
    });
  });
}
