// The programs of an OpenWrt userland that Debian does not have: one binary with many names (README.md).
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

var programs map[string]func(args []string) int

func init() {
	programs = map[string]func(args []string) int{"uci": uciMain, "fw4": fw4Main, "procd": procdMain, "ubus": ubusMain,
		"jsonfilter": jsonfilterMain, "softwire": softwireMain, "odhcp6c": odhcp6cMain, "flock": flockMain, "ip": ipMain}
}

func main() {
	name := filepath.Base(os.Args[0])
	run := programs[name]
	if run == nil {
		fmt.Fprintf(os.Stderr, "%s: applet not found\n", name)
		os.Exit(127)
	}
	os.Exit(run(os.Args[1:]))
}

// ipMain is busybox ip with what OpenWrt builds into it: no tunnel, and no -d, -j or -br.
func ipMain(args []string) int {
	for i, a := range args {
		if a == "-d" || a == "-j" || a == "-br" || strings.HasPrefix("tunnel", a) && i == len(args)-len(args[i:]) && a != "" && a[0] == 't' {
			fmt.Fprintf(os.Stderr, "BusyBox: ip: invalid argument '%s'\n", a)
			return 1
		}
		if a[0] != '-' {
			break
		}
	}
	syscall.Exec("/bin/busybox", append([]string{"ip"}, args...), os.Environ())
	return 1
}

// flockMain: flock [-sxun] FD|FILE [COMMAND ARGS].
func flockMain(args []string) int {
	mode := syscall.LOCK_EX
	for ; len(args) > 0 && args[0][0] == '-'; args = args[1:] {
		mode = map[string]int{"-s": syscall.LOCK_SH, "-u": syscall.LOCK_UN, "-n": mode | syscall.LOCK_NB}[args[0]]
	}
	fd := 0
	if _, err := fmt.Sscan(args[0], &fd); err == nil && len(args) == 1 {
		if syscall.Flock(fd, mode) != nil {
			return 1
		}
		return 0
	}
	file, err := os.OpenFile(args[0], os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil || syscall.Flock(int(file.Fd()), mode) != nil {
		return 1
	}
	command := exec.Command(args[1], args[2:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Run()
	return command.ProcessState.ExitCode()
}
