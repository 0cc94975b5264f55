package main

import "fmt"

// interfaceStatus is what `ubus call network.interface.NAME status` prints, in netifd's order.
type interfaceStatus struct {
	Interface string `json:"interface,omitempty"`
	Up        bool   `json:"up"`
	Pending   bool   `json:"pending"`
	Available bool   `json:"available"`
	Autostart bool   `json:"autostart"`
	Dynamic   bool   `json:"dynamic"`
	Uptime    *int   `json:"uptime,omitempty"`
	L3Device  string `json:"l3_device,omitempty"`
	Proto     string `json:"proto"`
	Device    string `json:"device,omitempty"`
	*upStatus
	Data map[string]string `json:"data"`
}

// upStatus is the part that only an interface that is up has.
type upStatus struct {
	Updated    []string       `json:"updated"`
	Metric     int            `json:"metric"`
	DNSMetric  int            `json:"dns_metric"`
	Delegation bool           `json:"delegation"`
	IPv4       []ipAddress    `json:"ipv4-address"`
	IPv6       []ipAddress    `json:"ipv6-address"`
	Prefix     []prefixStatus `json:"ipv6-prefix"`
	Assignment []prefixStatus `json:"ipv6-prefix-assignment"`
	Route      []routeStatus  `json:"route"`
	DNSServer  []string       `json:"dns-server"`
	DNSSearch  []string       `json:"dns-search"`
	Neighbors  []string       `json:"neighbors"`
}

type ipAddress struct {
	Address string `json:"address"`
	Mask    int    `json:"mask"`
}

type prefixStatus struct {
	ipAddress
	Class    string               `json:"class,omitempty"`
	Local    *ipAddress           `json:"local-address,omitempty"`
	Assigned map[string]ipAddress `json:"assigned,omitempty"`
}

type routeStatus struct {
	Target  string `json:"target"`
	Mask    int    `json:"mask"`
	Nexthop string `json:"nexthop"`
	Source  string `json:"source"`
}

// subnets lists the addresses with their masks, as fw4 writes them into NAME_subnets.
func (s interfaceStatus) subnets() (out []string) {
	if s.upStatus == nil {
		return nil
	}
	list := append(append([]ipAddress{}, s.IPv4...), s.IPv6...)
	for _, a := range s.Assignment {
		list = append(list, *a.Local)
	}
	for _, a := range list {
		out = append(out, fmt.Sprintf("%s/%d", a.Address, a.Mask))
	}
	return out
}
