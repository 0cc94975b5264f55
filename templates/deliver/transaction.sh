# ---- the transaction: the same on every end -------------------------------------------------------------

# One run at a time: mkdir either makes the folder or fails, on every file system.
lock() {
	if ! mkdir "$run" 2>/dev/null; then
		[ -d "$run" ] || fail "$(mkdir "$run" 2>&1)" "make room there, and run again"
		if [ -e "$run/token" ] && [ "$(uptime_s)" -le "$(cat "$run/deadline")" ] || alive "$run/pid"; then
			fail "another run holds this machine: $(cat "$run/holder" 2>/dev/null)" "wait until it has finished, at most $watchdog seconds, and run again"
		fi
		say "the last run ended in its middle: going back to what was kept"
		restore
		rm -rf "$run"
		mkdir "$run"
	fi
	echo $$ >"$run/pid"
	printf '%s\n' "$holder" >"$run/holder"
	cp "$0" "$run/deliver"
}

unlock() {
	rm -rf "$run"
}

alive() {
	[ -e "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null
}

# Monotonic, because the wall clock jumps: a router sets it after boot.
uptime_s() {
	cut -d . -f 1 /proc/uptime
}

# Paths of the bundle whose text, or mode, is not what stands on the machine.
changed_files() {
	files | while read -r mode path; do
		if ! cmp -s "$run/new$path" "$path" || ! mode_is "$mode" "$path"; then echo "$path"; fi
	done
	own_files | while read -r path; do
		[ -e "$run/new$path" ] || echo "$path"
	done
}

mode_is() {
	case $1 in
	0755) [ -x "$2" ] ;;
	*) [ ! -x "$2" ] ;;
	esac
}

# Files that an earlier run wrote.
own_files() {
	[ ! -e "$manifest" ] || cat "$manifest"
}

state_changed() {
	for path in $state_files; do
		cmp -s "$run/new$path" "$path" || return 0
	done
	return 1
}

save_state() {
	for path in $state_files; do
		mkdir -p "$run/before${path%/*}"
		[ ! -e "$path" ] || cp -p "$path" "$run/before$path"
	done
	# From here on there is something to go back to.
	: >"$run/trying"
}

# State is written at once: what the trial starts reads it where it will always stand.
write_state() {
	for path in $state_files; do
		put "$run/new$path" "$path"
	done
}

restore_state() {
	for path in $state_files; do
		if [ -e "$run/before$path" ]; then put "$run/before$path" "$path"; else rm -f "$path"; fi
	done
}

# A file is there as a whole or not at all, also after a power cut.
put() {
	mkdir -p "${2%/*}"
	# A hidden name: folders that are read as a whole pass it by.
	cp -p "$1" "${2%/*}/.${2##*/}.relay4in6"
	mv "${2%/*}/.${2##*/}.relay4in6" "$2"
}

keep_files() {
	files | while read -r mode path; do
		put "$run/new$path" "$path"
	done
	own_files | while read -r path; do
		[ -e "$run/new$path" ] || rm -f "$path"
	done
	mkdir -p "${manifest%/*}"
	{
		files | while read -r mode path; do echo "$path"; done
		for path in $state_files; do echo "$path"; done
	} >"$run/manifest"
	put "$run/manifest" "$manifest"
	sync
}

# Back to what is kept: by this machine itself, with nobody's help.
restore() {
	[ -e "$run/trying" ] || return 0
	revert >&2 || say "could not go back wholly"
	restore_state || say "could not go back wholly"
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

# Tries the new state and leaves it running only until somebody confirms it over another connection.
apply() {
	lock
	trap 'unlock' EXIT
	write_new_files
	changed=$(changed_files)
	if [ -z "$changed" ] && ! state_changed && healthy 2>/dev/null; then
		printf '{"result":"unchanged"}\n'
		return
	fi
	has_room
	prerequisites
	token=$(head -c 16 /dev/urandom | hexdump_token)
	printf '%s\n' "$token" >"$run/token"
	echo $(($(uptime_s) + watchdog)) >"$run/deadline"
	trap 'restore; unlock' EXIT
	save_state
	write_state
	arm || fail "nothing could be started that goes back if nobody confirms" "read the lines above this one"
	say "trying: $(echo "$changed" | tr '\n' ' ')"
	# A shell of its own: within a condition, this one would not stop at the first error.
	if ! sh "$run/deliver" try >&2; then fail "the new state could not be started; the old one runs again" "read the lines above this one"; fi
	if ! problem=$(healthy 2>&1); then fail "$problem; the old state runs again" "mend that on the machine, then run again"; fi
	rm -f "$run/pid"
	trap - EXIT
	say "the new state runs on trial; within $watchdog seconds, keep it over a new connection: sh $run/deliver confirm $token"
	printf '{"result":"trial","token":"%s","seconds":%s,"changed":%s}\n' "$token" "$watchdog" "$(echo "$changed" | sed '/^$/d' | json_list)"
}

hexdump_token() {
	md5sum | cut -c 1-32
}

confirm() {
	if [ ! -e "$run/token" ] || [ "$(cat "$run/token")" != "$1" ]; then
		fail "the trial is over: the machine went back to its old state" "run again; if it goes back again, look at why a new SSH connection takes longer than $watchdog seconds"
	fi
	# From here on the watchdog finds nothing to do, and another run somebody at work.
	echo $$ >"$run/pid"
	rm "$run/token"
	disarm
	keep
	unlock
	printf '{"result":"kept"}\n'
}

# What the watchdog calls.
rollback() {
	[ -e "$run/token" ] || return 0
	echo $$ >"$run/pid"
	rm "$run/token"
	say "nobody confirmed: going back"
	restore
	unlock
}

# What stands on the machine now, in the words of the bundle.
inspect() {
	separator=
	printf '{"result":"inspected","healthy":%s,"files":{' "$(healthy >/dev/null 2>&1 && echo true || echo false)"
	for path in $file_paths; do
		if [ -e "$path" ]; then
			live "$path" >/tmp/relay4in6-live.$$
			printf '%s"%s":%s' "$separator" "$path" "$(json_file /tmp/relay4in6-live.$$)"
			separator=,
			rm -f /tmp/relay4in6-live.$$
		fi
	done
	printf '}}\n'
}

remove() {
	lock
	trap 'unlock' EXIT
	removable
	take_away >&2
	own_files | while read -r path; do rm -f "$path"; done
	# Ours as a whole: what the end wrote down for itself goes with it.
	rm -rf "${manifest%/*}"
	rmdir /etc/relay4in6 /etc/systemd/networkd.conf.d 2>/dev/null || true
	sync
	printf '{"result":"removed"}\n'
}

main() {
	verb=${1:-$default_verb}
	case $verb in
	apply | inspect | remove | rollback | try) "$verb" ;;
	confirm) confirm "${2:?the token that apply printed}" ;;
	*)
		echo "usage: sh $0 [apply | confirm TOKEN | inspect | remove | rollback]" >&2
		exit 2
		;;
	esac
}

main "$@"
