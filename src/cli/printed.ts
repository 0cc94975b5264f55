import { configJsonSchema, configReference, stackFileJsonSchema } from "../config/index.ts";

/** Prints the JSON Schema of the bare keys, or of a stack's file. */
export function printSchema(stack: boolean): void {
  const schema = stack ? stackFileJsonSchema() : configJsonSchema();
  process.stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
}

/** Prints the config's reference. */
export function printReference(): void {
  process.stdout.write(configReference());
}
