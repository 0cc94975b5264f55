#!/bin/sh
# relay4in6 probe: a tunnel of its own for some seconds, to see what of it gets through to 'the relay'. Its words are the
# functions at the end. What it does to this machine it writes down beforehand, and takes back: when it is told to,
# when a step fails, and by itself after 120 seconds, whatever becomes of the connection to it.
set -eu
umask 077

# There while a probe runs on this machine, and one at a time.
run=/tmp/relay4in6-probe
device=probe4in6-1

# Seconds since boot: the clock may jump.
uptime_s() {
	cut -d . -f 1 /proc/uptime
}

# What will take the next step back, in the shell's words.
undo() {
	printf '%s\n' "$1" >>"$run/undo"
}

# The last step first. A probe that somebody else has begun since is none of ours.
take_back() {
	[ "$(cat "$run/token" 2>/dev/null)" = "$1" ] || return 0
	sed '1!G;h;$!d' "$run/undo" 2>/dev/null >"$run/back" || true
	while read -r step; do
		(eval "$step") >/dev/null 2>&1 </dev/null || true
	done <"$run/back"
	rm -rf "$run"
}

# Outlives the connection that began it, and every signal that its end may bring (POSIX sh has no setsid).
watch() {
	(
		trap '' HUP INT TERM
		set +e
		while [ "$(cat "$run/token")" = "$token" ]; do
			until=$(cat "$run/deadline") && [ "$(uptime_s)" -ge "$until" ] && take_back "$token"
			sleep 1
		done
	) </dev/null >/dev/null 2>&1 &
}

module_is_there() {
	[ -d "/sys/module/$1" ] || grep -q "/$1\.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null
}

# It stays: its removal takes what it rests on as well, and with that the devices of other tunnels.
load_module() {
	! module_is_there "$1" || return 0
	modprobe "$1" 2>/dev/null || insmod "$1" 2>/dev/null || echo "the kernel does not load $1" >&2
}

# What this machine lacks for this transport, by the names of its packages; nothing is left of the question.
lacks() {
	# Busybox has an `ip` of its own, which knows no tunnels and no version.
	ip -V 2>/dev/null | grep -q iproute2 || echo ip-full
	module_is_there ip6_tunnel || find "/lib/modules/$(uname -r)/" -name 'ip6_tunnel.ko*' 2>/dev/null | grep -q . || echo kmod-ip6-tunnel
}

# Another tunnel of ours may have it already, or get it meanwhile.
own_endpoint() {
	on=br-lan
	! ip -6 addr show | grep -q ' 2001:db8:b101:0:203:0:113:10/' || return 0
	undo "[ -e /sys/class/net/wrap1 ] || ip -6 addr del 2001:db8:b101:0:203:0:113:10/128 dev $on"
	ip -6 addr replace 2001:db8:b101:0:203:0:113:10/128 dev "$on" preferred_lft 0 nodad
}


# $1: chain of fw4's table; what follows matches. A reload of the firewall takes the rule away, and it does not matter.
accept() {
	chain=$1
	shift
	nft list chain inet fw4 "$chain" >/dev/null 2>&1 || return 0
	undo "unaccept $chain"
	nft insert rule inet fw4 "$chain" "$@" accept comment '"relay4in6 probe"'
}

unaccept() {
	nft -a list chain inet fw4 "$1" | sed -n 's/.*"relay4in6 probe" # handle \([0-9]*\)$/\1/p' | while read -r handle; do
		nft delete rule inet fw4 "$1" handle "$handle"
	done
}

write_link() {
	cat >"$run/link" <<'END_OF_LINK'
#!/bin/sh
# relay4in6: the tunnel device to relay, IPv4 in IPv6 (RFC 2473). The next `pulumi up` overwrites changes made here.
set -eu

device=probe4in6-1

# The home's address follows its prefix: it stands in a file of its own.
addresses() {
	local=$(cat /tmp/relay4in6-probe/state/endpoint)
	remote=2001:db8:1:1:203:0:113:10
}

tunnel() {
	addresses
	ip -6 tunnel "$1" "$device" mode ipip6 local "$local" remote "$remote" encaplimit none hoplimit 64 flowlabel 0x00000
	# At each change the kernel works out an MTU of its own, by this machine's line alone.
	ip link set "$device" mtu 1460
}

is_there() {
	[ -e "/sys/class/net/$device" ]
}

up() {
	if is_there; then tunnel change; else tunnel add; fi
}

down() {
	! is_there || ip -6 tunnel del "$device"
}

check() {
	is_there || { echo "the tunnel device $device is not there"; return 1; }
	addresses
	is=$(ip -6 tunnel show "$device")
	case "$is " in
	"$device: ip/ipv6 remote $remote local $local encaplimit none "*) ;;
	*) echo "$device is not what it should be: $is"; return 1 ;;
	esac
}

