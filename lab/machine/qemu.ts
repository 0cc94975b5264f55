/**
 * The QEMU command line of a machine.
 */

/**
 * Kernel options. Without `norandmaps` each program lies at other addresses at each start, and the emulator translates
 * it anew each time: a process takes five times as long. The kernel's check of its timer panics where the emulator was not
 * run meanwhile (arch/x86/kernel/apic/io_apic.c).
 */
const KERNEL =
  "console=ttyS0 root=/dev/vda rw net.ifnames=0 quiet mitigations=off norandmaps no_timer_check panic=1";

/** A network card and the bridge it is plugged into. */
export interface Nic {
  /** Bridge in the namespace of the lab's cabling, such as `lab-cloud`. */
  readonly bridge: string;
  readonly mac: string;
  /** TAP device on our side, made by {@link import('../network/cabling.ts').plugIn}. */
  readonly tap: string;
}

/** What QEMU needs to know about a machine. */
export interface Hardware {
  readonly name: string;
  readonly memoryMiB: number;
  readonly nics: readonly Nic[];
  readonly kernel: string;
  readonly initrd: string;
  readonly disk: string;
  /** A second disk, raw, which the machine can only read. */
  readonly configDisk?: string;
  readonly consoleLog: string;
  readonly qmpSocket: string;
  readonly pidFile: string;
  /** What the firmware's tables say, read by cloud-init to tell the cloud. */
  readonly smbios?: { readonly manufacturer: string; readonly product: string; readonly serial: string };
}

/** Network offloads that would let packets above the MTU through the virtual wire. */
const OFFLOADS_OFF = [
  "gso",
  "host_tso4",
  "host_tso6",
  "host_ecn",
  "host_ufo",
  "guest_tso4",
  "guest_tso6",
  "guest_ecn",
  "guest_ufo",
];

/** Arguments for `qemu-system-x86_64`; it goes to the background by itself. */
export function qemuArguments(machine: Hardware): string[] {
  const { smbios } = machine;
  return [
    ...["-name", machine.name, "-nodefaults", "-no-user-config", "-display", "none", "-daemonize"],
    ...["-pidfile", machine.pidFile, "-qmp", `unix:${machine.qmpSocket},server=on,wait=off`],
    // KVM may open and then hang; la57 off: a boot double-faulted with it under 6.12.
    ...["-machine", "q35", "-accel", "tcg,tb-size=256", "-cpu", "max,la57=off", "-smp", "1"],
    ...["-m", String(machine.memoryMiB)],
    ...(smbios
      ? [
          "-smbios",
          `type=1,manufacturer=${smbios.manufacturer},product=${smbios.product},serial=${smbios.serial}`,
        ]
      : []),
    ...["-kernel", machine.kernel, "-initrd", machine.initrd],
    ...["-append", KERNEL],
    ...["-chardev", `file,id=console,path=${machine.consoleLog},append=on`, "-serial", "chardev:console"],
    ...["-drive", `if=none,id=disk,file=${machine.disk},format=qcow2,cache=unsafe`],
    ...["-device", "virtio-blk-pci,drive=disk"],
    ...(machine.configDisk
      ? [
          "-drive",
          `if=none,id=config,file=${machine.configDisk},format=raw,readonly=on`,
          "-device",
          "virtio-blk-pci,drive=config",
        ]
      : []),
    ...["-device", "virtio-rng-pci"],
    ...machine.nics.flatMap(({ tap, mac }, index) => [
      "-netdev",
      `tap,id=net${index},ifname=${tap},script=no,downscript=no`,
      "-device",
      [`virtio-net-pci,netdev=net${index},mac=${mac}`, ...OFFLOADS_OFF.map((name) => `${name}=off`)].join(
        ",",
      ),
    ]),
  ];
}
