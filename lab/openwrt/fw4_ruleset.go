package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// ruleset prints the table in the order and with the blank lines of the real template: nft counts lines.
func (f *firewall) ruleset() string {
	var out strings.Builder
	title := func(text string) { fmt.Fprintf(&out, "\t#\n\t# %s\n\t#\n\n", text) }
	chain := func(name, hook string, lines ...string) {
		if hook != "" {
			lines = append([]string{"type " + hook}, lines...)
		}
		fmt.Fprintf(&out, "\tchain %s {\n", name)
		for _, line := range append(lines, f.rules[name]...) {
			out.WriteString(strings.TrimRight("\t\t"+line, "\t") + "\n")
		}
		out.WriteString("\t}\n\n")
	}
	// each makes a line for every zone that has a device and passes the filter: its devices, matched, and the text
	each := func(match string, filter func(z *zone) bool, text string) (lines []string) {
		for _, z := range f.zones {
			if len(z.devices) > 0 && filter(z) {
				lines = append(lines, match+" "+nftSet(z.devices, false)+" "+strings.ReplaceAll(text, "ZONE", z.name))
			}
		}
		return lines
	}
	mtuFix := func(z *zone) bool { return z.mtuFix }
	mss := `tcp flags syn / syn,fin,rst tcp option maxseg size set rt mtu comment "!fw4: Zone ZONE IPv4/IPv6 `
	base := func(name, flows, lo, match string, more ...string) {
		policy, lines := f.policy(name), []string{""}
		if lo != "" {
			lines = append(lines, lo, "")
		}
		lines = append(append(lines, `ct state vmap { established : accept, related : accept } comment "!fw4: Handle `+flows+` flows"`), more...)
		lines = append(append(lines, f.rules[name]...), each(match, func(*zone) bool { return true },
			"jump "+name+`_ZONE comment "!fw4: Handle ZONE IPv4/IPv6 `+name+` traffic"`)...)
		verdict := policy
		if policy == "reject" {
			lines, verdict = append(lines, "jump handle_reject"), "drop"
		}
		delete(f.rules, name)
		chain(name, "filter hook "+name+" priority filter; policy "+verdict+";", lines...)
	}

	out.WriteString("table inet fw4\nflush table inet fw4\n\ntable inet fw4 {\n")
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
		if yes(s.get("syn_flood", "")) {
			synFlood = []string{`tcp flags & (fin | syn | rst | ack) == syn jump syn_flood comment "!fw4: Rate limit TCP syn packets"`}
		}
	}
	base("input", "inbound", `iif "lo" accept comment "!fw4: Accept traffic from loopback"`, "iifname", synFlood...)
	base("forward", "forwarded", "", "iifname")
	base("output", "outbound", `oif "lo" accept comment "!fw4: Accept traffic towards loopback"`, "oifname")
	chain("prerouting", "filter hook prerouting priority filter; policy accept;")
	chain("handle_reject", "", `meta l4proto tcp reject with tcp reset comment "!fw4: Reject TCP traffic"`,
		`reject with icmpx type port-unreachable comment "!fw4: Reject any other traffic"`)
	if len(synFlood) > 0 {
		chain("syn_flood", "", `limit rate 25/second burst 50 packets return comment "!fw4: Accept SYN packets below rate-limit"`,
			`drop comment "!fw4: Drop excess packets"`)
	}
	for _, z := range f.zones {
		chain("input_"+z.name, "", append(f.take("input_"+z.name), "jump "+z.policy["input"]+"_from_"+z.name)...)
		chain("output_"+z.name, "", append(f.take("output_"+z.name), "jump "+z.policy["output"]+"_to_"+z.name)...)
		chain("forward_"+z.name, "", append(f.take("forward_"+z.name), "jump "+z.policy["forward"]+"_to_"+z.name)...)
		for _, name := range []string{"accept_from_", "accept_to_", "reject_from_", "reject_to_", "drop_from_", "drop_to_"} {
			verdict, way, _ := strings.Cut(name, "_")
			match := map[string]string{"from_": "iifname ", "to_": "oifname "}[way] + nftSet(z.devices, false)
			if z.verdicts[name] && len(z.devices) > 0 {
				if z.masq && name == "accept_to_" {
					f.add(name+z.name, `meta nfproto ipv4 %s ct state invalid counter drop comment "!fw4: Prevent NAT leakage"`, match)
				}
				action := strings.Replace(verdict, "reject", "jump handle_reject", 1)
				f.add(name+z.name, `%s counter %s comment "!fw4: %s %s IPv4/IPv6 traffic"`, match, action, verdict, z.name)
			}
			if z.verdicts[name] {
				chain(name+z.name, "")
			}
		}
	}
	out.WriteString("\n")
	title("NAT rules")
	chain("dstnat", "nat hook prerouting priority dstnat; policy accept;")
	chain("srcnat", "nat hook postrouting priority srcnat; policy accept;", each("oifname", func(z *zone) bool { return z.masq },
		`jump srcnat_ZONE comment "!fw4: Handle ZONE IPv4/IPv6 srcnat traffic"`)...)
	for _, z := range f.zones {
		if z.masq {
			chain("srcnat_"+z.name, "", append(z.nat, `meta nfproto ipv4 masquerade comment "!fw4: Masquerade IPv4 `+z.name+` traffic"`)...)
		}
	}
	out.WriteString("\n")
	title("Raw rules (notrack)")
	chain("raw_prerouting", "filter hook prerouting priority raw; policy accept;")
	chain("raw_output", "filter hook output priority raw; policy accept;")
	out.WriteString("\n")
	title("Mangle rules")
	chain("mangle_prerouting", "filter hook prerouting priority mangle; policy accept;")
	chain("mangle_postrouting", "filter hook postrouting priority mangle; policy accept;", each("oifname", mtuFix, mss+`egress MTU fixing"`)...)
	chain("mangle_input", "filter hook input priority mangle; policy accept;")
	chain("mangle_output", "route hook output priority mangle; policy accept;")
	chain("mangle_forward", "filter hook forward priority mangle; policy accept;", each("iifname", mtuFix, mss+`ingress MTU fixing"`)...)
	return strings.TrimSuffix(out.String(), "\n") + "}\n"
}

// take empties a chain whose rules are printed by hand.
func (f *firewall) take(chain string) []string {
	defer delete(f.rules, chain)
	return f.rules[chain]
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
	case command == "check":
		fmt.Println("Ruleset passes nftables check.")
	case command == "start", command == "reload", command == "restart":
		nft()
	case command == "stop", command == "flush":
		exec.Command("nft", "delete", "table", "inet", "fw4").Run()
	}
	return 0
}
