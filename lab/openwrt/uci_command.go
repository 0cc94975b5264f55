package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed uci_usage.txt
var uciUsage string

var extendedSection = regexp.MustCompile(`^@(\w*)\[(-?\d+)\]$`)

// lookup reads package.section.option=value; the section may be @type[index].
func lookup(arg string) (p *uciPackage, c uciChange) {
	key, value, _ := strings.Cut(arg, "=")
	parts := append(strings.SplitN(key, ".", 3), "", "")
	c.Section, c.Option, c.Value = parts[1], parts[2], value
	assert(nameShape.MatchString(strings.ReplaceAll(parts[0], "-", "_")), errInvalid)
	p = loadPackage(parts[0])
	if m := extendedSection.FindStringSubmatch(c.Section); m != nil {
		same := p.sections(m[1])
		at, _ := strconv.Atoi(m[2])
		assert(at >= -len(same) && at < len(same), errNotFound)
		c.Section = same[(at+len(same))%len(same)].name
	}
	assert(nameShape.MatchString(c.Section+"_"+c.Option), errInvalid)
	return p, c
}

// show prints what is concerned; an unnamed section has its made-up name only where it is asked for.
func (p *uciPackage) show(c uciChange) {
	for _, s := range p.sections("") {
		path := p.name + "." + s.reference
		if c.Section != "" {
			path = p.name + "." + s.name
		}
		if c.concerns(uciEntry{section: s.name}) {
			fmt.Println(path + "=" + s.typ)
		}
		for _, name := range s.order {
			if c.concerns(uciEntry{section: s.name, option: name}) {
				quoted := strings.Join(s.options[name], "\x00")
				fmt.Printf("%s.%s=%s\n", path, name, strings.ReplaceAll(quoteUCI(quoted), "\x00", "' '"))
			}
		}
	}
}

var changeCommands = map[string]string{"set": "", "delete": "-", "rename": "@", "add_list": "|", "del_list": "~"}

// run carries out one command; 255 stands for "show the usage".
func run(args []string) (status int) {
	command, args := args[0], args[1:]
	change, changes := changeCommands[command]
	overview := slices.Contains([]string{"show", "export", "commit", "changes"}, command)
	err := catch(func() {
		switch {
		case command == "batch" && len(args) == 0:
			runBatch()
		case overview && len(args) == 0:
			entries, _ := os.ReadDir(confDir)
			for _, e := range entries {
				run([]string{command, e.Name()})
			}
		case command == "add" && len(args) == 2:
			p := loadPackage(args[0])
			name := p.newName(args[1])
			p.saveStaged(append(p.staged, uciChange{"+", name, "", args[1]}))
			fmt.Println(name)
		case command == "import" && len(args) == 1:
			text, _ := io.ReadAll(os.Stdin)
			parsePackage(args[0], string(text)).commit()
		case len(args) == 1 && (changes || overview || command == "get" || command == "revert"):
			p, c := lookup(args[0])
			c.Command = change
			assert(!changes || c.Section != "" && (change == "-" || strings.Contains(args[0], "=")), errInvalid)
			p.run(command, c)
		default:
			status = 255
		}
	})
	if err != "" {
		fmt.Fprintln(os.Stderr, "uci: "+err)
		return 1
	}
	return status
}

// run carries out a command on what is concerned.
func (p *uciPackage) run(command string, c uciChange) {
	switch command {
	case "show":
		assert(c.Section == "" || p.has(c), errNotFound)
		p.show(c)
	case "export":
		fmt.Printf("package %s\n%s", p.name, p.export())
	case "commit":
		if len(p.staged) > 0 {
			p.commit()
		}
	case "changes":
		for _, change := range p.staged {
			line := strings.TrimSuffix(p.name+"."+change.Section+"."+change.Option, ".")
			if sign := map[string]string{"|": "+", "~": "-"}[change.Command]; change.Command == "-" {
				fmt.Println("-" + line)
			} else {
				fmt.Println(line + sign + "=" + quoteUCI(change.Value))
			}
		}
	case "get":
		assert(c.Section != "" && p.has(c), errNotFound)
		for _, s := range p.sections("") {
			if s.name == c.Section {
				fmt.Println(cmp.Or(s.get(c.Option, ""), s.typ))
			}
		}
	case "revert":
		p.saveStaged(slices.DeleteFunc(p.staged, func(staged uciChange) bool {
			return c.concerns(uciEntry{section: staged.Section, option: staged.Option})
		}))
	default:
		if p.apply(c) {
			p.saveStaged(append(p.staged, c))
		}
	}
}

// runBatch says nothing of failed lines in its status, as the real one does.
func runBatch() {
	text, _ := io.ReadAll(os.Stdin)
	for x := (&lexer{text: string(text)}); ; {
		var args []string
		if err := catch(func() { args = x.statement() }); err != "" {
			fmt.Fprintln(os.Stderr, "uci: "+err)
		} else if args == nil || args[0] == "exit" {
			return
		} else if run(args) == 255 {
			fmt.Fprintln(os.Stderr, "Unknown command")
		}
	}
}

func uciMain(args []string) int {
	if len(args) > 0 && args[0] == "-q" {
		os.Stderr, _ = os.Open(os.DevNull)
		args = args[1:]
	}
	if len(args) > 0 {
		if status := run(args); status != 255 {
			return status
		}
	}
	fmt.Fprint(os.Stderr, uciUsage)
	return 255
}
