# Reads IPv6 addresses, one a line; prints for each global unicast one (2000::/3) the endpoint in its /64, or in the first one
# of the prefix where a shorter length follows. Its last four hextets are `suffix`. Written as RFC 5952 has it, so that equal endpoints are equal texts; anything else prints nothing.
function number(hex,    value, i) {
	for (i = 1; i <= length(hex); i++) value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return value
}

{
	bits = match($0, /\/[0-9]+$/) ? substr($0, RSTART + 1) + 0 : 64
	sub(/\/[0-9]+$/, "")
	text = tolower($0)
	if (text !~ /^[23][0-9a-f][0-9a-f][0-9a-f]:[0-9a-f:]+$/ || text ~ /:::|::.*::|[^:]:$/) next
	if (text ~ /[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]/) next
	short = index(text, "::")
	before = split(short ? substr(text, 1, short - 1) : text, head, ":")
	after = short ? split(substr(text, short + 2), tail, ":") : 0
	if (short ? before + after > 7 : before != 8) next

	for (i = 1; i <= 4; i++) {
		hextet[i] = i <= before ? head[i] : i > 8 - after ? tail[i - 8 + after] : "0"
		# Of a prefix, the bits after its length are not looked at. (Busybox may know no powers.)
		step = 1
		for (bit = 16 * i; bit > bits && step < 65536; bit--) step *= 2
		if (step > 1) hextet[i] = sprintf("%x", number(hextet[i]) - number(hextet[i]) % step)
		sub(/^0+/, "", hextet[i])
		if (hextet[i] == "") hextet[i] = "0"
	}
	split(suffix, last, ":")
	for (i = 1; i <= 4; i++) hextet[4 + i] = last[i]

	# The longest run of two or more zeros, the first of equal ones, becomes `::`.
	longest = 1
	start = 0
	for (i = 1; i <= 8; i++) {
		for (run = 0; i + run <= 8 && hextet[i + run] == "0"; run++);
		if (run > longest) {
			longest = run
			start = i
		}
	}
	endpoint = ""
	for (i = 1; i <= 8; i++) {
		if (i == start) {
			endpoint = endpoint "::"
			i += longest - 1
		} else endpoint = endpoint (endpoint == "" || endpoint ~ /::$/ ? "" : ":") hextet[i]
	}
	print endpoint
}
