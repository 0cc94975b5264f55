package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// uciCommand is one run of `uci`; batch runs many of its commands.
type uciCommand struct {
	uciContext
	quiet, batch, noCommit bool
}

// uciTuple is package.section.option=value, looked up; the section may be @type[index].
type uciTuple struct {
	p                      *uciPackage
	s                      *uciSection
	o                      *uciOption
	section, option, value string
	hasValue, found        bool
}

func (u *uciCommand) complain(text string) {
	if !u.quiet {
		fmt.Fprintln(os.Stderr, text)
	}
}

var extendedSection = regexp.MustCompile(`^@([!-Z\\^-~]*)\[(-?\d+)\]$`)

func (u *uciCommand) lookup(arg string) (t uciTuple) {
	var key string
	key, t.value, t.hasValue = strings.Cut(arg, "=")
	parts := strings.SplitN(key, ".", 3)
	assert(nameShape.MatchString(strings.ReplaceAll(parts[0], "-", "_")), errParse)
	t.p = u.load(parts[0])
	if t.found = len(parts) == 1; t.found {
		return t
	} else if len(parts) > 2 {
		t.option = parts[2]
		assert(nameShape.MatchString(t.option), errParse)
	}
	if t.section = parts[1]; nameShape.MatchString(t.section) {
		t.s = t.p.find(t.section)
	} else {
		m := extendedSection.FindStringSubmatch(t.section)
		assert(m != nil, errInvalid)
		same := t.p.ofType(m[1])
		at, _ := strconv.Atoi(m[2])
		if at < 0 {
			at += len(same)
		}
		if at >= 0 && at < len(same) {
			t.s, t.section = same[at], same[at].name
		}
	}
	if t.s != nil {
		t.o = t.s.option(t.option)
	}
	t.found = t.s != nil && (t.option == "" || t.o != nil)
	return t
}

func showOption(prefix string, o *uciOption) {
	var quoted []string
	for _, v := range o.values {
		quoted = append(quoted, quoteUCI(v))
	}
	fmt.Printf("%s.%s=%s\n", prefix, o.name, strings.Join(quoted, " "))
}

func showSection(prefix string, s *uciSection) {
	fmt.Printf("%s=%s\n", prefix, s.typ)
	for _, o := range s.options {
		showOption(prefix, o)
	}
}

func (u *uciCommand) show(t uciTuple) {
	switch assert(t.found, errNotFound); {
	case t.o != nil:
		showOption(t.p.name+"."+t.s.name, t.o)
	case t.s != nil:
		showSection(t.p.name+"."+t.s.name, t.s)
	default:
		index := map[string]int{}
		for _, s := range t.p.sections {
			ref := s.name
			if s.anonymous {
				ref = fmt.Sprintf("@%s[%d]", s.typ, index[s.typ])
			}
			index[s.typ]++
			showSection(t.p.name+"."+ref, s)
		}
	}
}

func (u *uciCommand) packageCommand(command, arg string) {
	switch t := u.lookup(arg); command {
	case "show":
		u.show(t)
	case "export":
		fmt.Printf("package %s\n%s", t.p.name, t.p.export())
	case "commit":
		if len(t.p.saved) > 0 && !u.noCommit {
			u.write(t.p)
		}
	case "changes":
		for _, c := range t.p.saved {
			line := c.line(t.p.name)
			if sign := map[byte]string{'|': "+=", '~': "-="}[c.command]; sign != "" {
				line = strings.Replace(line, "=", sign, 1)
			}
			fmt.Print(strings.TrimLeft(line, "+@^|~"))
		}
	}
}

var uciCommandByte = map[string]byte{
	"set": 0, "delete": '-', "del": '-', "rename": '@', "ren": '@', "reorder": '^', "add_list": '|', "del_list": '~'}

// run carries out one command; 255 stands for "show the usage".
func (u *uciCommand) run(args []string) (status int) {
	command, args := strings.ToLower(args[0]), args[1:]
	err := catch(func() { status = u.runOrThrow(command, args) })
	if err != nil {
		u.complain("uci: " + err.text)
		return 1
	}
	return status
}

func (u *uciCommand) runOrThrow(command string, args []string) int {
	letter, changes := uciCommandByte[command]
	switch {
	case command == "batch" && !u.batch:
		return u.runBatch()
	case command == "show" || command == "export" || command == "commit" || command == "changes":
		if len(args) == 1 {
			u.packageCommand(command, args[0])
			return 0
		}
		entries, _ := os.ReadDir(u.confDir)
		for _, e := range entries {
			u.run([]string{command, e.Name()})
		}
	case command == "import" && len(args) == 1:
		text, _ := io.ReadAll(os.Stdin)
		u.write(parsePackage(args[0], string(text)))
	case command == "add" && len(args) == 2:
		p := u.load(args[0])
		s := p.add(args[1], "")
		u.writeDelta(p.name, []uciChange{{'+', s.name, "", s.typ}}, os.O_APPEND)
		fmt.Println(s.name)
	case len(args) != 1:
		return 255
	case command == "get":
		t := u.lookup(args[0])
		assert(t.found, errNotFound)
		if t.o != nil {
			fmt.Println(t.o.plain())
		} else if t.s != nil {
			fmt.Println(t.s.typ)
		}
	case command == "revert":
		t := u.lookup(args[0])
		var kept []uciChange
		for _, c := range t.p.saved {
			if t.section != "" && (c.section != t.section || t.option != "" && c.option != t.option) {
				kept = append(kept, c)
			}
		}
		u.writeDelta(t.p.name, kept, os.O_TRUNC)
	case changes:
		t := u.lookup(args[0])
		assert(t.section != "" && (letter == '-' || t.hasValue), errInvalid)
		if c := (uciChange{letter, t.section, t.option, t.value}); t.p.apply(c) {
			u.writeDelta(t.p.name, []uciChange{c}, os.O_APPEND)
		}
	default:
		return 255
	}
	return 0
}

// runBatch ends with 0 whatever its lines did, as the real one does.
func (u *uciCommand) runBatch() int {
	text, _ := io.ReadAll(os.Stdin)
	u.batch = true
	for x := (&lexer{text: string(text)}); ; {
		var args []string
		err := catch(func() { args = x.statement() })
		switch {
		case err != nil:
			u.complain("uci: " + err.text)
		case args == nil || args[0] == "exit":
			return 0
		case u.run(args) == 255:
			u.complain("Unknown command")
		}
	}
}

func uciMain(args []string) int {
	u, status := &uciCommand{uciContext: defaultUCI}, 255
	flags := flag.NewFlagSet("uci", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&u.quiet, "q", false, "")
	flags.StringVar(&u.confDir, "c", u.confDir, "")
	saveDir := func(dir string) error {
		u.saveDir, u.deltaDirs = dir, append(without(u.deltaDirs, dir), dir)
		return nil
	}
	flags.Func("t", "", saveDir)
	flags.Func("P", "", func(dir string) error { u.noCommit = true; return saveDir(dir) })
	flags.Func("p", "", func(dir string) error { u.deltaDirs = append([]string{dir}, u.deltaDirs...); return nil })
	if flags.Parse(args) == nil && flags.NArg() > 0 {
		status = u.run(flags.Args())
	}
	if status == 255 {
		fmt.Fprint(os.Stderr, uciUsage)
	}
	return status
}
