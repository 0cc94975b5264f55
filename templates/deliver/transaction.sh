# ---- the transaction: the same on every end -------------------------------------------------------------

# What a run passes, in this order. It may be cut off before, after and in the middle of each.
apply_steps='compare has_room prepare watched write_journal make_keys write_state start_trial check offer'
keep_steps='keep_files keep_settings check_kept close_journal'
back_steps='stop_trial take_back start_kept close_journal'

perform() {
	for step in "$@"; do
		step "$step"
		"$step"
	done
}

# A shell of its own: within a condition, this one would not stop at the first error. What it says goes to a file
# first: writing to a connection that is cut would end it.
part() {
	if sh "$run/deliver" "$1" >"$run/log" 2>&1 </dev/null; then return 0; fi
	cat "$run/log" >&2 2>/dev/null || true
	return 1
}

# Paths of the bundle whose text, or mode, is not what stands on the machine.
changed_files() {
	files | while read -r mode path; do
		stands "$mode" "$path" || echo "$path"
	done
	own_files | while read -r path; do
		[ -e "$run/new$path" ] || echo "$path"
	done
}

# Whether a file is on the machine as the bundle has it.
stands() {
	cmp -s "$run/new$2" "$2" && mode_is "$1" "$2"
}

mode_is() {
	case $1 in
	0755) [ -x "$2" ] ;;
	*) [ ! -x "$2" ] ;;
	esac
}

state_changed() {
	for path in $state_files; do
		cmp -s "$run/new$path" "$path" || return 0
	done
	return 1
}

# Ends the run here where nothing is to be done.
compare() {
	mkdir -p "$run/new"
	write_new_files
	keep_followed
	changed=$(changed_files)
	[ ! -e "$run/removing" ] || return 0
	if [ -z "$changed" ] && ! state_changed && healthy >/dev/null 2>&1; then
		write_name
		printf '{"result":"unchanged"%s}\n' "$(keys_field)"
		exit 0
	fi
}

# Whether all of it fits where it is to be kept, before anything is touched.
has_room() {
	rm -rf /etc/.relay4in6-room
	if ! refusal=$(cp -R "$run/new" /etc/.relay4in6-room 2>&1); then
		rm -rf /etc/.relay4in6-room
		fail "/etc cannot be written: $(echo "$refusal" | head -n 1)" "make room there (df -h /etc), or see why it is read-only (dmesg)"
	fi
	rm -rf /etc/.relay4in6-room
}

prepare() {
	[ -e "$run/removing" ] || prerequisites
}

# From here on somebody goes back if this run does not come to its end.
watched() {
	head -c 16 /dev/urandom | md5sum | cut -c 1-32 >"$run/token"
	echo $(($(uptime_s) + watchdog)) >"$run/deadline"
	arm || fail "nothing could be started that goes back if nobody confirms" "read the lines above this one"
}

# State is written at once: what the trial starts reads it where it will always stand.
write_state() {
	for path in $state_files; do
		put "$run/new$path" "$path"
	done
}

make_pair() {
	case $1 in
	wireguard) wg genkey >"$2" && wg pubkey <"$2" >"$2.pub" ;;
	*) make_key "$1" "$2" ;;
	esac
}

# A key pair is made once, here, and its private half stays here.
make_keys() {
	for pair in $key_pairs; do
		if [ -s "$keys/$pair" ] && [ -s "$keys/$pair.pub" ]; then continue; fi
		mkdir -p "$keys"
		chmod 700 "$keys"
		rm -f "$keys/$pair" "$keys/$pair.pub"
		(umask 077 && make_pair "$pair" "$keys/$pair") || fail "no key pair $pair could be made" "read the lines above this one"
	done
}

# A second path that comes does not lead before it answers.
keep_leading() {
	[ ! -e "$run/new/etc/relay4in6/failover" ] || "$run/new/etc/relay4in6/failover" keep
}

# What the first state's failover has put there, where the other state has none.
forget_leading() {
	if [ -e "$1" ] && [ ! -e "$2" ]; then "$1" forget; fi
}

start_trial() {
	say "trying: $(echo "$changed" | tr '\n' ' ')"
	part try || fail "the new state could not be started; the old one runs again" "read the lines above this one"
	cat "$run/log" >&2 2>/dev/null || true
}

check() {
	if [ -e "$run/removing" ]; then
		for device in $gone_devices; do
			[ ! -e "/sys/class/net/$device" ] || fail "the tunnel device $device cannot be taken away; the old state runs again" "see what holds it, then run again"
		done
		return 0
	fi
	if ! problem=$(healthy 2>&1); then fail "$problem; the old state runs again" "mend that on the machine, then run again"; fi
}

# The next turn is that of whoever confirms in time.
offer() {
	echo $(($(uptime_s) + watchdog)) >"$run/deadline"
	: >"$run/offered"
	trap - EXIT
	token=$(cat "$run/token")
	say "the new state runs on trial; within $watchdog seconds, keep it over a new connection: sh $run/deliver confirm $token"
	printf '{"result":"trial","token":"%s","seconds":%s,"changed":%s}\n' "$token" "$watchdog" "$(echo "$changed" | sed '/^$/d' | json_list)"
}

