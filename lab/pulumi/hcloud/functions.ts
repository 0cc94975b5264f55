import type { ShownImage as Image, Location, ShownServerType as ServerType } from "../../cloud/index.ts";
import type { Properties } from "../grpc.ts";
import type { HcloudApi } from "./api.ts";

type TypeLocation = ServerType["locations"][number];

const deprecation = ({ deprecation: told }: ServerType | TypeLocation) => ({
  isDeprecated: told !== null,
  deprecationAnnounced: told?.announced ?? "",
  unavailableAfter: told?.unavailable_after ?? "",
});

const serverType = (type: ServerType) => ({
  id: type.id,
  name: type.name,
  description: type.description,
  category: type.category,
  cores: type.cores,
  memory: type.memory,
  disk: type.disk,
  storageType: type.storage_type,
  cpuType: type.cpu_type,
  architecture: type.architecture,
  includedTraffic: 0,
  ...deprecation(type),
  locations: type.locations.map((listed) => ({
    id: listed.id,
    name: listed.name,
    recommended: listed.recommended,
    available: listed.available,
    ...deprecation(listed),
  })),
});

const location = ({ network_zone, ...rest }: Location) => ({ ...rest, networkZone: network_zone });

function asked(args: Properties): string {
  const key = args.id ?? args.name;
  if (key === undefined || key === null) throw new Error("one of id and name must be given");
  return String(key);
}

type Function = (api: HcloudApi, args: Properties) => Promise<Properties>;

/** The functions of the plugin, by token. */
export const functions: Record<string, Function> = {
  "hcloud:index/getServerTypes:getServerTypes": async (api) => {
    const types = await api.list<ServerType>("server_types");
    return {
      id: types.map((type) => type.id).join("-"),
      names: types.map((type) => type.name),
      descriptions: types.map((type) => type.description),
      serverTypeIds: types.map((type) => String(type.id)),
      serverTypes: types.map(serverType),
    };
  },
  "hcloud:index/getServerType:getServerType": async (api, args) => {
    const found = await api.byIdOrName<ServerType>("server_types", "server_type", asked(args));
    if (!found) throw new Error(`server type ${asked(args)} not found`);
    return serverType(found);
  },
  "hcloud:index/getLocations:getLocations": async (api) => {
    const locations = await api.list<Location>("locations");
    return {
      id: locations.map((entry) => entry.id).join("-"),
      names: locations.map((entry) => entry.name),
      descriptions: locations.map((entry) => entry.description),
      locationIds: locations.map((entry) => String(entry.id)),
      locations: locations.map(location),
    };
  },
  "hcloud:index/getImage:getImage": async (api, args) => {
    const architecture = String(args.withArchitecture ?? "x86");
    const byId = args.id === undefined ? undefined : await api.find<{ image: Image }>(`/images/${args.id}`);
    const image =
      byId?.image ?? (await api.list<Image>("images", { name: String(args.name ?? ""), architecture }))[0];
    if (!image) throw new Error(`no image found with name ${args.name} for architecture ${architecture}`);
    return {
      ...args,
      id: image.id,
      name: image.name,
      type: image.type,
      description: image.description,
      created: image.created,
      osFlavor: image.os_flavor,
      osVersion: image.os_version,
      architecture: image.architecture,
      rapidDeploy: image.rapid_deploy,
      deprecated: image.deprecated ?? "",
      labels: image.labels,
    };
  },
};
