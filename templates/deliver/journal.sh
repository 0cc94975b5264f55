# ---- the journal: what the disk held before, so that half a change can be taken back ----------------------
# It is there from before the first file is touched until all of them are. Where it stands, the change it belongs
# to is not whole: it is taken back at once, at the next boot, or by the next run, whichever comes first.

# A file is there as a whole or not at all, also after a power cut. Joined, as its caller may go on after what fails.
put() {
	[ -d "${2%/*}" ] || mkdir -p "${2%/*}"
	# A hidden name: folders that are read as a whole pass it by.
	cp -p "$1" "${2%/*}/.${2##*/}.relay4in6" && mv "${2%/*}/.${2##*/}.relay4in6" "$2"
}

# Files that an earlier run wrote.
own_files() {
	[ ! -e "$manifest" ] || cat "$manifest"
}

# Built aside: a journal is there as a whole or not at all.
write_journal() {
	rm -rf "$journal.new"
	mkdir -p "$journal.new/before"
	chmod 700 "$journal.new"
	{
		files | while read -r mode path; do echo "$path"; done
		own_files
		state_paths
	} | sort -u >"$journal.new/paths"
	while read -r path; do
		if [ -e "$path" ]; then
			[ -d "$journal.new/before${path%/*}" ] || mkdir -p "$journal.new/before${path%/*}"
			cp -p "$path" "$journal.new/before$path"
		fi
	done <"$journal.new/paths"
	save_settings "$journal.new"
	cp "$run/deliver" "$journal.new/deliver"
	[ ! -e "$run/removing" ] || : >"$journal.new/removing"
	sync
	mv "$journal.new" "$journal"
	at_boot
	sync
}

# Back to what the journal holds. What could not be put back is tried again at the next boot, or by the next run.
take_back() {
	[ -e "$journal" ] || return 0
	{
		cat "$journal/paths"
		state_paths
	} | sort -u | put_back || return 1
	restore_settings || return 1
}

put_back() {
	failed=
	while read -r path; do
		rm -f "${path%/*}/.${path##*/}.relay4in6"
		if [ ! -e "$journal/before$path" ]; then
			rm -f "$path" || failed=1
		elif ! cmp -s "$journal/before$path" "$path" || { [ -x "$path" ] && [ ! -x "$journal/before$path" ]; } || { [ ! -x "$path" ] && [ -x "$journal/before$path" ]; }; then
			put_without_room "$journal/before$path" "$path" || failed=1
		fi
	done
	[ -z "$failed" ]
}

# A disk may be full: a link takes no room, and the old text in place of the new one little.
put_without_room() {
	mkdir -p "${2%/*}"
	if ln "$1" "${2%/*}/.${2##*/}.relay4in6" 2>/dev/null; then
		mv "${2%/*}/.${2##*/}.relay4in6" "$2"
	else
		put "$1" "$2" 2>/dev/null || { rm -f "${2%/*}/.${2##*/}.relay4in6"; cat "$1" >"$2"; }
	fi
}

# By its name's change the run is over, wholly: old if it was taken back, new if all was kept.
close_journal() {
	if [ -e "$journal" ]; then
		sync
		mv "$journal" "$journal.over"
	fi
	not_at_boot
	rm -rf "$journal.over" "$journal.new"
	for folder in "$state" $own_folders; do
		[ ! -d "$folder" ] || find "$folder" -depth -type d -exec rmdir {} \; 2>/dev/null || true
	done
	# What is said to be done stays done: without this, a power cut within seconds brings the journal back.
	sync
}
