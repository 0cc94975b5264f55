/**
 * What may go wrong at a step of a run, on a real machine: shell that the machine's stand-in for `logger` runs
 * when it is told of the step. The run waits for it.
 */

/** A machine that a run may be disturbed on. */
export type Target = "relay" | "openwrt" | "debian";

/** One kind of fault. */
export interface Kind {
  readonly name: string;
  /** How it comes. `$run` is the run's folder, `$bin` one that comes first in PATH. */
  readonly come: string;
  /** How it goes, where it does not pass by itself. */
  readonly lift?: string;
  /** Only there. @default everywhere */
  readonly only?: Target;
  /** The machine starts anew. */
  readonly reboots?: boolean;
}

/** Seconds that a partition lasts: longer than the watchdog of the tests. */
const CUT = 25;

const readOnly: Readonly<Record<Target, string>> = {
  relay: "/etc/network/interfaces.d",
  debian: "/etc/network/interfaces.d",
  openwrt: "/lib/upgrade/keep.d",
};

/** All kinds of faults of a target. */
export function kindsOf(target: Target): Kind[] {
  const folder = readOnly[target];
  const fails = target === "openwrt" ? "fw4" : "iptables-restore";
  const kinds: Kind[] = [
    {
      name: "connection cut",
      come: `nft 'add table inet labcut; add chain inet labcut in { type filter hook input priority -400; }; add rule inet labcut in tcp dport 22 drop'
        (trap '' HUP; sleep ${CUT}; nft delete table inet labcut) </dev/null >/dev/null 2>&1 &`,
    },
    {
      name: "program killed",
      come: `for f in $run/owner.* $run/child; do [ ! -e $f ] || kill -KILL "$(cut -d ' ' -f 1 $f)"; done; kill -KILL $PPID`,
    },
    {
      name: "power lost",
      come: "echo 1 >/proc/sys/kernel/sysrq; echo b >/proc/sysrq-trigger",
      reboots: true,
    },
    {
      name: "disk full",
      // Most of it at once: a minute of writing would be counted as the machine's.
      come: `fallocate -l "$(df -kP / | awk 'NR == 2 { print int(($2 - $3) * 0.99) }')K" /lab-filler 2>/dev/null
        dd if=/dev/zero of=/lab-filler2 bs=1048576 2>/dev/null; dd if=/dev/zero of=/lab-filler3 bs=512 2>/dev/null`,
      lift: "rm -f /lab-filler /lab-filler2 /lab-filler3",
    },
    {
      name: "file cannot be written",
      come: `mount --bind ${folder} ${folder}; mount -o remount,bind,ro ${folder}`,
      lift: `while umount ${folder} 2>/dev/null; do :; done`,
    },
    {
      name: "service does not start",
      come: `printf '#!/bin/sh\\nrm -f "$0"\\nexit 1\\n' >$bin/${fails}; chmod +x $bin/${fails}`,
      lift: `rm -f $bin/${fails}`,
    },
    {
      name: "check fails",
      come: "for d in /sys/class/net/wrap*; do [ ! -e $d ] || ip link del ${d##*/}; done",
    },
    {
      name: "watch killed",
      come: "for p in /proc/[0-9]*; do ! tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q '^[a-z/]*sh [^ ]*/deliver watch' || kill -KILL ${p#/proc/} || true; done",
    },
    {
      name: "clock jumps",
      come: 'date -s "@$(($(date +%s) + 86400))" >/dev/null',
      lift: 'date -s "@$(($(date +%s) - 86400))" >/dev/null',
    },
    {
      name: "somebody stages a change",
      come: "uci set firewall.@defaults[0].lab=1",
      lift: "uci -q revert firewall; true",
      only: "openwrt",
    },
  ];
  return kinds.filter(({ only }) => only === undefined || only === target);
}
