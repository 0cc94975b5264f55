export { checkAgainstFacts, type FactsToCheck, type HomeFactsToCheck } from "./checkAgainstFacts.ts";
export { readConfigFile } from "./file.ts";
export { endedHomes, hasEnd } from "./homes.ts";
export { configJsonSchema, stackFileJsonSchema } from "./jsonSchema.ts";
export { expandHome, readPrivateKey } from "./key.ts";
export { parseSpec } from "./parse.ts";
export { rangeText } from "./ports.ts";
export { configReference } from "./reference.ts";
export type * from "./spec.ts";
