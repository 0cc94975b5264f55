export type { AddressPool } from "./addresses.ts";
export { documentationAddresses } from "./addresses.ts";
export type { Cloud, CloudOptions } from "./cloud.ts";
export { startCloud } from "./cloud.ts";
export type { Fault } from "./faults.ts";
export { unavailable } from "./faults.ts";
export type { MachineOrder, Machines } from "./machines.ts";
export type { RateLimit } from "./rate-limit.ts";
