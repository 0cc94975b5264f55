import type { System } from "./sandbox.ts";

/** What differs from one kind of machine to the other. */
interface Machine {
  /** Folder of a run. */
  readonly run: string;
  readonly sshServer: string;
  /** Folders on the disk. */
  readonly disk: readonly string[];
  /** A folder in which a file is kept. */
  readonly folder: string;
  /** The tool that loads the rules, or starts what there is to start: it fails once. */
  readonly noStart: Fault;
}

const machines: Readonly<Record<System, Machine>> = {
  debian: {
    run: "/run/relay4in6",
    sshServer: "sshd",
    disk: ["/etc", "/var/lib"],
    folder: "/etc/network/interfaces.d",
    noStart: { come: ": >/run/no-start", lift: "rm -f /run/no-start" },
  },
  openwrt: {
    run: "/tmp/relay4in6",
    sshServer: "dropbear",
    disk: ["/etc"],
    folder: "/lib/upgrade/keep.d",
    // It comes before /sbin in PATH.
    noStart: {
      come: `printf '#!/bin/sh\\nrm -f "$0"\\nexit 1\\n' >/usr/sbin/fw4; chmod +x /usr/sbin/fw4`,
      lift: "rm -f /usr/sbin/fw4",
    },
  },
};

/**
 * What may go wrong at a step of a run: shell on the machine, run when the machine's log is told of the step,
 * while the run waits for the log.
 */
export function faultsOf(system: System): Readonly<Record<string, Fault>> {
  const { run, sshServer, disk, folder, noStart } = machines[system];
  return {
    "connection cut": {
      come: `for p in /proc/[0-9]*; do [ "$(cat $p/comm)" != ${sshServer} ] || kill -KILL \${p#/proc/}; done`,
    },
    "program killed": {
      come: `for f in ${run}/owner.* ${run}/child; do [ ! -e $f ] || kill -KILL "$(cut -d " " -f 1 $f)"; done; kill -KILL $PPID`,
    },
    "disk full": {
      come: `for d in ${disk.join(" ")}; do cat /dev/zero >$d/filler 2>/dev/null; done`,
      lift: `rm -f ${disk.map((each) => `${each}/filler`).join(" ")}`,
    },
    "file cannot be written": {
      come: `mount -o bind ${folder} ${folder}; mount -o remount,bind,ro ${folder}`,
      lift: `! grep -q " ${folder} " /proc/mounts || umount ${folder}`,
    },
    "service does not start": noStart,
    "check fails": {
      come: "for device in wrap1 wrap1gre wrap1wg; do ! ip link del $device 2>/dev/null || exit 0; done; exit 1",
    },
    "watch killed": {
      come: `for p in /proc/[0-9]*; do ! tr "\\0" " " <$p/cmdline | grep -q "^[a-z/]*sh ${run}/deliver watch" || kill -KILL \${p#/proc/}; done`,
    },
    ...(system === "openwrt"
      ? {
          "somebody stages a change": {
            come: "uci set firewall.@defaults[0].lab=1",
            lift: "uci -q revert firewall; true",
          },
        }
      : // The test sees the file and cuts the power; until then nothing goes on.
        { "power lost": { come: ": >/run/power-lost; sleep 60" } }),
  };
}

/** One kind of fault. */
export interface Fault {
  /** How it comes. */
  come: string;
  /** How it goes, where it does not pass by itself. */
  lift?: string;
}

/** What the stand-in for `logger` runs at each step: nothing, but for the one step, once. */
export function faultScript(step: string, { come }: Fault): string {
  return `#!/bin/sh\n[ "$1" = "${step}" ] || exit 0\nmv /run/fault /run/fault-came\n${come}\nexit 0\n`;
}
