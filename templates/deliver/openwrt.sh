# ---- OpenWrt: UCI, procd, busybox -----------------------------------------------------------------------

run=/tmp/relay4in6
manifest=/etc/relay4in6/files

# A commit would keep what somebody else only tries.
nothing_staged() {
	staged=$(uci -q changes network; uci -q changes firewall)
	[ -z "$staged" ] || fail "somebody has changes of network or firewall that are not saved: $(echo "$staged" | head -n 3)" "save or revert them (uci commit, uci revert), then run again"
}

prerequisites() {
	nothing_staged
	missing=
	for package in $packages; do
		installed "$package" || missing="$missing $package"
	done
	if [ -n "$missing" ]; then
		say "installing$missing"
		# The names are ours, and meant to be split.
		# shellcheck disable=SC2086
		add_packages $missing >&2 </dev/null || fail "could not install$missing" "see that the router reaches its package feed, or install the packages by hand"
	fi
	for module in $modules; do
		[ -d "/sys/module/$module" ] || modprobe "$module" 2>/dev/null || insmod "$module" 2>/dev/null || fail "the kernel has no module $module" "install the packages $packages for kernel $(uname -r)"
	done
}

installed() {
	if command -v apk >/dev/null; then apk info -e "$1" >/dev/null 2>&1; else opkg list-installed "$1" | grep -q .; fi
}

add_packages() {
	if command -v apk >/dev/null; then apk update && apk add "$@"; else opkg update && opkg install "$@"; fi
}

# Our sections as they are now, staged changes included, in the words of `uci show`.
own_sections() {
	uci -q show "$1" | grep "^$1\\.relay4in6_" || true
}

sections_differ() {
	own_sections "$1" | sort >"$run/is"
	sort "$2" >"$run/wanted"
	! cmp -s "$run/is" "$run/wanted"
}

delete_sections() {
	own_sections "$1" | sed -n 's/^\([^.=]*\.[^.=]*\)=.*/\1/p' | while read -r section; do
		uci -q delete "$section"
	done
}

# The batch's exit status says nothing: what it did is read back.
stage_sections() {
	sections_differ "$1" "$2" || return 0
	delete_sections "$1"
	sed 's/^/set /' "$2" | uci batch
	if sections_differ "$1" "$2"; then
		say "UCI did not take all of $2"
		return 1
	fi
}

changed_packages() {
	for package in network firewall; do
		[ -z "$(uci -q changes "$package")" ] || echo "$package"
	done
}

reload_packages() {
	for package in "$@"; do "/etc/init.d/$package" reload; done
}

# Whether the tunnel was made as the bundle says.
made_alike() {
	cmp -s "$run/new/etc/init.d/relay4in6" /etc/init.d/relay4in6 || return 1
	for device in $devices; do
		cmp -s "$run/new/etc/relay4in6/link-$device" "/etc/relay4in6/link-$device" || return 1
	done
}

# The script that makes a tunnel, of the bundle that is at hand.
link() {
	if [ -e "$run/new/etc/relay4in6/link-$1" ]; then echo "$run/new/etc/relay4in6/link-$1"; else echo "/etc/relay4in6/link-$1"; fi
}

try() {
	stage_sections network "$run/new/etc/relay4in6/network.uci"
	stage_sections firewall "$run/new/etc/relay4in6/firewall.uci"
	fw4 -q check || fw4 check
	# The names of packages, meant to be split.
	# shellcheck disable=SC2046
	reload_packages $(changed_packages)
	made_alike || [ ! -e /etc/init.d/relay4in6 ] || /etc/init.d/relay4in6 stop
	/bin/sh /etc/rc.common "$run/new/etc/init.d/relay4in6" start
}

revert() {
	changed=$(changed_packages)
	uci -q revert network
	uci -q revert firewall
	/bin/sh /etc/rc.common "$run/new/etc/init.d/relay4in6" stop || true
	restore_state
	# shellcheck disable=SC2086
	reload_packages $changed
	[ ! -e /etc/init.d/relay4in6 ] || /etc/init.d/relay4in6 start
}

keep() {
	keep_files
	uci commit network
	uci commit firewall
	/etc/init.d/relay4in6 enable
	/etc/init.d/relay4in6 reload
	sync
}

healthy() {
	/etc/init.d/relay4in6 enabled 2>/dev/null || [ -e "$run/token" ] || { echo "/etc/init.d/relay4in6 is not enabled"; return 1; }
	for device in $devices; do
		"$(link "$device")" check || return 1
		ip -4 route show table all | grep -q "default dev $device" || { echo "$device has no route"; return 1; }
		nft list table inet fw4 | grep -q "iifname \"$device\"" || { echo "the firewall does not know $device"; return 1; }
	done
	for package in network firewall; do
		wanted=$run/new/etc/relay4in6/$package.uci
		[ ! -e "$wanted" ] || ! sections_differ "$package" "$wanted" || { echo "the sections of $package are not ours"; return 1; }
	done
}

# A subshell that outlives its session, on the monotonic clock: there is no nohup, timeout or systemd here.
arm() {
	(
		trap '' HUP INT TERM
		while [ -e "$run/token" ] && [ "$(uptime_s)" -lt "$(cat "$run/deadline" 2>/dev/null || echo 0)" ]; do sleep 1; done
		sh "$run/deliver" rollback
	) </dev/null >/dev/null 2>&1 &
}

disarm() {
	:
}

# Of a UCI file, what UCI says now, in the file's own order if the content is the same.
live() {
	case $1 in
	*.uci)
		package=${1##*/}
		package=${package%.uci}
		own_sections "$package" >/tmp/relay4in6-show.$$
		sort "$1" >/tmp/relay4in6-kept.$$
		if sort /tmp/relay4in6-show.$$ | cmp -s - /tmp/relay4in6-kept.$$; then cat "$1"; else cat /tmp/relay4in6-show.$$; fi
		rm -f /tmp/relay4in6-show.$$ /tmp/relay4in6-kept.$$
		;;
	*) cat "$1" ;;
	esac
}

removable() {
	nothing_staged
}

# A reload of fw4 empties its table and leaves the chains of a zone that is gone: nothing jumps to them.
delete_empty_chains() {
	nft list table inet fw4 2>/dev/null | sed -n 's/^[[:space:]]*chain \([^ ]*_relay4in6\) {.*/\1/p' | while read -r chain; do
		nft delete chain inet fw4 "$chain" 2>/dev/null || true
	done
}

take_away() {
	delete_sections network
	delete_sections firewall
	changed=$(changed_packages)
	uci commit network
	uci commit firewall
	if [ -e /etc/init.d/relay4in6 ]; then
		/etc/init.d/relay4in6 stop || true
		/etc/init.d/relay4in6 disable || true
	fi
	# shellcheck disable=SC2086
	reload_packages $changed
	delete_empty_chains
}
