package main

import (
	"encoding/binary"
	"math/rand"
	"net"
	"net/netip"
	"strings"
	"time"
)

// DHCPv6 messages and options (RFC 8415, 7.3 and 21).
const (
	solicit, request, renew                                              = 1, 3, 5
	optClientID, optServerID, optRequest, optElapsed, optIAPD, optPrefix = 1, 2, 6, 8, 25, 26
)

// prefixClient asks for one delegated prefix on one link, always as the same IA.
type prefixClient struct {
	conn   *net.UDPConn
	device string
	duid   []byte
	server []byte
}

// lease is what a reply granted; the zero value is no prefix.
type lease struct {
	prefix    netip.Prefix
	option    []byte
	t1, valid time.Duration
}

func option(code int, data ...byte) []byte {
	return append(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, uint16(code)), uint16(len(data))), data...)
}

func findOption(data []byte, code int) []byte {
	for len(data) >= 4 {
		size := 4 + int(binary.BigEndian.Uint16(data[2:]))
		if size > len(data) {
			break
		} else if int(binary.BigEndian.Uint16(data)) == code {
			return data[4:size]
		}
		data = data[size:]
	}
	return nil
}

// exchange sends a message until a fitting answer comes, or until the deadline.
func (c *prefixClient) exchange(kind byte, old lease, deadline time.Time) (got lease) {
	message := binary.BigEndian.AppendUint32(nil, uint32(kind)<<24|rand.Uint32()>>8)
	message = append(append(message, option(optClientID, c.duid...)...), option(optElapsed, 0, 0)...)
	message = append(message, option(optRequest, 0, 23, 0, 24, 0, 64)...)
	if c.server != nil && kind != solicit {
		message = append(message, option(optServerID, c.server...)...)
	}
	message = append(message, option(optIAPD, append([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, old.option...)...)...)
	buffer := make([]byte, 1500)
	for wait := time.Second; time.Now().Before(deadline); wait = min(2*wait, 30*time.Second) {
		c.conn.WriteToUDP(message, &net.UDPAddr{IP: net.ParseIP("ff02::1:2"), Port: 547, Zone: c.device})
		c.conn.SetReadDeadline(time.Now().Add(wait))
		for {
			size, _, err := c.conn.ReadFromUDP(buffer)
			if err != nil {
				break
			} else if size < 4 || string(buffer[1:4]) != string(message[1:4]) {
				continue
			}
			options := buffer[4:size]
			c.server = append([]byte{}, findOption(options, optServerID)...)
			if ia := findOption(options, optIAPD); len(ia) > 12 {
				if p := findOption(ia[12:], optPrefix); len(p) >= 25 && binary.BigEndian.Uint32(p[4:]) > 0 {
					seconds := func(b []byte) time.Duration { return time.Duration(binary.BigEndian.Uint32(b)) * time.Second }
					got = lease{netip.PrefixFrom(netip.AddrFrom16([16]byte(p[9:25])), int(p[8])), option(optPrefix, p[:25]...), seconds(ia[4:]), seconds(p[4:])}
					if got.t1 == 0 {
						got.t1 = got.valid / 2
					}
				}
			}
			if got.option != nil || kind != solicit {
				return got
			}
		}
	}
	return got
}

// odhcp6cMain keeps netifd told of the prefix: odhcp6c DEVICE INTERFACE.
func odhcp6cMain(args []string) int {
	c := &prefixClient{device: args[0]}
	for ; c.conn == nil; time.Sleep(200 * time.Millisecond) { // until the link-local address has passed DAD
		link, err := net.InterfaceByName(c.device)
		if err != nil {
			return 1
		}
		c.duid = append([]byte{0, 3, 0, 1}, link.HardwareAddr...)
		addresses, _ := link.Addrs()
		for _, a := range addresses {
			if strings.HasPrefix(a.String(), "fe80:") {
				c.conn, _ = net.ListenUDP("udp6", &net.UDPAddr{IP: prefix(a.String()).Addr().AsSlice(), Port: 546, Zone: c.device})
			}
		}
	}
	for {
		held := c.exchange(solicit, lease{}, time.Now().Add(time.Hour))
		held = c.exchange(request, held, time.Now().Add(10*time.Second))
		for granted := held; granted.option != nil; {
			held = granted
			ubusCall("network.interface."+args[1], "notify_proto", map[string]any{"prefix": held.prefix.String()})
			expiry := time.Now().Add(held.valid)
			time.Sleep(held.t1)
			granted = c.exchange(renew, held, expiry)
		}
		ubusCall("network.interface."+args[1], "notify_proto", map[string]any{"prefix": ""})
		time.Sleep(time.Second)
	}
}
