package main

import (
	"cmp"
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

// ruleShapes: the options of a rule that are known here, and what their values must look like.
var ruleShapes = map[string]*regexp.Regexp{"src_ip": addressShape, "dest_ip": addressShape, "src_port": portShape, "dest_port": portShape,
	"limit": limitShape, "name": nil, "enabled": nil, "src": nil, "dest": nil, "family": nil, "proto": nil, "icmp_type": nil, "target": nil, "counter": nil}

var addressShape, portShape = regexp.MustCompile(`^[0-9a-f:.]+(/\d+)?$`), regexp.MustCompile(`^\d{1,5}([-:]\d{1,5})?$`)

var limitShape = regexp.MustCompile(`^(\d+)(?:/(s|m|h|d)[a-z]*)?$`)

// addRule turns one section into an nft rule for each protocol and address family it stands for.
func (f *firewall) addRule(s *uciSection) {
	src, ok := f.reference(s, "src")
	dest, ok2 := (*zone)(nil), false
	if ok {
		dest, ok2 = f.reference(s, "dest")
	}
	for _, o := range s.options {
		shape, known := ruleShapes[o.name]
		if !known {
			f.warn(s, "specifies unknown option '%s'", o.name)
		}
		for _, v := range s.values(o.name) {
			if shape != nil && !shape.MatchString(v) {
				f.warn(s, "option '%s' specifies invalid value '%s'", o.name, v)
				f.warn(s, "skipped due to invalid options")
				return
			}
		}
	}
	if !ok2 || s.get("enabled", "1") == "0" {
		return
	}
	direction := map[[2]bool]string{{true, true}: "forward", {true, false}: "input", {false, true}: "output"}[[2]bool{s.option("src") != nil, s.option("dest") != nil}]
	chain, target := cmp.Or(direction, "output"), strings.ToLower(s.get("target", ""))
	if src != nil {
		chain += "_" + src.name
	} else if s.option("src") == nil && dest != nil {
		chain += "_" + dest.name
	}
	action := target
	if dest != nil && target != "" {
		dest.verdicts[target+"_to_"] = true
		action = "jump " + target + "_to_" + dest.name
	} else if target == "reject" {
		action = "jump handle_reject"
	}
	protos := s.values("proto")
	if len(protos) == 0 || slices.Contains(protos, "tcpudp") {
		protos = []string{"tcp", "udp"}
	}
	for _, proto := range protos {
		proto = strings.ToLower(proto)
		proto = cmp.Or(protocolNames[proto], proto)
		for _, family := range ruleFamilies(s, proto) {
			for _, match := range ruleMatches(s, proto, family) {
				f.add(chain, "%s", strings.Join(strings.Fields(match+" counter "+action), " ")+` comment "!fw4: `+s.get("name", f.id(s))+`"`)
			}
		}
	}
}

func familyOf(address string) string {
	address, _, _ = strings.Cut(address, "/")
	if a, _ := netip.ParseAddr(address); a.Is4() {
		return "ip"
	}
	return "ip6"
}

// ruleFamilies: "" for a rule that is the same for both families, else ip, ip6 or both.
func ruleFamilies(s *uciSection, proto string) (used []string) {
	switch family := s.get("family", "any"); {
	case proto == "ipv6-icmp" || strings.Contains(family, "6"):
		return []string{"ip6"}
	case strings.Contains(family, "4"):
		return []string{"ip"}
	}
	for _, a := range append(s.values("src_ip"), s.values("dest_ip")...) {
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

// ruleMatches gives the matching half of the rules; none where the addresses are all of the other family.
func ruleMatches(s *uciSection, proto, family string) (matches []string) {
	var addresses, ports, limit, prefix string
	for i, list := range [][]string{s.values("src_ip"), s.values("dest_ip")} {
		mine := slices.DeleteFunc(slices.Clone(list), func(a string) bool { return familyOf(a) != family })
		if len(list) > 0 && len(mine) == 0 {
			return nil
		} else if len(list) > 0 {
			addresses += family + []string{" saddr ", " daddr "}[i] + nftSet(mine, false) + " "
		}
	}
	for i, list := range [][]string{s.values("src_port"), s.values("dest_port")} {
		if len(list) > 0 && (proto == "tcp" || proto == "udp") {
			ports += proto + []string{" sport ", " dport "}[i] + strings.ReplaceAll(nftSet(list, false), ":", "-") + " "
		}
	}
	if m := limitShape.FindStringSubmatch(s.get("limit", "")); m != nil {
		limit = " limit rate " + m[1] + "/" + cmp.Or(map[string]string{"m": "minute", "h": "hour", "d": "day"}[m[2]], "second")
	}
	if family != "" && addresses == "" {
		prefix = "meta nfproto " + strings.Replace(family+"v4 ", "6v4", "v6", 1)
	}
	var types, codes []string
	for _, t := range s.values("icmp_type") {
		if pair, known := icmpTypes[t]; known {
			t = pair[len(family)-2]
		}
		if kind, code, withCode := strings.Cut(t, "/"); withCode {
			codes = append(codes, kind+" . "+code)
		} else if t != "" {
			types = append(types, t)
		}
	}
	icmp := map[string]string{"ip": "icmp", "ip6": "icmpv6"}[family]
	if types != nil {
		matches = append(matches, prefix+addresses+icmp+" type "+nftSet(types, false)+limit)
	}
	if codes != nil {
		matches = append(matches, prefix+addresses+icmp+" type . "+icmp+" code "+nftSet(codes, true)+limit)
	}
	if matches != nil {
		return matches
	}
	if proto == "icmp" && family != "ip" {
		proto = map[string]string{"": `{ "icmp", "ipv6-icmp" }`, "ip6": "ipv6-icmp"}[family]
	}
	if proto != "all" && ports == "" {
		prefix += "meta l4proto " + proto + " "
	}
	return []string{prefix + addresses + ports + limit}
}
