# Reads services.nft, sets and `conntrack -L -o extended`; prints the conntrack arguments that name each
# connection of ours that no service declares any more.
function lookup(map, port,    i) {
	for (i = 1; i <= count[map]; i++)
		if (port >= first[map, i] && port <= last[map, i]) return value[map, i]
	return ""
}

FILENAME ~ /services\.nft$/ && $1 == "map" {
	map = $2
	# Single ports and ranges stand in maps of their own and mean the same.
	sub(/_ranges$/, "", map)
}
FILENAME ~ /services\.nft$/ && $1 ~ /^[0-9]+(-[0-9]+)?$/ && $2 == ":" {
	i = ++count[map]
	split($1, range, "-")
	first[map, i] = range[1] + 0
	last[map, i] = (range[2] == "" ? range[1] : range[2]) + 0
	text = $0
	sub(/^[^:]*: /, "", text)
	sub(/,$/, "", text)
	value[map, i] = text
}
FILENAME ~ /services\.nft$/ && $1 == "ip" && $2 == "daddr" { public_address = $4 }
FILENAME ~ /services\.nft$/ && $1 == "meta" && $2 == "mark" && /dnat to / { rest = $NF; rest_mark = $4 }
FILENAME ~ /services\.nft$/ { next }

FILENAME ~ /sets$/ && $1 == "add" { added[++additions] = $3 }
FILENAME ~ /sets$/ && $1 == "swap" {
	for (i = 1; i <= additions; i++) member[$3, added[i]] = 1
	additions = 0
}
FILENAME ~ /sets$/ { next }

{
	protocol = $3
	mark = 0
	delete field
	for (i = 4; i <= NF; i++) {
		if (split($i, pair, "=") != 2) continue
		# The first of each name is of the original direction, the second of the reply.
		if (pair[1] in field) field["reply-" pair[1]] = pair[2]
		else field[pair[1]] = pair[2]
	}
	mark = field["mark"] + 0
	if (mark < 65536) next
	into = int(mark / 16777216)
	out_of = int(mark / 65536) % 256

	if (into > 0) {
		wanted = ""
		wanted_mark = ""
		if (protocol == "tcp" || protocol == "udp") {
			port = field["dport"] + 0
			wanted_mark = lookup(protocol "_marks", port)
			wanted = lookup(protocol "_servers", port)
			translated = lookup(protocol "_translated", port)
			if (translated != "") {
				split(translated, target, " \\. ")
				wanted = target[1]
			}
			gone = translated != "" ? field["reply-sport"] != target[2] : field["reply-sport"] != field["dport"]
		} else gone = 0
		if (wanted_mark == "") {
			wanted = rest
			wanted_mark = rest_mark
			if (protocol == "tcp" || protocol == "udp") gone = field["reply-sport"] != field["dport"]
		}
		if (field["dst"] == public_address && wanted == field["reply-src"] && hex(wanted_mark) == into * 16777216 && !gone) next
	} else if (("relay4in6-wrap" out_of "-out", field["src"]) in member) next

	zone = out_of > 0 ? "--orig-zone " out_of " " : ""
	if (protocol == "tcp" || protocol == "udp")
		print zone "-p " protocol " -s " field["src"] " -d " field["dst"] " --sport " field["sport"] " --dport " field["dport"]
	else if (field["id"] != "" && protocol == "icmp")
		print zone "-p icmp -s " field["src"] " -d " field["dst"] " --icmp-type " field["type"] " --icmp-code " field["code"] " --icmp-id " field["id"]
	else
		print zone "-p " $4 " -s " field["src"] " -d " field["dst"]
}

function hex(text,    i, number) {
	number = 0
	text = tolower(text)
	for (i = 3; i <= length(text); i++) number = number * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return number
}
