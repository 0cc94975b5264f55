import * as pulumi from "@pulumi/pulumi";
import { MockMonitor, type MockResourceArgs } from "@pulumi/pulumi/runtime/mocks.js";
import { vi } from "vitest";

/** A resource as the program asks the engine for it. */
export interface Registered {
  type: string;
  name: string;
  inputs: any;
  ignoreChanges: string[];
  retainOnDelete: boolean;
  dependencies: string[];
  secretOutputs: string[];
}

/** What a created resource is given by the cloud: its outputs, an id among them if it matters. */
type Outputs = (args: MockResourceArgs) => Record<string, unknown>;

const register = MockMonitor.prototype.registerResource;

/**
 * Stands in for Pulumi's engine by Pulumi's own mocks: resources are recorded and get what `outputs` says. What
 * the engine decides (order, diffs, secrets in the state) is left out: test/lab has the real one.
 */
export async function mockEngine(outputs: Outputs): Promise<Registered[]> {
  const registered: Registered[] = [];
  vi.spyOn(MockMonitor.prototype, "registerResource").mockImplementation(function (
    this: any,
    req: any,
    done,
  ) {
    registered.push({
      type: req.getType(),
      name: req.getName(),
      inputs: req.getObject().toJavaScript(),
      ignoreChanges: req.getIgnorechangesList(),
      retainOnDelete: req.getRetainondelete(),
      dependencies: req.getDependenciesList(),
      secretOutputs: req.getAdditionalsecretoutputsList(),
    });
    return register.call(this, req, done);
  });
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: (args) => {
        const { id = `${args.name}-id`, ...state } = outputs(args);
        return { id: String(id), state: { ...args.inputs, ...state } };
      },
    },
    "relay4in6",
    "test",
  );
  return registered;
}

/** The value of an output, and whether it is a secret. */
export async function settled<T>(output: pulumi.Output<T>): Promise<{ value: T; secret: boolean }> {
  const value = await new Promise<T>((resolve) => {
    output.apply((known) => resolve(known as T));
  });
  return { value, secret: await pulumi.isSecret(output) };
}
