package main

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// daemon is netifd and procd in one: it holds what it has set up, and runs what waits for it.
type daemon struct {
	sync.Mutex
	started   bool
	installed []ipItem
	current   *network
	delegated map[string]netip.Prefix // by interface, as its DHCPv6 client reports
	stopped   map[string]bool         // by ifdown
	since     map[string]time.Time
	children  map[string]*exec.Cmd // DHCPv6 client or softwire of an interface
	triggers  map[string]string    // by service
	links     string
	events    chan func()
}

func newDaemon() *daemon {
	d := &daemon{current: &network{}, delegated: map[string]netip.Prefix{}, stopped: map[string]bool{}, since: map[string]time.Time{},
		children: map[string]*exec.Cmd{}, triggers: map[string]string{}, events: make(chan func(), 1000)}
	go func() {
		for event := range d.events {
			event()
		}
	}()
	go d.watchLinks()
	return d
}

func (d *daemon) uptime(name string) int {
	if d.since[name].IsZero() {
		d.since[name] = time.Now()
	}
	return int(time.Since(d.since[name]).Seconds())
}

// ip runs iproute2 under the name that OpenWrt's ip-full has, whether or not that package is "installed".
func ip(words string) bool {
	out, err := exec.Command("/usr/libexec/ip-full", strings.Fields(words)...).CombinedOutput()
	if err != nil {
		exec.Command("logger", "-t", "netifd", fmt.Sprintf("ip %s: %s", words, strings.TrimSpace(string(out)))).Run()
	}
	return err == nil
}

func (i ipItem) run(verb string) bool {
	device, _, _ := strings.Cut(i.rest, " ")
	switch {
	case i.object == "port" && verb == "del":
		return ip("link set " + device + " nomaster")
	case i.object == "port":
		return exists(device) && ip("link set "+i.rest) && ip("link set "+device+" up")
	case i.object == "link" && verb == "add":
		return (exists(device) || ip("link add "+i.rest)) && ip("link set "+device+" up")
	case i.object == "address" || i.object == "route":
		verb = strings.Replace(verb, "add", "replace", 1)
	}
	return ip(i.family + " " + i.object + " " + verb + " " + i.rest)
}

// apply brings the kernel from what was set up to what the configuration says now, then tells who waits.
func (d *daemon) apply() {
	if !d.started {
		return
	}
	old := d.current
	d.reconcile()
	for range [2]int{} { // a client that starts, or a device that appears, changes what is wanted
		d.runClients()
		d.reconcile()
	}
	for _, status := range d.current.statuses {
		d.announce(old.find(status.Interface), status)
	}
	for _, status := range old.statuses {
		if d.current.find(status.Interface).Interface == "" {
			d.announce(status, &interfaceStatus{Interface: status.Interface})
		}
	}
}

func (d *daemon) reconcile() {
	n := readNetwork(d)
	kept := slices.DeleteFunc(slices.Clone(d.installed), func(item ipItem) bool { return !slices.Contains(n.items, item) })
	for i := len(d.installed) - 1; i >= 0; i-- {
		if !slices.Contains(kept, d.installed[i]) {
			d.installed[i].run("del")
		}
	}
	for _, status := range n.statuses {
		if device := status.ruleDevice(); exists(device) && (status.Up || status.Pending) {
			ip("link set " + device + " up")
		}
	}
	for _, item := range n.items {
		if !slices.Contains(kept, item) && item.run("add") {
			kept = append(kept, item)
		}
	}
	d.installed, d.current = kept, n
}

func (d *daemon) stopNetwork() {
	for name := range d.children {
		d.stopClient(name)
	}
	for i := len(d.installed) - 1; i >= 0; i-- {
		d.installed[i].run("del")
	}
	d.installed, d.current = nil, &network{}
}

