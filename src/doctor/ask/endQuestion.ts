/** What every end is asked: section → command. POSIX; `ip` is iproute2's own on every end that has a tunnel. */
export const endQuestion: Readonly<Record<string, string>> = {
  clock: "date +%s",
  kernel: "uname -r",
  // Loaded, built in, or there to be loaded.
  module:
    "ls -d /sys/module/ip6_tunnel || grep ip6_tunnel /lib/modules/$(uname -r)/modules.builtin || find /lib/modules/$(uname -r)/ -name 'ip6_tunnel.ko*'",
  links: "ip -d -j address show",
  rules: "ip -4 -j rule show",
  routes: "ip -4 -j route show table all",
  rpfilter:
    "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do d=${f%/rp_filter}; echo ${d##*/} $(cat $f); done",
  forward: "cat /proc/sys/net/ipv4/ip_forward",
};
