// The programs of an OpenWrt userland that Debian does not have: one binary with many names (README.md).
package main

import (
	"os"
	"path/filepath"
)

func main() {
	programs := map[string]func(args []string) int{"uci": uciMain, "fw4": fw4Main, "procd": procdMain, "ubus": ubusMain,
		"jsonfilter": jsonfilterMain, "softwire": softwireMain, "odhcp6c": odhcp6cMain}
	os.Exit(programs[filepath.Base(os.Args[0])](os.Args[1:]))
}
