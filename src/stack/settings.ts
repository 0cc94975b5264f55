import * as pulumi from "@pulumi/pulumi";
import { type OpenSpec, parseOpenSpec } from "../config/index.ts";
import { describeFault } from "../errors.ts";

/**
 * The stack's config as a Spec. Warnings are shown by the engine.
 *
 * @throws VisibleError with all faults at once, before anything is created
 */
export function stackSpec(): OpenSpec {
  const config = new pulumi.Config("relay4in6");
  const raw: Record<string, unknown> = {};
  for (const key of ["relay", "homes", "services"]) {
    const value = config.getObject(key);
    if (value !== undefined) raw[key] = value;
  }
  const { spec, warnings } = parseOpenSpec(raw);
  for (const warning of warnings) void pulumi.log.warn(describeFault(warning));
  return spec;
}

/** How the cloud is asked: the same settings that the provider reads. */
export function cloudAccess(): { endpoint: string; token: string } {
  const config = new pulumi.Config("hcloud");
  return {
    endpoint: config.get("endpoint") ?? process.env["HCLOUD_ENDPOINT"] ?? "https://api.hetzner.cloud/v1",
    token: config.get("token") ?? process.env["HCLOUD_TOKEN"] ?? "",
  };
}
