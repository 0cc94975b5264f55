import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import ssh2 from "ssh2";
import type { HcloudRelaySpec } from "../config/index.ts";
import type { RelayFacts } from "../facts/index.ts";
import type { CloudRule } from "../plan/index.ts";
import type { Machine } from "./machine.ts";
import type { CloudAccess, Ours } from "./ours.ts";
import { HostKey, Leftovers } from "./resources.ts";
import { userData } from "./userData.ts";

/** What is only known outside of the program: the key's text, and the type that is on offer. */
export interface HetznerChoices {
  /** Text of the operator's private key. */
  privateKey: string;
  /** Name of the server type, `cheapest` resolved. */
  serverType: string;
  /** How the cloud is asked. */
  cloud: CloudAccess;
  /** What the cloud has of this stack, known to the state or not. */
  there: readonly Ours[];
  /** What a firewall in front of it lets in; absent: there is none. */
  firewall?: readonly CloudRule[];
}

/**
 * A relay on Hetzner Cloud: SSH key, two primary addresses, a server, and where it is wanted a firewall.
 *
 * The addresses are resources of their own, so that they, and the endpoints that are derived from them,
 * outlive a server that is replaced. What only matters at creation never replaces one.
 */
export class HetznerRelay extends pulumi.ComponentResource implements Machine {
  readonly facts: pulumi.Output<RelayFacts>;
  readonly access: Machine["access"];

  constructor(name: string, relay: HcloudRelaySpec, choices: HetznerChoices) {
    super("relay4in6:index:HetznerRelay", name);
    const parent = this;
    const fullName = `${pulumi.getProject()}-${pulumi.getStack()}`;
    const labels = stackLabels();
    const leftovers = new Leftovers(
      `${name}-leftovers`,
      { ...choices.cloud, token: pulumi.secret(choices.cloud.token), labels, keepAddress: relay.keepAddress },
      { parent },
    );
    // What the state does not know although it is there is taken over; on what it knows this has no effect.
    const known = (kind: Ours["kind"], called: string) => {
      const found = choices.there.find((each) => each.kind === kind && each.name === called);
      return { parent, dependsOn: leftovers, ...(found === undefined ? {} : { import: String(found.id) }) };
    };

    const hostKey = new HostKey(`${name}-host-key`, { parent });
    const sshKey = new hcloud.SshKey(
      `${name}-ssh-key`,
      { name: fullName, publicKey: publicHalf(choices.privateKey), labels },
      known("ssh_keys", fullName),
    );
    const address = (type: "ipv4" | "ipv6") =>
      new hcloud.PrimaryIp(
        `${name}-${type}`,
        {
          name: `${fullName}-${type}`,
          type,
          autoDelete: false,
          location: relay.location,
          labels,
        },
        { ...known("primary_ips", `${fullName}-${type}`), retainOnDelete: relay.keepAddress },
      );
    const ipv4 = address("ipv4");
    const ipv6 = address("ipv6");
    const firewall = choices.firewall && {
      // Named in the server's order, so that it stands there before the server's first boot.
      firewallIds: [
        new hcloud.Firewall(
          `${name}-firewall`,
          { name: fullName, rules: choices.firewall.map(inboundRule), labels },
          known("firewalls", fullName),
        ).id.apply(Number),
      ],
    };
    const server = new hcloud.Server(
      `${name}-server`,
      {
        name: fullName,
        serverType: choices.serverType,
        image: relay.image,
        location: relay.location,
        sshKeys: [sshKey.id],
        userData: pulumi.secret(
          pulumi
            .all([hostKey.privateKey, hostKey.publicKey])
            .apply(([privateKey, publicKey]) =>
              userData({ hostKey: { privateKey, publicKey }, sshPort: relay.management.port }),
            ),
        ),
        publicNets: [
          { ipv4Enabled: true, ipv4: ipv4.id.apply(Number), ipv6Enabled: true, ipv6: ipv6.id.apply(Number) },
        ],
        labels,
        ...firewall,
      },
      {
        ...known("servers", fullName),
        ignoreChanges: ["serverType", "image", "location", "sshKeys", "userData"],
      },
    );

    this.facts = pulumi
      .all([ipv4.ipAddress, ipv6.ipNetwork, hostKey.publicKey])
      .apply(([publicIpv4, prefix, key]) => ({ ipv4: publicIpv4, prefix, mtu: 1500, hostKey: key }));
    this.access = {
      host: relay.management.over === "ipv4" ? ipv4.ipAddress : server.ipv6Address,
      port: relay.management.port,
      user: "root",
      hostKey: hostKey.publicKey,
      key: relay.key,
      machine: server.id,
      bootSeconds: 600,
    };
    this.registerOutputs();
  }
}

function inboundRule({ protocol, port, sources, description }: CloudRule) {
  return {
    direction: "in",
    protocol,
    ...(port === undefined ? {} : { port }),
    sourceIps: [...sources],
    description,
  };
}

/** By these everything of the stack is found in the cloud. */
export function stackLabels(): Record<string, string> {
  return { "managed-by": "relay4in6", stack: pulumi.getStack() };
}

function publicHalf(privateKey: string): string {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}
