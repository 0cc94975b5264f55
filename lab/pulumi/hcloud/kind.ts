import type { Properties } from "../grpc.ts";
import type { HcloudApi } from "./api.ts";

/** How one input property is checked and compared. */
export interface Property {
  type: "string" | "number" | "boolean" | "labels" | "strings" | "numbers" | "publicNets" | "rules";
  required?: boolean;
  /** A change needs another resource. */
  replaces?: boolean;
  /** The value when it is left out; taking the property away goes back to it. */
  fallback?: unknown;
  /** The service fills it in, so leaving it out changes nothing. */
  computed?: boolean;
  /** What the state keeps instead of the value. */
  stored?: (value: unknown) => unknown;
}

/** One type of resource of the plugin. */
export interface Kind {
  properties: Record<string, Property>;
  /** Outputs that are known only after creation. */
  outputs: string[];
  /** Rules that concern several properties; returns what is wrong, by property. */
  check?(inputs: Properties): [property: string, reason: string][];
  /**
   * Makes the resource.
   * @param made is called with its id as soon as there is one, before anything else can fail
   */
  create(api: HcloudApi, inputs: Properties, made: (id: number) => void): Promise<void>;
  /** The resource as it is; undefined when it is gone. `state` is what was known of it. */
  read(api: HcloudApi, id: string, state: Properties): Promise<Properties | undefined>;
  /** Changes it in place; `changed` names the properties that differ. */
  update(api: HcloudApi, id: string, state: Properties, inputs: Properties, changed: string[]): Promise<void>;
  /** Takes it away; quietly done when it is gone. */
  delete(api: HcloudApi, id: string, state: Properties): Promise<void>;
}

/** The mark by which the engine sends a value that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value is unknown, or has something unknown in it. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}
