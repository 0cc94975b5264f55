/** What a new server is told at its first boot. */
export interface FirstBoot {
  /** The host key that we pin: OpenSSH format. */
  hostKey: { privateKey: string; publicKey: string };
  /** The port that sshd listens on. */
  sshPort: number;
}

/**
 * User data for cloud-init: the server shows the host key that we made, so that no connection is ever made to
 * an unknown one. JSON is YAML, and needs no quoting of our own.
 */
export function userData({ hostKey, sshPort }: FirstBoot): string {
  const config = {
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    ssh_pwauth: false,
    disable_root: false,
    ...(sshPort === 22
      ? {}
      : {
          write_files: [{ path: "/etc/ssh/sshd_config.d/relay4in6.conf", content: `Port ${sshPort}\n` }],
          runcmd: [["systemctl", "restart", "ssh"]],
        }),
  };
  return `#cloud-config\n${JSON.stringify(config, undefined, 2)}\n`;
}
