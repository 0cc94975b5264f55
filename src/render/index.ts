export type { Bundle, BundleFile } from "./bundle.ts";
export { quote } from "./quote.ts";
export { render } from "./render.ts";
