# Writes down what the probe found (`findings` there says which word is what): -v form=json or form=prometheus.
# Names and addresses are of our own making, and hold nothing that either form would have to escape.
$1 == "round" { time = $2; interval = $3; connections = $4; connections_max = $5 }

$1 == "home" {
	h = ++homes
	by_device[$2] = h
	device[h] = $2
	name[h] = $3
	inner[h] = $4
	endpoint[h] = $5
	state[h] = $6
	since[h] = $7
	last[h] = $8
	last_rtt[h] = $10
	last_endpoint[h] = $11
	sent[h] = $12
	received[h] = $13
	least[h] = $14
	average[h] = $15
	greatest[h] = $16
	rx_packets[h] = $17
	rx_bytes[h] = $18
	tx_packets[h] = $19
	tx_bytes[h] = $20
}

$1 == "port" && $2 in by_device {
	p = ++ports
	home_of[p] = by_device[$2]
	public_ports[p] = $3
	server[p] = $4
	port[p] = $5
	answer[p] = $6
}

<% if (locals.endless) { -%>
$1 == "endless" {
	endless_name[++endless] = $2
	endless_state[$2] = "unknown"
}

# A refusal came from there, too: the home is reached.
$1 == "relayed" {
	r = ++relayed
	relayed_home[r] = $2
	relayed_ports[r] = $3
	relayed_server[r] = $4
	relayed_port[r] = $5
	relayed_answer[r] = $6
	if ($6 == "open" || $6 == "refused") endless_state[$2] = "up"
	else if ($6 != "-" && endless_state[$2] != "up") endless_state[$2] = "down"
}

<% } -%>
END {
	if (form == "prometheus") prometheus()
	else json()
}

function json(    h) {
	printf "{\"version\":1,\"time\":%s,\"interval\":%s,\"connections\":%s,\"connectionsMax\":%s,\"homes\":[", time, interval, connections, connections_max
	for (h = 1; h <= homes; h++) {
		printf "%s\n{\"home\":\"%s\",\"device\":\"%s\",\"state\":\"%s\",\"since\":%s,", (h > 1 ? "," : ""), name[h], device[h], state[h], since[h]
		printf "\"lastSeen\":%s,", last[h] == "-" ? "null" : "{\"time\":" last[h] ",\"rtt\":" last_rtt[h] ",\"endpoint\":\"" last_endpoint[h] "\"}"
		printf "\"endpoint\":%s,", endpoint[h] == "-" ? "null" : "\"" endpoint[h] "\""
		printf "\"sent\":%s,\"received\":%s,\"loss\":%s,", sent[h], received[h], loss(h)
		printf "\"rtt\":%s,", (received[h] > 0 ? "{\"min\":" least[h] ",\"avg\":" average[h] ",\"max\":" greatest[h] "}" : "null")
		printf "\"fromHome\":{\"packets\":%s,\"bytes\":%s},\"toHome\":{\"packets\":%s,\"bytes\":%s},", rx_packets[h], rx_bytes[h], tx_packets[h], tx_bytes[h]
		printf "\"ports\":[%s]}", json_ports(h)
	}
<% if (locals.endless) { -%>
	printf "\n],\"endless\":["
	for (h = 1; h <= endless; h++)
		printf "%s\n{\"home\":\"%s\",\"state\":\"%s\",\"ports\":[%s]}", (h > 1 ? "," : ""), endless_name[h], endless_state[endless_name[h]], json_relayed(endless_name[h])
<% } -%>
	print "\n]}"
}
<% if (locals.endless) { -%>

function json_relayed(home,    r, text) {
	for (r = 1; r <= relayed; r++)
		if (relayed_home[r] == home)
			text = text (text == "" ? "" : ",") "\n\t{\"protocol\":\"tcp\",\"ports\":\"" relayed_ports[r] "\",\"to\":\"" relayed_server[r] "\",\"port\":" relayed_port[r] ",\"answer\":" (relayed_answer[r] == "-" ? "null" : "\"" relayed_answer[r] "\"") "}"
	return text
}
<% } -%>

function json_ports(h,    p, text) {
	for (p = 1; p <= ports; p++)
		if (home_of[p] == h)
			text = text (text == "" ? "" : ",") "\n\t{\"protocol\":\"tcp\",\"ports\":\"" public_ports[p] "\",\"to\":\"" server[p] "\",\"port\":" port[p] ",\"answer\":" (answer[p] == "-" ? "null" : "\"" answer[p] "\"") "}"
	return text
}

