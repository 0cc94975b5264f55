import { z } from "zod";
import { portNumber } from "./access.ts";

/** More new connections a second than any relay takes. */
const MOST_RATE = 1_000_000;

/** What is reachable. */
export const service = z.strictObject({
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
