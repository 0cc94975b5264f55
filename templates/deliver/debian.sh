# ---- Debian: ifupdown, systemd --------------------------------------------------------------------------

run=/run/relay4in6
manifest=/var/lib/relay4in6/files

prerequisites() {
	missing=
	for package in $packages; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
	done
	if [ -n "$missing" ]; then
		say "installing$missing"
		# The names are ours, and meant to be split.
		# shellcheck disable=SC2086
		{ apt-get -o DPkg::Lock::Timeout=300 update -qq && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $missing; } >&2 </dev/null ||
			fail "could not install$missing" "see that apt-get reaches its mirror, or install the packages by hand"
	fi
	[ -e /etc/network/interfaces ] || printf 'source /etc/network/interfaces.d/*\n' >/etc/network/interfaces
	grep -Eq '^[[:space:]]*source(-directory)?[[:space:]]+/etc/network/interfaces\.d' /etc/network/interfaces ||
		fail "/etc/network/interfaces does not read /etc/network/interfaces.d" "add the line: source /etc/network/interfaces.d/*"
	for module in $modules; do
		modprobe "$module" 2>/dev/null || [ -d "/sys/module/$module" ] || grep -q "/$module\.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null ||
			fail "the kernel $(uname -r) has no module $module" "install linux-image-amd64 and reboot"
	done
}

# A trial's stanza reads what is staged beside it; only that differs from the one that is kept.
stage_stanzas() {
	mkdir -p "$run/trial"
	for device in $devices; do
		sed "s|/etc/relay4in6/|$run/new/etc/relay4in6/|" "$run/new$(stanza "$device")" >"$run/trial/$device"
	done
}

stanza() {
	echo "/etc/network/interfaces.d/relay4in6-$1"
}

# The script that makes a tunnel, of the bundle that is at hand.
link() {
	if [ -e "$run/new/etc/relay4in6/link-$1" ]; then echo "$run/new/etc/relay4in6/link-$1"; else echo "/etc/relay4in6/link-$1"; fi
}

# Whether the device was made as the bundle says.
made_alike() {
	cmp -s "$run/new$(stanza "$1")" "$(stanza "$1")" && cmp -s "$run/new/etc/relay4in6/link-$1" "/etc/relay4in6/link-$1"
}

exists() {
	[ -e "/sys/class/net/$1" ]
}

kept_devices() {
	own_files | sed -n 's|^/etc/network/interfaces.d/relay4in6-||p'
}

try() {
	stage_stanzas
	for device in $(kept_devices); do
		if [ ! -e "$run/new$(stanza "$device")" ] && exists "$device"; then ifdown --force "$device"; fi
	done
	reloaded=
	for device in $devices; do
		if exists "$device" && ! state_changed_of "$device" && made_alike "$device"; then
			reloaded=1
			continue
		fi
		if exists "$device"; then ifdown --force "$device"; fi
		ifup --force -i "$run/trial/$device" "$device"
	done
	[ -z "$reloaded" ] || "$run/new/etc/relay4in6/rules" up
	try_services
}

# A tunnel is made again when an address that it was made with has changed.
state_changed_of() {
	for file in endpoint "$1"; do
		[ ! -e "/var/lib/relay4in6/$file" ] || cmp -s "$run/before/var/lib/relay4in6/$file" "/var/lib/relay4in6/$file" || return 0
	done
	return 1
}

units() {
	files | sed -n 's|^.* /etc/systemd/system/||p'
}

kept_units() {
	own_files | sed -n 's|^/etc/systemd/system/||p'
}

try_services() {
	for unit in $(units); do
		mkdir -p /run/systemd/system
		cp "$run/new/etc/systemd/system/$unit" "/run/systemd/system/$unit"
		systemctl daemon-reload
		systemctl restart "$unit"
	done
}

revert() {
	for unit in $(units); do
		rm -f "/run/systemd/system/$unit"
	done
	for device in $devices; do
		if exists "$device" && ! made_alike "$device"; then
			ifdown --force -i "$run/trial/$device" "$device" || true
		fi
	done
	restore_state
	for device in $(kept_devices); do
		if ! exists "$device" || state_was_changed_of "$device"; then
			ifdown --force "$device" 2>/dev/null || true
			ifup --force "$device"
		fi
	done
	[ ! -x /etc/relay4in6/rules ] || /etc/relay4in6/rules up
	systemctl daemon-reload
	for unit in $(kept_units); do systemctl restart "$unit"; done
}

state_was_changed_of() {
	for file in endpoint "$1"; do
		[ ! -e "$run/new/var/lib/relay4in6/$file" ] || cmp -s "$run/new/var/lib/relay4in6/$file" "/var/lib/relay4in6/$file" || return 0
	done
	return 1
}

keep() {
	keep_files
	for unit in $(units); do
		rm -f "/run/systemd/system/$unit"
		systemctl daemon-reload
		systemctl enable -q "$unit"
	done
}

healthy() {
	for device in $devices; do
		"$(link "$device")" check || return 1
		ip route show table all | grep -q "default dev $device" || { echo "$device has no route"; return 1; }
	done
	hooked=$(iptables-save 2>/dev/null | grep -c -- '-j RELAY4IN6') || true
	[ "$hooked" -gt 0 ] || { echo "the rules are not loaded"; return 1; }
}

arm() {
	systemd-run --quiet --collect --unit=relay4in6-watchdog --on-active="$watchdog" /bin/sh "$run/deliver" rollback
}

disarm() {
	systemctl stop relay4in6-watchdog.timer 2>/dev/null || true
}

live() {
	cat "$1"
}

removable() {
	:
}

take_away() {
	for unit in $(kept_units); do
		systemctl disable -q --now "$unit" || true
	done
	for device in $(kept_devices); do
		if exists "$device"; then ifdown --force "$device"; fi
	done
	systemctl daemon-reload
}
