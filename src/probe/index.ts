export { candidatesFor } from "./candidates.ts";
export type { Sessions } from "./ends.ts";
export { likelyCure, type Outcome, outcomeLines } from "./outcome.ts";
export { type Candidate, firstThatWorks, probeAll } from "./probeAll.ts";
export { probedTunnel } from "./probedTunnel.ts";
