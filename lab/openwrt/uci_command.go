package main

import (
	"cmp"
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
	hasValue               bool
}

func (u *uciCommand) complain(text string) {
	if !u.quiet {
		fmt.Fprintln(os.Stderr, text)
	}
}

var extendedSection = regexp.MustCompile(`^@([!-Z\\^-~]*)\[(-?\d+)\]$`)

func (u *uciCommand) lookup(arg string) (t uciTuple) {
	key, value, hasValue := strings.Cut(arg, "=")
	parts := append(strings.SplitN(key, ".", 3), "", "")
	t.section, t.option, t.value, t.hasValue = parts[1], parts[2], value, hasValue
	assert(nameShape.MatchString(strings.ReplaceAll(parts[0], "-", "_")), errParse)
	assert(nameShape.MatchString(t.option+"_"), errParse)
	t.p = u.load(parts[0])
	if m := extendedSection.FindStringSubmatch(t.section); m != nil {
		same := t.p.ofType(m[1])
		at, _ := strconv.Atoi(m[2])
		if at < 0 {
			at += len(same)
		}
		if at >= 0 && at < len(same) {
			t.section = same[at].name
		}
	} else {
		assert(nameShape.MatchString(t.section+"_"), errInvalid)
	}
	if t.s = t.p.find(t.section); t.s != nil {
		t.o = t.s.option(t.option)
	}
	return t
}

// lookupExisting throws where the section or option that the tuple names is not there.
func (u *uciCommand) lookupExisting(arg string) uciTuple {
	t := u.lookup(arg)
	assert((t.s != nil || t.section == "") && (t.o != nil || t.option == ""), errNotFound)
	return t
}

// join lists the values as `uci show` does, all quoted, or as `uci get` does: in a list, those with white space.
func (o *uciOption) join(quoteAll bool) string {
	var out []string
	for _, v := range o.values {
		if quoteAll || o.list && strings.ContainsAny(v, " \t\r\n") {
			v = quoteUCI(v)
		}
		out = append(out, v)
	}
	return strings.Join(out, " ")
}

func showSection(prefix string, s *uciSection) {
	fmt.Printf("%s=%s\n", prefix, s.typ)
	for _, o := range s.options {
		fmt.Printf("%s.%s=%s\n", prefix, o.name, o.join(true))
	}
}

func (u *uciCommand) packageCommand(command, arg string) {
	switch t := u.lookupExisting(arg); {
	case command == "show" && t.o != nil:
		fmt.Printf("%s.%s.%s=%s\n", t.p.name, t.section, t.option, t.o.join(true))
	case command == "show" && t.s != nil:
		showSection(t.p.name+"."+t.section, t.s)
	case command == "show":
		for index := map[string]int{}; len(t.p.sections) > 0; t.p.sections = t.p.sections[1:] {
			s := t.p.sections[0]
			ref := s.name
			if s.anonymous {
				ref = fmt.Sprintf("@%s[%d]", s.typ, index[s.typ])
			}
			index[s.typ]++
			showSection(t.p.name+"."+ref, s)
		}
	case command == "export":
		fmt.Printf("package %s\n%s", t.p.name, t.p.export())
	case command == "commit" && len(t.p.saved) > 0 && !u.noCommit:
		u.write(t.p)
	case command == "changes":
		for _, c := range t.p.saved {
			sign := map[string]string{"|": "+=", "~": "-="}[c.command]
			fmt.Print(strings.Replace(strings.TrimLeft(c.line(t.p.name), "+@^|~"), "=", cmp.Or(sign, "="), 1))
		}
	}
}

var uciSign = map[string]string{"set": "", "delete": "-", "del": "-", "rename": "@", "ren": "@", "reorder": "^", "add_list": "|", "del_list": "~"}

// run carries out one command; 255 stands for "show the usage".
func (u *uciCommand) run(args []string) (status int) {
	if err := catch(func() { status = u.runOrThrow(strings.ToLower(args[0]), args[1:]) }); err != nil {
		u.complain("uci: " + err.text)
		return 1
	}
	return status
}

