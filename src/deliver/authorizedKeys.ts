import { VisibleError } from "../errors.ts";
import { type Target, withSession } from "./session.ts";

/** Home folder of the relay's user that homes log in as. It belongs to root: the user cannot let anybody in. */
const login = "/var/lib/relay4in6/login";
/** The lines that let them in. */
export const authorizedKeysFile = `${login}/.ssh/authorized_keys`;

/** A cut connection ends standard input too: what is not whole is not put. */
const putWhole = (bytes: number) => `set -e
umask 022
id -u relay4in6 >/dev/null
mkdir -p ${login}/.ssh
cat >${authorizedKeysFile}.new
if [ "$(wc -c <${authorizedKeysFile}.new)" -ne ${bytes} ]; then rm ${authorizedKeysFile}.new; exit 1; fi
mv ${authorizedKeysFile}.new ${authorizedKeysFile}`;

/**
 * Puts the lines that let homes in at the relay, all of them at once; without any, the file is taken away.
 *
 * @throws VisibleError when the relay cannot be reached, or has no such user
 */
export async function putAuthorizedKeys(target: Target, lines: string): Promise<void> {
  const put = lines === "" ? `rm -rf ${login}` : putWhole(Buffer.byteLength(lines));
  const { code, stderr } = await withSession(target, (session) => session.run(put, lines));
  if (code === 0) return;
  throw new VisibleError({
    key: target.name,
    problem: `does not take the homes' keys: ${stderr.trim().split("\n").at(-1)}`,
    cure: "run `pulumi refresh`, then `pulumi up`: it makes the user relay4in6 anew",
  });
}

/** The lines that let homes in at the relay now; empty where there are none. */
export async function readAuthorizedKeys(target: Target): Promise<string> {
  const { stdout } = await withSession(target, (session) =>
    session.run(`cat ${authorizedKeysFile} 2>/dev/null || true`),
  );
  return stdout;
}
