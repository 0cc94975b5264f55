import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Outcome } from "../command.ts";
import type { Lab } from "../lab.ts";
import { LAB, RUN } from "../places.ts";
import { attemptAsOperator } from "./operator.ts";
import { CONFIG_FILE, type Pulumi, STACK } from "./stack.ts";

/** `relay4in6` where the operator is, on what the stack said when this was made. */
export class Program {
  readonly #environment: Lab["environment"];
  readonly #outputs = `${RUN}/outputs.json`;

  private constructor({ environment }: Lab) {
    this.#environment = environment;
  }

  static async of(lab: Lab, pulumi: Pulumi): Promise<Program> {
    const program = new Program(lab);
    await writeFile(program.#outputs, await pulumi.run("stack", "output", "--json", "--stack", STACK));
    return program;
  }

  /** @param timeout in milliseconds */
  run(words: readonly string[], timeout: number): Promise<Outcome> {
    const command = [process.execPath, join(LAB, "..", "bin", "relay4in6"), ...words];
    const files = ["--outputs", this.#outputs, "--config", CONFIG_FILE];
    return attemptAsOperator(this.#environment, [...command, ...files], { timeout });
  }
}
