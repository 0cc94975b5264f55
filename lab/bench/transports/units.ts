/**
 * The machine's own start: systemd runs units as they are on a relay, one more that measures, and nothing else.
 */
import type { MachineFile } from "../../machine/initrd.ts";

/** What a first boot of Debian does beside; of each part nothing is needed here, and emulated it takes minutes. */
const IDLE = [
  "dev-hugepages.mount dev-mqueue.mount run-lock.mount tmp.mount proc-sys-fs-binfmt_misc.automount",
  "sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount",
  "kmod-static-nodes.service ldconfig.service systemd-binfmt.service systemd-firstboot.service",
  "systemd-ask-password-console.path systemd-hwdb-update.service systemd-journal-catalog-update.service",
  "systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket systemd-journal-flush.service",
  "systemd-machine-id-commit.service systemd-modules-load.service systemd-pcrmachine.service",
  "systemd-pcrphase-sysinit.service systemd-pcrphase.service systemd-pstore.service systemd-random-seed.service",
  "systemd-sysctl.service systemd-sysusers.service systemd-tmpfiles-clean.timer systemd-tmpfiles-setup.service",
  "systemd-tmpfiles-setup-dev-early.service systemd-tmpfiles-setup-dev.service systemd-tpm2-setup-early.service",
  "systemd-tpm2-setup.service systemd-udev-trigger.service systemd-udevd.service systemd-udevd-control.socket",
  "systemd-udevd-kernel.socket systemd-update-done.service systemd-logind.service systemd-hibernate-clear.service",
].flatMap((line) => line.split(" "));

const BENCH = `[Unit]
DefaultDependencies=no

[Service]
Type=oneshot
ExecStart=/bench/begin
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
LimitNOFILE=65536
TimeoutStartSec=infinity
`;

/** Path on the machine → file. */
export const UNITS: Readonly<Record<string, MachineFile>> = {
  "/usr/sbin/init": { text: "#!/bin/sh\nexec /usr/lib/systemd/systemd --show-status=no\n", mode: 0o755 },
  "/etc/systemd/system/default.target": { text: "[Unit]\nWants=bench.service\n" },
  "/etc/systemd/system/bench.service": { text: BENCH },
  // An empty unit is masked: never started (systemd.unit(5)).
  ...Object.fromEntries(IDLE.map((name) => [`/etc/systemd/system/${name}`, { text: "" }])),
};
