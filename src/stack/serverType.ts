import { z } from "zod";
import { VisibleError } from "../errors.ts";

const page = z.object({
  server_types: z.array(
    z.object({
      name: z.string(),
      architecture: z.string(),
      prices: z.array(z.object({ location: z.string(), price_monthly: z.object({ gross: z.string() }) })),
      locations: z
        .array(
          z.object({
            name: z.string(),
            available: z.boolean().optional(),
            deprecation: z.unknown().optional(),
          }),
        )
        .optional(),
    }),
  ),
  meta: z.object({ pagination: z.object({ next_page: z.number().nullable() }) }),
});

/** A server type as the API offers it. */
export type ServerType = z.infer<typeof page>["server_types"][number];

/**
 * All server types, asked of the API itself: the provider's own function leaves the prices out.
 *
 * @param endpoint address of the API, ends in `/v1`
 * @throws VisibleError when the API cannot be reached or refuses the token
 */
export async function fetchServerTypes(endpoint: string, token: string): Promise<ServerType[]> {
  const types: ServerType[] = [];
  for (let next: number | null = 1; next !== null; ) {
    const url = `${endpoint}/server_types?per_page=50&page=${next}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } }).catch((error) => {
      throw new VisibleError({
        key: "hcloud:endpoint",
        value: endpoint,
        problem: `the cloud's API cannot be reached: ${(error as Error).message}`,
        cure: "see that this machine is online; then run again",
      });
    });
    if (response.status === 401) {
      throw new VisibleError({
        key: "hcloud:token",
        problem: "the cloud refuses this token",
        cure: "make one with read and write access, then: pulumi config set --secret hcloud:token",
      });
    }
    if (!response.ok) {
      throw new VisibleError({
        key: "hcloud:endpoint",
        value: endpoint,
        problem: `the cloud answers with ${response.status}`,
        cure: "wait a little, then run again",
      });
    }
    const { server_types, meta } = page.parse(await response.json());
    types.push(...server_types);
    next = meta.pagination.next_page;
  }
  return types;
}

/**
 * The name of the server type to create: the one that is asked for, or the cheapest x86 one on offer.
 *
 * @throws VisibleError when the location or the type is not on offer, with those that are
 */
export function chooseServerType(types: readonly ServerType[], location: string, wanted: string): string {
  const locations = [
    ...new Set(types.flatMap(({ prices }) => prices.map((price) => price.location))),
  ].toSorted();
  if (!locations.includes(location)) {
    throw new VisibleError({
      key: "relay.location",
      value: location,
      problem: "the cloud has no such location",
      cure: `use one of ${locations.join(", ")}`,
    });
  }
  const offered = types
    .filter((type) => isOffered(type, location))
    .toSorted((a, b) => priceIn(a, location) - priceIn(b, location));
  const chosen =
    wanted === "cheapest"
      ? offered.find(({ architecture }) => architecture === "x86")
      : offered.find(({ name }) => name === wanted);
  if (chosen === undefined) {
    throw new VisibleError({
      key: "relay.serverType",
      value: wanted,
      problem: `is not on offer in ${location}`,
      cure: `use cheapest, another location, or one of ${offered.map(({ name }) => name).join(", ")}`,
    });
  }
  return chosen.name;
}

function isOffered({ prices, locations }: ServerType, location: string): boolean {
  if (!prices.some((price) => price.location === location)) return false;
  const here = locations?.find(({ name }) => name === location);
  return locations === undefined || (here !== undefined && here.available !== false && !here.deprecation);
}

function priceIn({ prices }: ServerType, location: string): number {
  return Number(
    prices.find((price) => price.location === location)?.price_monthly.gross ?? Number.POSITIVE_INFINITY,
  );
}
