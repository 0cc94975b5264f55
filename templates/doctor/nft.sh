#!/bin/sh
# relay4in6 doctor: counts what passes between the two endpoints, and at the public address, while some pings cross.
# A table of its own for a few seconds. Its words are the functions below; each answer stands under its word.
set -eu

begin() {
	finish
	nft -f - <<-'RULES'
		table inet relay4in6_doctor {
			counter outer_in { }
			counter outer_out { }
			counter public_in { }
			chain first {
				type filter hook prerouting priority -400
				ip6 saddr <%= peer %> ip6 daddr <%= self %> meta l4proto != ipv6-icmp counter name outer_in
<% if (locals.publicIpv4) { -%>
				ip daddr <%= publicIpv4 %> meta l4proto tcp counter name public_in
<% } -%>
			}
			chain last {
				type filter hook postrouting priority 400
				ip6 saddr <%= self %> ip6 daddr <%= peer %> meta l4proto != ipv6-icmp counter name outer_out
			}
		}
	RULES
}

# From here on each packet of the tunnel is taken for the first of a connection that nobody knows: conntrack looks
# for it in a zone where nothing else is. What only an earlier answer let in is refused now.
cold() {
	nft -f - <<-'RULES'
		table inet relay4in6_doctor {
			chain cold {
				type filter hook prerouting priority -300
				ip6 saddr <%= peer %> ip6 daddr <%= self %> meta l4proto != ipv6-icmp ct zone set 46464
			}
		}
	RULES
}

warm() {
	nft delete chain inet relay4in6_doctor cold 2>/dev/null || true
}

show() {
	for way in rx tx; do
		echo "tunnel_$way $(cat /sys/class/net/<%= device %>/statistics/${way}_packets 2>/dev/null || echo 0)"
	done
	for counter in outer_in outer_out public_in; do
		echo "$counter $(nft list counter inet relay4in6_doctor "$counter" 2>/dev/null | sed -n 's/.*packets \([0-9]*\).*/\1/p')"
	done
}

finish() {
	nft delete table inet relay4in6_doctor 2>/dev/null || true
}

<% if (locals.inner) { -%>
answered() {
	sed -n 's/.* \([0-9]*\) received.*/\1/p'
}

small() {
	ping -n -q -c 5 -i 0.2 -W 1 -I <%= device %> <%= inner %> 2>/dev/null | answered
}

# Over bare IPv6, without the tunnel.
endpoint() {
	ping -6 -n -q -c 3 -i 0.3 -W 1 -I <%= self %> <%= peer %> 2>/dev/null | answered
}

# Bytes of a packet inside the tunnel that may not be fragmented: 28 of them are headers (RFC 791, RFC 792).
crosses() {
	[ "$(ping -n -q -c 3 -i 0.2 -W 1 -M "do" -s $(($1 - 28)) -I <%= device %> <%= inner %> 2>/dev/null | answered)" -gt 0 ]
}

largest() {
	high=<%= mtu %>
	if crosses "$high"; then
		echo "$high"
		return
	fi
	# What the kernel once learned of the path may be old.
	ip -6 route flush cache
	if crosses "$high"; then
		echo "$high"
		return
	fi
	low=68
	while [ $((high - low)) -gt 1 ]; do
		middle=$(((high + low) / 2))
		if crosses "$middle"; then low=$middle; else high=$middle; fi
	done
	echo "$low"
}

<% } -%>
for word in "$@"; do
	echo "== $word"
	"$word"
done
