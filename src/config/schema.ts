import { z } from "zod";
import { isProcess, processKinds, tunnelKinds } from "../transports/index.ts";

/**
 * The one description of the config: structure, types, defaults and words for people. The JSON Schema,
 * the reference table and the cures of structural faults are all made from it. What a single value means
 * (addresses, ranges, keys) and how values agree with each other is judged in rules/.
 */

/** The relay holds one tunnel, table and mark for each home. */
export const MOST_HOMES = 200;

/** More new connections a second than any relay takes. */
const MOST_RATE = 1_000_000;

const PORT_WORDS = "a whole number from 1 to 65535";

const portNumber = (description: string, example: number) =>
  z
    .int()
    .min(1)
    .max(65535)
    .meta({ description: `${description}, ${PORT_WORDS}`, examples: [example] });

const cloudName = (description: string, example: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "is not a name that the cloud could have")
    .meta({ description, examples: [example] });

const ssh = {
  host: z
    .string()
    .meta({ description: "name or address of the machine, for SSH", examples: ["192.168.1.1"] }),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "is not a Unix user name")
    .default("root")
    .meta({ description: "user to log in as; it has to be root, or do what root does", examples: ["root"] }),
  hostKey: z.string().meta({
    description:
      "the machine's public host key, as `ssh-keyscan -t ed25519 HOST` prints it after the host name",
    examples: ["ssh-ed25519 AAAA…"],
  }),
  key: z
    .string()
    .optional()
    .meta({
      description: "path of your private key; without it the SSH agent is asked",
      examples: ["~/.ssh/id_ed25519"],
    }),
};

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

const followed = z.strictObject({
  dns: z
    .string()
    .regex(
      /^(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
      "is not a host name with a domain",
    )
    .meta({
      description: "a name whose AAAA record is in the home's prefix; the relay asks for it every 15 seconds",
      examples: ["haus.dyndns.example"],
    }),
});

const homeName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,14}$/, "is not a lower-case letter followed by at most 14 of a-z, 0-9 and -")
  .meta({ description: "name of the home, for services, files and outputs", examples: ["haus"] });

const home = {
  name: homeName,
  lan: z
    .union([
      z.literal("auto"),
      z.strictObject({
        prefix: z.string().meta({ description: "IPv4 prefix of the LAN", examples: ["192.168.1.0/24"] }),
        device: z
          .string()
          .regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}$/, "is not the name of a network device")
          .meta({ description: "network device of the LAN", examples: ["br-lan"] }),
      }),
    ])
    .default("auto")
    .meta({
      description: "`auto`: asked of the home end; or the LAN's IPv4 prefix and network device",
      examples: ["{prefix: 192.168.1.0/24, device: br-lan}"],
    }),
  follow: z
    .union([z.enum(["auto", "none"]), followed])
    .default("auto")
    .meta({
      description:
        "`auto`: a home end whose `prefix` is `auto` tells the relay when it changes, and no other; `none`: the prefix never changes; or a name that the relay resolves",
      examples: ["{dns: haus.dyndns.example}"],
    }),
};

const wireguard = z.strictObject({
  over: z
    .enum(["ipv6", "ipv4"])
    .default("ipv6")
    .meta({
      description: "which of the relay's addresses the home dials; ipv4 where the line has no IPv6",
      examples: ["ipv4"],
    }),
  port: portNumber("UDP port of the relay; chosen by itself without this key", 24642).optional(),
});

const managedHome = {
  ...home,
  wireguard: wireguard.optional().meta({
    description: "only with `transport: wireguard`; with `auto`, its port",
    examples: ["{over: ipv4}"],
  }),
  transport: z
    .union([
      z.enum([...tunnelKinds, "auto"], {
        error: ({ input }) =>
          isProcess(input)
            ? `write \`end: none\` and no \`ssh\`: ${input} has nothing at home; or one of ${tunnelKinds.join(", ")}`
            : undefined,
      }),
      z.array(z.enum(tunnelKinds)),
    ])
    .default("ipip6")
    .meta({
      description:
        "how IPv4 packets cross to the home; docs/transports.md helps to choose; `auto`: the first `up` probes, and takes the fastest that gets through; a list of two: the second takes over while the first does not answer",
      examples: ["ipip6"],
    }),
  ssh: z.strictObject({ ...ssh, port: portNumber("SSH port of the home end", 22).default(22) }).meta({
    description: "how to log in to the home end",
    examples: ['{host: 192.168.1.1, hostKey: "ssh-ed25519 AAAA…"}'],
  }),
  prefix: z
    .string()
    .default("auto")
    .meta({
      description: "`auto`: asked of the home end; or the home's IPv6 prefix, /64 or shorter",
      examples: ["auto"],
    }),
};

