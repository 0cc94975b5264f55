export { apply, type DeliverOptions, type Inspection, inspect, remove } from "./deliver.ts";
export { script } from "./script.ts";
export { type Session, type Target, withSession } from "./session.ts";
