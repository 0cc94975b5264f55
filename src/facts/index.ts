export { askAutoHome, askHome, askRelay, type Possibility } from "./ask.ts";
export { assumeHome } from "./assume.ts";
export type { Facts, HomeFacts, RelayFacts } from "./facts.ts";
