package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ipItem is what `ip` is told to make an address, route, rule or link, and when it is no longer wanted.
type ipItem struct{ add, del string }

// network is one reading of the configuration: what should be there, and each interface's status.
type network struct {
	items    []ipItem
	statuses []*interfaceStatus
}

// want adds an address, route or rule; verb is add or replace.
func (n *network) want(object, verb, format string, args ...any) {
	rest := fmt.Sprintf(format, args...)
	n.items = append(n.items, ipItem{object + " " + verb + " " + rest, object + " del " + rest})
}

func (n *network) find(name string) *interfaceStatus {
	for _, s := range n.statuses {
		if s.Interface == name {
			return s
		}
	}
	return &interfaceStatus{}
}

func globalAddresses(device string) (out []ipAddress) {
	if link, err := net.InterfaceByName(device); err == nil {
		addresses, _ := link.Addrs()
		for _, a := range addresses {
			if p, _ := netip.ParsePrefix(a.String()); p.Addr().Is6() && p.Addr().IsGlobalUnicast() {
				out = append(out, ipAddress{p.Addr().String(), p.Bits()})
			}
		}
	}
	return out
}

// carrierChanges counts how often a device got or lost its carrier; a device that is not there gives "".
func carrierChanges(device string) string {
	text, _ := os.ReadFile("/sys/class/net/" + device + "/carrier_changes")
	return strings.TrimSpace(string(text))
}

// readNetwork decides what to set up with the devices and the prefixes that there are now.
func (d *daemon) readNetwork() *network {
	n := &network{}
	for _, s := range d.config.sections("device") {
		if name := s.get("name", ""); s.get("type", "") == "bridge" {
			n.items = append(n.items, ipItem{"link add " + name + " type bridge", "link del " + name})
			for _, port := range s.values("ports") {
				n.items = append(n.items, ipItem{"link set " + port + " up master " + name, "link set " + port + " nomaster"})
			}
		}
	}
	for _, s := range d.config.sections("interface") {
		d.addInterface(n, s)
	}
	for _, s := range d.config.sections("globals") {
		ula, _ := netip.ParsePrefix(s.get("ula_prefix", ""))
		d.assign(n, ula)
	}
	for _, status := range n.statuses {
		if p := d.delegated[status.Interface]; p.IsValid() && status.Up {
			status.Prefix = []prefixStatus{{ipAddress{p.Addr().String(), p.Bits()}, status.Interface, nil}}
			n.want("-6 route", "replace", "unreachable %s metric 2147483647 proto static", p)
			d.assign(n, p)
		}
	}
	for i, s := range d.config.sections("") {
		n.addRuleOrRoute(s, i)
	}
	return n
}

func (d *daemon) addInterface(n *network, s *uciSection) {
	status := &interfaceStatus{Interface: s.name, Proto: s.get("proto", "none"), Device: s.get("device", "")}
	n.statuses = append(n.statuses, status)
	if status.Proto == "dslite" {
		status.Device = "ds-" + s.name
	}
	carrier := carrierChanges(status.Device)
	status.Available = carrier != "" || status.Proto == "dslite"
	status.Autostart = s.get("auto", "1") != "0" && !d.stopped[s.name]
	if !status.Available || !status.Autostart {
		return
	}
	addresses := s.values("ipaddr")
	switch status.Proto {
	case "static", "none":
		status.Up = true
	case "dhcpv6":
		os.WriteFile("/proc/sys/net/ipv6/conf/"+status.Device+"/accept_ra", []byte("2"), 0)
		status.client = []string{"respawn", "/usr/lib/lab/dhcpv6", status.Device, s.name, carrier}
		// what a client was given before the carrier was lost does not count
		if client := d.clients[s.name]; client != nil && slices.Equal(client.Args[1:], status.client) {
			status.Up = d.delegated[s.name].IsValid()
		}
	case "dslite":
		wan := n.find(s.get("tunlink", "wan6"))
		if local := globalAddresses(wan.Device); wan.Up && len(local) > 0 {
			tunnel := fmt.Sprintf("IP6-SENDTO:[%s]:4,bind=[%s]", s.get("peeraddr", ""), local[0].Address)
			status.client = []string{"respawn", "/usr/lib/lab/socat", "TUN,iff-no-pi,tun-name=" + status.Device, tunnel}
			status.Up = carrier != ""
			addresses = []string{"192.0.0.2/32"}
		}
	}
	if carrier != "" {
		mtu := map[bool]string{true: " mtu " + s.get("mtu", "1280")}[status.Proto == "dslite"]
		n.items = append(n.items, ipItem{add: "link set " + status.Device + " up" + mtu})
	}
	if status.Pending = !status.Up; status.Pending {
		return
	}
	status.Uptime = startTime(time.Now().Unix())
	if old := d.current.find(s.name); old.Up {
		status.Uptime = old.Uptime
	}
	status.L3Device, status.upStatus = status.Device, &upStatus{Updated: []string{"addresses"}, Delegation: true}
	for _, text := range addresses {
		if p, err := netip.ParsePrefix(text); err == nil {
			status.IPv4 = append(status.IPv4, ipAddress{p.Addr().String(), p.Bits()})
			n.want("-4 address", "replace", "%s dev %s", p, status.Device)
		}
	}
	switch status.Proto {
	case "dhcpv6":
		status.IPv6 = globalAddresses(status.Device)
	case "dslite":
		n.want("-4 route", "replace", "default dev %s proto static", status.Device)
	}
}

