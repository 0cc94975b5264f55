export { chooseTransports } from "./choose.ts";
export { askHomes } from "./know.ts";
export { deliverTo, planFor, relayMachine } from "./program.ts";
export { readme } from "./readme.ts";
export { stackSpec } from "./settings.ts";
export { visibly } from "./visibly.ts";
