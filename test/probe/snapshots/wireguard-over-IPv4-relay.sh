#!/bin/sh
# relay4in6 probe: a tunnel of its own for some seconds, to see what of it gets through to haus. Its words are the
# functions at the end. What it does to this machine it writes down beforehand, and takes back: when it is told to,
# when a step fails, and by itself after 120 seconds, whatever becomes of the connection to it.
set -eu
umask 077

# There while a probe runs on this machine, and one at a time.
run=/run/relay4in6-probe
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
	command -v ping >/dev/null || echo iputils-ping
	command -v wg >/dev/null || echo wireguard-tools
	module_is_there wireguard || find "/lib/modules/$(uname -r)/" -name 'wireguard.ko*' 2>/dev/null | grep -q . || echo 'the kernel module wireguard'
}


# $1: iptables or ip6tables, $2: table, $3: chain; what follows is the rule.
rule() {
	command=$1
	table=$2
	chain=$3
	shift 3
	# Where there is no such table, nothing is in the way; iptables would make one, and leave it.
	"$command-save" 2>/dev/null | grep -qx "\*$table" || return 0
	undo "$command -w -t $table -D $chain $*"
	"$command" -w -t "$table" -I "$chain" "$@"
}

write_link() {
	cat >"$run/link" <<'END_OF_LINK'
#!/bin/sh
# relay4in6: the tunnel device to haus, WireGuard. The next `pulumi up` overwrites changes made here.
set -eu

device=probe4in6-1
# Made on this machine, and never leaves it.
key_file=/run/relay4in6-probe/state/keys/wireguard
# The public half of the other end's: it came from there. Absent until the other end has made it.
peer=$(cat /run/relay4in6-probe/state/peer-probe4in6-1 2>/dev/null || true)

is_there() {
	[ -e "/sys/class/net/$device" ]
}

up() {
	is_there || ip link add "$device" type wireguard
	change
}

# Allowed addresses are no routes: these stand where the other transports' stand.
change() {
	wg set "$device" private-key "$key_file" listen-port 24642
	for other in $(wg show "$device" peers); do
		[ "$other" = "$peer" ] || wg set "$device" peer "$other" remove
	done
	[ -z "$peer" ] || wg set "$device" peer "$peer" allowed-ips 0.0.0.0/0
}

down() {
	! is_there || ip link del "$device"
}

check() {
	is_there || { echo "the tunnel device $device is not there"; return 1; }
	own=$(wg pubkey <"$key_file")
	[ "$(wg show "$device" public-key)" = "$own" ] || { echo "$device does not have this machine's key"; return 1; }
	[ "$(wg show "$device" peers)" = "$peer" ] || { echo "$device does not know the other end's key"; return 1; }
	[ "$(wg show "$device" listen-port)" = 24642 ] || { echo "$device does not listen on port 24642"; return 1; }
}

case ${1:-} in
up) up ;;
down) down ;;
change) change ;;
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
# relay4in6: the tunnel device to haus, WireGuard. The next `pulumi up` overwrites changes made here.
set -eu

device=wrap1wg
# Made on this machine, and never leaves it.
key_file=/var/lib/relay4in6/keys/wireguard
# The public half of the other end's: it came from there. Absent until the other end has made it.
peer=$(cat /var/lib/relay4in6/peer-wrap1wg 2>/dev/null || true)

is_there() {
	[ -e "/sys/class/net/$device" ]
}

up() {
	is_there || ip link add "$device" type wireguard
	change
}

# Allowed addresses are no routes: these stand where the other transports' stand.
change() {
	wg set "$device" private-key "$key_file" listen-port 24642
	for other in $(wg show "$device" peers); do
		[ "$other" = "$peer" ] || wg set "$device" peer "$other" remove
	done
	[ -z "$peer" ] || wg set "$device" peer "$peer" allowed-ips 0.0.0.0/0
}

down() {
	! is_there || ip link del "$device"
}

check() {
	is_there || { echo "the tunnel device $device is not there"; return 1; }
	own=$(wg pubkey <"$key_file")
	[ "$(wg show "$device" public-key)" = "$own" ] || { echo "$device does not have this machine's key"; return 1; }
	[ "$(wg show "$device" peers)" = "$peer" ] || { echo "$device does not know the other end's key"; return 1; }
	[ "$(wg show "$device" listen-port)" = 24642 ] || { echo "$device does not listen on port 24642"; return 1; }
}

case ${1:-} in
up) up ;;
down) down ;;
change) change ;;
check) check ;;
*)
	echo "usage: $0 up|down|change|check" >&2
	exit 2
	;;
esac
END_OF_LINK
}

open_ways() {
	rule iptables filter INPUT -p udp --dport 24642 -j ACCEPT
	rule iptables raw PREROUTING -p udp --dport 24642 -j CT --notrack
	rule iptables raw OUTPUT -p udp --sport 24642 -j CT --notrack
	rule iptables filter INPUT -i probe4in6-1 -p icmp -j ACCEPT
}

make_device() {
	write_link
	undo "sh $run/link down"
	sh "$run/link" up
	ip link set "$device" mtu 1400 up
	ip -4 addr add 169.254.48.0/31 dev "$device"
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
	[ "$(in_use)" != "$(cat /etc/relay4in6/link-wrap1wg 2>/dev/null)" ] || ! sh /etc/relay4in6/link-wrap1wg check >/dev/null 2>&1 || echo used
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
	load_module wireguard
	mkdir "$run/state/keys"
	wg genkey >"$run/state/keys/"wireguard
	open_ways
	make_device
	echo "key $(wg pubkey <"$run/state/keys/"wireguard)"
}

# $1: the other end's public key
meet() {
	echo "$1" >"$run/state/peer-$device"
	sh "$run/link" change
}

# $1: device, $2: address, $3: bytes of payload. Three echo requests at once, none of which may be cut into pieces: an
# answer that is missing costs its time once. Says how many came back.
ask() {
	for _ in 1 2 3; do
		(ping -q -c 1 -W 2 -M 'do' -I "$1" -s "$3" "$2" >/dev/null 2>&1 </dev/null && echo answer) &
	done | grep -c answer || true
	wait
}

# $1: device
received() {
	cat "/sys/class/net/$1/statistics/rx_packets" 2>/dev/null || echo 0
}

# What the way to the other end takes, where something on it has said so (RFC 8201), in bytes.
learned() {
	:
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
	{ apt-get -o DPkg::Lock::Timeout=300 update -qq && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@"; } >&2 </dev/null
}

"$@"
