# `uci show firewall` and the networks' devices to table inet fw4; chains in the order of the real one.

/^network / { if ($3 != "-") device[$2] = $3; if ($4 == "dslite" && $5 == "true") softwire[$2] = 1; next }

{
	key = substr($0, 1, index($0, "=") - 1)
	value = substr($0, length(key) + 2)
	parts = split(key, path, ".")
	section = path[2]
	if (parts == 2) { type[section] = value; sections[++total] = section }
	gsub(/' '/, " ", value)
	gsub(/^'|'$/, "", value)
	gsub(/'\\''/, "'", value)
	option[section, path[3]] = value
	if (type[section] == "defaults") defaults[path[3]] = tolower(value)
	if (type[section] == "zone" && path[3] == "name") { zone[value] = section; zones[++count] = value }
}

function add(chain, line) { lines[chain] = lines[chain] "\t\t" line "\n" }

# One value as it is, several as a set of nftables; "" for none.
function set(list) {
	if (list !~ / /) return list
	gsub(/ /, ", ", list)
	return "{ " list " }"
}

function label(section) { return option[section, "name"] != "" ? option[section, "name"] : section }

# A zone that an option names must be there, or the section is skipped; "" and "*" mean any.
function unknown_zone(section, key, name) {
	name = option[section, key]
	if (name == "" || name == "*" || name in zone) return 0
	name = "[!] Section " section (label(section) == section ? "" : " (" label(section) ")")
	print name " option '" key "' specifies invalid value '" option[section, key] "'" > "/dev/stderr"
	print name " skipped due to invalid options" > "/dev/stderr"
	return 1
}

# The name of the zone's chain for a verdict (accept, reject, drop) on what comes from it or goes to it.
function verdict(name, what, way, chain, on) {
	chain = what "_" way "_" name
	if (chain in lines) return chain
	lines[chain] = ""
	if (!devices[name]) return chain
	on = (way == "from" ? "iifname " : "oifname ") set(devices[name])
	if (option[zone[name], "masq"] == 1 && what way == "acceptto")
		add(chain, "meta nfproto ipv4 " on " ct state invalid counter drop comment \"!fw4: Prevent NAT leakage\"")
	add(chain, on " counter " (what == "reject" ? "jump handle_reject" : what) \
		" comment \"!fw4: " what " " name " IPv4/IPv6 traffic\"")
	return chain
}

function find_devices(name, words, i, list, seen) {
	split(option[zone[name], "network"], words, " ")
	for (i = 1; i in words; i++) {
		list = list " " device[words[i]]
		if (words[i] in softwire)
			add("srcnat_" name, "oifname \"" device[words[i]] "\" counter accept comment \"!fw4: ubus:" words[i] "[dslite] nat 0\"")
	}
	split(list " " option[zone[name], "device"], words, " ")
	for (i = 1; i in words; i++)
		if (!seen[words[i]]++) devices[name] = devices[name] (devices[name] ? " " : "") "\"" words[i] "\""
}

# A rule of fw4 is one of nftables for each of its protocols.
function add_rule(section, chain, action, protocols, i, src, dest) {
	if (unknown_zone(section, "src") || unknown_zone(section, "dest") || option[section, "enabled"] == "0") return
	src = option[section, "src"]
	dest = option[section, "dest"]
	chain = src != "" && dest != "" ? "forward" : src != "" ? "input" : "output"
	if (src in zone) chain = chain "_" src
	else if (src == "" && dest in zone) chain = chain "_" dest
	action = tolower(option[section, "target"])
	if (dest in zone) action = "jump " verdict(dest, action, "to")
	else if (action == "reject") action = "jump handle_reject"
	if (split(tolower(option[section, "proto"]), protocols, " ") == 0) split("tcp udp", protocols, " ")
	for (i = 1; i in protocols; i++)
		add(chain, match_of(section, protocols[i]) "counter " action " comment \"!fw4: " label(section) "\"")
}

function add_forwarding(section, src, dest) {
	if (unknown_zone(section, "src") || unknown_zone(section, "dest")) return
	src = option[section, "src"]
	dest = option[section, "dest"]
	add("forward_" src, "jump " verdict(dest, "accept", "to") " comment \"!fw4: Accept " src " to " dest " forwarding\"")
}

function match_of(section, protocol, family, addresses, ports) {
	family = option[section, "family"] option[section, "src_ip"] option[section, "dest_ip"]
	family = family ~ /ipv6|:/ ? "ip6" : family ~ /ipv4|\./ ? "ip" : ""
	addresses = one_match(family " saddr", option[section, "src_ip"]) one_match(family " daddr", option[section, "dest_ip"])
	if (protocol ~ /^(tcp|udp)$/)
		ports = one_match(protocol " sport", option[section, "src_port"]) one_match(protocol " dport", option[section, "dest_port"])
	if (protocol == "icmp" && family == "ip6") protocol = "ipv6-icmp"
	if (option[section, "icmp_type"] != "")
		ports = one_match(family == "ip6" ? "icmpv6 type" : "icmp type", icmp_types(option[section, "icmp_type"]))
	if (option[section, "limit"] != "") ports = ports "limit rate " option[section, "limit"] "ond " # of N/sec
	return (family != "" && addresses == "" ? "meta nfproto " (family == "ip" ? "ipv4 " : "ipv6 ") : "") \
		(protocol == "all" || ports != "" ? "" : "meta l4proto " protocol " ") addresses ports
}

function one_match(what, list) { return list == "" ? "" : what " " set(list) " " }

# What nftables calls the types of ICMP; a code is left out.
function icmp_types(list) {
	gsub(/neighbour-/, "nd-neighbor-", list)
	gsub(/router-/, "nd-router-", list)
	gsub(/solicitation/, "solicit", list)
	gsub(/advertisement/, "advert", list)
	gsub(/bad-header|unknown-header-type/, "parameter-problem", list)
	gsub(/\/[0-9]+/, "", list)
	return list
}

function add_zone(name, i, mss, policy) {
	for (i = 1; i <= 3; i++) {
		policy = tolower(option[zone[name], hook[i]])
		add(hook[i] "_" name, "jump " verdict(name, policy == "" ? defaults[hook[i]] : policy, i == 1 ? "from" : "to"))
		if (devices[name])
			add(hook[i], (i == 3 ? "oifname " : "iifname ") set(devices[name]) " jump " hook[i] "_" name \
				" comment \"!fw4: Handle " name " IPv4/IPv6 " hook[i] " traffic\"")
	}
	if (option[zone[name], "masq"] == 1 && devices[name]) {
		add("srcnat", "oifname " set(devices[name]) " jump srcnat_" name " comment \"!fw4: Handle " name " IPv4/IPv6 srcnat traffic\"")
		add("srcnat_" name, "meta nfproto ipv4 masquerade comment \"!fw4: Masquerade IPv4 " name " traffic\"")
	}
	if (option[zone[name], "mtu_fix"] == 1 && devices[name]) {
		mss = set(devices[name]) " tcp flags syn / syn,fin,rst tcp option maxseg size set rt mtu comment \"!fw4: Zone " name
		add("mangle_postrouting", "oifname " mss " IPv4/IPv6 egress MTU fixing\"")
		add("mangle_forward", "iifname " mss " IPv4/IPv6 ingress MTU fixing\"")
	}
}

END {
	split("input forward output", hook, " ")
	split("inbound forwarded outbound", flows, " ")
	for (i = 1; i <= 3; i++) {
		policy = defaults[hook[i]] == "accept" ? "accept" : "drop"
		add(hook[i], "type filter hook " hook[i] " priority filter; policy " policy ";")
		if (i != 2) add(hook[i], (i == 1 ? "iif" : "oif") " \"lo\" accept comment \"!fw4: Accept traffic " \
			(i == 1 ? "from" : "towards") " loopback\"")
		add(hook[i], "ct state vmap { established : accept, related : accept } comment \"!fw4: Handle " flows[i] " flows\"")
	}
	add("handle_reject", "meta l4proto tcp reject with tcp reset comment \"!fw4: Reject TCP traffic\"")
	add("handle_reject", "reject with icmpx type port-unreachable comment \"!fw4: Reject any other traffic\"")
	add("srcnat", "type nat hook postrouting priority srcnat; policy accept;")
	add("mangle_postrouting", "type filter hook postrouting priority mangle; policy accept;")
	add("mangle_forward", "type filter hook forward priority mangle; policy accept;")
	for (i = 1; i <= count; i++) find_devices(zones[i])
	for (i = 1; i <= total; i++) if (type[sections[i]] == "rule") add_rule(sections[i])
	for (i = 1; i <= total; i++) if (type[sections[i]] == "forwarding") add_forwarding(sections[i])
	for (i = 1; i <= count; i++) add_zone(zones[i])
	for (i = 1; i <= 3; i++) if (defaults[hook[i]] == "reject") add(hook[i], "jump handle_reject")

	print "table inet fw4\nflush table inet fw4\n\ntable inet fw4 {"
	for (i = 1; i <= count; i++) {
		gsub(/ /, ", ", devices[zones[i]])
		print "\tdefine " zones[i] "_devices = { " devices[zones[i]] " }\n\tdefine " zones[i] "_subnets = {  }\n"
	}
	print "\tinclude \"/etc/nftables.d/*.nft\"\n"
	order = "input forward output handle_reject"
	for (i = 1; i <= count; i++) {
		chains = " input_@ output_@ forward_@ accept_from_@ accept_to_@ reject_from_@ reject_to_@ drop_from_@ drop_to_@ srcnat_@"
		gsub(/@/, zones[i], chains)
		order = order chains
	}
	count = split(order " srcnat mangle_postrouting mangle_forward", chain, " ")
	for (i = 1; i <= count; i++) if (chain[i] in lines) print "\tchain " chain[i] " {\n" lines[chain[i]] "\t}\n"
	print "}"
}
