# ---- OpenWrt: UCI, procd, busybox -----------------------------------------------------------------------

run=/tmp/relay4in6
state=/etc/relay4in6
manifest=$state/files
keys=$state/keys
journal=/etc/relay4in6-journal
own_folders=

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

# The seed is what this router was just asked for: it is as good as what is there.
keep_followed() {
	: "$followed_files"
}

# dropbear keeps private keys in a format of its own.
make_key() {
	command -v dropbearkey >/dev/null || fail "there is no dropbearkey" "install the package dropbear"
	dropbearkey -t ed25519 -f "$2" >&2
	dropbearkey -y -f "$2" | grep '^ssh-ed25519 ' | cut -d ' ' -f 1,2 >"$2.pub"
}

# Our sections as they are now, staged changes included, in the words of `uci show`.
own_sections() {
	uci -q show "$1" | grep "^$1\\.relay4in6_" || true
}

sections_differ() {
	[ "$(own_sections "$1" | sort)" != "$(sort "$2")" ]
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

# What every tunnel of the init script below $1 stands on.
ground() {
	grep -E '^(table|lan)=' "${1:-}/etc/init.d/relay4in6" 2>/dev/null
}

# No tunnel that goes on ends there.
leave_endpoint() {
	endpoint=$(cat "$state/endpoint" 2>/dev/null) || return 0
	ip -6 -o addr show to "$endpoint/128" | while read -r _ device _; do ip -6 addr del "$endpoint/128" dev "$device"; done
}

# The tunnels that the bundle does not have; the others are changed where they stand.
gone_tunnels() {
	for script in /etc/relay4in6/link-*; do
		[ ! -e "$script" ] || [ -e "$run/new$script" ] || echo "${script#/etc/relay4in6/link-}"
	done
}

# The script that makes a tunnel, of the bundle that is at hand.
link() {
	if [ -e "$run/new/etc/relay4in6/link-$1" ]; then echo "$run/new/etc/relay4in6/link-$1"; else echo "/etc/relay4in6/link-$1"; fi
}

# The sections of a package that the bundle wants: none, where everything goes.
wanted_sections() {
	if [ -e "$run/new/etc/relay4in6/$1.uci" ]; then echo "$run/new/etc/relay4in6/$1.uci"; else echo /dev/null; fi
}

try() {
	for package in network firewall; do stage_sections "$package" "$(wanted_sections "$package")"; done
	fw4 -q check || fw4 check
	changed_packages >"$run/reloaded"
	reload_changed
	if [ -e "$run/new/etc/init.d/relay4in6" ] && [ "$(ground "$run/new")" = "$(ground)" ]; then
		# The other tunnels go on, and so do the rules: without them, answers would leave by another way.
		for device in $(gone_tunnels); do "/etc/relay4in6/link-$device" down; done
		[ -e "$run/new$state/endpoint" ] || leave_endpoint
	elif [ -e /etc/init.d/relay4in6 ]; then
		/etc/init.d/relay4in6 stop
	fi
	keep_leading
	[ ! -e "$run/new/etc/init.d/relay4in6" ] || /bin/sh /etc/rc.common "$run/new/etc/init.d/relay4in6" start
	forget_leading /etc/relay4in6/failover "$run/new/etc/relay4in6/failover"
}

reload_changed() {
	# The names of packages, meant to be split.
	# shellcheck disable=SC2046
	reload_packages $(cat "$run/reloaded" 2>/dev/null)
	[ -n "$(own_sections firewall)" ] || delete_empty_chains
}

# A reload of fw4 empties its table and leaves the chains of a zone that is gone: nothing jumps to them.
delete_empty_chains() {
	nft list table inet fw4 2>/dev/null | sed -n 's/^[[:space:]]*chain \([^ ]*_relay4in6\) {.*/\1/p' | while read -r chain; do
		nft delete chain inet fw4 "$chain" 2>/dev/null || true
	done
}

stop_trial() {
	revert_sections network
	revert_sections firewall
	[ ! -e "$run/new/etc/init.d/relay4in6" ] || /bin/sh /etc/rc.common "$run/new/etc/init.d/relay4in6" stop
}

# Of what is staged, ours alone: somebody else may have begun to change something meanwhile.
revert_sections() {
	uci -q changes "$1" | sed -n "s/^[-+]\{0,1\}\($1\.relay4in6_[A-Za-z0-9_]*\).*/\1/p" | sort -u | while read -r section; do
		uci -q revert "$section"
	done
}

start_kept() {
	reload_changed
	[ ! -e /etc/init.d/relay4in6 ] || /etc/init.d/relay4in6 start
	forget_leading "$run/new/etc/relay4in6/failover" /etc/relay4in6/failover
}

keep_settings() {
	foreign=$(for package in network firewall; do uci -q changes "$package" | grep -v "^[-+]\{0,1\}$package\.relay4in6_" || true; done)
	if [ -n "$foreign" ]; then
		echo "somebody else has begun to change network or firewall meanwhile: $(echo "$foreign" | head -n 1)"
		return 1
	fi
	uci commit network
	uci commit firewall
	if [ -e /etc/init.d/relay4in6 ]; then
		/etc/init.d/relay4in6 enable
		# What was started from where the trial lay is started from where it is kept.
		/etc/init.d/relay4in6 start
	else
		disable
	fi
}

disable() {
	rm -f /etc/rc.d/S??relay4in6 /etc/rc.d/K??relay4in6
}

# Sections, not whole files: what others have saved meanwhile stays.
save_settings() {
	own_sections network >"$1/network.uci"
	own_sections firewall >"$1/firewall.uci"
}

restore_settings() {
	for package in network firewall; do
		revert_sections "$package"
		if ! own_sections "$package" | cmp -s - "$journal/$package.uci"; then
			stage_sections "$package" "$journal/$package.uci" || return 1
			uci commit "$package" || return 1
			[ ! -d "$run" ] || echo "$package" >>"$run/reloaded"
		fi
	done
	if [ -e /etc/init.d/relay4in6 ]; then /etc/init.d/relay4in6 enable; else disable; fi
}

has_settings() {
	[ -n "$(own_sections network; own_sections firewall)" ]
}

# What this end writes down for itself, and what it was given.
state_paths() {
	[ ! -d "$state" ] || find "$state" -type f
}

# Before network and firewall are set up, so that they are set up from sections that belong together.
at_boot() {
	cat >/etc/init.d/relay4in6-journal <<-INIT
		#!/bin/sh /etc/rc.common
		# relay4in6: here only while a change is being made, and to take it back after a power cut.
		START=18
		start() {
			[ ! -e $journal ] || /bin/sh $journal/deliver undo
		}
	INIT
	chmod 755 /etc/init.d/relay4in6-journal
	ln -sf ../init.d/relay4in6-journal /etc/rc.d/S18relay4in6-journal
}

not_at_boot() {
	rm -f /etc/rc.d/S18relay4in6-journal /etc/init.d/relay4in6-journal
}

healthy() {
	/etc/init.d/relay4in6 enabled 2>/dev/null || [ -e "$journal" ] || { echo "/etc/init.d/relay4in6 is not enabled"; return 1; }
	for device in $devices; do
		"$(link "$device")" check || return 1
		ip -4 route show table all | grep -q "default dev $device " || { echo "$device has no route"; return 1; }
		nft list table inet fw4 | grep -q "\"$device\"" || { echo "the firewall does not know $device"; return 1; }
	done
	[ -z "$devices" ] || nft list table ip relay4in6 >/dev/null 2>&1 || { echo "what comes out of the tunnel is not marked: there is no table ip relay4in6"; return 1; }
	for package in network firewall; do
		wanted=$run/new/etc/relay4in6/$package.uci
		[ ! -e "$wanted" ] || ! sections_differ "$package" "$wanted" || { echo "the sections of $package are not ours"; return 1; }
	done
}

# Subshells that outlive their session: there is no nohup, timeout or systemd here. Two, in case one is killed.
arm() {
	watch_apart
	watch_apart
}

# The outer one ends at once: what watches is no child of the run, which it may have to end with all its children.
watch_apart() {
	(
		(
			trap '' HUP INT TERM
			sh "$run/deliver" watch
		) </dev/null >/dev/null 2>&1 &
	)
}

# A file's lines, with a blank before each. Of a UCI file, what UCI says now, unless the content is the same.
live() {
	case $1 in
	*.uci)
		package=${1##*/}
		package=${package%.uci}
		if sections_differ "$package" "$1"; then
			own_sections "$package" | awk '{ print " " $0 }'
			return
		fi
		;;
	esac
	awk '{ print " " $0 }' "$1"
}

removable() {
	nothing_staged
}
