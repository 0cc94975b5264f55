import { z } from "zod";
import { portNumber, ssh } from "./access.ts";

const cloudName = (description: string, example: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "is not a name that the cloud could have")
    .meta({ description, examples: [example] });

const management = z.strictObject({
  port: portNumber("port of the relay's own SSH", 22).default(22),
  over: z
    .enum(["ipv6", "ipv4"])
    .default("ipv6")
    .meta({
      description: "how you reach the relay's SSH; ipv4 keeps its port out of the whole-address service",
      examples: ["ipv6"],
    }),
});

const hcloudRelay = z.strictObject({
  provider: z
    .literal("hcloud")
    .optional()
    .default("hcloud")
    .meta({ description: "the relay is created on Hetzner Cloud", examples: ["hcloud"] }),
  location: cloudName("location of the relay", "fsn1").default("fsn1"),
  serverType: cloudName(
    "server type, or `cheapest`: the cheapest one that the location offers",
    "cheapest",
  ).default("cheapest"),
  image: cloudName("image of the relay, a Debian", "debian-13").default("debian-13"),
  management: management
    .default({ port: 22, over: "ipv6" })
    .meta({ description: "the relay's own SSH", examples: ["{port: 22, over: ipv6}"] }),
  key: z
    .string()
    .default("~/.ssh/id_ed25519")
    .meta({
      description: "path of your private key; its public half is put on the relay",
      examples: ["~/.ssh/id_ed25519"],
    }),
  rebootAt: z
    .string()
    .regex(/^(([01]\d|2[0-3]):[0-5]\d|never)$/, "is no time of day as HH:MM")
    .default("04:00")
    .meta({
      description:
        "when the relay may reboot for a security update that needs it, HH:MM in UTC (about a minute without traffic); `never`: you reboot it",
      examples: ["04:00"],
    }),
  keepAddress: z
    .boolean()
    .default(false)
    .meta({ description: "true: `pulumi destroy` keeps the public addresses", examples: ["false"] }),
  firewall: z
    .boolean()
    .default(false)
    .meta({
      description:
        "true: a Hetzner Cloud Firewall that lets in what the relay lets in stands in front of it; it drops `transport: ipip6`",
      examples: ["true"],
    }),
});

const existingRelay = z.strictObject({
  provider: z
    .literal("existing")
    .meta({ description: "an own Debian server is the relay; nothing is created", examples: ["existing"] }),
  ...ssh,
  port: portNumber("SSH port of the server; `management.port` by default", 22).optional(),
  management: z
    .strictObject({
      port: portNumber("port of the server's own SSH; `port` by default", 22).optional(),
      over: z
        .enum(["ipv6", "ipv4"])
        .optional()
        .meta({
          description: "how you reach the server's SSH; by default as `host` is written, ipv6 for a name",
          examples: ["ipv6"],
        }),
    })
    .optional()
    .meta({ description: "the server's own SSH", examples: ["{port: 22, over: ipv6}"] }),
});

/** The cloud VM, or a server of the user's. */
export const relay = z
  .discriminatedUnion("provider", [hcloudRelay, existingRelay])
  .default({
    provider: "hcloud",
    location: "fsn1",
    serverType: "cheapest",
    image: "debian-13",
    management: { port: 22, over: "ipv6" },
    key: "~/.ssh/id_ed25519",
    rebootAt: "04:00",
    keepAddress: false,
    firewall: false,
  })
  .meta({ description: "the cloud VM with the public IPv4 address", examples: ["{provider: hcloud}"] });
