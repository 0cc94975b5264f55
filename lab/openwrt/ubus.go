package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const ubusSocket = "/var/run/ubus.sock"

var errUbusNotFound, errUbusMethod = errors.New("Not found"), errors.New("Method not found")

// UbusRequest is one call, as it goes over the socket; the real wire format is left out.
type UbusRequest struct {
	Path, Method string
	Args         map[string]any
}

// service is a procd service: its running instances and the triggers of its init script.
type service struct {
	text      string
	instances []*instance
	triggers  [][]string
}

type instance struct {
	command []string
	respawn bool
	child   *exec.Cmd
}

func ubusCall(path, method string, args map[string]any) (reply string, err error) {
	client, err := rpc.Dial("unix", ubusSocket)
	if err != nil {
		return "", err
	}
	defer client.Close()
	return reply, client.Call("Ubus.Call", UbusRequest{path, method, args}, &reply)
}

// Ubus is the daemon as net/rpc sees it.
type Ubus struct{ *daemon }

// Call answers one request with JSON in the layout of ubus: tabs, and an empty list on three lines.
func (u Ubus) Call(request UbusRequest, reply *string) error {
	u.Lock()
	defer u.Unlock()
	answer, err := u.dispatch(request)
	if err != nil || answer == nil {
		return err
	}
	text, err := json.MarshalIndent(answer, "", "\t")
	*reply = regexp.MustCompile(`(?m)^(\t*)(.*)\[\]`).ReplaceAllString(string(text), "$1$2[\n$1\t\n$1]")
	return err
}

func (d *daemon) dispatch(r UbusRequest) (any, error) {
	name, isInterface := strings.CutPrefix(r.Path, "network.interface.")
	switch call := r.Path + " " + r.Method; {
	case isInterface:
		return d.control(name, r.Method, r.Args)
	case call == "network.interface dump":
		list := d.current.statuses
		if list == nil {
			list = []*interfaceStatus{}
		}
		return map[string]any{"interface": list}, nil
	case call == "network reload", call == "network restart":
		if d.started = true; r.Method == "restart" {
			d.stopNetwork()
		}
		d.started = true
		d.apply()
	case call == "network stop":
		d.stopNetwork()
	case call == "system board":
		text, err := os.ReadFile("/etc/board.json")
		return json.RawMessage(text), err
	case call == "service set":
		d.setService(fmt.Sprint(r.Args["name"]), fmt.Sprint(r.Args["text"]))
	case call == "service running":
		if s := d.services[fmt.Sprint(r.Args["name"])]; s == nil || s.instances == nil {
			return nil, errUbusNotFound
		}
	case call == "service delete":
		d.setService(fmt.Sprint(r.Args["name"]), "")
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

func (d *daemon) stopNetwork() {
	for name := range d.children {
		d.stopClient(name)
	}
	for i := len(d.installed) - 1; i >= 0; i-- {
		d.installed[i].run("del")
	}
	d.installed, d.current, d.started = nil, &network{}, false
}

// setService takes what rc.common collected, in UCI's syntax: instance, command, respawn, trigger.
func (d *daemon) setService(name, text string) {
	old := d.services[name]
	if delete(d.services, name); old != nil {
		for _, i := range old.instances {
			i.respawn = false
			i.child.Process.Kill()
		}
	}
	s := &service{text: text}
	for x := (&lexer{text: text}); ; {
		words := x.statement()
		if words == nil {
			break
		}
		switch last := len(s.instances) - 1; words[0] {
		case "instance":
			s.instances = append(s.instances, &instance{})
		case "command":
			s.instances[last].command = words[1:]
		case "respawn":
			s.instances[last].respawn = true
		case "trigger":
			s.triggers = append(s.triggers, words[1:])
		}
	}
	for _, i := range s.instances {
		i.start(d)
	}
	if text != "" {
		d.services[name] = s
	}
}

func (i *instance) start(d *daemon) {
	i.child = exec.Command(i.command[0], i.command[1:]...)
	if i.child.Start() != nil {
		return
	}
	go func() {
		i.child.Wait()
		time.Sleep(5 * time.Second)
		d.Lock()
		defer d.Unlock()
		if i.respawn {
			i.start(d)
		}
	}()
}

// trigger queues the scripts of services that wait for this event on this interface or configuration.
func (d *daemon) trigger(event, subject string) {
	for _, s := range d.services {
		for _, t := range s.triggers {
			if match, _ := path.Match(t[0], event); match && (t[1] == subject || t[1] == "*") {
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
	rpc.Accept(listener)
	return 0
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
	if err != nil {
		fmt.Fprintf(os.Stderr, "Command failed: %s\n", err)
		return 4
	}
	if reply != "" {
		fmt.Println(reply)
	}
	return 0
}

var jsonPathStep = regexp.MustCompile(`^(?:\.([\w-]+|\*)|\[["']([^"']*)["']\]|\[(\d+|\*)\]|\[@\.([\w-]+)=["']([^"']*)["']\])`)

// jsonFilter walks one path such as @.interface[@.interface="wan6"]["ipv6-prefix"][0].address.
func jsonFilter(values []any, path string) ([]any, bool) {
	for path != "" {
		m := jsonPathStep.FindStringSubmatch(path)
		if m == nil {
			return nil, false
		}
		path = path[len(m[0]):]
		var next []any
		for _, value := range values {
			object, _ := value.(map[string]any)
			list, _ := value.([]any)
			for _, item := range object {
				if m[1] == "*" || m[3] == "*" {
					next = append(next, item)
				}
			}
			if item, has := object[m[1]+m[2]]; has {
				next = append(next, item)
			}
			for i, item := range list {
				fields, _ := item.(map[string]any)
				if m[1] == "*" || m[3] == "*" || m[3] == strconv.Itoa(i) || m[4] != "" && fmt.Sprint(fields[m[4]]) == m[5] {
					next = append(next, item)
				}
			}
		}
		values = next
	}
	return values, true
}

func jsonfilterMain(args []string) int {
	var input io.Reader = os.Stdin
	var paths []string
	flags := flag.NewFlagSet("jsonfilter", flag.ContinueOnError)
	flags.Func("s", "", func(text string) error { input = strings.NewReader(text); return nil })
	flags.Func("i", "", func(name string) (err error) { input, err = os.Open(name); return err })
	flags.Func("e", "", func(p string) error { paths = append(paths, strings.TrimPrefix(p, "@")); return nil })
	if flags.Parse(args) != nil {
		return 1
	}
	var root any
	decoder := json.NewDecoder(input)
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		fmt.Fprintln(os.Stderr, "Failed to parse json data:", err)
		return 126
	}
	status := 1
	for _, p := range paths {
		found, ok := jsonFilter([]any{root}, p)
		if !ok {
			fmt.Fprintln(os.Stderr, "Syntax error: "+p)
			return 125
		}
		for _, value := range found {
			text, isString := value.(string)
			if encoded, _ := json.Marshal(value); !isString {
				text = string(encoded)
			}
			fmt.Println(text)
			status = 0
		}
	}
	return status
}
