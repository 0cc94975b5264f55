/**
 * What may go wrong at a step of a run: shell on the machine, run when the machine's log is told of the step,
 * while the run waits for the log.
 */
export const faults: Readonly<Record<string, Fault>> = {
  "connection cut": {
    come: 'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" != sshd ] || kill -KILL ${p#/proc/}; done',
  },
  "program killed": {
    come: 'for f in /run/relay4in6/owner.* /run/relay4in6/child; do [ ! -e $f ] || kill -KILL "$(cut -d " " -f 1 $f)"; done; kill -KILL $PPID',
  },
  // The test sees the file and cuts the power; until then nothing goes on.
  "power lost": { come: ": >/run/power-lost; sleep 60" },
  "disk full": {
    come: "for d in /etc /var/lib; do cat /dev/zero >$d/filler 2>/dev/null; done",
    lift: "rm -f /etc/filler /var/lib/filler",
  },
  "file cannot be written": {
    come: "mount --bind /etc/network/interfaces.d /etc/network/interfaces.d; mount -o remount,bind,ro /etc/network/interfaces.d",
    lift: "! mountpoint -q /etc/network/interfaces.d || umount /etc/network/interfaces.d",
  },
  "service does not start": { come: ": >/run/no-start", lift: "rm -f /run/no-start" },
  "check fails": { come: "ip link del wrap1 2>/dev/null" },
  "watch killed": {
    come: 'for p in /proc/[0-9]*; do ! tr "\\0" " " <$p/cmdline | grep -q "^/bin/sh /run/relay4in6/deliver watch" || kill -KILL ${p#/proc/}; done',
  },
};

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
