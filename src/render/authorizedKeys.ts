/** A public key as `ssh-keygen` and `dropbearkey` make it for a home: Ed25519, without a comment. */
const publicKey = /^ssh-ed25519 [A-Za-z0-9+/]{68}$/;

/**
 * The lines that let homes in at the relay, each for one command (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
 *
 * @param keys tunnel device → public key of the home that is at its other end
 * @throws Error for a key that is none: an end says what it likes
 */
export function authorizedKeys(keys: Readonly<Record<string, string>>): string {
  return Object.entries(keys)
    .toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
    .map(([device, told]) => {
      const key = told.trim();
      if (!publicKey.test(key) || !/^wrap\d+$/.test(device)) {
        throw new Error(`no Ed25519 key of ${device}: ${JSON.stringify(key)}`);
      }
      return `restrict,command="/etc/relay4in6/follow ${device}" ${key}\n`;
    })
    .join("");
}
