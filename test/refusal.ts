import { expect } from "vitest";
import { type Fault, VisibleError } from "../src/errors.ts";

function toldBy(error: unknown): Fault[] {
  expect(error).toBeInstanceOf(VisibleError);
  return (error as VisibleError).faults;
}

/** The faults with which work is refused; it fails the test to go well, or to throw anything else. */
export function refusal(work: () => unknown): Fault[] {
  try {
    work();
  } catch (error) {
    return toldBy(error);
  }
  throw new Error("it was not refused");
}

/** The same of work that takes its time. */
export async function refusalOf(work: Promise<unknown>): Promise<Fault[]> {
  try {
    await work;
  } catch (error) {
    return toldBy(error);
  }
  throw new Error("it was not refused");
}
