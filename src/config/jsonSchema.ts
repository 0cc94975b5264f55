import { z } from "zod";
import { configSchema } from "./schema.ts";

/** The part of JSON Schema (draft 2020-12) that the config's schema uses. */
export interface JsonSchema {
  $schema?: string;
  type?: string;
  description?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  examples?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
}

/** What a user may write, for editors: the keys `relay`, `homes` and `services`. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema;
}

/** The same for a stack's `Pulumi.NAME.yaml`, where the keys stand under `config:` with our namespace. */
export function stackFileJsonSchema(): JsonSchema {
  const { $schema = "", properties = {}, required = [] } = configJsonSchema();
  const namespaced = (key: string) => `relay4in6:${key}`;
  return {
    $schema,
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(properties).map(([key, value]) => [namespaced(key), value]),
        ),
        required: required.map(namespaced),
      },
    },
    required: ["config"],
  };
}
