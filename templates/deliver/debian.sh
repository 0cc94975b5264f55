# ---- Debian: ifupdown, systemd --------------------------------------------------------------------------

run=/run/relay4in6
state=/var/lib/relay4in6
manifest=$state/files
keys=$state/keys
sysusers=/etc/sysusers.d/relay4in6.conf
journal=/var/lib/relay4in6-journal
own_folders='/etc/relay4in6 /etc/systemd/networkd.conf.d /etc/systemd/network/*.network.d'

prerequisites() {
	missing=
	for package in $packages; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
	done
	if [ -n "$missing" ]; then
		say "installing$missing"
		# An installation that was cut off is finished first.
		DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a >&2 </dev/null || true
		# The names are ours, and meant to be split.
		# shellcheck disable=SC2086
		{ apt-get -o DPkg::Lock::Timeout=300 update -qq && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $missing; } >&2 </dev/null ||
			fail "could not install$missing" "see that apt-get reaches its mirror, or install the packages by hand"
		# What such a package starts by itself is not ours; one that was there before is its owner's.
		for package in $missing; do
			case " ${idle_packages:-} " in *" $package "*) systemctl disable -q --now "$package.service" >&2 || true ;; esac
		done
	fi
	[ -e /etc/network/interfaces ] || printf 'source /etc/network/interfaces.d/*\n' >/etc/network/interfaces
	grep -Eq '^[[:space:]]*source(-directory)?[[:space:]]+/etc/network/interfaces\.d' /etc/network/interfaces ||
		fail "/etc/network/interfaces does not read /etc/network/interfaces.d" "add the line: source /etc/network/interfaces.d/*"
	for module in $modules; do
		modprobe "$module" 2>/dev/null || [ -d "/sys/module/$module" ] || grep -q "/$module\.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null ||
			fail "the kernel $(uname -r) has no module $module" "install linux-image-amd64 and reboot"
	done
}

# Where the homes are is known here better than to whoever sends a seed, as long as this is the relay that they told, and the
# home at this place of the config is the one that told it.
keep_followed() {
	cmp -s "$run/new$state/endpoint" "$state/endpoint" || return 0
	for path in $followed_files; do
		if [ ! -e "$path" ] || [ "$(peers_by '' "$path")" != "$(peers_by "$run/new" "$path")" ]; then continue; fi
		cp -p "$path" "$run/new$path"
	done
}

# Whom the tunnels lead to, by their scripts under the root $1, that take their remote end from the file $2.
peers_by() {
	grep -lsF "\$(cat $2)" "$1"/etc/relay4in6/link-* | while read -r link; do
		sed -n 's/^# relay4in6: the tunnel device to \([^,]*\),.*/\1/p' "$link"
	done | sort -u
}

