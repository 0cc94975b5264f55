import type { CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/provider/index.js";

/** A kind of resource: what the engine asks for, with the inputs as plain values. */
export interface Kind {
  diff(olds: unknown, news: unknown): Promise<DiffResult>;
  create(inputs: unknown): Promise<CreateResult>;
  read(id: string, props: unknown): Promise<ReadResult>;
  /** @param olds as it lies in the state */
  update(news: unknown, olds: unknown): Promise<UpdateResult>;
  /** @param urn named to the user when the end cannot be reached */
  delete(props: unknown, urn: string): Promise<void>;
}