const openwrtHome = z.strictObject({
  end: z
    .literal("openwrt")
    .meta({ description: "the home's OpenWrt router ends the tunnel", examples: ["openwrt"] }),
  ...managedHome,
});

const debianHome = z.strictObject({
  end: z
    .literal("debian")
    .meta({ description: "a Debian server in the home ends the tunnel", examples: ["debian"] }),
  ...managedHome,
  ipv6: z
    .boolean()
    .default(false)
    .meta({
      description:
        "true: the server gets a public IPv6 address out of the relay's /64 too, which stays when the home's prefix changes",
      examples: ["true"],
    }),
});

const manualHome = z.strictObject({
  end: z
    .literal("manual")
    .meta({ description: "anything else, set up by hand from rendered instructions", examples: ["manual"] }),
  ...home,
  transport: z
    .literal("ipip6", {
      error: ({ input }) =>
        input === "auto"
          ? "write `ipip6`, or leave it out: `auto` has to log in to the home end to probe"
          : undefined,
    })
    .default("ipip6")
    .meta({ description: "how IPv4 packets cross to the home: IPv4 in IPv6", examples: ["ipip6"] }),
  prefix: z.string().meta({
    description: "the home's IPv6 prefix, /64 or shorter; it has to be written, there is no machine to ask",
    examples: ["2001:db8:2::/64"],
  }),
});

const endlessHome = z.strictObject({
  end: z.literal("none").meta({
    description: "nothing at home is set up: a process on the relay reaches its servers over IPv6",
    examples: ["none"],
  }),
  name: homeName,
  transport: z
    .enum(processKinds, {
      error: ({ input }) =>
        input === "auto"
          ? `write one of ${processKinds.join(", ")}; \`auto\` chooses between tunnels, for which the home needs an end that we log in to (openwrt, debian)`
          : undefined,
    })
    .meta({
      description: "the process that takes the connections; docs/transports.md helps to choose",
      examples: ["proxy"],
    }),
});

const service = z.strictObject({
  port: portNumber("a public port; without port and ports the service is the whole address", 443).optional(),
  ports: z
    .string()
    .optional()
    .meta({ description: "a range of public ports, FIRST-LAST", examples: ["50000-50100"] }),
  protocol: z
    .enum(["tcp", "udp", "both"])
    .default("tcp")
    .meta({ description: "protocol of the ports", examples: ["tcp"] }),
  to: z.string().meta({
    description:
      "the server's IPv4 address in the home; `ADDRESS:PORT` where its port differs. In a home with `end: none`: its public IPv6 address (`[ADDRESS]:PORT`), or a name that has one (`NAME:PORT`)",
    examples: ["192.168.1.210"],
  }),
  home: z
    .string()
    .optional()
    .meta({
      description: "name of the home that the server is in; needed with several homes",
      examples: ["haus"],
    }),
  egress: z
    .enum(["relay", "replies"])
    .optional()
    .meta({
      description:
        "relay: the server's own connections leave through the relay too (default for the whole address); replies: answers only (default for ports)",
      examples: ["replies"],
    }),
  proxyProtocol: z
    .boolean()
    .optional()
    .meta({
      description:
        "only with `transport: proxy`; true: the server is told the client's address by the PROXY protocol, version 2, and has to expect that (default: false)",
      examples: ["true"],
    }),
  rate: z
    .int()
    .min(1)
    .max(MOST_RATE)
    .optional()
    .meta({
      description:
        "new connections a second that are let through, twice as many at once; what is more is dropped and leaves no trace in the relay's tables (default: any number)",
      examples: [200],
    }),
  name: z
    .string()
    .regex(
      /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,29}$/u,
      "is not 1 to 30 letters, digits, blanks, dots, underscores and hyphens, a letter or digit first",
    )
    .optional()
    .meta({ description: "your own word for the service", examples: ["web"] }),
});

/** The config as a user may write it; each part's default is what an absent key means. */
export const configSchema = z.strictObject({
  relay: z
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
    .meta({ description: "the cloud VM with the public IPv4 address", examples: ["{provider: hcloud}"] }),
  homes: z
    .array(z.discriminatedUnion("end", [openwrtHome, debianHome, manualHome, endlessHome]))
    .min(1)
    .max(MOST_HOMES)
    .meta({
      description: "the homes behind DS-Lite or CGNAT",
      examples: ['[{name: haus, end: openwrt, ssh: {host: 192.168.1.1, hostKey: "ssh-ed25519 AAAA…"}}]'],
    }),
  services: z
    .array(service)
    .min(1)
    .meta({ description: "what is reachable from outside", examples: ["[{to: 192.168.1.210}]"] }),
});

/** What a user may write. */
export type ConfigInput = z.input<typeof configSchema>;
/** The same with its defaults. */
export type ConfigOutput = z.output<typeof configSchema>;
