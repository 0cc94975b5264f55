import * as pulumi from "@pulumi/pulumi";
import type { Spec } from "../config/index.ts";
import type { Facts } from "../facts/index.ts";
import type { Candidate, Outcome } from "../probe/index.ts";
import type { Bundle } from "../render/index.ts";
import type { Choice } from "../transports/candidates.ts";

/** How an end is reached. */
export interface Access {
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  user: pulumi.Input<string>;
  /** Public host key, `TYPE BASE64`. */
  hostKey: pulumi.Input<string>;
  /** Path of the private key; absent: the agent is asked. */
  key?: string;
  /** Who the machine is: the server's id, or its address. */
  machine: pulumi.Input<string>;
  /** Seconds that it may take to boot. @default 0 */
  bootSeconds?: number;
}

/** A host key that we make, so that it is known before the first connection. Its private half is a secret. */
export class HostKey extends pulumi.CustomResource {
  declare readonly privateKey: pulumi.Output<string>;
  declare readonly publicKey: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.CustomResourceOptions) {
    super(
      "relay4in6:index:HostKey",
      name,
      { privateKey: undefined, publicKey: undefined },
      { ...opts, additionalSecretOutputs: ["privateKey"] },
    );
  }
}

/** How an end is made. */
export interface EndOptions extends pulumi.CustomResourceOptions {
  /** The public half of the key that the relay made for its tunnels; a home that knows it by one keeps it. */
  relayKey?: pulumi.Input<string>;
}

/** What one machine has of the relay. */
export class End extends pulumi.CustomResource {
  /** The public halves of the key pairs that the machine made for itself, by name. */
  declare readonly keys: pulumi.Output<Record<string, string>>;
  /** Which user for the homes' logins it has. */
  declare readonly login: pulumi.Output<string>;

  /**
   * @param shape a bundle whose paths are right, so that the first preview can name the files while their text
   * is not known yet
   */
  constructor(
    name: string,
    access: Access,
    shape: Bundle,
    bundle: pulumi.Output<Bundle>,
    { relayKey, ...opts }: EndOptions = {},
  ) {
    const received =
      shape.relayKey === undefined || relayKey === undefined
        ? {}
        : { [shape.relayKey]: pulumi.interpolate`${relayKey}\n` };
    const texts = (kind: "files" | "state") =>
      Object.fromEntries(
        shape[kind].map(({ path }) => [
          path,
          bundle.apply((known) => known[kind].find((file) => file.path === path)?.text ?? ""),
        ]),
      );
    super(
      "relay4in6:index:End",
      name,
      {
        name: shape.name,
        end: shape.end,
        bootSeconds: 0,
        ...access,
        packages: shape.packages,
        ...(shape.idlePackages?.length ? { idlePackages: shape.idlePackages } : {}),
        modules: shape.modules,
        devices: shape.devices,
        files: texts("files"),
        modes: Object.fromEntries(shape.files.map(({ path, mode }) => [path, mode])),
        state: { ...texts("state"), ...received },
        followed: shape.followed,
        pairs: shape.keys,
        keys: undefined,
        login: undefined,
      },
      opts,
    );
  }
}

/** What is in the cloud with this stack's labels and in no state: deleted last. Its token is a secret. */
export class Leftovers extends pulumi.CustomResource {
  constructor(
    name: string,
    args: {
      endpoint: string;
      token: pulumi.Input<string>;
      labels: Record<string, string>;
      keepAddress: boolean;
    },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super("relay4in6:index:Leftovers", name, args, { ...opts, additionalSecretOutputs: ["token"] });
  }
}

/** Which homes may log in at the relay, to say where they are now and nothing else. */
export class HomeKeys extends pulumi.CustomResource {
  /**
   * @param login which user of the relay's they log in as
   * @param keys tunnel device → public key of the home at its other end
   */
  constructor(
    name: string,
    access: Access,
    login: pulumi.Input<string>,
    keys: Record<string, pulumi.Input<string>>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const { bootSeconds: _, ...relay } = access;
    super("relay4in6:index:HomeKeys", name, { name: "relay", ...relay, login, keys, lines: undefined }, opts);
  }
}

/** Which homes the relay's tunnels answer, where it knows them by a key. */
export class TunnelPeers extends pulumi.CustomResource {
  /**
   * @param relayKey the relay's own public key
   * @param keys tunnel device → public key of the home at its other end
   */
  constructor(
    name: string,
    access: Access,
    relayKey: pulumi.Input<string>,
    keys: Record<string, pulumi.Input<string>>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const { bootSeconds: _, ...relay } = access;
    super("relay4in6:index:TunnelPeers", name, { name: "relay", ...relay, relayKey, keys }, opts);
  }
}

/** What `transport: auto` came to for one home: found out once, and kept until it is replaced. */
export class Transport extends pulumi.CustomResource {
  declare readonly choice: pulumi.Output<Choice>;
  /** What came of each that was tried. */
  declare readonly outcomes: pulumi.Output<Outcome[]>;

  /**
   * @param homeName the home's name
   * @param candidates what is probed, the fastest first
   */
  constructor(
    name: string,
    homeName: string,
    relay: Access,
    home: Access,
    candidates: pulumi.Input<Candidate[]>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const args = {
      relay: { name: "relay", bootSeconds: 0, ...relay },
      home: { name: homeName, ...home },
      candidates,
      choice: undefined,
      outcomes: undefined,
    };
    super("relay4in6:index:Transport", name, args, opts);
  }
}

/** Leads homes from one tunnel to another: it is made before the ends, which then know the new one alone. */
export class Turnover extends pulumi.CustomResource {
  /** @param homes how each home that is delivered to is reached, by its name */
  constructor(
    spec: Spec,
    facts: pulumi.Input<Facts>,
    relay: Access,
    homes: Record<string, Access>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const named = Object.entries(homes).map(([name, home]) => [name, { name, ...home }]);
    const args = { spec, facts, relay: { name: "relay", ...relay }, homes: Object.fromEntries(named) };
    super("relay4in6:index:Turnover", "turnover", args, opts);
  }
}
