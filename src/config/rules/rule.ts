import type { Fault } from "../../errors.ts";
import type { Draft } from "../draft.ts";

/** One rule: looks at what is there, says what is wrong, and passes over what is missing. */
export type Rule = (draft: Draft) => Fault[];
