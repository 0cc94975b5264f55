/**
 * What is done to the relay in the cloud's own console, and what the cloud does to it.
 */
import { CONFIG_FILE } from "../proof/stack.ts";
import type { Break } from "./break.ts";

const server = "$(hcloud server list -o noheader -o columns=name | head -n 1)";

/** Breaks of the cloud, by its own client. */
export const cloudBreaks: readonly Break[] = [
  {
    name: "cloud-firewall",
    at: "operator",
    what: "a Hetzner Cloud Firewall that lets SSH and HTTPS in is attached to the relay's server",
    finding: "cloud-firewall",
    break: `hcloud firewall create --name lab-break >/dev/null
      for port in 22 443; do
        hcloud firewall add-rule lab-break --direction in --protocol tcp --port $port --source-ips 0.0.0.0/0 --source-ips ::/0 >/dev/null
      done
      hcloud firewall apply-to-resource lab-break --type server --server "${server}" >/dev/null`,
    mend: `hcloud firewall remove-from-resource lab-break --type server --server "${server}" >/dev/null 2>&1 || true
      hcloud firewall delete lab-break >/dev/null 2>&1 || true`,
  },
  {
    name: "server-off",
    at: "operator",
    what: "the server was switched off in the cloud's console",
    finding: "server-off",
    break: `hcloud server poweroff "${server}" >/dev/null`,
    mend: `hcloud server poweron "${server}" >/dev/null`,
  },
  {
    // The cloud's catalogue is what it is: that the config names a retired type comes to the same.
    name: "server-type",
    at: "operator",
    what: "the relay's type of server was retired",
    finding: "server-type-gone",
    break: `sed -i '/relay4in6:relay:/a\\    serverType: cx22' '${CONFIG_FILE}'`,
    mend: `sed -i '/^    serverType: cx22$/d' '${CONFIG_FILE}'`,
  },
];
