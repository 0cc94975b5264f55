import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";
import type * as EmptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import type * as StructProto from "google-protobuf/google/protobuf/struct_pb.js";

const own = createRequire(import.meta.url);
/** Loads what @pulumi/pulumi itself loads: its messages only fit its own copy of gRPC. */
const ofPulumi = createRequire(own.resolve("@pulumi/pulumi/package.json"));

export const grpc: typeof Grpc = ofPulumi("@grpc/grpc-js");
export const { Empty }: typeof EmptyProto = ofPulumi("google-protobuf/google/protobuf/empty_pb");
export const { Struct }: typeof StructProto = ofPulumi("google-protobuf/google/protobuf/struct_pb");

/** Loads one of the generated files of @pulumi/pulumi/proto, such as `provider_pb`. */
export function proto<T>(name: string): T {
  return ofPulumi(`./proto/${name}.js`);
}

/** Any JSON object, as properties cross the wire. */
export type Properties = Record<string, unknown>;

export function fromStruct(struct: StructProto.Struct | undefined): Properties {
  return (struct?.toJavaScript() ?? {}) as Properties;
}

export function toStruct(properties: Properties): StructProto.Struct {
  // A round trip through JSON drops what is undefined, which a Struct cannot hold.
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)));
}

/** An error with the status and trailers that the caller of the RPC is to see. */
export interface RpcError extends Error {
  code?: number;
  metadata?: Grpc.Metadata;
}

/** Makes a unary handler of a function; what it throws becomes the call's error. */
export function unary<Request, Response>(
  handle: (request: Request) => Promise<Response> | Response,
): Grpc.handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await handle(call.request));
    } catch (error) {
      const { message, code, metadata } = error as RpcError;
      callback({
        code: code ?? grpc.status.UNKNOWN,
        details: message,
        message,
        ...(metadata ? { metadata } : {}),
      });
    }
  };
}

/**
 * Serves a plugin as the engine expects it: on a loopback port that is the only line on standard output,
 * until standard input ends, which it does when the engine is gone.
 */
export async function servePlugin(
  service: Grpc.ServiceDefinition,
  handlers: Grpc.UntypedServiceImplementation,
  stop: () => void = () => {},
): Promise<void> {
  // Files travel as text in single messages.
  const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
  server.addService(service, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  process.stdin.resume().once("end", () => {
    stop();
    process.exit(0);
  });
  process.stdout.write(`${port}\n`);
}
