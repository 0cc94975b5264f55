package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// firewall collects the chains of table inet fw4 while it reads the sections in fw4's own order.
type firewall struct {
	uci      *uciPackage
	networks map[string]interfaceStatus
	zones    []*zone
	rules    map[string][]string
	helpers  []string
	quiet    bool
}

type zone struct {
	name                   string
	policy                 map[string]string
	devices, subnets, nat  []string
	masq, mtuFix           bool
	fromVerdict, toVerdict map[string]bool
}

// nftHelpers: name, protocol, port, family and description; each is used where its module is loaded.
var nftHelpers = [][6]string{
	{"amanda", "udp", "10080", "", "Amanda backup and archiving proto", "amanda"},
	{"ftp", "tcp", "21", "", "FTP passive connection tracking", "ftp"},
	{"RAS", "udp", "1719", "", "RAS proto tracking", "h323"}, {"Q.931", "tcp", "1720", "", "Q.931 proto tracking", "h323"},
	{"irc", "tcp", "6667", "ipv4", "IRC DCC connection tracking", "irc"},
	{"netbios-ns", "udp", "137", "ipv4", "NetBIOS name service broadcast tracking", "netbios_ns"},
	{"pptp", "tcp", "1723", "ipv4", "PPTP VPN connection tracking", "pptp"},
	{"sane", "tcp", "6566", "", "SANE scanner connection tracking", "sane"},
	{"sip", "udp", "5060", "", "SIP VoIP connection tracking", "sip"},
	{"snmp", "udp", "161", "ipv4", "SNMP monitoring connection tracking", "snmp"},
	{"tftp", "udp", "69", "", "TFTP connection tracking", "tftp"},
}

func (s *uciSection) values(name string) []string {
	if o := s.option(name); o != nil {
		return strings.Fields(strings.Join(o.values, " "))
	}
	return nil
}

func (s *uciSection) get(name, fallback string) string {
	if o := s.option(name); o != nil {
		return strings.Join(o.values, " ")
	}
	return fallback
}

func (s *uciSection) yes(name string) bool {
	return slices.Contains([]string{"1", "on", "true", "yes"}, s.get(name, ""))
}

// warn tells of a section as fw4 does: by name, or by @type[index].
func (f *firewall) warn(s *uciSection, text string) {
	id := s.name
	if s.anonymous {
		id = fmt.Sprintf("@%s[%d]", s.typ, slices.Index(f.uci.ofType(s.typ), s))
	}
	if name := s.get("name", ""); name != "" {
		id += " (" + name + ")"
	}
	if !f.quiet {
		fmt.Fprintf(os.Stderr, "[!] Section %s %s\n", id, text)
	}
}

func (f *firewall) add(chain, format string, args ...any) {
	f.rules[chain] = append(f.rules[chain], fmt.Sprintf(format, args...))
}

func nftSet(values []string, braces bool) string {
	if len(values) == 1 && !braces {
		return values[0]
	}
	return "{ " + strings.Join(values, ", ") + " }"
}

func (f *firewall) addZone(s *uciSection, defaults func(direction string) string) {
	z := &zone{name: s.get("name", ""), masq: s.yes("masq"), mtuFix: s.yes("mtu_fix"), policy: map[string]string{}}
	if z.name == "" {
		f.warn(s, "option 'name' is mandatory but not set")
		f.warn(s, "skipped due to invalid options")
		return
	}
	for _, direction := range []string{"input", "output", "forward"} {
		z.policy[direction] = strings.ToLower(s.get(direction, defaults(direction)))
	}
	z.fromVerdict = map[string]bool{z.policy["input"]: true}
	z.toVerdict = map[string]bool{z.policy["output"]: true, z.policy["forward"]: true}
	device := func(name string) {
		if name = `"` + name + `"`; name != `""` && !slices.Contains(z.devices, name) {
			z.devices = append(z.devices, name)
		}
	}
	for _, name := range s.values("network") {
		network := f.networks[name]
		device(network.ruleDevice())
		z.subnets = append(z.subnets, network.subnets()...)
		if network.Proto == "dslite" && network.L3Device != "" {
			z.nat = append(z.nat, fmt.Sprintf(`oifname "%s" counter accept comment "!fw4: ubus:%s[dslite] nat 0"`, network.L3Device, name))
		}
	}
	for _, name := range s.values("device") {
		device(name)
	}
	for _, h := range nftHelpers {
		if slices.Contains(f.helpers, h[0]) && !z.masq {
			family := strings.TrimPrefix("meta nfproto "+h[3]+" ", "meta nfproto  ")
			f.add("helper_"+z.name, `%smeta l4proto %s %[2]s dport %[3]s ct helper set "%[4]s" comment "!fw4: %[5]s"`, family, h[1], h[2], h[0], h[4])
		}
	}
	f.zones = append(f.zones, z)
}

// reference finds the zone an option names; "*" gives nil and ok.
func (f *firewall) reference(s *uciSection, option string) (*zone, bool) {
	name := s.get(option, "*")
	for _, z := range f.zones {
		if z.name == name {
			return z, true
		}
	}
	if name != "*" {
		f.warn(s, fmt.Sprintf("option '%s' specifies invalid value '%s'", option, name))
		f.warn(s, "skipped due to invalid options")
	}
	return nil, name == "*"
}

func (f *firewall) addForwarding(s *uciSection) {
	src, ok := f.reference(s, "src")
	if !ok {
		return
	}
	dest, ok := f.reference(s, "dest")
	if !ok || src == nil || dest == nil {
		return
	}
	dest.toVerdict["accept"] = true
	f.add("forward_"+src.name, `jump accept_to_%s comment "!fw4: Accept %s to %s forwarding"`, dest.name, src.name, dest.name)
}

// loadFirewall reads committed and staged sections, and the devices of networks from netifd.
func loadFirewall(quiet bool) *firewall {
	f := &firewall{uci: defaultUCI.load("firewall"), networks: map[string]interfaceStatus{}, rules: map[string][]string{}, quiet: quiet}
	var dump struct{ Interface []interfaceStatus }
	if text, err := ubusCall("network.interface", "dump", nil); err == nil {
		json.Unmarshal([]byte(text), &dump)
	}
	for _, status := range dump.Interface {
		f.networks[status.Interface] = status
	}
	for _, h := range nftHelpers {
		if _, err := os.Stat("/sys/module/nf_conntrack_" + h[5]); err == nil {
			f.helpers = append(f.helpers, h[0])
		}
	}
	for _, s := range f.uci.ofType("zone") {
		f.addZone(s, f.policy)
	}
	for _, s := range f.uci.ofType("rule") {
		f.addRule(s)
	}
	for _, s := range f.uci.ofType("forwarding") {
		f.addForwarding(s)
	}
	return f
}

func (f *firewall) policy(direction string) string {
	for _, s := range f.uci.ofType("defaults") {
		return strings.ToLower(s.get(direction, "drop"))
	}
	return "drop"
}
