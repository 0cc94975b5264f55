package main

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// daemon is netifd and procd in one: it holds what it has set up, and runs what waits for it.
type daemon struct {
	sync.Mutex
	config    *uciPackage // as of the last reload
	current   *network
	installed []ipItem
	delegated map[string]netip.Prefix // by interface, as its DHCPv6 client reports
	stopped   map[string]bool         // by ifdown
	clients   map[string]*exec.Cmd    // DHCPv6 client or softwire of an interface
	triggers  map[string]string       // by service
	links     string
	events    chan func()
}

func newDaemon() *daemon {
	d := &daemon{config: &uciPackage{}, current: &network{}, delegated: map[string]netip.Prefix{},
		stopped: map[string]bool{}, clients: map[string]*exec.Cmd{}, triggers: map[string]string{},
		events: make(chan func(), 1000)}
	go func() {
		for event := range d.events {
			event()
		}
	}()
	go d.watchLinks()
	return d
}

// ip runs iproute2 under the name that OpenWrt's ip-full has, whether or not that package is "installed".
func ip(words string) bool {
	out, err := exec.Command("/usr/libexec/ip-full", strings.Fields(words)...).CombinedOutput()
	if err != nil {
		exec.Command("logger", "-t", "netifd", fmt.Sprintf("ip %s: %s", words, out)).Run()
	}
	return err == nil
}

// apply brings the kernel from what was set up to what the configuration says now, then tells who waits.
func (d *daemon) apply() {
	old, next := d.current, d.readNetwork()
	gone := func(item ipItem) bool { return !slices.Contains(next.items, item) }
	for _, item := range slices.Backward(d.installed) {
		if gone(item) && item.del != "" {
			ip(item.del)
		}
	}
	d.installed = slices.DeleteFunc(d.installed, gone)
	for _, item := range next.items {
		if !slices.Contains(d.installed, item) && ip(item.add) {
			d.installed = append(d.installed, item)
		}
	}
	d.current = next
	d.runClients()
	for _, status := range next.statuses {
		d.announce(old.find(status.Interface), status)
	}
}

// announce runs hotplug scripts and procd triggers for an interface that came, went or changed.
func (d *daemon) announce(old, now *interfaceStatus) {
	action, event := "ifupdate", "interface.update"
	if reflect.DeepEqual(old.upStatus, now.upStatus) {
		return
	} else if !old.Up {
		action = "ifup"
	} else if !now.Up {
		action, event = "ifdown", "interface.down"
	}
	d.events <- func() {
		hotplug := exec.Command("sh", "-c", `for script in /etc/hotplug.d/iface/*; do (. "$script"); done`)
		hotplug.Env = append(os.Environ(), "ACTION="+action, "INTERFACE="+now.Interface, "DEVICE="+now.Device)
		hotplug.Run()
	}
	for _, text := range d.triggers {
		x := &lexer{text: text} // lines in UCI's syntax: PATTERN INTERFACE COMMAND ARGS…
		for t := x.statement(); t != nil; t = x.statement() {
			if match, _ := path.Match(t[0], event); match && t[1] == now.Interface && len(t) > 2 {
				d.events <- func() { exec.Command(t[2], t[3:]...).Run() }
			}
		}
	}
}

// runClients has the program going that each interface needs, and starts it anew when its arguments change.
func (d *daemon) runClients() {
	for name, client := range d.clients {
		if !slices.Equal(client.Args[1:], d.current.find(name).client) {
			client.Process.Signal(syscall.SIGTERM)
			delete(d.clients, name)
			delete(d.delegated, name)
		}
	}
	for _, status := range d.current.statuses {
		if name := status.Interface; status.client != nil && d.clients[name] == nil {
			client := exec.Command("/usr/lib/lab/supervise", status.client...)
			if client.Start() == nil {
				d.clients[name] = client
				go client.Wait()
			}
		}
	}
}

// watchLinks looks once a second for devices and addresses that came or went, and for carriers that were lost.
func (d *daemon) watchLinks() {
	for ; ; time.Sleep(time.Second) {
		links := ""
		entries, _ := os.ReadDir("/sys/class/net")
		for _, e := range entries {
			links += fmt.Sprintln(e.Name(), carrierChanges(e.Name()), globalAddresses(e.Name()))
		}
		d.Lock()
		if links != d.links {
			d.links = links
			d.apply()
		}
		d.Unlock()
	}
}
