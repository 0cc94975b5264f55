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
	quiet    bool
}

type zone struct {
	name                  string
	policy                map[string]string // of input, output and forward
	devices, subnets, nat []string
	masq, mtuFix          bool
	verdicts              map[string]bool // the chains VERDICT_from_ and VERDICT_to_ that it needs
}

func yes(text string) bool { return slices.Contains([]string{"1", "on", "true", "yes"}, text) }

// id names a section as fw4 does: by name, or by @type[index].
func (f *firewall) id(s *uciSection) string {
	if s.anonymous {
		return fmt.Sprintf("@%s[%d]", s.typ, slices.Index(f.uci.ofType(s.typ), s))
	}
	return s.name
}

func (f *firewall) warn(s *uciSection, format string, args ...any) {
	id := f.id(s)
	if name := s.get("name", ""); name != "" {
		id += " (" + name + ")"
	}
	if !f.quiet {
		fmt.Fprintf(os.Stderr, "[!] Section "+id+" "+format+"\n", args...)
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

func (f *firewall) policy(direction string) string {
	for _, s := range f.uci.ofType("defaults") {
		return strings.ToLower(s.get(direction, "drop"))
	}
	return "drop"
}

func (f *firewall) addZone(s *uciSection) {
	z := &zone{name: s.get("name", ""), masq: yes(s.get("masq", "")), mtuFix: yes(s.get("mtu_fix", "")), policy: map[string]string{}}
	if z.name == "" {
		f.warn(s, "option 'name' is mandatory but not set")
		f.warn(s, "skipped due to invalid options")
		return
	}
	for _, direction := range []string{"input", "output", "forward"} {
		z.policy[direction] = strings.ToLower(s.get(direction, f.policy(direction)))
	}
	z.verdicts = map[string]bool{z.policy["input"] + "_from_": true, z.policy["output"] + "_to_": true, z.policy["forward"] + "_to_": true}
	devices := []string{}
	for _, name := range s.values("network") {
		network := f.networks[name]
		devices = append(devices, network.ruleDevice())
		z.subnets = append(z.subnets, network.subnets()...)
		if network.Proto == "dslite" && network.L3Device != "" {
			z.nat = append(z.nat, fmt.Sprintf(`oifname "%s" counter accept comment "!fw4: ubus:%s[dslite] nat 0"`, network.L3Device, name))
		}
	}
	for _, name := range append(devices, s.values("device")...) {
		if name = `"` + name + `"`; name != `""` && !slices.Contains(z.devices, name) {
			z.devices = append(z.devices, name)
		}
	}
	f.zones = append(f.zones, z)
}

// reference finds the zone an option names; "*" gives nil and ok.
func (f *firewall) reference(s *uciSection, option string) (z *zone, ok bool) {
	name := s.get(option, "*")
	z = first(f.zones, func(z *zone) bool { return z.name == name })
	if z == nil && name != "*" {
		f.warn(s, "option '%s' specifies invalid value '%s'", option, name)
		f.warn(s, "skipped due to invalid options")
	}
	return z, z != nil || name == "*"
}

func (f *firewall) addForwarding(s *uciSection) {
	src, ok := f.reference(s, "src")
	if !ok || src == nil {
		return
	}
	if dest, _ := f.reference(s, "dest"); dest != nil {
		dest.verdicts["accept_to_"] = true
		f.add("forward_"+src.name, `jump accept_to_%s comment "!fw4: Accept %s to %[1]s forwarding"`, dest.name, src.name)
	}
}

// loadFirewall reads committed and staged sections, and the devices of networks from netifd.
func loadFirewall(quiet bool) *firewall {
	f := &firewall{uci: defaultUCI.load("firewall"), networks: map[string]interfaceStatus{}, rules: map[string][]string{}, quiet: quiet}
	var dump struct{ Interface []interfaceStatus }
	text, _ := ubusCall("network.interface", "dump", nil)
	json.Unmarshal([]byte(text), &dump)
	for _, status := range dump.Interface {
		f.networks[status.Interface] = status
	}
	for _, kind := range []struct {
		typ string
		add func(*uciSection)
	}{{"zone", f.addZone}, {"rule", f.addRule}, {"forwarding", f.addForwarding}} {
		for _, s := range f.uci.ofType(kind.typ) {
			kind.add(s)
		}
	}
	return f
}