// announce runs hotplug scripts and procd triggers for an interface that came, went or changed.
func (d *daemon) announce(old, now *interfaceStatus) {
	action := map[[2]bool]string{{false, true}: "ifup", {true, false}: "ifdown", {true, true}: "ifupdate"}[[2]bool{old.Up, now.Up}]
	if action == "" || action == "ifupdate" && reflect.DeepEqual(old.subnets(), now.subnets()) && reflect.DeepEqual(old.Prefix, now.Prefix) {
		return
	} else if action == "ifdown" {
		delete(d.since, now.Interface)
	}
	d.events <- func() {
		command := exec.Command("/sbin/hotplug-call", "iface")
		command.Env = append(os.Environ(), "ACTION="+action, "INTERFACE="+now.Interface, "DEVICE="+now.ruleDevice())
		if action == "ifupdate" {
			command.Env = append(command.Env, "IFUPDATE_ADDRESSES=1", "IFUPDATE_PREFIXES=1")
		}
		command.Run()
	}
	d.trigger(map[bool]string{true: "interface.update", false: "interface.down"}[now.Up], now.Interface)
}

// runClients keeps one DHCPv6 client or softwire going for each interface that needs one.
func (d *daemon) runClients() {
	wanted := map[string][]string{}
	for _, s := range defaultUCI.load("network").ofType("interface") {
		status, wan := d.current.find(s.name), d.current.find(s.get("tunlink", "wan6"))
		if !status.Autostart || !status.Available {
			continue
		} else if local := globalAddresses(wan.Device); status.Proto == "dslite" && wan.Up && len(local) > 0 {
			wanted[s.name] = []string{"softwire", status.Device, local[0].Address, s.get("peeraddr", ""), s.get("mtu", "1280")}
		} else if status.Proto == "dhcpv6" {
			os.WriteFile("/proc/sys/net/ipv6/conf/"+status.Device+"/accept_ra", []byte("2"), 0)
			wanted[s.name] = []string{"odhcp6c", status.Device, s.name}
		}
	}
	for name, child := range d.children {
		if !slices.Equal(child.Args, wanted[name]) {
			d.stopClient(name)
		}
	}
	for name, args := range wanted {
		if d.children[name] == nil {
			d.startClient(name, args)
		}
	}
}

func (d *daemon) stopClient(name string) {
	if child := d.children[name]; child != nil {
		child.Process.Kill()
		delete(d.children, name)
	}
	delete(d.delegated, name)
}

func (d *daemon) startClient(name string, args []string) {
	child := &exec.Cmd{Path: "/proc/self/exe", Args: args}
	if child.Start() != nil {
		return
	}
	d.children[name] = child
	go func() {
		child.Wait()
		time.Sleep(time.Second)
		d.Lock()
		defer d.Unlock()
		if d.children[name] == child {
			d.stopClient(name)
			d.apply()
		}
	}()
	for end := time.Now().Add(2 * time.Second); args[0] == "softwire" && !exists(args[1]) && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
}

// watchLinks looks once a second for devices that came, went or lost their carrier, and for new addresses.
func (d *daemon) watchLinks() {
	for ; ; time.Sleep(time.Second) {
		links, addresses := " ", ""
		entries, _ := os.ReadDir("/sys/class/net")
		for _, e := range entries {
			changes, _ := os.ReadFile("/sys/class/net/" + e.Name() + "/carrier_changes")
			links += e.Name() + "=" + strings.TrimSpace(string(changes)) + " "
			addresses += fmt.Sprint(globalAddresses(e.Name()))
		}
		d.Lock()
		before := d.links
		if d.links = links + addresses; before != d.links {
			for name, child := range d.children {
				_, state, _ := strings.Cut(before, " "+child.Args[1]+"=")
				state, _, _ = strings.Cut(state, " ")
				if child.Args[0] == "odhcp6c" && !strings.Contains(links, " "+child.Args[1]+"="+state+" ") {
					d.stopClient(name)
				}
			}
			d.apply()
		}
		d.Unlock()
	}
}

// control is ifup, ifdown and renew, and what the DHCPv6 client reports.
func (d *daemon) control(name, method string, args map[string]any) (any, error) {
	status := *d.current.find(name)
	switch {
	case status.Interface == "":
		return nil, errUbusNotFound
	case method == "status":
		status.Interface = ""
		return status, nil
	case method == "up" || method == "down":
		d.stopped[name] = true
		d.stopClient(name)
		d.apply()
		d.stopped[name] = method == "down"
	case method == "renew":
		d.stopClient(name)
	case method == "notify_proto":
		d.delegated[name] = prefix(fmt.Sprint(args["prefix"]))
	default:
		return nil, errUbusMethod
	}
	d.apply()
	return nil, nil
}
