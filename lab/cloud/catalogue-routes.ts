import type { Image, Location, ServerType } from "./catalogue.ts";
import { byIdOrName, datacenters, images, locations, serverTypes } from "./catalogue.ts";
import { notFound } from "./errors.ts";
import { listing } from "./listing.ts";
import type { Call, Route } from "./router.ts";

const VAT = 1.19;
const HOURS_A_MONTH = 730;

const price = (euro: number) => ({ net: euro.toFixed(10), gross: (euro * VAT).toFixed(16) });

function locationByName(name: string): Location {
  const found = byIdOrName(locations, name);
  if (!found) throw new Error(`the lab's catalogue has no location ${name}`);
  return found;
}

/** Whether a type can be ordered in a location now. */
export function orderable(type: ServerType, location: string): boolean {
  return type.monthly[location] !== undefined && !type.soldOut.includes(location);
}

/** A server type as the API shows it. */
export function showServerType(type: ServerType) {
  const { monthly, soldOut: _, ...shown } = type;
  return {
    ...shown,
    storage_type: "local",
    included_traffic: 0,
    deprecated: type.deprecation !== null,
    prices: Object.entries(monthly).map(([location, euro]) => ({
      location,
      price_hourly: price(euro / HOURS_A_MONTH),
      price_monthly: price(euro),
      included_traffic: 20 * 1024 ** 4,
      price_per_tb_traffic: price(1),
    })),
    locations: Object.keys(monthly).map((name) => ({
      id: locationByName(name).id,
      name,
      recommended: orderable(type, name),
      available: orderable(type, name),
      deprecation: type.deprecation,
    })),
  };
}

/** What {@link showServerType} answers with: whoever asks the API reads it by this. */
export type ShownServerType = ReturnType<typeof showServerType>;

/** An image as the API shows it. */
export function showImage(image: Image) {
  return {
    ...image,
    type: "system",
    status: "available",
    image_size: null,
    disk_size: 5,
    created: "2025-08-11T09:00:00+00:00",
    created_from: null,
    bound_to: null,
    os_flavor: "debian",
    rapid_deploy: true,
    protection: { delete: false },
    deprecated: null,
    deleted: null,
    labels: {},
  };
}

/** What {@link showImage} answers with. */
export type ShownImage = ReturnType<typeof showImage>;

function showDatacenter(datacenter: (typeof datacenters)[number]) {
  const listed = serverTypes.filter((type) => type.monthly[datacenter.location] !== undefined);
  const available = listed.filter((type) => orderable(type, datacenter.location)).map((type) => type.id);
  return {
    ...datacenter,
    location: locationByName(datacenter.location),
    server_types: {
      supported: listed.map((type) => type.id),
      available,
      available_for_migration: available,
    },
  };
}

function readOnly<T extends { id: number; name: string }>(
  plural: string,
  singular: string,
  all: T[],
  show: (entry: T) => unknown,
  filter: (entry: T, call: Call) => boolean = () => true,
): Route[] {
  return [
    {
      method: "GET",
      path: `/${plural}`,
      handle: (call) =>
        listing(
          plural,
          call.query,
          all.filter((entry) => filter(entry, call)),
          show,
        ),
    },
    {
      method: "GET",
      path: `/${plural}/:id`,
      handle: ({ params }) => {
        const found = all.find((entry) => String(entry.id) === params.id);
        if (!found) throw notFound(singular, params.id ?? "");
        return { status: 200, body: { [singular]: show(found) } };
      },
    },
  ];
}

/** Kinds of resource that the lab never has: a list of them is empty. */
const absent = [
  "certificates",
  "floating_ips",
  "isos",
  "load_balancers",
  "networks",
  "placement_groups",
  "volumes",
];

/** What the cloud offers, and the lists that are always empty. */
export const catalogueRoutes: Route[] = [
  ...readOnly("locations", "location", locations, (location) => location),
  ...readOnly("datacenters", "datacenter", datacenters, showDatacenter),
  ...readOnly("server_types", "server_type", serverTypes, showServerType),
  ...readOnly("images", "image", images, showImage, (image, { query }) => {
    const asked = (name: string, value: string) => !query.has(name) || query.getAll(name).includes(value);
    return (
      asked("architecture", image.architecture) && asked("type", "system") && asked("status", "available")
    );
  }),
  ...absent.map(
    (plural): Route => ({
      method: "GET",
      path: `/${plural}`,
      handle: ({ query }) => listing(plural, query, [], (entry) => entry),
    }),
  ),
];
