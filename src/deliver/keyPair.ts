import ssh2 from "ssh2";

/** An SSH key pair: the private half in OpenSSH's format, the public one as a line of `authorized_keys`. */
export interface KeyPair {
  private: string;
  public: string;
}

/**
 * Makes an Ed25519 key pair. ssh2 takes a leading zero byte off the public key, so that one pair in 256 is read
 * by no program, itself included (github.com/mscdex/ssh2/issues/1390): such a pair is made again.
 */
export function makeKeyPair(): KeyPair {
  for (;;) {
    const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync("ed25519");
    const halves = [privateKey, publicKey].map((half) => ssh2.utils.parseKey(half));
    if (!halves.some((half) => half instanceof Error))
      return { private: privateKey, public: publicKey.trim() };
  }
}