func (u *uciCommand) runOrThrow(command string, args []string) int {
	sign, changes := uciSign[command]
	switch {
	case command == "batch" && !u.batch:
		u.runBatch()
	case command == "show" || command == "export" || command == "commit" || command == "changes":
		if len(args) == 1 {
			u.packageCommand(command, args[0])
			return 0
		}
		entries, _ := os.ReadDir(u.confDir)
		for _, e := range entries {
			u.run([]string{command, e.Name()})
		}
	case command == "add" && len(args) == 2:
		p := u.load(args[0])
		s := p.add(args[1], "")
		u.writeDelta(p.name, []uciChange{{"+", s.name, "", s.typ}}, os.O_APPEND)
		fmt.Println(s.name)
	case len(args) != 1:
		return 255
	case command == "import":
		text, _ := io.ReadAll(os.Stdin)
		u.write(parsePackage(args[0], string(text)))
	case command == "get":
		if t := u.lookupExisting(args[0]); t.o != nil {
			fmt.Println(t.o.join(false))
		} else if t.s != nil {
			fmt.Println(t.s.typ)
		}
	case command == "revert":
		t, kept := u.lookup(args[0]), []uciChange(nil)
		for _, c := range t.p.saved {
			if t.section != "" && (c.section != t.section || t.option != "" && c.option != t.option) {
				kept = append(kept, c)
			}
		}
		u.writeDelta(t.p.name, kept, os.O_TRUNC)
	case changes:
		t := u.lookup(args[0])
		assert(sign == "-" && t.section != "" || nameShape.MatchString(t.section) && t.hasValue, errInvalid)
		if c := (uciChange{sign, t.section, t.option, t.value}); t.p.apply(c) {
			u.writeDelta(t.p.name, []uciChange{c}, os.O_APPEND)
		}
	default:
		return 255
	}
	return 0
}

// runBatch says nothing of failed lines in its status, as the real one does.
func (u *uciCommand) runBatch() {
	text, _ := io.ReadAll(os.Stdin)
	u.batch = true
	for x := (&lexer{text: string(text)}); ; {
		var args []string
		if err := catch(func() { args = x.statement() }); err != nil {
			u.complain("uci: " + err.text)
		} else if args == nil || args[0] == "exit" {
			return
		} else if u.run(args) == 255 {
			u.complain("Unknown command")
		}
	}
}

const uciUsage = "Usage: uci [<options>] <command> [<arguments>]\n\nCommands:\n\tbatch\n\texport     [<config>]\n\timport     [<config>]\n\tchanges    [<config>]\n" +
	"\tcommit     [<config>]\n\tadd        <config> <section-type>\n\tadd_list   <config>.<section>.<option>=<string>\n\tdel_list   <config>.<section>.<option>=<string>\n" +
	"\tshow       [<config>[.<section>[.<option>]]]\n\tget        <config>.<section>[.<option>]\n\tset        <config>.<section>[.<option>]=<value>\n" +
	"\tdelete     <config>[.<section>[[.<option>][=<id>]]]\n\trename     <config>.<section>[.<option>]=<name>\n\trevert     <config>[.<section>[.<option>]]\n" +
	"\treorder    <config>.<section>=<position>\n\nOptions:\n\t-c <path>  set the search path for config files (default: /etc/config)\n" +
	"\t-C <path>  set the search path for config override files (default: /var/run/uci)\n\t-d <str>   set the delimiter for list values in uci show\n" +
	"\t-f <file>  use <file> as input instead of stdin\n\t-m         when importing, merge data into an existing package\n" +
	"\t-n         name unnamed sections on export (default)\n\t-N         don't name unnamed sections\n\t-p <path>  add a search path for config change files\n" +
	"\t-P <path>  add a search path for config change files and use as default\n\t-t <path>  set save path for config change files\n" +
	"\t-q         quiet mode (don't print error messages)\n\t-s         force strict mode (stop on parser errors, default)\n" +
	"\t-S         disable strict mode\n\t-X         do not use extended syntax on 'show'\n\n"

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
