/**
 * What each image of the lab is made of. All are Debian trixie, the release of the relay's default
 * image, with its stock cloud kernel.
 */

/** How to make an image; its hash names the cached result. */
export interface Recipe {
  readonly name: string;
  /** Debian packages beyond `apt` and what it needs. */
  readonly packages: readonly string[];
  /** Files laid over the packages' own. */
  readonly files: Readonly<Record<string, string>>;
  /** Shell commands run inside the new root, last. */
  readonly commands: readonly string[];
}

/** What a machine of the lab can be. */
export type ImageName = "relay-networkd" | "relay-ifupdown" | "home-debian" | "isp" | "openwrt";

/** Address of the package mirror inside the lab, the only source the machines know. */
export const MIRROR_ADDRESS = "2001:db8:0:de::1";

/** Packages that a machine may install later, with whatever its image lacks for them. */
export const MIRRORED = [
  "ifupdown",
  "iptables",
  "ipset",
  "nftables",
  "conntrack",
  "ethtool",
  "unattended-upgrades",
  "wireguard-tools",
  "socat",
  "haproxy",
  "iperf3",
  "tcpdump",
];

const MACHINE = [
  "linux-image-cloud-amd64",
  "systemd-sysv",
  "dbus",
  "udev",
  "kmod",
  "openssh-server",
  "iproute2",
  "iputils-ping",
  "procps",
  "ca-certificates",
];

const COMMON_FILES = {
  "/etc/apt/sources.list": `deb [trusted=yes] http://[${MIRROR_ADDRESS}]/ ./\n`,
  "/etc/fstab": "/dev/vda / ext4 errors=remount-ro 0 1\n",
  // Nothing in the lab answers for names or time.
  "/etc/resolv.conf": "# the lab has no resolver\n",
};

const COMMON_COMMANDS = [
  // Keys come from cloud-init or from the lab: no machine may answer with those of the image.
  "rm -f /etc/ssh/ssh_host_*",
  "rm -f /var/lib/dbus/machine-id && : > /etc/machine-id",
  // Timers would fetch and rebuild things in the middle of a measurement; the rest is what an emulated
  // machine spends seconds on at each boot and nothing here uses.
  `systemctl mask ${[
    "apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer fstrim.timer",
    "systemd-networkd-wait-online.service systemd-pstore.service systemd-hostnamed.socket getty@tty1.service",
    "modprobe@configfs.service modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service",
    "sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount",
    "dev-hugepages.mount dev-mqueue.mount",
  ].join(" ")}`,
  "rm -rf /usr/share/doc/* /usr/share/man/* /usr/share/locale/*",
  // What systemd redoes after an update of /usr (ldconfig, catalog) was done while the image was made.
  "touch /etc/.updated /var/.updated",
];

/**
 * Hetzner's images let root in and take address, keys and user data from its metadata service.
 * The list of modules is Debian's less those that do nothing here and cost emulated seconds.
 */
const CLOUD_INIT = `datasource_list: [Hetzner, None]
disable_root: false
users: [default]
system_info:
  default_user: {name: root, lock_passwd: true}
cloud_init_modules: [seed_random, bootcmd, write-files, set_hostname, update_hostname, users-groups, ssh]
cloud_config_modules: [set_passwords, runcmd]
cloud_final_modules: [package-update-upgrade-install, write-files-deferred, scripts-per-boot, scripts-per-instance, scripts-user, final-message]
`;

const CLOUD = [...MACHINE, "cloud-init", "dhcpcd-base"];

const NETWORKD = (name: string, match: string, network: string) => ({
  [`/etc/systemd/network/${name}`]: `[Match]\n${match}\n\n[Network]\n${network}\n`,
});

/** What the ISP does at boot is a script that comes with the machine, see network/isp-files.ts. */
const ISP_UNIT = `[Unit]
Description=The homes' internet provider
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/isp-up
[Install]
WantedBy=multi-user.target
`;

const DHCP_UNIT = `[Unit]
Description=DHCPv6 with prefix delegation
[Service]
ExecStartPre=/usr/bin/touch /var/lib/dhcp/dhcpd6.leases
ExecStart=/usr/sbin/dhcpd -6 -f -q -cf /etc/dhcp/dhcpd6.conf
# It refuses to begin before the cards' link-local addresses are there.
Restart=on-failure
RestartSec=1
`;

const RECIPES: Readonly<Record<Exclude<ImageName, "openwrt">, Recipe>> = {
  "relay-networkd": {
    name: "relay-networkd",
    packages: [...CLOUD, "netplan.io", "nftables"],
    files: { ...COMMON_FILES, "/etc/cloud/cloud.cfg.d/95_hetzner.cfg": CLOUD_INIT },
    commands: [...COMMON_COMMANDS, "systemctl enable systemd-networkd"],
  },
  "relay-ifupdown": {
    name: "relay-ifupdown",
    packages: [...CLOUD, "ifupdown"],
    files: { ...COMMON_FILES, "/etc/cloud/cloud.cfg.d/95_hetzner.cfg": CLOUD_INIT },
    commands: COMMON_COMMANDS,
  },
  "home-debian": {
    name: "home-debian",
    packages: [...MACHINE, "python3-minimal", "socat"],
    files: {
      ...COMMON_FILES,
      ...NETWORKD(
        "lan.network",
        "Name=eth0",
        "Address=192.168.1.210/24\nGateway=192.168.1.1\nIPv6AcceptRA=yes\nDHCP=no\n\n[IPv6AcceptRA]\nToken=static:::210",
      ),
    },
    commands: [...COMMON_COMMANDS, "systemctl enable systemd-networkd"],
  },
  isp: {
    name: "isp",
    packages: [...MACHINE, "radvd", "isc-dhcp-server", "nftables"],
    files: {
      ...COMMON_FILES,
      "/etc/systemd/system/isp.service": ISP_UNIT,
      "/etc/systemd/system/isp-dhcp6.service": DHCP_UNIT,
    },
    commands: [...COMMON_COMMANDS, "systemctl disable isc-dhcp-server radvd", "systemctl enable isp"],
  },
};

/** The recipe of an image made from Debian's packages. */
export function recipe(name: Exclude<ImageName, "openwrt">): Recipe {
  return RECIPES[name];
}
