export { authorizedKeys } from "./authorizedKeys.ts";
export type { Bundle, BundleFile } from "./bundle.ts";
export { followPair, tunnelPair, withRelayKey } from "./link.ts";
export { type ManualFacts, renderManual } from "./manual.ts";
export { quote } from "./quote.ts";
export { render } from "./render.ts";
