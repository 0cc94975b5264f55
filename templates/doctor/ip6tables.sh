#!/bin/sh
# relay4in6 doctor: counts what passes between the two endpoints while some pings cross, where nft may be absent.
# Rules with a comment of their own for a few seconds. Its words are the functions below.
set -eu

counted() {
	echo "raw PREROUTING -s <%= peer %> -d <%= self %> ! -p ipv6-icmp -m comment --comment relay4in6-doctor-in"
	echo "mangle POSTROUTING -s <%= self %> -d <%= peer %> ! -p ipv6-icmp -m comment --comment relay4in6-doctor-out"
}

begin() {
	finish
	counted | while read -r table rule; do
		# The words of a rule are meant to be split.
		# shellcheck disable=SC2086
		ip6tables -w -t "$table" -I $rule
	done
}

# From here on each packet of the tunnel is taken for the first of a connection that nobody knows: conntrack looks
# for it in a zone where nothing else is. What only an earlier answer let in is refused now.
cold() {
	ip6tables -w -t raw -A PREROUTING -s <%= peer %> -d <%= self %> ! -p ipv6-icmp -j CT --zone 46464
}

warm() {
	while ip6tables -w -t raw -D PREROUTING -s <%= peer %> -d <%= self %> ! -p ipv6-icmp -j CT --zone 46464 2>/dev/null; do :; done
}

show() {
	for way in rx tx; do
		echo "tunnel_$way $(cat /sys/class/net/<%= device %>/statistics/${way}_packets 2>/dev/null || echo 0)"
	done
	for way in in out; do
		echo "outer_$way $({ ip6tables-save -c -t raw; ip6tables-save -c -t mangle; } | sed -n "s/^\[\([0-9]*\):.*relay4in6-doctor-$way.*/\1/p")"
	done
}

finish() {
	warm
	counted | while read -r table rule; do
		# shellcheck disable=SC2086
		while ip6tables -w -t "$table" -D $rule 2>/dev/null; do :; done
	done
}

for word in "$@"; do
	echo "== $word"
	"$word"
done
