import { RunError } from "@pulumi/pulumi/errors.js";
import { VisibleError } from "../errors.ts";

/** What is the user's to mend is told without a stack trace: the engine knows RunError for that. */
export async function visibly<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof VisibleError ? new RunError(error.message) : error;
  }
}
