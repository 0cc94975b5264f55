package main

import (
	"encoding/json"
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
	delegated map[string]netip.Prefix
	stopped   map[string]bool
	since     map[string]time.Time
	children  map[string]*exec.Cmd
	links     string
	events    chan func()
	services  map[string]*service
}

func newDaemon() *daemon {
	d := &daemon{current: &network{}, delegated: map[string]netip.Prefix{}, stopped: map[string]bool{}, since: map[string]time.Time{},
		children: map[string]*exec.Cmd{}, events: make(chan func(), 1000), services: map[string]*service{}}
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
		log("netifd: ip %s: %s", words, strings.TrimSpace(string(out)))
	}
	return err == nil
}

func log(format string, args ...any) {
	exec.Command("logger", "-t", "netifd", fmt.Sprintf(format, args...)).Run()
}

func (i ipItem) run(verb string) bool {
	switch i.object {
	case "port":
		device, _, _ := strings.Cut(i.rest, " ")
		if verb == "del" {
			return ip("link set " + device + " nomaster")
		}
		return exists(device) && ip("link set "+i.rest) && ip("link set "+device+" up")
	case "link":
		device, _, _ := strings.Cut(i.rest, " ")
		if verb == "add" && exists(device) {
			return true
		}
	}
	if verb == "add" && (i.object == "address" || i.object == "route") {
		verb = "replace"
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
	for range [2]int{} { // a client that starts or a device that appears changes what is wanted
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
	var kept []ipItem
	for i := len(d.installed) - 1; i >= 0; i-- {
		if item := d.installed[i]; slices.Contains(n.items, item) {
			kept = append([]ipItem{item}, kept...)
		} else {
			item.run("del")
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
		if item.object == "link" {
			ip("link set " + strings.Fields(item.rest)[0] + " up")
		}
	}
	d.installed, d.current = kept, n
}

// announce runs hotplug scripts and procd triggers for an interface that came, went or changed.
func (d *daemon) announce(old, now *interfaceStatus) {
	action := map[[2]bool]string{{false, true}: "ifup", {true, false}: "ifdown", {true, true}: "ifupdate"}[[2]bool{old.Up, now.Up}]
	env := []string{"ACTION=" + action, "INTERFACE=" + now.Interface, "DEVICE=" + now.ruleDevice()}
	switch action {
	case "":
		return
	case "ifupdate":
		if reflect.DeepEqual(old.subnets(), now.subnets()) && reflect.DeepEqual(old.Prefix, now.Prefix) {
			return
		}
		env = append(env, "IFUPDATE_ADDRESSES=1", "IFUPDATE_PREFIXES=1")
	case "ifdown":
		delete(d.since, now.Interface)
	}
	event := map[bool]string{true: "interface.update", false: "interface.down"}[now.Up]
	d.events <- func() {
		command := exec.Command("/sbin/hotplug-call", "iface")
		command.Env = append(os.Environ(), env...)
		command.Run()
	}
	d.trigger(event, now.Interface)
}

// runClients keeps one DHCPv6 client or softwire going for each interface that needs one.
func (d *daemon) runClients() {
	wanted := map[string][]string{}
	config := defaultUCI.load("network")
	for _, s := range config.ofType("interface") {
		status := d.current.find(s.name)
		if !status.Autostart || !status.Available {
			continue
		}
		switch status.Proto {
		case "dhcpv6":
			os.WriteFile("/proc/sys/net/ipv6/conf/"+status.Device+"/accept_ra", []byte("2"), 0)
			wanted[s.name] = []string{"odhcp6c", status.Device, s.name}
		case "dslite":
			wan := d.current.find(s.get("tunlink", "wan6"))
			if local := globalAddresses(wan.Device); wan.Up && len(local) > 0 {
				wanted[s.name] = []string{"softwire", status.Device, local[0].Address, s.get("peeraddr", ""), s.get("mtu", "1280")}
			}
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

// watchLinks looks once a second for devices that came, went or got their carrier back, and for addresses
// that a router advertisement brought: without one a softwire cannot start.
func (d *daemon) watchLinks() {
	for ; ; time.Sleep(time.Second) {
		links := ""
		entries, _ := os.ReadDir("/sys/class/net")
		for _, e := range entries {
			changes, _ := os.ReadFile("/sys/class/net/" + e.Name() + "/carrier_changes")
			carrier, _ := os.ReadFile("/sys/class/net/" + e.Name() + "/carrier")
			links += " " + e.Name() + "=" + strings.TrimSpace(string(changes)) + "/" + strings.TrimSpace(string(carrier))
		}
		d.Lock()
		for _, status := range d.current.statuses {
			if status.Proto == "dhcpv6" {
				links += fmt.Sprintln(status.Interface, globalAddresses(status.Device))
			}
		}
		if before := d.links; before != links {
			d.links = links
			for name, child := range d.children {
				if child.Args[0] == "odhcp6c" && linkState(before, child.Args[1]) != linkState(links, child.Args[1]) {
					d.stopClient(name)
				}
			}
			d.apply()
		}
		d.Unlock()
	}
}

func linkState(links, device string) string {
	_, rest, _ := strings.Cut(links+" ", " "+device+"=")
	state, _, _ := strings.Cut(rest, " ")
	return state
}

// control is ifup, ifdown and renew, and what the DHCPv6 client's script reports.
func (d *daemon) control(name, method string, args map[string]any) (any, error) {
	status := d.current.find(name)
	if status.Interface == "" {
		return nil, errUbusNotFound
	}
	switch method {
	case "status":
		shown := *status
		shown.Interface = ""
		return shown, nil
	case "up", "down":
		d.stopped[name] = true
		d.stopClient(name)
		d.apply()
		d.stopped[name] = method == "down"
	case "renew":
		d.stopClient(name)
	case "notify_proto":
		text, _ := args["prefix"].(string)
		d.delegated[name] = prefix(text)
	default:
		return nil, errUbusMethod
	}
	d.apply()
	return json.RawMessage(nil), nil
}
