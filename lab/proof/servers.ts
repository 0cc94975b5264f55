/**
 * The programs that answer: at the home's servers, at the client, and in a container of the Debian home.
 */
import { startDaemon } from "../network/daemon.ts";
import { SERVER, SERVER2 } from "../network/lan.ts";
import { LAB } from "../places.ts";
import type { Place } from "./places.ts";

const answer = `${LAB}/proof/answer.ts`;

const range = Array.from({ length: 11 }, (_, index) => 50000 + index);

/** Starts what the namespaces serve. */
export async function startServers(): Promise<void> {
  await startDaemon({
    name: "server",
    namespace: SERVER,
    command: [process.execPath, answer, ...["443", "5001", "5002", "5003", "5050"]],
    ready: /ready/,
  });
  await startDaemon({
    name: "server2",
    namespace: SERVER2,
    command: [process.execPath, answer, ...[443, 51820, 5001, ...range].map(String)],
    ready: /ready/,
  });
  await startDaemon({
    name: "client",
    namespace: "lab-client",
    command: [process.execPath, answer, "7000"],
    ready: /ready/,
  });
}

/** Seconds in which an emulated machine has answered whoever hangs up at once. */
const ANSWERED = 30;

/**
 * Starts what the Debian home serves, as units of its own, so that a reboot ends them: a server, and a
 * container's namespace behind a published port.
 */
export async function startDebianServers(home2: Place): Promise<void> {
  const serve = (port: number) =>
    `socat -t${ANSWERED} TCP4-LISTEN:${port},fork,reuseaddr 'SYSTEM:echo $SOCAT_PEERADDR $SOCAT_PEERPORT'`;
  await home2.say(`
    for port in 443 8080 6002; do
      systemctl is-active -q serve-$port || systemd-run -q --unit=serve-$port -- socat -t${ANSWERED} TCP4-LISTEN:$port,fork,reuseaddr 'SYSTEM:echo $SOCAT_PEERADDR $SOCAT_PEERPORT'
    done
    ip netns list | grep -q container || {
      ip netns add container
      ip link add veth0 type veth peer name eth0 netns container
      ip address add 172.20.0.1/24 dev veth0
      ip link set veth0 up
      ip -n container address add 172.20.0.2/24 dev eth0
      ip -n container link set eth0 up
      ip -n container route add default via 172.20.0.1
      echo 1 >/proc/sys/net/ipv4/ip_forward
      iptables -t nat -A PREROUTING -p tcp -m addrtype --dst-type LOCAL --dport 8081 -j DNAT --to-destination 172.20.0.2:80
      systemd-run -q --unit=serve-container -- ip netns exec container ${serve(80)}
    }`);
}
