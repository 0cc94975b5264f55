package main

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// softwireMain is a DS-Lite softwire (RFC 6333) in user space: a TUN device, and IPv4 in IPv6 with next header 4.
// The kernel's ip6tnl is left alone, so that its module can be missing until a package brings it.
// Usage: softwire DEVICE LOCAL REMOTE MTU; REMOTE "any" (the AFTR's side) answers whoever sent last.
func softwireMain(args []string) int {
	if len(args) != 4 {
		fmt.Fprintln(os.Stderr, "Usage: softwire DEVICE LOCAL REMOTE|any MTU")
		return 2
	}
	fail := func(err error) int { fmt.Fprintf(os.Stderr, "softwire %s: %v\n", args[0], err); return 1 }
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return fail(err)
	}
	var request [40]byte
	copy(request[:16], args[0])
	request[16], request[17] = 0x01, 0x10 // IFF_TUN | IFF_NO_PI
	if _, _, code := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), 0x400454ca, uintptr(unsafe.Pointer(&request))); code != 0 {
		return fail(code)
	}
	ip("link set " + args[0] + " mtu " + args[3] + " up")
	tun := os.NewFile(uintptr(fd), "tun")
	socket, err := net.ListenIP("ip6:4", &net.IPAddr{IP: net.ParseIP(args[1])})
	if err != nil {
		return fail(err)
	}
	var remote net.Addr = &net.IPAddr{IP: net.ParseIP(args[2])}
	fixed := net.ParseIP(args[2])
	go func() {
		for packet := make([]byte, 65536); ; {
			size, from, err := socket.ReadFrom(packet)
			if err == nil && (fixed == nil || fixed.Equal(from.(*net.IPAddr).IP)) {
				remote = from
				tun.Write(packet[:size])
			}
		}
	}()
	for packet := make([]byte, 65536); ; {
		size, err := tun.Read(packet)
		if err != nil {
			return fail(err)
		}
		socket.WriteTo(packet[:size], remote)
	}
}
