package main

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// icmpTypes: ICMP and ICMPv6 type[/code] of fw4's names, "" where the family has none.
var icmpTypes = map[string][2]string{
	"echo-request": {"8", "128"}, "echo-reply": {"0", "129"}, "destination-unreachable": {"3", "1"},
	"packet-too-big": {"", "2"}, "time-exceeded": {"11", "3"}, "bad-header": {"", "4/0"}, "unknown-header-type": {"", "4/1"},
	"router-solicitation": {"10", "133"}, "router-advertisement": {"9", "134"},
	"neighbour-solicitation": {"", "135"}, "neighbour-advertisement": {"", "136"},
}

var protocolNames = map[string]string{"1": "icmp", "58": "ipv6-icmp", "icmpv6": "ipv6-icmp", "6": "tcp", "17": "udp", "any": "all", "*": "all"}

var portShape, limitShape = regexp.MustCompile(`^\d{1,5}([-:]\d{1,5})?$`), regexp.MustCompile(`^(\d+)(?:/(s|m|h|d)[a-z]*)?$`)

var ruleOptions = strings.Fields("name enabled src dest family proto src_ip src_port dest_ip dest_port icmp_type limit target counter")

func familyOf(address string) string {
	address, _, _ = strings.Cut(strings.TrimPrefix(address, "!"), "/")
	if a, err := netip.ParseAddr(address); err != nil {
		return ""
	} else if a.Is4() {
		return "ip"
	}
	return "ip6"
}

// addRule turns one section into an nft rule for each protocol and address family it stands for.
func (f *firewall) addRule(s *uciSection) {
	invalid := false
	check := func(option string, ok func(value string) bool) []string {
		for _, v := range s.values(option) {
			if !ok(v) {
				f.warn(s, fmt.Sprintf("option '%s' specifies invalid value '%s'", option, v))
				invalid = true
			}
		}
		return s.values(option)
	}
	src, ok := f.reference(s, "src")
	if !ok {
		return
	}
	dest, ok := f.reference(s, "dest")
	if !ok {
		return
	}
	address := func(v string) bool { return familyOf(v) != "" }
	saddrs, daddrs := check("src_ip", address), check("dest_ip", address)
	sports, dports := check("src_port", portShape.MatchString), check("dest_port", portShape.MatchString)
	check("limit", limitShape.MatchString)
	for _, o := range s.options {
		if !slices.Contains(ruleOptions, o.name) {
			f.warn(s, fmt.Sprintf("specifies unknown option '%s'", o.name))
		}
	}
	if invalid {
		f.warn(s, "skipped due to invalid options")
		return
	} else if s.get("enabled", "1") == "0" {
		f.warn(s, "is disabled, ignoring section")
		return
	}
	chain, target := "output", strings.ToLower(s.get("target", ""))
	switch {
	case src != nil && s.option("dest") != nil:
		chain = "forward_" + src.name
	case src != nil:
		chain = "input_" + src.name
	case s.option("src") != nil:
		chain = map[bool]string{true: "forward", false: "input"}[s.option("dest") != nil]
	case dest != nil:
		chain = "output_" + dest.name
	}
	action := target
	if dest != nil && target != "" {
		dest.toVerdict[target] = true
		action = "jump " + target + "_to_" + dest.name
	} else if target == "reject" {
		action = "jump handle_reject"
	}
	name := s.get("name", fmt.Sprintf("@rule[%d]", slices.Index(f.uci.ofType("rule"), s)))
	protos := s.values("proto")
	if len(protos) == 0 || slices.Contains(protos, "tcpudp") {
		protos = []string{"tcp", "udp"}
	}
	for _, proto := range protos {
		proto = strings.ToLower(proto)
		if alias := protocolNames[proto]; alias != "" {
			proto = alias
		}
		for _, family := range ruleFamilies(s, proto, saddrs, daddrs) {
			for _, match := range ruleMatches(s, proto, family, saddrs, daddrs, sports, dports) {
				f.add(chain, "%s", strings.Join(strings.Fields(match+" counter "+action), " ")+` comment "!fw4: `+name+`"`)
			}
		}
	}
}

// ruleFamilies: "" for a rule that is the same for both families, else ip, ip6 or both.
func ruleFamilies(s *uciSection, proto string, saddrs, daddrs []string) []string {
	switch family := s.get("family", "any"); {
	case proto == "ipv6-icmp" || strings.Contains(family, "6"):
		return []string{"ip6"}
	case strings.Contains(family, "4"):
		return []string{"ip"}
	}
	var used []string
	for _, a := range append(slices.Clone(saddrs), daddrs...) {
		used = append(used, familyOf(a))
	}
	if len(used) == 0 && s.option("icmp_type") != nil {
		used = []string{"ip", "ip6"}
	} else if len(used) == 0 {
		used = []string{""}
	}
	slices.Sort(used)
	return slices.Compact(used)
}

func ruleMatches(s *uciSection, proto, family string, saddrs, daddrs, sports, dports []string) []string {
	var addresses, ports, limit string
	for i, list := range [][]string{saddrs, daddrs} {
		mine := slices.DeleteFunc(slices.Clone(list), func(a string) bool { return familyOf(a) != family })
		if list != nil && len(mine) == 0 {
			return nil
		} else if list != nil {
			addresses += family + []string{" saddr ", " daddr "}[i] + nftSet(mine, false) + " "
		}
	}
	for i, list := range [][]string{sports, dports} {
		if list != nil && (proto == "tcp" || proto == "udp") {
			ports += proto + []string{" sport ", " dport "}[i] + strings.ReplaceAll(nftSet(list, false), ":", "-") + " "
		}
	}
	if m := limitShape.FindStringSubmatch(s.get("limit", "")); m != nil {
		unit := map[string]string{"m": "minute", "h": "hour", "d": "day"}[m[2]]
		limit = "limit rate " + m[1] + "/" + map[bool]string{true: "second", false: unit}[unit == ""]
	}
	prefix := ""
	if family != "" && addresses == "" {
		prefix = "meta nfproto " + map[string]string{"ip": "ipv4", "ip6": "ipv6"}[family] + " "
	}
	var types, codes, matches []string
	for _, t := range s.values("icmp_type") {
		if pair, known := icmpTypes[t]; known {
			t = pair[map[string]int{"ip6": 1}[family]]
		}
		if kind, code, withCode := strings.Cut(t, "/"); withCode {
			codes = append(codes, kind+" . "+code)
		} else if t != "" {
			types = append(types, t)
		}
	}
	icmp := map[string]string{"ip": "icmp", "ip6": "icmpv6"}[family]
	if types != nil {
		matches = append(matches, prefix+addresses+icmp+" type "+nftSet(types, false)+" "+limit)
	}
	if codes != nil {
		matches = append(matches, prefix+addresses+icmp+" type . "+icmp+" code "+nftSet(codes, true)+" "+limit)
	}
	if matches != nil {
		return matches
	}
	if proto == "icmp" && family == "" {
		proto = `{ "icmp", "ipv6-icmp" }`
	} else if proto == "icmp" && family == "ip6" {
		proto = "ipv6-icmp"
	}
	if proto != "all" && ports == "" {
		prefix += "meta l4proto " + proto + " "
	}
	return []string{prefix + addresses + ports + limit}
}
