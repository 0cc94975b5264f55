package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
)

var jsonPathStep = regexp.MustCompile(`^(?:\.([\w-]+|\*)|\[["']([^"']*)["']\]|\[(\d+|\*)\]|\[@\.([\w-]+)=["']([^"']*)["']\])`)

// jsonFilter walks one path such as @.interface[@.interface="wan6"]["ipv6-prefix"][0].address.
func jsonFilter(values []any, path string) []any {
	for path != "" {
		m := jsonPathStep.FindStringSubmatch(path)
		if m == nil {
			fmt.Fprintln(os.Stderr, "Syntax error: "+path)
			os.Exit(125)
		}
		path = path[len(m[0]):]
		var next []any
		for _, value := range values {
			object, _ := value.(map[string]any)
			if item, has := object[m[1]+m[2]]; has {
				next = append(next, item)
			}
			list, _ := value.([]any)
			for i, item := range list {
				fields, _ := item.(map[string]any)
				if m[1]+m[3] == "*" || m[3] == strconv.Itoa(i) || m[4] != "" && fmt.Sprint(fields[m[4]]) == m[5] {
					next = append(next, item)
				}
			}
		}
		values = next
	}
	return values
}

func jsonfilterMain(args []string) int {
	var input io.Reader = os.Stdin
	var paths []string
	flags := flag.NewFlagSet("jsonfilter", flag.ExitOnError)
	flags.Func("s", "", func(text string) error { input = strings.NewReader(text); return nil })
	flags.Func("i", "", func(name string) (err error) { input, err = os.Open(name); return err })
	flags.Func("e", "", func(path string) error { paths = append(paths, strings.TrimPrefix(path, "@")); return nil })
	flags.Parse(args)
	var root any
	decoder := json.NewDecoder(input)
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		fmt.Fprintln(os.Stderr, "Failed to parse json data:", err)
		return 126
	}
	status := 1
	for _, path := range paths {
		for _, value := range jsonFilter([]any{root}, path) {
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
