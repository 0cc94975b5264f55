/**
 * The user's own server that becomes the relay (`provider: existing`): ordered by hand with the independent client
 * `hcloud`, as anybody would, and with something of its user's on it.
 */
import { writeFile } from "node:fs/promises";
import { userData } from "../../src/stack/userData.ts";
import { poll } from "../command.ts";
import { BOOT_LIMIT, keyPair } from "../machine/index.ts";
import { RUN } from "../places.ts";
import type { Place, Places } from "./places.ts";
import type { Proof } from "./proof.ts";
import type { RelayConfig } from "./stack.ts";

const NAME = "own-server";

/** Port of what its user serves there, over IPv6. */
const OWN_PORT = 8088;

/** Orders the server, waits until it can be logged in to, and starts its user's own service. */
export async function orderServer(
  { operator, relay }: Places,
  environment: Readonly<Record<string, string>>,
): Promise<RelayConfig & { readonly host: string }> {
  const hcloud = client(operator, environment);
  const [own, host] = await Promise.all([keyPair("operator"), keyPair(`${NAME}-host`)]);
  const file = `${RUN}/${NAME}.yaml`;
  await writeFile(file, userData({ hostKey: host, sshPort: 22 }), { mode: 0o600 });
  await hcloud(`ssh-key create --name ${NAME} --public-key-from-file '${own.file}.pub'`);
  await hcloud(
    `server create --name ${NAME} --type cpx11 --image debian-13 --location fsn1 --ssh-key ${NAME} --user-data-from-file '${file}'`,
  );
  const address = await hcloud(`server ip -6 ${NAME}`);
  await poll("SSH of the own server", BOOT_LIMIT, async () =>
    (await relay.attempt("cloud-init status --wait")).status === 0 ? true : undefined,
  );
  await relay.say(`cat >/etc/systemd/system/own.service <<'END'\n${OWN_SERVICE}END
    systemctl enable -q --now own`);
  return { provider: "existing", host: address, hostKey: host.publicKey, key: own.file };
}

/** Python is there because of cloud-init. */
const OWN_SERVICE = `[Service]
WorkingDirectory=/srv
ExecStart=python3 -m http.server --bind :: ${OWN_PORT}

[Install]
WantedBy=multi-user.target
`;

/** Gives the server back. */
export async function deleteServer(
  { operator }: Places,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const hcloud = client(operator, environment);
  await hcloud(`server delete ${NAME}`);
  // The cloud takes its time to delete it, and its addresses with it.
  await poll("the own server to be gone", 60_000, async () =>
    (await hcloud("server list -o noheader")) === "" ? true : undefined,
  );
  await hcloud(`ssh-key delete ${NAME}`);
}

/** What its user had there stays. @param address of the server, IPv6 */
export function ownService(address: string): Proof {
  return {
    name: "the own server's other service, over IPv6",
    expected: "200",
    measure: ({ operator }) =>
      operator.say(`curl -s -o /dev/null -w '%{http_code}' -m 8 'http://[${address}]:${OWN_PORT}/'`),
  };
}

/** Runs `hcloud` where the operator is. */
function client(operator: Place, environment: Readonly<Record<string, string>>) {
  const access = ["HCLOUD_TOKEN", "HCLOUD_ENDPOINT"]
    .map((name) => `${name}='${environment[name]}'`)
    .join(" ");
  return (command: string) => operator.say(`${access} hcloud ${command}`, 300);
}