make_key() {
	ssh-keygen -q -t ed25519 -N '' -f "$2" </dev/null >&2
	cut -d ' ' -f 1,2 "$2.pub" >"$2.key"
	mv "$2.key" "$2.pub"
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

exists() {
	[ -e "/sys/class/net/$1" ]
}

kept_devices() {
	own_files | sed -n 's|^/etc/network/interfaces.d/relay4in6-||p'
}

# What is wrong with a tunnel, by its own script.
ailment() {
	"$2" check || return 1
	ip route show table all | grep -q "default dev $1 " || { echo "$1 has no route"; return 1; }
}

# Names of the state files that a tunnel's script takes addresses from.
endpoints_of() {
	sed -n "s|.*\$(cat $state/\([a-z0-9]*\)).*|\1|p" "$run/new/etc/relay4in6/link-$1"
}

# Whether a tunnel that is kept did not work before.
sick() {
	grep -qxF "$1" "$journal/sick" 2>/dev/null
}

# Whether a tunnel works as it is kept and is the same one in the trial: it is left alone, there and back.
goes_on() {
	exists "$1" || return 1
	! sick "$1" || return 1
	for file in "$(stanza "$1")" "/etc/relay4in6/link-$1"; do
		cmp -s "$run/new$file" "$journal/before$file" || return 1
	done
	for file in $(endpoints_of "$1"); do
		[ ! -e "$run/new$state/$file" ] || cmp -s "$run/new$state/$file" "$journal/before$state/$file" || return 1
	done
}

# Sets a tunnel up by a stanza. What works is changed where it stands: WireGuard keeps its session. The rules that lead
# into it stay in any case: without them, answers would leave by another way, from an address that their clients do not know.
set_up() {
	if exists "$1" && sick "$1"; then
		ip link del "$1"
	elif exists "$1"; then
		# ifup adds addresses only to where they are not; but without any, the kernel drops a device's routes. This one is
		# nobody's (RFC 7600, 4.8).
		ip addr replace 192.0.0.8/32 scope link dev "$1"
		ip addr flush dev "$1" scope global
	fi
	ifup --force -i "$2" "$1"
	ip addr del 192.0.0.8/32 dev "$1" 2>/dev/null || true
}

try() {
	stage_stanzas
	keep_leading
	for unit in $(kept_units); do
		[ -e "$run/new/etc/systemd/system/$unit" ] || systemctl stop "$unit"
	done
	for device in $(kept_devices); do
		[ -e "$run/new$(stanza "$device")" ] || ifdown --force --ignore-errors "$device" || true
	done
	reloaded=
	for device in $devices; do
		if goes_on "$device"; then
			reloaded=1
			"$(link "$device")" change
		else
			set_up "$device" "$run/trial/$device"
		fi
	done
	# No tunnel that comes up loads them where there is none.
	if [ -n "$reloaded" ] || { [ -z "$devices" ] && [ -e "$run/new/etc/relay4in6/rules" ]; }; then
		"$run/new/etc/relay4in6/rules" up
	fi
	forget_ipv6 "" "$run/new"
	forget_leading /etc/relay4in6/failover "$run/new/etc/relay4in6/failover"
	make_users "$run/new"
	try_services
}

# IPv6 that the state below the first folder has, and that below the second, by now loaded, has not: of tunnels that stay, by
# the lines of their stanzas, and of the whole end. Without a tunnel left, all went.
forget_ipv6() {
	for device in $devices; do
		had=$1$(stanza "$device") has=$2$(stanza "$device")
		if grep -qs 'down ip -6' "$had" && [ -e "$has" ] && ! grep -q 'down ip -6' "$has"; then
			sed -n 's/^[[:space:]]*down \(ip -6 .*\)/\1/p' "$had" | sh
		fi
	done
	rules=/etc/relay4in6/rules
	if [ -x "$2$rules" ] && grep -qs '^down_ipv6' "$1$rules" && ! grep -q '^down_ipv6' "$2$rules"; then "$1$rules" down_ipv6; fi
}

units() {
	files | sed -n 's|^.* /etc/systemd/system/||p'
}

kept_units() {
	own_files | sed -n 's|^/etc/systemd/system/||p'
}

# Of the units of its input those that are started, from that folder: the others are started by one of these.
started_units() {
	while read -r unit; do
		if grep -q '^\[Install\]' "$1/$unit" 2>/dev/null; then echo "$unit"; fi
	done
}

# Whether people's connections pass through a unit: it says so by a section of its own, which systemd passes over.
carries() {
	grep -qs '^\[X-relay4in6\]' "$run/new/etc/systemd/system/$1" "/etc/systemd/system/$1"
}

is_active() {
	systemctl is-active --quiet "$1"
}

# A unit is let run while neither it nor what it reads has changed.
settled() {
	new=$run/new/etc/systemd/system/$1
	[ -e "$new" ] || return 1
	for file in "/etc/systemd/system/$1" $(sed -n 's/^Reads=//p; s|^ExecStart=/bin/sh \(/[^ ]*\).*|\1|p' "$new"); do
		cmp -s "$run/new$file" "$journal/before$file" || return 1
	done
	is_active "$1"
}

# A unit that can be told to read its file again is told so, and keeps its connections.
start_again() {
	if carries "$1"; then systemctl reload-or-restart "$1"; else systemctl restart "$1"; fi
}

# As with stanzas, what a unit reads is staged beside it. A unit that is kept goes before one in /run: it has no trial.
try_services() {
	new_units=$(units | while read -r unit; do [ -e "/etc/systemd/system/$unit" ] || echo "$unit"; done)
	[ -n "$new_units" ] || return 0
	mkdir -p /run/systemd/system
	for unit in $new_units; do
		sed "s|/etc/relay4in6/|$run/new/etc/relay4in6/|g" "$run/new/etc/systemd/system/$unit" >"/run/systemd/system/$unit"
	done
	systemctl daemon-reload
	for unit in $(echo "$new_units" | started_units "$run/new/etc/systemd/system"); do start_again "$unit"; done
}

# Whom a home's key lets in, and where it hands in its address: below $1 lie the files that say so.
make_users() {
	[ -e "$1$sysusers" ] || return 0
	systemd-sysusers "$1$sysusers"
	# A password that nobody has, instead of a locked account: sshd lets nobody into that where it does not use PAM.
	usermod -p '*' relay4in6
	systemd-tmpfiles --create "$1/etc/tmpfiles.d/relay4in6.conf"
}

# Where no file says so any more. Somebody else's user of that name has another home.
delete_users() {
	[ ! -e "$sysusers" ] || return 0
	case $(getent passwd relay4in6 || true) in *":$state/login:"*) userdel -f relay4in6 2>/dev/null || true ;; esac
	rm -rf /run/relay4in6-follow "$state/login"
}

