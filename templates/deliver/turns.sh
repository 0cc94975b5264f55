# ---- turns: one run at a time, and somebody who goes back for one that was killed --------------------------

# Whose turn it is: the owner with the highest number. First who applies; then who confirms, or who goes back.
turn() {
	last=0
	while [ -e "$run/owner.$((last + 1))" ]; do last=$((last + 1)); done
	echo "$last"
}

# The turn after this one. A hard link is there with its content or not at all: of two who want it, one gets it.
claim() {
	identity "$$" >"$run/me.$$"
	claimed=0
	ln "$run/me.$$" "$run/owner.$(($1 + 1))" 2>/dev/null || claimed=1
	rm -f "$run/me.$$"
	return "$claimed"
}

# A process by its number and its start, in ticks since boot: numbers come again (proc(5), stat, field 22).
identity() {
	echo "$1 $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20)"
}

alive() {
	[ -s "$1" ] && [ "$(identity "$(cut -d ' ' -f 1 "$1")")" = "$(cat "$1")" ]
}

# Ends a process with all that it started: a hook that hangs would hold ifupdown's lock.
end_process() {
	[ "$1" != "$$" ] || return 0
	grep -l "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status 2>/dev/null | cut -d / -f 3 | while read -r child; do
		end_process "$child"
	done
	kill -KILL "$1" 2>/dev/null || true
}

end_owner() {
	for file in "$run/owner.$1" "$run/child"; do
		if alive "$file"; then end_process "$(cut -d ' ' -f 1 "$file")"; fi
	done
}

# Monotonic, because the wall clock jumps: a router sets it after boot.
uptime_s() {
	cut -d . -f 1 /proc/uptime
}

# Seconds since the trial should have been confirmed; negative until then.
late() {
	echo $(($(uptime_s) - $(cat "$run/deadline" 2>/dev/null || echo 0)))
}

on_trial() {
	[ -e "$run/offered" ] && [ "$(turn)" -eq 1 ]
}

# Whether a run ended in its middle. It offers its trial before it ends: looked at the other way round, a trial that
# is offered meanwhile would look like that, too.
abandoned() {
	! alive "$run/owner.$1" && ! on_trial
}

lock() {
	if ! mkdir "$run" 2>/dev/null; then
		[ -d "$run" ] || fail "$(mkdir "$run" 2>&1)" "make room there, and run again"
		# Whoever goes back is done soon.
		patience=20
		while [ -e "$run/going-back" ] && [ "$patience" -gt 0 ]; do
			sleep 1
			patience=$((patience - 1))
		done
		[ "$(turn)" -gt 0 ] || sleep 2
		last=$(turn)
		if on_trial; then
			[ "$(late)" -ge 0 ] || held
		elif ! abandoned "$last"; then
			held
		fi
		if [ -d "$run" ]; then
			claim "$last" || held
			say "the last run ended in its middle: going back to what was kept"
			go_back
		fi
		mkdir "$run" || held
	fi
	claim 0 || held
	printf '%s\n' "$holder" >"$run/holder"
	cp "$0" "$run/deliver"
	if [ -e "$journal" ]; then
		say "the last run ended in its middle: going back to what was kept"
		sh "$journal/deliver" back >&2 || fail "an earlier change is half done and cannot be taken back" "read the lines above this one: is the disk full, or read-only?"
	fi
	close_journal
}

held() {
	fail "another run holds this machine: $(cat "$run/holder" 2>/dev/null)" "wait until it has finished, at most $watchdog seconds, and run again"
}

# Nobody sees half of it go.
unlock() {
	mv "$run" "$run.$$" 2>/dev/null && rm -rf "$run.$$"
}

# Back to what is kept, by this machine itself and with nobody's help. Whoever calls this has the turn.
go_back() {
	: >"$run/going-back"
	end_owner 0
	for attempt in 1 2 3; do
		[ -e "$run/deliver" ] || break
		if part back; then break; fi
		[ "$attempt" -lt 3 ] || say "could not go back wholly; it is tried again at the next boot, and by the next run"
	done
	unlock
}

# Waits for the run to be over, and goes back if it does not end as it should: nobody confirms, or who worked here
# was killed, or does not come to an end.
watch() {
	id=$(cat "$run/token" 2>/dev/null) || return 0
	while [ "$(cat "$run/token" 2>/dev/null || true)" = "$id" ]; do
		now=$(turn)
		if on_trial; then
			if [ "$(late)" -ge 0 ] && claim "$now"; then go_back; fi
		elif abandoned "$now"; then
			if claim "$now"; then go_back; fi
		elif [ "$(late)" -ge $((2 * watchdog)) ]; then
			# It hangs. A slow machine has its time.
			end_owner "$now"
		fi
		# A look is a dozen processes: each second, it would slow down on a small router what it watches.
		sleep 2
	done
}