case ${1:-} in
up) up ;;
down) down ;;
change) tunnel change ;;
check) check ;;
*)
	echo "usage: $0 up|down|change|check" >&2
	exit 2
	;;
esac
END_OF_LINK
}

# The tunnel's script as it is where this transport is in use.
in_use() {
	cat <<'END_OF_LINK'
#!/bin/sh
# relay4in6: the tunnel device to relay, IPv4 in IPv6 (RFC 2473). The next `pulumi up` overwrites changes made here.
set -eu

device=wrap1

# The home's address follows its prefix: it stands in a file of its own.
addresses() {
	local=$(cat /etc/relay4in6/endpoint)
	remote=2001:db8:1:1:203:0:113:10
}

tunnel() {
	addresses
	ip -6 tunnel "$1" "$device" mode ipip6 local "$local" remote "$remote" encaplimit none hoplimit 64 flowlabel 0x00000
	# At each change the kernel works out an MTU of its own, by this machine's line alone.
	ip link set "$device" mtu 1460
}

is_there() {
	[ -e "/sys/class/net/$device" ]
}

up() {
	if is_there; then tunnel change; else tunnel add; fi
}

down() {
	! is_there || ip -6 tunnel del "$device"
}

check() {
	is_there || { echo "the tunnel device $device is not there"; return 1; }
	addresses
	is=$(ip -6 tunnel show "$device")
	case "$is " in
	"$device: ip/ipv6 remote $remote local $local encaplimit none "*) ;;
	*) echo "$device is not what it should be: $is"; return 1 ;;
	esac
}

case ${1:-} in
up) up ;;
down) down ;;
change) tunnel change ;;
check) check ;;
*)
	echo "usage: $0 up|down|change|check" >&2
	exit 2
	;;
esac
END_OF_LINK
}

open_ways() {
	accept input ip6 saddr 2001:db8:1:1:203:0:113:10 ip6 daddr 2001:db8:b101:0:203:0:113:10 meta l4proto 4
	accept input iifname probe4in6-1
	accept output oifname probe4in6-1
}

make_device() {
	write_link
	undo "sh $run/link down"
	sh "$run/link" up
	ip link set "$device" mtu 1460 up
	ip -4 addr add 169.254.48.1/31 dev "$device"
}

# Takes the place that one probe at a time may have. One that nobody has taken back (its watch was killed) is over.
take_turn() {
	if ! mkdir "$run" 2>/dev/null; then
		until=$(cat "$run/deadline" 2>/dev/null || uptime_s)
		[ "$(uptime_s)" -gt $((until + 10)) ] || return 1
		take_back "$(cat "$run/token")"
		mkdir "$run" 2>/dev/null || return 1
	fi
	token=$$-$(cut -d ' ' -f 1 /proc/uptime)
	echo $(($(uptime_s) + 120)) >"$run/deadline"
	echo "$token" >"$run/token"
	: >"$run/undo"
	watch
}

# ---- What it can be told -----------------------------------------------------------------------------------

# `used`: this very transport is what the home's tunnel has now; its device is what is to be asked.
look() {
	[ "$(in_use)" != "$(cat /etc/relay4in6/link-wrap1 2>/dev/null)" ] || ! sh /etc/relay4in6/link-wrap1 check >/dev/null 2>&1 || echo used
	lacks | sed 's/^/lacks /'
}

begin() {
	if ! take_turn; then
		echo busy
		return
	fi
	trap '[ $? -eq 0 ] || take_back "$token"' EXIT
	echo "token $token"
	mkdir "$run/state"
	load_module ip6_tunnel
	own_endpoint
	echo 2001:db8:b101:0:203:0:113:10 >"$run/state/"endpoint
	open_ways
	make_device
}

# $1: device, $2: address, $3: bytes of payload. Three echo requests at once, none of which may be cut into pieces: an
# answer that is missing costs its time once. Says how many came back.
ask() {
	for _ in 1 2 3; do
		(ping -q -c 1 -W 2 -I "$1" -s "$3" "$2" >/dev/null 2>&1 </dev/null && echo answer) &
	done | grep -c answer || true
	wait
}

# $1: device
received() {
	cat "/sys/class/net/$1/statistics/rx_packets" 2>/dev/null || echo 0
}

# What the way to the other end takes, where something on it has said so (RFC 8201), in bytes.
learned() {
	ip -6 route get 2001:db8:1:1:203:0:113:10 2>/dev/null | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}

# $1: token of the probe that is over
finish() {
	take_back "$1"
}

install() {
	# The names are ours, and meant to be split.
	# shellcheck disable=SC2046
	set -- $(lacks)
	[ $# -gt 0 ] || return 0
	if command -v apk >/dev/null; then apk update && apk add "$@"; else opkg update && opkg install "$@"; fi >&2 </dev/null
}

"$@"
