import type { Provider } from "@pulumi/pulumi/provider/index.js";
import { VisibleError } from "../../errors.ts";
import { endResource } from "./end.ts";
import { homeKeysResource } from "./homeKeys.ts";
import { hostKeyResource } from "./hostKey.ts";
import type { Kind } from "./kind.ts";
import { leftoversResource } from "./leftovers.ts";
import { plain } from "./secret.ts";
import { transportResource } from "./transport.ts";
import { tunnelPeersResource } from "./tunnelPeers.ts";
import { turnoverResource } from "./turnover.ts";

const kinds: Readonly<Record<string, Kind>> = {
  "relay4in6:index:End": endResource,
  "relay4in6:index:HomeKeys": homeKeysResource,
  "relay4in6:index:HostKey": hostKeyResource,
  "relay4in6:index:Leftovers": leftoversResource,
  "relay4in6:index:Transport": transportResource,
  "relay4in6:index:TunnelPeers": tunnelPeersResource,
  "relay4in6:index:Turnover": turnoverResource,
};

/**
 * Our own Pulumi provider: an ordinary process that speaks for the ends. A dynamic provider would put its code
 * into the state instead, and delete with the code of yesterday.
 */
export const provider: Provider = {
  version: "0.1.0",
  check: async (_urn, _olds, news) => ({ inputs: news }),
  diff: (_id, urn, olds, news) => visibly(() => kindOf(urn).diff(plain(olds), plain(news))),
  create: (urn, inputs) => visibly(() => kindOf(urn).create(plain(inputs))),
  read: (id, urn, props) => visibly(() => kindOf(urn).read(id, plain(props))),
  update: (_id, urn, olds, news) => visibly(() => kindOf(urn).update(plain(news), plain(olds))),
  delete: (_id, urn, props) => visibly(() => kindOf(urn).delete(plain(props), urn)),
};

function kindOf(urn: string): Kind {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`relay4in6 has no resource ${type}`);
  return kind;
}

/** What is the user's to mend is told without a stack trace. */
async function visibly<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof VisibleError) delete error.stack;
    throw error;
  }
}
