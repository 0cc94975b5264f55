package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// ruleset prints the table in the order and with the blank lines of the real template: nft counts lines.
func (f *firewall) ruleset() string {
	var out strings.Builder
	title := func(text string) { fmt.Fprintf(&out, "\t#\n\t# %s\n\t#\n\n", text) }
	chain := func(name, hook string, lines ...string) {
		fmt.Fprintf(&out, "\tchain %s {\n", name)
		if hook != "" {
			out.WriteString("\t\ttype " + hook + "\n")
		}
		for _, line := range append(lines, f.rules[name]...) {
			out.WriteString(strings.TrimRight("\t\t"+line, "\t") + "\n")
		}
		out.WriteString("\t}\n\n")
	}
	jump := func(z *zone, match, direction, kind string) string {
		return fmt.Sprintf(`%s %s jump %s_%s comment "!fw4: Handle %[4]s IPv4/IPv6 %[3]s %[5]s"`, match, nftSet(z.devices, false), direction, z.name, kind)
	}
	// each makes a line for every zone that has a device and passes the filter
	each := func(filter func(z *zone) bool, line func(z *zone) string) (lines []string) {
		for _, z := range f.zones {
			if len(z.devices) > 0 && filter(z) {
				lines = append(lines, line(z))
			}
		}
		return lines
	}
	all := func(*zone) bool { return true }
	masqueraded := func(z *zone) bool { return z.masq }
	helped := func(z *zone) bool { return f.rules["helper_"+z.name] != nil }
	mss := func(match, way string) []string {
		return each(func(z *zone) bool { return z.mtuFix }, func(z *zone) string {
			return fmt.Sprintf(`%s %s tcp flags syn / syn,fin,rst tcp option maxseg size set rt mtu comment "!fw4: Zone %s IPv4/IPv6 %s MTU fixing"`, match, nftSet(z.devices, false), z.name, way)
		})
	}
	base := func(name, lo, flows, match string, more ...string) {
		policy := f.policy(name)
		verdict := map[bool]string{true: "accept", false: "drop"}[policy == "accept"]
		lines := []string{""}
		if lo != "" {
			lines = append(lines, lo, "")
		}
		lines = append(append(lines, `ct state vmap { established : accept, related : accept } comment "!fw4: Handle `+flows+` flows"`), more...)
		lines = append(append(lines, f.rules[name]...), each(all, func(z *zone) string { return jump(z, match, name, "traffic") })...)
		if policy == "reject" {
			lines = append(lines, "jump handle_reject")
		}
		delete(f.rules, name)
		chain(name, "filter hook "+name+" priority filter; policy "+verdict+";", lines...)
	}

	out.WriteString("table inet fw4\nflush table inet fw4\n\ntable inet fw4 {\n")
	if f.helpers != nil {
		title("CT helper definitions")
		for _, h := range nftHelpers {
			if slices.Contains(f.helpers, h[0]) {
				fmt.Fprintf(&out, "\tct helper %s {\n\t\ttype \"%[1]s\" protocol %[2]s;\n\t}\n\n", h[0], h[1])
			}
		}
		out.WriteString("\n")
	}
	title("Defines")
	for _, z := range f.zones {
		fmt.Fprintf(&out, "\tdefine %s_devices = %s\n\tdefine %[1]s_subnets = %[3]s\n\n", z.name, nftSet(z.devices, true), nftSet(z.subnets, true))
	}
	out.WriteString("\n")
	title("User includes")
	out.WriteString("\tinclude \"/etc/nftables.d/*.nft\"\n\n\n")
	title("Filter rules")
	synFlood := []string{}
	for _, s := range f.uci.ofType("defaults") {
		if s.yes("syn_flood") || s.yes("synflood_protect") {
			synFlood = []string{`tcp flags & (fin | syn | rst | ack) == syn jump syn_flood comment "!fw4: Rate limit TCP syn packets"`}
		}
	}
	base("input", `iif "lo" accept comment "!fw4: Accept traffic from loopback"`, "inbound", "iifname", synFlood...)
	base("forward", "", "forwarded", "iifname")
	base("output", `oif "lo" accept comment "!fw4: Accept traffic towards loopback"`, "outbound", "oifname")
	chain("prerouting", "filter hook prerouting priority filter; policy accept;", each(helped, func(z *zone) string { return jump(z, "iifname", "helper", "assignment") })...)
	chain("handle_reject", "", `meta l4proto tcp reject with tcp reset comment "!fw4: Reject TCP traffic"`,
		`reject with icmpx type port-unreachable comment "!fw4: Reject any other traffic"`)
	if len(synFlood) > 0 {
		chain("syn_flood", "", `limit rate 25/second burst 50 packets return comment "!fw4: Accept SYN packets below rate-limit"`,
			`drop comment "!fw4: Drop excess packets"`)
	}
	for _, z := range f.zones {
		f.add("input_"+z.name, "jump %s_from_%s", z.policy["input"], z.name)
		f.add("output_"+z.name, "jump %s_to_%s", z.policy["output"], z.name)
		f.add("forward_"+z.name, "jump %s_to_%s", z.policy["forward"], z.name)
		for _, direction := range []string{"input_", "output_", "forward_"} {
			chain(direction+z.name, "")
		}
		if helped(z) {
			chain("helper_"+z.name, "")
		}
		for _, verdict := range []string{"accept", "reject", "drop"} {
			action := map[bool]string{true: "jump handle_reject", false: verdict}[verdict == "reject"]
			for way, wanted := range map[string]bool{"from": z.fromVerdict[verdict], "to": z.toVerdict[verdict]} {
				match := map[string]string{"from": "iifname ", "to": "oifname "}[way] + nftSet(z.devices, false)
				name := verdict + "_" + way + "_" + z.name
				if wanted && len(z.devices) > 0 && z.masq && way == "to" && verdict == "accept" {
					f.add(name, `meta nfproto ipv4 %s ct state invalid counter drop comment "!fw4: Prevent NAT leakage"`, match)
				}
				if wanted && len(z.devices) > 0 {
					f.add(name, `%s counter %s comment "!fw4: %s %s IPv4/IPv6 traffic"`, match, action, verdict, z.name)
				}
			}
			if z.fromVerdict[verdict] {
				chain(verdict+"_from_"+z.name, "")
			}
			if z.toVerdict[verdict] {
				chain(verdict+"_to_"+z.name, "")
			}
		}
	}
	out.WriteString("\n")
	title("NAT rules")
	chain("dstnat", "nat hook prerouting priority dstnat; policy accept;")
	chain("srcnat", "nat hook postrouting priority srcnat; policy accept;", each(masqueraded, func(z *zone) string { return jump(z, "oifname", "srcnat", "traffic") })...)
	for _, z := range f.zones {
		if z.masq {
			chain("srcnat_"+z.name, "", append(z.nat, fmt.Sprintf(`meta nfproto ipv4 masquerade comment "!fw4: Masquerade IPv4 %s traffic"`, z.name))...)
		}
	}
	out.WriteString("\n")
	title("Raw rules (notrack)")
	chain("raw_prerouting", "filter hook prerouting priority raw; policy accept;")
	chain("raw_output", "filter hook output priority raw; policy accept;")
	out.WriteString("\n")
	title("Mangle rules")
	chain("mangle_prerouting", "filter hook prerouting priority mangle; policy accept;")
	chain("mangle_postrouting", "filter hook postrouting priority mangle; policy accept;", mss("oifname", "egress")...)
	chain("mangle_input", "filter hook input priority mangle; policy accept;")
	chain("mangle_output", "route hook output priority mangle; policy accept;")
	chain("mangle_forward", "filter hook forward priority mangle; policy accept;", mss("iifname", "ingress")...)
	return strings.TrimSuffix(out.String(), "\n") + "}\n"
}

// fw4Main: a reload that nft refuses still ends with 0, only `check` tells.
func fw4Main(args []string) int {
	quiet := len(args) > 0 && args[0] == "-q"
	if quiet {
		args = args[1:]
	}
	nft := func(flags ...string) bool {
		command := exec.Command("nft", append(flags, "-f", "/dev/stdin")...)
		command.Stdin, command.Stdout, command.Stderr = strings.NewReader(loadFirewall(quiet).ruleset()), os.Stdout, os.Stderr
		return command.Run() == nil
	}
	switch command := strings.Join(args, " "); {
	case command == "print":
		fmt.Print(loadFirewall(quiet).ruleset())
	case command == "check" && !nft("-c"):
		return 1
	case command == "check" && !quiet:
		fmt.Println("Ruleset passes nftables check.")
	case command == "start", command == "reload", command == "restart":
		nft()
	case command == "stop", command == "flush":
		exec.Command("nft", "delete", "table", "inet", "fw4").Run()
	case len(args) == 2 && args[0] == "network":
		for _, s := range defaultUCI.load("firewall").ofType("zone") {
			if slices.Contains(s.values("network"), args[1]) {
				fmt.Println(s.get("name", ""))
				return 0
			}
		}
		return 1
	}
	return 0
}