stop_trial() {
	for unit in $(units); do
		# What was kept goes on: it is led back below.
		[ -e "$journal/before/etc/systemd/system/$unit" ] || systemctl stop "$unit"
		rm -f "/run/systemd/system/$unit"
	done
	for device in $devices; do
		# Likewise.
		[ ! -e "$journal/before$(stanza "$device")" ] || continue
		# The device may be gone: what else hangs on it goes all the same.
		if [ -e "$run/trial/$device" ]; then ifdown --force --ignore-errors -i "$run/trial/$device" "$device"; else ifdown --force --ignore-errors "$device" 2>/dev/null; fi
	done
}

# By now the manifest is the kept one again.
start_kept() {
	for device in $(kept_devices); do
		goes_on "$device" || set_up "$device" "$(stanza "$device")"
	done
	[ ! -x /etc/relay4in6/rules ] || /etc/relay4in6/rules up
	forget_ipv6 "$run/new" ""
	forget_leading "$run/new/etc/relay4in6/failover" /etc/relay4in6/failover
	tidy_sets
	systemctl daemon-reload
	for unit in $(kept_units | started_units /etc/systemd/system); do settled "$unit" || start_again "$unit"; done
}

keep_settings() {
	delete_users
	# Which device faces the internet is written down where a tunnel ends at an endpoint.
	case "${devices:+ $state_files }" in *" $state/endpoint "*) ;; *) rm -f "$state/uplink" ;; esac
	rewritten=
	for unit in $(units); do
		rm -f "/run/systemd/system/$unit"
		cmp -s "$run/new/etc/systemd/system/$unit" "$journal/before/etc/systemd/system/$unit" || rewritten=1
	done
	for unit in $(gone_units); do
		rewritten=1
		disable "$unit"
	done
	[ -e "$run/new/etc/systemd/system/relay4in6-probe.timer" ] || rm -rf /run/relay4in6-status
	# What the probe remembers of a tunnel that is gone is not of the next one that has its name.
	for file in /run/relay4in6-status/*.memory; do
		memory=${file##*/}
		case " $devices " in *" ${memory%.memory} "*) ;; *) rm -f "$file" ;; esac
	done
	started=$(units | started_units /etc/systemd/system)
	tidy_sets
	# Either has systemd read the files again, which takes seconds on a small machine.
	if [ -n "$rewritten" ] && [ -n "$started" ]; then
		# shellcheck disable=SC2086
		systemctl enable -q $started
	elif [ -n "$rewritten" ]; then
		systemctl daemon-reload
	fi
	# From here on they run from where they are kept.
	for unit in $started; do settled "$unit" || start_again "$unit"; done
}

