# ---- what the end says: lines for people on standard error, one line of JSON on standard output ----------

# Nobody may hear it: the connection may be cut.
say() {
	printf 'relay4in6: %s: %s\n' "$name" "$*" >&2 2>/dev/null || true
}

# Each step is named in the machine's own log, before it is done.
step() {
	logger -t relay4in6 "$*" 2>/dev/null || true
}

# The end of it all for something that the user can mend: problem, cure.
fail() {
	printf '{"result":"failed","problem":%s,"cure":%s}\n' "$(printf '%s\n' "$1" | json)" "$(printf '%s\n' "$2" | json)"
	exit 1
}

# What a JSON string may not hold as it is. By sed, because awks disagree on a backslash in gsub's replacement.
json_escaped() {
	sed -e 's/\\/\\\\/g; s/"/\\"/g' -e "s/$(printf '\t')/\\\\t/g" | awk '{ gsub(/[\001-\037]/, "?"); print }'
}

# Standard input as a JSON string, without its last newline.
json() {
	json_escaped | awk 'BEGIN { printf "\"" } { printf "%s%s", newline, $0; newline = "\\n" } END { printf "\"" }'
}

# Whole files as fields of a JSON object: the path of each, and its lines with a blank before them.
json_files() {
	json_escaped | awk '
		/^\// { printf "%s\"%s\":\"", (open ? "\"," : ""), $0; open = 1; next }
		{ printf "%s\\n", substr($0, 2) }
		END { if (open) printf "\"" }'
}

# The public halves of this end's own key pairs, as a field of an answer; nothing where it has none.
keys_field() {
	[ -n "$key_pairs" ] || return 0
	separator=
	printf ',"keys":{'
	for pair in $key_pairs; do
		[ -e "$keys/$pair.pub" ] || continue
		printf '%s"%s":%s' "$separator" "$pair" "$(json <"$keys/$pair.pub")"
		separator=,
	done
	printf '}'
}

json_list() {
	separator=
	printf '['
	while read -r line; do
		printf '%s%s' "$separator" "$(printf '%s\n' "$line" | json)"
		separator=,
	done
	printf ']'
}
