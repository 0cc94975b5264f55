package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// ipItem is one address, route, rule or link that netifd makes and, when it is no longer wanted, removes.
type ipItem struct{ owner, family, object, rest string }

// network is one reading of /etc/config/network: what should be there, and each interface's status.
type network struct {
	items    []ipItem
	statuses []*interfaceStatus
}

func exists(device string) bool {
	_, err := os.Stat("/sys/class/net/" + device)
	return device != "" && err == nil
}

func family(a netip.Addr) string {
	if a.Is4() {
		return "-4"
	}
	return "-6"
}

// prefix parses ADDRESS or ADDRESS/LENGTH; the zero value does not parse.
func prefix(text string) netip.Prefix {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen())
	}
	p, _ := netip.ParsePrefix(text)
	return p
}

func (n *network) add(owner, family, object, format string, args ...any) {
	n.items = append(n.items, ipItem{owner, family, object, strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")})
}

func (n *network) find(name string) *interfaceStatus {
	for _, s := range n.statuses {
		if s.Interface == name {
			return s
		}
	}
	return &interfaceStatus{}
}

// readNetwork reads committed and staged sections and decides what to set up with the prefixes held now.
func readNetwork(d *daemon) *network {
	n, config := &network{}, defaultUCI.load("network")
	for _, s := range config.ofType("device") {
		if name := s.get("name", ""); s.get("type", "") == "bridge" {
			n.add("", "", "link", "%s type bridge", name)
			for _, port := range s.values("ports") {
				n.add("", "", "port", "%s master %s", port, name)
			}
		}
	}
	for _, s := range config.ofType("interface") {
		n.addInterface(d, s)
	}
	for _, s := range config.ofType("globals") {
		if ula := prefix(s.get("ula_prefix", "")); ula.IsValid() {
			n.assign(config, ula, "local", nil)
		}
	}
	for _, status := range n.statuses {
		if p := d.delegated[status.Interface]; p.IsValid() && status.Up {
			status.Prefix = []prefixStatus{{ipAddress{p.Addr().String(), p.Bits()}, status.Interface, nil, map[string]ipAddress{}}}
			n.add(status.Interface, "-6", "route", "unreachable %s metric 2147483647 proto static", p)
			n.assign(config, p, status.Interface, status.Prefix[0].Assigned)
		}
	}
	for i, s := range config.ofType("") {
		if v6 := strings.HasSuffix(s.typ, "6"); strings.TrimSuffix(s.typ, "6") == "rule" {
			n.addRule(s, v6, i)
		} else if strings.TrimSuffix(s.typ, "6") == "route" {
			n.addRoute(s, v6)
		}
	}
	return n
}

func (n *network) addInterface(d *daemon, s *uciSection) {
	device := s.get("device", "")
	if strings.HasPrefix(device, "@") {
		device = n.find(device[1:]).ruleDevice()
	}
	status := &interfaceStatus{Interface: s.name, Proto: s.get("proto", "none"), Device: device, Data: map[string]string{}}
	status.Autostart = s.get("auto", "1") != "0" && !d.stopped[s.name]
	status.Available = exists(device) || status.Proto == "dslite"
	for _, item := range n.items {
		status.Available = status.Available || item.object == "link" && strings.HasPrefix(item.rest, device+" ")
	}
	status.Up = status.Available && status.Autostart
	l3 := device
	switch status.Proto {
	case "dhcpv6":
		status.Up = status.Up && d.delegated[s.name].IsValid()
	case "dslite":
		l3 = "ds-" + s.name
		status.Device = l3
		status.Up = status.Up && exists(l3) && n.find(s.get("tunlink", "wan6")).Up
	case "static", "none":
	default:
		status.Up = false
	}
	status.Pending = status.Available && status.Autostart && !status.Up
	n.statuses = append(n.statuses, status)
	if !status.Up {
		return
	}
	uptime := d.uptime(s.name)
	status.Uptime, status.L3Device, status.upStatus = &uptime, l3, &upStatus{Updated: []string{"addresses"}, Delegation: true}
	status.Metric, _ = strconv.Atoi(s.get("metric", "0"))
	switch status.Proto {
	case "static":
		for _, text := range append(s.values("ipaddr"), s.values("ip6addr")...) {
			if p := prefix(text); p.IsValid() {
				list := &status.IPv4
				if p.Addr().Is6() {
					list = &status.IPv6
				}
				*list = append(*list, ipAddress{p.Addr().String(), p.Bits()})
				n.add(s.name, family(p.Addr()), "address", "%s dev %s", p, l3)
			}
		}
		for i, gateway := range []string{s.get("gateway", ""), s.get("ip6gw", "")} {
			if gateway != "" {
				n.add(s.name, []string{"-4", "-6"}[i], "route", "default via %s dev %s proto static", gateway, l3)
			}
		}
	case "dhcpv6":
		status.IPv6 = globalAddresses(l3)
	case "dslite":
		status.IPv4, status.Route = []ipAddress{{"192.0.0.2", 32}}, []routeStatus{{"0.0.0.0", 0, "0.0.0.0", "0.0.0.0/0"}}
		n.add(s.name, "-4", "address", "192.0.0.2/32 dev %s", l3)
		n.add(s.name, "-4", "route", "default dev %s proto static", l3)
	}
}

// ruleDevice is the name that routes, rules and the firewall use; a device may be known before it is up.
func (s interfaceStatus) ruleDevice() string {
	if s.L3Device != "" {
		return s.L3Device
	}
	return s.Device
}

func globalAddresses(device string) (out []ipAddress) {
	if link, err := net.InterfaceByName(device); err == nil {
		addresses, _ := link.Addrs()
		for _, a := range addresses {
			if p := prefix(a.String()); p.Addr().Is6() && p.Addr().IsGlobalUnicast() {
				out = append(out, ipAddress{p.Addr().String(), p.Bits()})
			}
		}
	}
	return out
}

// assign gives each interface that has ip6assign its part of a prefix, in the order of the sections.
func (n *network) assign(config *uciPackage, p netip.Prefix, class string, assigned map[string]ipAddress) {
	base, next := p.Masked().Addr().As16(), uint64(0)
	for _, s := range config.ofType("interface") {
		status := n.find(s.name)
		size, _ := strconv.Atoi(s.get("ip6assign", "0"))
		if classes := s.get("ip6class", ""); !status.Up || size < p.Bits() || size == 0 || size > 64 ||
			classes != "" && !strings.Contains(" "+classes+" ", " "+class+" ") {
			continue
		}
		block := uint64(1) << (64 - size)
		index := (next + block - 1) / block * block
		if hint, err := strconv.ParseUint(s.get("ip6hint", ""), 16, 64); err == nil {
			index = hint / block * block
		}
		if p.Bits() > 0 && index>>(64-p.Bits()) > 0 {
			continue
		}
		next = max(next, index+block)
		a := base
		binary.BigEndian.PutUint64(a[:8], binary.BigEndian.Uint64(base[:8])|index)
		whole := ipAddress{netip.AddrFrom16(a).String(), size}
		id := prefix(s.get("ip6ifaceid", "::1")).Addr().As16()
		copy(a[8:], id[8:])
		status.Assignment = append(status.Assignment, prefixStatus{ipAddress: whole, Local: &ipAddress{netip.AddrFrom16(a).String(), size}})
		n.add(s.name, "-6", "address", "%s/%d dev %s", netip.AddrFrom16(a), size, status.L3Device)
		if assigned != nil {
			assigned[s.name] = whole
		}
	}
}

// words turns options into words of iproute2: each key is an option's name and, if it differs, the word for it.
func (s *uciSection) words(keys ...string) (out string) {
	for _, key := range keys {
		name, word, renamed := strings.Cut(key, " ")
		if v := s.get(name, ""); v != "" {
			out += " " + map[bool]string{true: word, false: name}[renamed] + " " + v
		}
	}
	return out
}

// addRule drops, without a word, a rule that does not parse or whose interface is missing, as netifd does.
func (n *network) addRule(s *uciSection, v6 bool, order int) {
	words := fmt.Sprintf("priority %s", s.get("priority", strconv.Itoa(order+1)))
	for _, key := range [][2]string{{"in", "iif"}, {"out", "oif"}} {
		if name := s.get(key[0], ""); name != "" {
			status := n.find(name)
			if !status.Up {
				return
			}
			words += " " + key[1] + " " + status.L3Device
		}
	}
	for _, key := range [][2]string{{"src", "from"}, {"dest", "to"}} {
		if text := s.get(key[0], ""); text != "" {
			p := prefix(text)
			if !p.IsValid() || p.Addr().Is6() != v6 {
				return
			}
			words += fmt.Sprintf(" %s %s", key[1], p.Masked())
		}
	}
	words += s.words("mark fwmark", "lookup", "suppress_prefixlength", "goto") + " " + s.get("action", "")
	n.add("", map[bool]string{true: "-6", false: "-4"}[v6], "rule", "%s", words)
}

func (n *network) addRoute(s *uciSection, v6 bool) {
	status := n.find(s.get("interface", ""))
	target := s.get("target", "")
	if mask := s.get("netmask", ""); mask != "" && !strings.Contains(target, "/") {
		ones, _ := net.IPMask(net.ParseIP(mask).To4()).Size()
		target += "/" + strconv.Itoa(ones)
	}
	kind := s.get("type", "")
	if p := prefix(target); !p.IsValid() || p.Addr().Is6() != v6 || kind == "" && !status.Up {
		return
	}
	words := kind + " " + target + s.words("gateway via")
	if kind == "" {
		words += " dev " + status.L3Device
	}
	words += s.words("table", "metric", "source src", "mtu")
	n.add(status.Interface, map[bool]string{true: "-6", false: "-4"}[v6], "route", "%s proto static", words)
}
