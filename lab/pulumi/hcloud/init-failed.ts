import { createRequire } from "node:module";
import type * as Provider from "@pulumi/pulumi/proto/provider_pb.js";
import type * as StatusProto from "@pulumi/pulumi/proto/status_pb.js";
import type * as AnyProto from "google-protobuf/google/protobuf/any_pb.js";
import type { Properties, RpcError } from "../grpc.ts";
import { grpc, proto, toStruct } from "../grpc.ts";

const provider = proto<typeof Provider>("provider_pb");
const { Status } = proto<typeof StatusProto>("status_pb");
const ofPulumi = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
const { Any }: typeof AnyProto = ofPulumi("google-protobuf/google/protobuf/any_pb");

/**
 * The error by which the engine learns that a resource exists although its creation failed.
 * It keeps the resource in the state, and the next `up` goes on with it.
 */
export function initFailed(id: string, state: Properties, inputs: Properties, cause: Error): RpcError {
  const detail = new provider.ErrorResourceInitFailed();
  detail.setId(id);
  detail.setProperties(toStruct(state));
  detail.setInputs(toStruct(inputs));
  detail.addReasons(cause.message);
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(cause.message);
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  // gRPC's own place for structured errors.
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return Object.assign(new Error(cause.message), { code: grpc.status.UNKNOWN, metadata });
}
