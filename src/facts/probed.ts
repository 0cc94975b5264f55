import { z } from "zod";

const port = z.object({
  protocol: z.literal("tcp"),
  /** As the service has them: `443` or `50000-50100`. */
  ports: z.string(),
  to: z.string(),
  /** The server's port that was tried. */
  port: z.number(),
  /** null: not tried. */
  answer: z.enum(["open", "refused", "unreachable", "silent"]).nullable(),
});

const count = z.object({ packets: z.number(), bytes: z.number() });

/** What the relay's probe writes (templates/relay/etc/relay4in6/probe.awk): times are Unix seconds. */
const probeShape = z.object({
  version: z.literal(1),
  /** When the round ended. */
  time: z.number(),
  /** Seconds from one round to the next. */
  interval: z.number(),
  /** Connections that the relay tracks, and can track. */
  connections: z.number(),
  connectionsMax: z.number(),
  homes: z.array(
    z.object({
      home: z.string(),
      device: z.string(),
      /** down: silent for 60 seconds; unknown: not so long yet, and never heard of. */
      state: z.enum(["up", "down", "unknown"]),
      since: z.number(),
      /** Its last answer: round trip in ms. */
      lastSeen: z.object({ time: z.number(), rtt: z.number(), endpoint: z.string() }).nullable(),
      /** Where the tunnel leads now. */
      endpoint: z.string().nullable(),
      /** Echo requests of the last round, and their answers. */
      sent: z.number(),
      received: z.number(),
      /** 0 to 1. */
      loss: z.number(),
      /** ms */
      rtt: z.object({ min: z.number(), avg: z.number(), max: z.number() }).nullable(),
      fromHome: count,
      toHome: count,
      ports: z.array(port),
    }),
  ),
  /** Homes without an end, reached by a process on the relay. */
  endless: z
    .array(
      z.object({
        home: z.string(),
        /** down: none of its TCP ports answered in the last round; unknown: it has none. */
        state: z.enum(["up", "down", "unknown"]),
        ports: z.array(port),
      }),
    )
    .default([]),
});

/** What the relay's probe found in its last round. */
export type ProbeStatus = z.infer<typeof probeShape>;

/** Reads the probe's status.json; undefined when it has not written one yet, or one of another version. */
export function readProbe(text: string): ProbeStatus | undefined {
  if (!text.trim().startsWith("{")) return undefined;
  return probeShape.safeParse(JSON.parse(text)).data;
}