keep_files() {
	files | while read -r mode path; do
		if stands "$mode" "$path"; then continue; fi
		step "keep $path"
		put "$run/new$path" "$path"
	done
	own_files | while read -r path; do
		[ -e "$run/new$path" ] || rm -f "$path"
	done
	if [ -e "$run/removing" ]; then
		# What the end wrote down for itself goes with it.
		rm -rf "$state"
		return 0
	fi
	{
		files | while read -r mode path; do echo "$path"; done
		for path in $state_files; do echo "$path"; done
	} >"$run/manifest"
	put "$run/manifest" "$manifest"
	write_name
	forget_keys
}

# Under which name of the config this machine was set up last.
write_name() {
	[ "$(cat "$state/name" 2>/dev/null)" != "$name" ] || return 0
	echo "$name" >"$run/name"
	put "$run/name" "$state/name"
}

# Key pairs of this end that it has no use for any more, and the keys of those who know it by one of them. The journal
# has them until the run is over.
forget_keys() {
	for file in "$keys"/*; do
		pair=${file##*/}
		case " $key_pairs " in
		*" ${pair%.pub} "*) ;;
		*) rm -f "$file" ;;
		esac
	done
	case " $key_pairs " in
	*" wireguard "*) ;;
	*) rm -f "$state"/peer-* ;;
	esac
}

# The last look, while there is still a way back.
check_kept() {
	[ -e "$run/removing" ] || healthy
}

# Tries the new state and leaves it running only until somebody confirms it over another connection.
apply() {
	lock
	trap 'ended' EXIT
	# The names of steps are meant to be split.
	# shellcheck disable=SC2086
	perform $apply_steps
}

# A trial of nothing at all. Where the machine has got another name in the config, it is that one's to keep.
remove() {
	lock
	trap 'ended' EXIT
	now=$(cat "$state/name" 2>/dev/null || echo "$name")
	if [ "$now" != "$name" ]; then
		say "this machine is set up as $now: nothing is taken away for $name"
		printf '{"result":"removed"}\n'
		return 0
	fi
	: >"$run/removing"
	without_bundle
	removable
	if [ ! -e "$manifest" ] && [ ! -e "$state" ] && ! has_settings; then
		printf '{"result":"removed"}\n'
		return 0
	fi
	# shellcheck disable=SC2086
	perform $apply_steps
}

without_bundle() {
	gone_devices=$devices
	devices=
	packages=
	state_files=
	key_pairs=
	files() {
		:
	}
	write_new_files() {
		:
	}
}

# Wherever a run ends before its trial is on offer.
ended() {
	trap - EXIT
	if [ -d "$run" ]; then go_back; fi
}

confirm() {
	if ! on_trial || [ "$(cat "$run/token")" != "$1" ] || ! claim 1; then
		fail "the trial is over: the machine went back to its old state" "run again; if it goes back again, look at why a new SSH connection takes longer than $watchdog seconds"
	fi
	trap 'ended' EXIT
	[ "$(late)" -lt 0 ] || fail "the trial is over: this came too late, and the machine goes back to its old state" "run again; look at why a new SSH connection takes longer than $watchdog seconds"
	part keep || fail "the new state could not be kept: $(tail -n 1 "$run/log"); the old one runs again" "mend that on the machine, then run again"
	trap - EXIT
	result=$([ -e "$run/removing" ] && echo removed || echo kept)
	unlock
	printf '{"result":"%s"%s}\n' "$result" "$(keys_field)"
}

# What the machine's own boot calls after a power cut: nothing runs yet that would have to be told.
undo() {
	take_back
	close_journal
}

# shellcheck disable=SC2086
keep() {
	perform $keep_steps
}

# shellcheck disable=SC2086
back() {
	# Without a journal all was kept, and only whoever told so was killed.
	if [ ! -e "$journal" ]; then
		close_journal
		return 0
	fi
	# As far back as it goes: the old state runs again also where a file could not be put back.
	set +e
	for step in $back_steps; do
		step "$step"
		if ! "$step" && [ "$step" = take_back ]; then
			start_kept
			return 1
		fi
	done
}

# What stands on the machine now, in the words of the bundle.
inspect() {
	# Neither what another run tries nor what one that was killed has left.
	run=/dev/null
	printf '{"result":"inspected","healthy":%s,"files":{' "$(healthy >/dev/null 2>&1 && echo true || echo false)"
	for path in $file_paths; do
		if [ -e "$path" ]; then
			echo "$path"
			live "$path"
		fi
	done | json_files
	printf '}%s}\n' "$(keys_field)"
}

main() {
	verb=${1:-$default_verb}
	# A cut connection is no reason to stop in the middle of a step.
	trap '' PIPE
	case $verb in
	apply | inspect | remove | watch) "$verb" ;;
	try | keep | back | undo)
		if [ -e "$run/removing" ] || [ -e "$journal/removing" ]; then without_bundle; fi
		[ ! -d "$run" ] || identity "$$" >"$run/child"
		"$verb"
		;;
	confirm) confirm "${2:?the token that apply printed}" ;;
	*)
		echo "usage: sh $0 [apply | confirm TOKEN | inspect | remove]" >&2
		exit 2
		;;
	esac
}

main "$@"
