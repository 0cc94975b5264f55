/**
 * The stand-in cloud as a process of its own, inside the operator's namespace:
 * its API listens there, and its servers are machines of the lab.
 * The settings come in the environment: LAB_CLOUD_TOKEN, LAB_RELAY_IMAGE.
 */
import { documentationAddresses, startCloud } from "../cloud/index.ts";
import { cloudMachines, type RelayImage } from "../machine/index.ts";
import { RUN } from "../places.ts";

/** Where the API listens, in the operator's namespace only. */
export const CLOUD_PORT = 8080;

if (import.meta.main) {
  const { LAB_CLOUD_TOKEN: token, LAB_RELAY_IMAGE: image } = process.env;
  if (!token || !image) throw new Error("LAB_CLOUD_TOKEN and LAB_RELAY_IMAGE have to be set.");
  await startCloud({
    listen: { host: "127.0.0.1", port: CLOUD_PORT },
    token,
    stateFile: `${RUN}/cloud.json`,
    machines: cloudMachines(image as RelayImage),
    addresses: documentationAddresses(),
  });
  console.log("ready");
}