# What is loaded names neither homes whose endpoint is written down no more, nor sets that no rule needs any more; one
# that is new may be in the making.
tidy_sets() {
	[ -e /etc/relay4in6/sets ] || return 0
	! grep -q '^create relay4in6-homes ' /etc/relay4in6/sets || /etc/relay4in6/rules homes
	ipset list -n | grep '^relay4in6-' | grep -v -- '-new$' | while read -r set; do
		grep -q "^create $set " /etc/relay4in6/sets || ipset destroy "$set" || true
	done
}

# Units that were kept before and are no more.
gone_units() {
	sed -n 's|^/etc/systemd/system/||p' "$journal/before$manifest" 2>/dev/null | while read -r unit; do
		[ -e "$run/new/etc/systemd/system/$unit" ] || echo "$unit"
	done
}

# By its links: systemctl wants to see the unit's file, which may be gone.
disable() {
	rm -f /etc/systemd/system/*.wants/"$1"
}

# What Debian keeps besides files are the links of its units: they follow from the manifest. Tunnels that do not work as
# they are kept are noted, while they are as they were.
save_settings() {
	for device in $(kept_devices); do
		ailment "$device" "/etc/relay4in6/link-$device" >&2 || echo "$device"
	done >"$1/sick"
}

restore_settings() {
	for unit in $(units); do
		[ -e "/etc/systemd/system/$unit" ] || disable "$unit"
	done
	for unit in $(kept_units | started_units /etc/systemd/system); do systemctl enable -q --no-reload "$unit" || true; done
	make_users "" || true
	delete_users
	systemctl daemon-reload || true
}

has_settings() {
	return 1
}

# What this end writes down for itself, and what it was given; endpoint's drop-in for networkd is not in any bundle.
state_paths() {
	[ ! -d "$state" ] || find "$state" -type f
	ls /etc/systemd/network/*.d/relay4in6.conf 2>/dev/null || true
}

# Before the network is set up, so that it is set up from files that belong together.
at_boot() {
	mkdir -p /etc/systemd/system/sysinit.target.wants
	cat >/etc/systemd/system/relay4in6-journal.service <<-UNIT
		# relay4in6: here only while a change is being made.
		[Unit]
		Description=relay4in6: takes back a change that was cut off by a power failure
		DefaultDependencies=no
		RequiresMountsFor=/etc /var/lib
		After=local-fs.target
		Before=network-pre.target networking.service systemd-networkd.service sysinit.target
		Wants=network-pre.target
		ConditionPathExists=$journal

		[Service]
		Type=oneshot
		ExecStart=/bin/sh $journal/deliver undo
	UNIT
	ln -sf ../relay4in6-journal.service /etc/systemd/system/sysinit.target.wants/relay4in6-journal.service
}

not_at_boot() {
	rm -f /etc/systemd/system/sysinit.target.wants/relay4in6-journal.service /etc/systemd/system/relay4in6-journal.service
	rmdir /etc/systemd/system/sysinit.target.wants 2>/dev/null || true
}

healthy() {
	for device in $devices; do
		ailment "$device" "$(link "$device")" || return 1
	done
	for unit in $(units); do
		if carries "$unit" && ! is_active "$unit"; then
			echo "$unit does not run (journalctl -u $unit)"
			return 1
		fi
	done
	hooked=$(iptables-save 2>/dev/null | grep -c -- '-j RELAY4IN6') || true
	[ "$hooked" -gt 0 ] || { echo "the rules are not loaded"; return 1; }
}

# A unit of its own, which outlives the session; systemd starts it again when it is killed, while the run goes on.
arm() {
	systemd-run --quiet --collect --unit="relay4in6-watch-$$" -p Restart=on-failure -p RestartSec=1 -p StartLimitIntervalSec=0 \
		/bin/sh -c "[ ! -e $run/deliver ] || exec /bin/sh $run/deliver watch"
}

# A file's lines, with a blank before each.
live() {
	awk '{ print " " $0 }' "$1"
}

removable() {
	:
}
