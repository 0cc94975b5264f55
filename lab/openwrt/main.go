// Two programs of an OpenWrt userland that Debian does not have, under their names: uci, and procd with netifd in it.
package main

import (
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
)

// ubusCall is a request; the answer is JSON, or a line that begins with "Command failed".
type ubusCall struct {
	Path, Method string
	Args         map[string]string
}

func main() {
	if strings.HasSuffix(os.Args[0], "uci") {
		os.Exit(uciMain(os.Args[1:]))
	}
	const socket = "/var/run/ubus.sock"
	os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	assert(err == nil, errIO)
	for d := newDaemon(); ; {
		if conn, err := listener.Accept(); err == nil {
			go d.serve(conn)
		}
	}
}

// serve answers in the layout of the real ubus: tabs, and an empty list on three lines.
func (d *daemon) serve(conn net.Conn) {
	defer conn.Close()
	var call ubusCall
	json.NewDecoder(conn).Decode(&call)
	d.Lock()
	defer d.Unlock()
	if answer, found := d.answer(call); !found {
		conn.Write([]byte("Command failed: Not found"))
	} else if answer != nil {
		text, _ := json.MarshalIndent(answer, "", "\t")
		conn.Write(regexp.MustCompile(`(?m)^(\t*)(.*): null`).ReplaceAll(text, []byte("$1$2: [\n$1\t\n$1]")))
	}
}

func (d *daemon) answer(call ubusCall) (answer any, found bool) {
	name, ofInterface := strings.CutPrefix(call.Path, "network.interface.")
	status := *d.current.find(name)
	switch what := call.Path + " " + call.Method; {
	case what == "system board":
		return map[string]any{"hostname": "OpenWrt", "release": map[string]string{"version": "24.10.2"}}, true
	case what == "network.interface dump":
		return map[string]any{"interface": d.current.statuses}, true
	case what == "service set":
		d.triggers[call.Args["name"]] = call.Args["triggers"]
	case what == "service delete":
		delete(d.triggers, call.Args["name"])
	case what == "network reload":
		catch(func() { d.config = loadPackage("network") })
	case what == "network stop":
		d.config = &uciPackage{}
	case !ofInterface || status.Interface == "":
		return nil, false
	case call.Method == "status":
		status.Interface = ""
		return status, true
	case call.Method == "up", call.Method == "down":
		d.stopped[name] = true
		d.apply()
		d.stopped[name] = call.Method == "down"
	case call.Method == "notify_proto": // of the DHCPv6 client
		next, err := netip.ParsePrefix(call.Args["prefix"])
		if err == nil || d.delegated[name].String() == call.Args["old"] {
			d.delegated[name] = next
		}
	default:
		return nil, false
	}
	d.apply()
	return nil, true
}
