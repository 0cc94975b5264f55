/** A place where servers run. */
export interface Location {
  id: number;
  name: string;
  description: string;
  country: string;
  city: string;
  latitude: number;
  longitude: number;
  network_zone: string;
}

/** A system image. */
export interface Image {
  id: number;
  name: string;
  architecture: string;
  description: string;
  os_version: string;
}

/** A size of server and where it can be ordered. */
export interface ServerType {
  id: number;
  name: string;
  description: string;
  category: string;
  cores: number;
  /** GB */
  memory: number;
  /** GB */
  disk: number;
  cpu_type: string;
  architecture: string;
  /** Net price a month in euro, for each location that lists the type. */
  monthly: Record<string, number>;
  /** Locations that list the type but do not deliver it now. */
  soldOut: string[];
  deprecation: { announced: string; unavailable_after: string } | null;
}

const zone = "eu-central";

export const locations: Location[] = [
  {
    id: 1,
    name: "fsn1",
    description: "Falkenstein DC Park 1",
    country: "DE",
    city: "Falkenstein",
    latitude: 50.47612,
    longitude: 12.370071,
    network_zone: zone,
  },
  {
    id: 2,
    name: "nbg1",
    description: "Nuremberg DC Park 1",
    country: "DE",
    city: "Nuremberg",
    latitude: 49.452102,
    longitude: 11.076665,
    network_zone: zone,
  },
  {
    id: 3,
    name: "hel1",
    description: "Helsinki DC Park 1",
    country: "FI",
    city: "Helsinki",
    latitude: 60.169855,
    longitude: 24.938379,
    network_zone: zone,
  },
];

/** Kept for old clients only: the API deprecated data centres in 2026. */
export const datacenters = [
  { id: 4, name: "fsn1-dc14", description: "Falkenstein 1 virtual DC 14", location: "fsn1" },
  { id: 2, name: "nbg1-dc3", description: "Nuremberg 1 virtual DC 3", location: "nbg1" },
  { id: 3, name: "hel1-dc2", description: "Helsinki 1 virtual DC 2", location: "hel1" },
];

export const images: Image[] = [
  { id: 310557660, name: "debian-13", architecture: "x86", description: "Debian 13", os_version: "13" },
  { id: 310557665, name: "debian-13", architecture: "arm", description: "Debian 13", os_version: "13" },
  { id: 114690387, name: "debian-12", architecture: "x86", description: "Debian 12", os_version: "12" },
  { id: 114690389, name: "debian-12", architecture: "arm", description: "Debian 12", os_version: "12" },
];

const everywhere = (euro: number) => ({ fsn1: euro, nbg1: euro, hel1: euro });
const x86 = { cpu_type: "shared", architecture: "x86" };

/**
 * Made so that "the cheapest" is a choice: `cx22` is cheapest but retired, `cx23` is sold out in fsn1,
 * `cax11` is Arm and sold out everywhere (the lab's machines are x86), `cpx11` is not listed in hel1.
 */
export const serverTypes: ServerType[] = [
  {
    id: 104,
    name: "cx22",
    description: "CX22",
    category: "cost_optimized",
    cores: 2,
    memory: 4,
    disk: 40,
    ...x86,
    monthly: everywhere(3.29),
    soldOut: ["fsn1", "nbg1", "hel1"],
    deprecation: { announced: "2025-10-16T06:00:00+00:00", unavailable_after: "2025-12-31T00:00:00+00:00" },
  },
  {
    id: 114,
    name: "cx23",
    description: "CX23",
    category: "cost_optimized",
    cores: 2,
    memory: 4,
    disk: 40,
    ...x86,
    monthly: everywhere(3.49),
    soldOut: ["fsn1"],
    deprecation: null,
  },
  {
    id: 45,
    name: "cax11",
    description: "CAX11",
    category: "cost_optimized",
    cores: 2,
    memory: 4,
    disk: 40,
    cpu_type: "shared",
    architecture: "arm",
    monthly: everywhere(3.79),
    soldOut: ["fsn1", "nbg1", "hel1"],
    deprecation: null,
  },
  {
    id: 22,
    name: "cpx11",
    description: "CPX 11",
    category: "regular_purpose",
    cores: 2,
    memory: 2,
    disk: 40,
    ...x86,
    monthly: { fsn1: 4.35, nbg1: 4.35 },
    soldOut: [],
    deprecation: null,
  },
  {
    id: 115,
    name: "cx33",
    description: "CX33",
    category: "cost_optimized",
    cores: 4,
    memory: 8,
    disk: 80,
    ...x86,
    monthly: everywhere(5.49),
    soldOut: [],
    deprecation: null,
  },
];

/** Looks an entry up as the API does wherever it takes "ID or name". */
export function byIdOrName<T extends { id: number; name: string }>(
  list: T[],
  key: string | number,
): T | undefined {
  return list.find((entry) => String(entry.id) === String(key) || entry.name === String(key));
}
