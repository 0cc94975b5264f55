import { z } from "zod";
import { isProcess, processKinds, tunnelKinds } from "../../transports/index.ts";
import { portNumber, ssh } from "./access.ts";

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
    description: "only where `transport` names wireguard, also in a list; with `auto`, its port",
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
  ipv6: z
    .boolean()
    .default(false)
    .meta({
      description:
        "true: each server gets a public IPv6 address out of the relay's /64 too, which stays when the home's prefix changes",
      examples: ["true"],
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

/** A home, by what ends the tunnel there. */
export const anyHome = z.discriminatedUnion("end", [openwrtHome, debianHome, manualHome, endlessHome]);
