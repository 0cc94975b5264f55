import type { Tunnel } from "../../plan/index.ts";
import { quote } from "../../render/index.ts";
import { tunnelTransports } from "../../transports/index.ts";

/**
 * What every end is asked: section → command. POSIX; `ip` is iproute2's own on every end that has a tunnel.
 *
 * @param tunnels those that end there
 */
export function endQuestion(tunnels: readonly Tunnel[]): Record<string, string> {
  const modules = [...new Set(tunnels.map(({ transport }) => tunnelTransports[transport].needs.module))];
  return {
    clock: "date +%s",
    kernel: "uname -r",
    // Loaded, built in, or there to be loaded; the others are named.
    modules: `for m in ${modules.map(quote).join(" ")}; do ls -d /sys/module/$m >/dev/null || grep -q "/$m.ko" /lib/modules/$(uname -r)/modules.builtin || find /lib/modules/$(uname -r)/ -name "$m.ko*" | grep -q . || echo $m; done`,
    links: "ip -d -j address show",
    rules: "ip -4 -j rule show",
    routes: "ip -4 -j route show table all",
    rules6: "ip -6 -j rule show",
    routes6: "ip -6 -j route show table all",
    rpfilter:
      "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do d=${f%/rp_filter}; echo ${d##*/} $(cat $f); done",
    forward: "cat /proc/sys/net/ipv4/ip_forward",
    forward6: "cat /proc/sys/net/ipv6/conf/all/forwarding",
  };
}