function loss(h) {
	return sent[h] > 0 ? (sent[h] - received[h]) / sent[h] : 1
}

# One family after the other, in base units (https://prometheus.io/docs/instrumenting/exposition_formats/).
function prometheus(    h, p) {
	family("relay4in6_probe_timestamp_seconds", "gauge", "When the probe last ended a round, Unix time.")
	print "relay4in6_probe_timestamp_seconds " time
	family("relay4in6_connections", "gauge", "Connections that the relay tracks now.")
	print "relay4in6_connections " connections
	family("relay4in6_connections_max", "gauge", "Connections that the relay can track.")
	print "relay4in6_connections_max " connections_max

	family("relay4in6_home_up", "gauge", "1: the home answered within the last 60 seconds.")
	for (h = 1; h <= homes; h++) sample("relay4in6_home_up", h, state[h] == "up" ? 1 : 0)
<% if (locals.endless) { -%>
	for (h = 1; h <= endless; h++)
		if (endless_state[endless_name[h]] != "unknown") printf "relay4in6_home_up{home=\"%s\",device=\"\"} %d\n", endless_name[h], endless_state[endless_name[h]] == "up"
<% } -%>
	family("relay4in6_home_state_since_timestamp_seconds", "gauge", "Since when it is up or down, Unix time.")
	for (h = 1; h <= homes; h++) sample("relay4in6_home_state_since_timestamp_seconds", h, since[h])
	family("relay4in6_home_last_answer_timestamp_seconds", "gauge", "When it last answered, Unix time.")
	for (h = 1; h <= homes; h++) if (last[h] != "-") sample("relay4in6_home_last_answer_timestamp_seconds", h, last[h])
	family("relay4in6_home_loss_ratio", "gauge", "Echo requests of the last round that nothing came back for, 0 to 1.")
	for (h = 1; h <= homes; h++) sample("relay4in6_home_loss_ratio", h, loss(h))
	family("relay4in6_home_rtt_min_seconds", "gauge", "Least round trip through the tunnel in the last round.")
	for (h = 1; h <= homes; h++) if (received[h] > 0) sample("relay4in6_home_rtt_min_seconds", h, least[h] / 1000)
	family("relay4in6_home_rtt_avg_seconds", "gauge", "Average round trip through the tunnel in the last round.")
	for (h = 1; h <= homes; h++) if (received[h] > 0) sample("relay4in6_home_rtt_avg_seconds", h, average[h] / 1000)

	family("relay4in6_home_receive_packets_total", "counter", "Packets that came out of the tunnel.")
	for (h = 1; h <= homes; h++) sample("relay4in6_home_receive_packets_total", h, rx_packets[h])
	family("relay4in6_home_receive_bytes_total", "counter", "Bytes that came out of the tunnel.")
	for (h = 1; h <= homes; h++) sample("relay4in6_home_receive_bytes_total", h, rx_bytes[h])
	family("relay4in6_home_transmit_packets_total", "counter", "Packets that went into the tunnel.")
	for (h = 1; h <= homes; h++) sample("relay4in6_home_transmit_packets_total", h, tx_packets[h])
	family("relay4in6_home_transmit_bytes_total", "counter", "Bytes that went into the tunnel.")
	for (h = 1; h <= homes; h++) sample("relay4in6_home_transmit_bytes_total", h, tx_bytes[h])

	family("relay4in6_service_answers", "gauge", "1: the server's TCP port takes connections through the tunnel.")
	for (p = 1; p <= ports; p++)
		if (answer[p] != "-")
			printf "relay4in6_service_answers{home=\"%s\",protocol=\"tcp\",ports=\"%s\",server=\"%s\",server_port=\"%s\"} %d\n", name[home_of[p]], public_ports[p], server[p], port[p], answer[p] == "open"
<% if (locals.endless) { -%>
	for (r = 1; r <= relayed; r++)
		if (relayed_answer[r] != "-")
			printf "relay4in6_service_answers{home=\"%s\",protocol=\"tcp\",ports=\"%s\",server=\"%s\",server_port=\"%s\"} %d\n", relayed_home[r], relayed_ports[r], relayed_server[r], relayed_port[r], relayed_answer[r] == "open"
<% } -%>
}

function family(metric, type, help) {
	print "# HELP " metric " " help
	print "# TYPE " metric " " type
}

function sample(metric, h, value) {
	printf "%s{home=\"%s\",device=\"%s\"} %s\n", metric, name[h], device[h], value
}
