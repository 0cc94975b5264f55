import { VisibleError } from "../errors.ts";
import { type Target, withSession } from "./session.ts";

/** Where the relay keeps a home's public key: `peer-` and the tunnel's device. */
const folder = "/var/lib/relay4in6";

/** A cut connection ends standard input too: of what is not whole nothing is taken. */
const put = (bytes: number) => `set -eu
umask 022
cd ${folder}
peers=$(cat && echo .)
peers=\${peers%.}
[ "\${#peers}" -eq ${bytes} ]
rm -f peer-*
printf %s "$peers" | while read -r device key; do
	printf '%s\\n' "$key" >"peer-$device.new"
	mv "peer-$device.new" "peer-$device"
	/etc/relay4in6/link-"$device" change
done`;

/**
 * Tells the relay the homes' public keys, and its tunnels with it.
 *
 * @param keys tunnel device → public key of the home at its other end
 * @throws VisibleError when the relay cannot be reached or does not take them
 */
export async function putPeers(target: Target, keys: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(keys)
    .map(([device, key]) => `${device} ${key}\n`)
    .join("");
  const { code, stderr } = await withSession(target, (session) =>
    session.run(put(Buffer.byteLength(lines)), lines),
  );
  if (code === 0) return;
  throw new VisibleError({
    key: target.name,
    problem: `does not take the homes' public keys: ${stderr.trim().split("\n").at(-1)}`,
    cure: "run `pulumi refresh`, then `pulumi up`: it sets up the relay's tunnels anew",
  });
}

/** The homes' public keys that the relay has now, by the tunnel's device. */
export async function readPeers(target: Target): Promise<Record<string, string>> {
  const command = `cd ${folder} 2>/dev/null || exit 0; for file in peer-*; do [ ! -e "$file" ] || echo "\${file#peer-} $(cat "$file")"; done`;
  const { stdout } = await withSession(target, (session) => session.run(command));
  const pairs = stdout
    .split("\n")
    .map((line) => line.split(" "))
    .filter((words): words is [string, string] => words.length === 2);
  return Object.fromEntries(pairs);
}