// assign gives each interface that has ip6assign its part of a prefix, in the order of the sections.
func (d *daemon) assign(n *network, p netip.Prefix) {
	next := uint64(0)
	for _, s := range d.config.sections("interface") {
		status := n.find(s.name)
		size, _ := strconv.Atoi(s.get("ip6assign", "0"))
		if !p.IsValid() || !status.Up || size < p.Bits() || size == 0 || size > 64 {
			continue
		}
		block := uint64(1) << (64 - size)
		index := (next + block - 1) / block * block
		if next = index + block; index>>(64-p.Bits()) > 0 {
			continue
		}
		a := p.Masked().Addr().As16()
		binary.BigEndian.PutUint64(a[:8], binary.BigEndian.Uint64(a[:8])|index)
		whole := ipAddress{netip.AddrFrom16(a).String(), size}
		a[15] = 1
		local := ipAddress{netip.AddrFrom16(a).String(), size}
		status.Assignment = append(status.Assignment, prefixStatus{ipAddress: whole, Local: &local})
		n.want("-6 address", "replace", "%s/%d dev %s", local.Address, size, status.Device)
	}
}

// words turns options into words of iproute2: each is an option's name and, if it differs, the word for it.
func (s *uciSection) words(pairs ...string) (out string) {
	for _, pair := range pairs {
		name, word, _ := strings.Cut(pair, " ")
		if v := s.get(name, ""); v != "" {
			out += " " + cmp.Or(word, name) + " " + v
		}
	}
	return out
}

// addRuleOrRoute drops, without a word, what does not parse or whose interface is missing, as netifd does.
func (n *network) addRuleOrRoute(s *uciSection, order int) {
	family := map[bool]string{true: "-6", false: "-4"}[strings.HasSuffix(s.typ, "6")]
	status, kind, device := n.find(s.get("in", s.get("interface", ""))), s.get("type", ""), ""
	switch strings.TrimSuffix(s.typ, "6") {
	case "rule":
		if status.Up {
			device = " iif " + status.L3Device
		} else if s.get("in", "") != "" {
			return
		}
		words := s.words("src from", "dest to", "mark fwmark", "lookup", "suppress_prefixlength", "goto")
		priority := s.get("priority", strconv.Itoa(order+1))
		n.want(family+" rule", "add", "priority %s%s%s %s", priority, device, words, s.get("action", ""))
	case "route":
		if kind == "" && !status.Up {
			return
		} else if kind == "" {
			device = " dev " + status.L3Device
		}
		words := s.words("gateway via") + device + s.words("table", "metric", "source src", "mtu")
		n.want(family+" route", "replace", "%s %s%s proto static", kind, s.get("target", ""), words)
	}
}
