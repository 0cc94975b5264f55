package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
)

const ubusSocket = "/var/run/ubus.sock"

var errUbusNotFound, errUbusMethod = errors.New("Not found"), errors.New("Method not found")

// UbusRequest is one call, as it goes over the socket; the real wire format is left out.
type UbusRequest struct {
	Path, Method string
	Args         map[string]any
}

// Ubus is the daemon as net/rpc sees it.
type Ubus struct{ *daemon }

func ubusCall(path, method string, args map[string]any) (reply string, err error) {
	client, err := jsonrpc.Dial("unix", ubusSocket)
	if err != nil {
		return "", err
	}
	defer client.Close()
	return reply, client.Call("Ubus.Call", UbusRequest{path, method, args}, &reply)
}

// Call answers one request with JSON in the layout of ubus: tabs, and an empty list on three lines.
func (u Ubus) Call(request UbusRequest, reply *string) error {
	u.Lock()
	defer u.Unlock()
	answer, err := u.dispatch(request)
	if err == nil && answer != nil {
		var text []byte
		text, err = json.MarshalIndent(answer, "", "\t")
		*reply = regexp.MustCompile(`(?m)^(\t*)(.*): null`).ReplaceAllString(string(text), "$1$2: [\n$1\t\n$1]") + "\n"
	}
	return err
}

func (d *daemon) dispatch(r UbusRequest) (any, error) {
	service := fmt.Sprint(r.Args["name"])
	switch call := r.Path + " " + r.Method; {
	case strings.HasPrefix(call, "network.interface."):
		return d.control(strings.TrimPrefix(r.Path, "network.interface."), r.Method, r.Args)
	case call == "network.interface dump":
		return map[string]any{"interface": append([]*interfaceStatus{}, d.current.statuses...)}, nil
	case call == "network reload", call == "network restart", call == "network stop":
		if r.Method != "reload" {
			d.stopNetwork()
		}
		d.started = r.Method != "stop"
		d.apply()
	case call == "system board":
		text, err := os.ReadFile("/etc/board.json")
		return json.RawMessage(text), err
	case call == "service set":
		d.triggers[service] = fmt.Sprint(r.Args["triggers"])
	case call == "service delete":
		delete(d.triggers, service)
	case call == "service event":
		data, _ := r.Args["data"].(map[string]any)
		d.trigger(fmt.Sprint(r.Args["type"]), fmt.Sprint(data["package"]))
	case r.Path == "service", r.Path == "network", r.Path == "network.interface", r.Path == "system":
		return nil, errUbusMethod
	default:
		return nil, errUbusNotFound
	}
	return nil, nil
}

// trigger queues the scripts of services that wait for this event on this interface or configuration:
// their triggers are lines in UCI's syntax, PATTERN SUBJECT COMMAND ARGS….
func (d *daemon) trigger(event, subject string) {
	for _, text := range d.triggers {
		x := &lexer{text: text}
		for t := x.statement(); t != nil; t = x.statement() {
			if match, _ := path.Match(t[0], event); match && t[1] == subject && len(t) > 2 {
				d.events <- func() { exec.Command(t[2], t[3:]...).Run() }
			}
		}
	}
}

func procdMain([]string) int {
	os.Remove(ubusSocket)
	listener, err := net.Listen("unix", ubusSocket)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	rpc.Register(Ubus{newDaemon()})
	for {
		if client, err := listener.Accept(); err == nil {
			go jsonrpc.ServeConn(client)
		}
	}
}

func ubusMain(args []string) int {
	if len(args) > 0 && args[0] == "-S" {
		args = args[1:]
	}
	if len(args) < 3 || args[0] != "call" {
		fmt.Fprintln(os.Stderr, "Usage: ubus call <path> <method> [<message>]")
		return 2
	}
	var message map[string]any
	if len(args) > 3 && json.Unmarshal([]byte(args[3]), &message) != nil {
		fmt.Fprintln(os.Stderr, "Failed to parse message data")
		return 255
	}
	reply, err := ubusCall(args[1], args[2], message)
	fmt.Print(reply)
	if err != nil {
		fmt.Fprintf(os.Stderr, "Command failed: %s\n", err)
		return 4
	}
	return 0
}
