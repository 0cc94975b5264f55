package main

import (
	"fmt"
	"time"
)

// interfaceStatus is what `ubus call network.interface.NAME status` prints, in netifd's order.
type interfaceStatus struct {
	Interface string    `json:"interface,omitempty"`
	Up        bool      `json:"up"`
	Pending   bool      `json:"pending"`
	Available bool      `json:"available"`
	Autostart bool      `json:"autostart"`
	Dynamic   bool      `json:"dynamic"`
	Uptime    startTime `json:"uptime,omitzero"`
	L3Device  string    `json:"l3_device,omitempty"`
	Proto     string    `json:"proto"`
	Device    string    `json:"device,omitempty"`
	*upStatus
	Data   struct{} `json:"data"`
	client []string // the program that the interface needs
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
	Route      []string       `json:"route"`
}

type ipAddress struct {
	Address string `json:"address"`
	Mask    int    `json:"mask"`
}

type prefixStatus struct {
	ipAddress
	Class string     `json:"class,omitempty"`
	Local *ipAddress `json:"local-address,omitempty"`
}

// startTime, in seconds since 1970, is printed as the time since then.
type startTime int64

func (t startTime) MarshalJSON() ([]byte, error) {
	return fmt.Append(nil, time.Now().Unix()-int64(t)), nil
}
