/** Replays sessions of the real uci, fw4, netifd and rc.common on the lab's stand-in (transcripts beside this file). */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildOpenwrtRoot } from "../../lab/openwrt/build.ts";

const root = join(import.meta.dirname, "../../lab/.cache/openwrt-test");

/** The network of the machine that the transcripts were taken on. */
const network = `
config interface 'loopback'
	option device 'lo'
config globals 'globals'
	option ula_prefix 'fd51:4f91:c59d::/48'
config device
	option name 'br-lan'
	option type 'bridge'
	list ports 'eth0'
config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	list ipaddr '192.168.1.1/24'
	option ip6assign '60'
config interface 'wan'
	option device 'eth1'
	option proto 'dhcp'
config interface 'wan6'
	option device 'eth1'
	option proto 'dhcpv6'
`;
const initScript =
  "#!/bin/sh /etc/rc.common\nSTART=19\nSTOP=89\nstart() { echo started; }\nstop() { echo stopped; }\n";

/** Runs a script of busybox ash in the router's root, in namespaces of its own. */
function inRouter(script: string): string {
  const enter = `mount --bind "$1" "$1"; cd "$1"; mount -t proc proc proc; mount -t sysfs sysfs sys; mount --rbind /dev dev
    mount -t tmpfs tmpfs tmp; cp -r etc tmp/etc; mount --bind tmp/etc etc; mkdir -p tmp/run tmp/lock; exec chroot . /bin/ash -c "$2"`;
  return execFileSync("unshare", ["-mnpf", "--kill-child", "sh", "-c", enter, "sh", root, script], {
    encoding: "utf8",
    maxBuffer: 1e8,
    timeout: 100_000,
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "inherit"],
  });
}

type Step = { command: string; expected: string };

function transcript(name: string): Step[] {
  const text = readFileSync(join(import.meta.dirname, "openwrt", name), "utf8");
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const end = step.indexOf("\n") + 1;
      return { command: step.slice(0, end), expected: step.slice(end).replace(/(?<=\[exit \d+\])\n$/, "") };
    });
}

/** What the stand-in answers to each command; files that the session shows with cat are put there first. */
function replay(steps: Step[], before: string): string[] {
  const files = steps.flatMap(({ command, expected }) => {
    const path = /^cat (\/tmp\/\S+)\n/.exec(command)?.[1];
    return path ? [`cat >${path} <<'END'\n${expected}END\n`] : [];
  });
  const commands = steps.map(
    ({ command, expected }) =>
      `cat >/tmp/step <<'END'\n${command}END\nash /tmp/step 2>&1; ${expected.endsWith("]") ? 'echo "[exit $?]@@"' : 'echo "@@"'}\n`,
  );
  const config = `cat >/etc/config/network <<'END'\n${network}END\ncat >/etc/init.d/r4try <<'END'\n${initScript}END\nchmod +x /etc/init.d/r4try\n`;
  return inRouter(config + files.join("") + before + commands.join(""))
    .split("@@\n")
    .slice(0, -1);
}

beforeAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await buildOpenwrtRoot(root);
}, 300_000);
const limit = 110_000;

test(
  "uci answers as the real one, byte for byte",
  () => {
    const steps = transcript("uci.txt");
    const answers = replay(steps, "");
    expect(steps.length).toBe(24);
    steps.forEach(({ command, expected }, i) => expect.soft(answers[i], command).toBe(expected));
  },
  limit,
);

/** Line numbers and connection-tracking helpers depend on the modules that the machine has loaded. */
const comparable = (text = "") =>
  text
    .split("\n")
    .filter((line) => !/ct helper set|helper_relay/.test(line))
    .map((line) => line.replace(/^\d+:|(?<=^\/dev\/stdin:)\d+|(?<="uptime": )\d+/g, ""));

test("fw4, netifd and rc.common answer as the real ones", () => {
  const steps = transcript("fw4-netifd.txt");
  const links = `ip=/usr/libexec/ip-full; $ip link add eth0 type veth peer name lan; $ip link add eth1 type veth peer name isp; $ip link set lo up
    procd & until ubus call system board >/dev/null 2>&1; do sleep 1; done; /etc/init.d/firewall start; /etc/init.d/network start\n`;
  const answers = replay(steps, links);
  expect(steps.length).toBe(22);
  steps.forEach(({ command, expected }, i) =>
    expect.soft(comparable(answers[i]), command).toEqual(comparable(expected)),
  );
});
