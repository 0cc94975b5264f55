import type { Service, Spec } from "../../config/index.ts";
import type { ProbeStatus } from "../../facts/probed.ts";
import { answering, type ServiceReport, wordsFor } from "./services.ts";

/** A home that no tunnel leads to: the relay's kernel knows nothing of its connections. */
export interface EndlessReport {
  home: string;
  transport: string;
  /** down: none of its TCP ports answered in the probe's last round; unknown: it has none. */
  state: "up" | "down" | "unknown";
  services: Pick<ServiceReport, "service" | "name" | "to" | "answering">[];
}

/** The homes without an end, as the probe found them. */
export function endlessOf({ homes, services }: Spec, probe: ProbeStatus | undefined): EndlessReport[] {
  return homes.flatMap((home): EndlessReport[] => {
    if (home.end !== "none") return [];
    const found = probe?.endless.find((each) => each.home === home.name);
    const own = services.filter((service) => service.home === home.name);
    return [
      {
        home: home.name,
        transport: home.transport,
        state: found?.state ?? "unknown",
        services: own.map((service) => ({
          service: wordsFor(service),
          ...(service.name === undefined ? {} : { name: service.name }),
          to: textOf(service),
          ...answering(service, found?.ports ?? []),
        })),
      },
    ];
  });
}

function textOf(service: Service): string {
  const host = hostOf(service.to);
  return "toPort" in service ? `${host}:${service.toPort}` : host;
}

function hostOf(to: string): string {
  return to.includes(":") ? `[${to}]` : to;
}
