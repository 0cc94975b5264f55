#!/bin/sh
# relay4in6 probe: a tunnel of its own for some seconds, to see what of it gets through to <%= peer %>. Its words are the
# functions at the end. What it does to this machine it writes down beforehand, and takes back: when it is told to,
# when a step fails, and by itself after <%= seconds %> seconds, whatever becomes of the connection to it.
set -eu
umask 077

# There while a probe runs on this machine, and one at a time.
run=<%= run %>
device=<%= device %>

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
<% if (locals.fw4) { -%>
	# Busybox has an `ip` of its own, which knows no tunnels and no version.
	ip -V 2>/dev/null | grep -q iproute2 || echo ip-full
<% } else { -%>
	command -v ping >/dev/null || echo iputils-ping
<% } -%>
<% for (const { program, from } of programs) { -%>
	command -v <%= program %> >/dev/null || echo <%= from %>
<% } -%>
	module_is_there <%= module %> || find "/lib/modules/$(uname -r)/" -name '<%- module %>.ko*' 2>/dev/null | grep -q . || echo <%= moduleFrom %>
}

<% if (locals.endpoint) { -%>
# Another tunnel of ours may have it already, or get it meanwhile.
own_endpoint() {
<% if (endpoint.device) { -%>
	on=<%= endpoint.device %>
<% } else { -%>
	on=$(ip -6 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | sed -n 1p)
<% } -%>
	! ip -6 addr show | grep -q ' <%- endpoint.address %>/' || return 0
	undo "[ -e /sys/class/net/<%- tunnel %> ] || ip -6 addr del <%- endpoint.address %>/128 dev $on"
	ip -6 addr replace <%= endpoint.address %>/128 dev "$on" preferred_lft 0 nodad
}

<% } -%>

<% if (locals.fw4) { -%>
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
<% } else { -%>
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
<% } -%>

write_link() {
	cat >"$run/link" <<'END_OF_LINK'
<%- link -%>
END_OF_LINK
}

# The tunnel's script as it is where this transport is in use.
in_use() {
	cat <<'END_OF_LINK'
<%- linkInUse -%>
END_OF_LINK
}

open_ways() {
<% if (locals.fw4) { -%>
<% for (const words of accepts) { -%>
	accept <%- words %>
<% } -%>
<% } else { -%>
<% for (const words of accepts) { -%>
	rule <%- words %>
<% } -%>
<% } -%>
<% if (locals.ownMark) { -%>
	# What carries the tunnel does not go through another one.
	undo "ip -4 rule del priority 4239 fwmark <%- ownMark %> lookup main"
	ip -4 rule add priority 4239 fwmark <%= ownMark %> lookup main
<% } -%>
}

make_device() {
	write_link
	undo "sh $run/link down"
	sh "$run/link" up
	ip link set "$device" mtu <%= mtu %> up
	ip -4 addr add <%= inner %>/31 dev "$device"
<% if (locals.inner6) { -%>
	ip -6 addr add <%= inner6 %>/64 dev "$device" nodad
<% } -%>
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
	echo $(($(uptime_s) + <%= seconds %>)) >"$run/deadline"
	echo "$token" >"$run/token"
	: >"$run/undo"
	watch
}

# ---- What it can be told -----------------------------------------------------------------------------------

# `used`: this very transport is what the home's tunnel has now; its device is what is to be asked.
look() {
	[ "$(in_use)" != "$(cat <%= installed %> 2>/dev/null)" ] || ! sh <%= installed %> check >/dev/null 2>&1 || echo used
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
	load_module <%= module %>
<% if (locals.endpoint) { -%>
	own_endpoint
<% } -%>
<% for (const { name, text } of state) { -%>
	echo <%= text %> >"$run/state/"<%= name %>
<% } -%>
<% if (locals.key) { -%>
	mkdir "$run/state/keys"
	wg genkey >"$run/state/keys/"<%= key %>
<% } -%>
	open_ways
	make_device
<% if (locals.key) { -%>
	echo "key $(wg pubkey <"$run/state/keys/"<%= key %>)"
<% } -%>
}

<% if (locals.key) { -%>
# $1: the other end's public key
meet() {
	echo "$1" >"$run/state/peer-$device"
	sh "$run/link" change
}

<% } -%>
# $1: device, $2: address, $3: bytes of payload. Three echo requests at once, none of which may be cut into pieces: an
# answer that is missing costs its time once. Says how many came back.
ask() {
	for _ in 1 2 3; do
		(ping -q -c 1 -W 2 <% if (locals.dontFragment) { %><%- dontFragment %> <% } %>-I "$1" -s "$3" "$2" >/dev/null 2>&1 </dev/null && echo answer) &
	done | grep -c answer || true
	wait
}

# $1: device
received() {
	cat "/sys/class/net/$1/statistics/rx_packets" 2>/dev/null || echo 0
}

# What the way to the other end takes, where something on it has said so (RFC 8201), in bytes.
learned() {
<% if (locals.outer) { -%>
	ip <%= outer.family %> route get <%= outer.to %> 2>/dev/null | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
<% } else { -%>
	:
<% } -%>
}

# $1: token of the probe that is over
finish() {
	take_back "$1"
}

install() {
<% if (locals.fw4) { -%>
	# The names are ours, and meant to be split.
	# shellcheck disable=SC2046
	set -- $(lacks)
	[ $# -gt 0 ] || return 0
	if command -v apk >/dev/null; then apk update && apk add "$@"; else opkg update && opkg install "$@"; fi >&2 </dev/null
<% } else { -%>
	# The names are ours, and meant to be split.
	# shellcheck disable=SC2046
	set -- $(lacks)
	[ $# -gt 0 ] || return 0
	{ apt-get -o DPkg::Lock::Timeout=300 update -qq && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@"; } >&2 </dev/null
<% } -%>
}

"$@"
