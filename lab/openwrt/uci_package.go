package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

type uciOption struct {
	name   string
	list   bool
	values []string
}

type uciSection struct {
	typ, name string
	anonymous bool
	options   []*uciOption
}

// uciChange is one line of a delta file; the command is the prefix there: + - @ ^ | ~, "" for set.
type uciChange struct{ command, section, option, value string }

type uciPackage struct {
	name     string
	sections []*uciSection
	count    int
	saved    []uciChange
}

// uciContext holds the search paths, as given by -c, -t, -p and -P.
type uciContext struct {
	confDir, saveDir string
	deltaDirs        []string
}

var defaultUCI = uciContext{"/etc/config", "/tmp/.uci", []string{"/tmp/.uci"}}

// first is the item that a test picks, or nil.
func first[T any](list []*T, test func(item *T) bool) *T {
	if i := slices.IndexFunc(list, test); i >= 0 {
		return list[i]
	}
	return nil
}

func without[T comparable](list []T, gone T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(item T) bool { return item == gone })
}

func (p *uciPackage) find(name string) *uciSection {
	return first(p.sections, func(s *uciSection) bool { return s.name == name })
}

// ofType lists the sections of a type, all of them for "".
func (p *uciPackage) ofType(typ string) []*uciSection {
	return slices.DeleteFunc(slices.Clone(p.sections), func(s *uciSection) bool { return typ != "" && s.typ != typ })
}

// add appends a section (or finds it by name); "" makes libuci's name: counter and hash of the type.
func (p *uciPackage) add(typ, name string) *uciSection {
	if s := p.find(name); s != nil {
		s.typ = typ
		return s
	}
	p.count++
	s := &uciSection{typ: typ, name: name, anonymous: name == ""}
	if hash := uint32(5381); s.anonymous {
		for _, c := range []byte(typ) {
			hash = hash*33 + uint32(c)
		}
		s.name = fmt.Sprintf("cfg%02x%04x", p.count, hash&0xffff)
	}
	p.sections = append(p.sections, s)
	return s
}

func (s *uciSection) option(name string) *uciOption {
	return first(s.options, func(o *uciOption) bool { return o.name == name })
}

func (s *uciSection) set(name, value string, list bool) {
	o := s.option(name)
	if o == nil {
		o = &uciOption{name: name}
		s.options = append(s.options, o)
	}
	if o.list = list; !list {
		o.values = nil
	}
	o.values = append(o.values, value)
}

func (s *uciSection) get(name, fallback string) string {
	if o := s.option(name); o != nil {
		return strings.Join(o.values, " ")
	}
	return fallback
}

func (s *uciSection) values(name string) []string { return strings.Fields(s.get(name, "")) }

// apply carries out one change and says whether it changed anything.
func (p *uciPackage) apply(c uciChange) bool {
	s, o := p.find(c.section), (*uciOption)(nil)
	if s != nil {
		o = s.option(c.option)
	}
	found := s != nil && (c.option == "" || o != nil)
	switch {
	case strings.Contains("|~", c.command) && c.command != "":
		assert(s != nil && c.option != "", errInvalid)
	case c.command == "" || c.command == "+":
		assert(s != nil || c.option == "", errInvalid)
		assert(c.option != "" || c.value == "" || typeShape.MatchString(c.value), errInvalid)
		if c.value == "" && found {
			c.command = "-"
		} else if c.value == "" || o != nil && !o.list && o.values[0] == c.value || found && o == nil && s.typ == c.value {
			return false
		}
	default:
		assert(found, errNotFound)
	}
	switch {
	case c.command == "-" && o != nil:
		s.options = without(s.options, o)
	case c.command == "-":
		p.sections = without(p.sections, s)
	case c.command == "@" && o != nil:
		o.name = c.value
	case c.command == "@":
		s.name, s.anonymous = c.value, false
	case c.command == "^":
		at, _ := strconv.Atoi(c.value)
		p.sections = without(p.sections, s)
		p.sections = slices.Insert(p.sections, min(at, len(p.sections)), s)
	case c.command == "~" && (o == nil || !o.list):
		return false
	case c.command == "~":
		o.values = without(o.values, c.value)
	case c.option != "":
		s.set(c.option, c.value, c.command == "|")
	default:
		p.add(c.value, c.section).anonymous = c.command == "+"
	}
	return true
}

func quoteUCI(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (c uciChange) line(pkg string) string {
	line := strings.TrimSuffix(c.command+pkg+"."+c.section+"."+c.option, ".")
	if c.command != "-" {
		line += "=" + quoteUCI(c.value)
	}
	return line + "\n"
}

// readDelta parses a delta file, as far as it parses.
func readDelta(path string) (changes []uciChange) {
	text, _ := os.ReadFile(path)
	catch(func() {
		x := &lexer{text: string(text)}
		for words := x.statement(); words != nil; words = x.statement() {
			key, value, _ := strings.Cut(words[0], "=")
			name := strings.TrimLeft(key, "+-@^|~")
			parts := append(strings.SplitN(name, ".", 3), "", "")
			changes = append(changes, uciChange{strings.TrimSuffix(key, name), parts[1], parts[2], value})
		}
	})
	return changes
}

// load reads a package with every staged change, as uci, fw4 and netifd all do.
func (u *uciContext) load(name string) *uciPackage {
	text, err := os.ReadFile(filepath.Join(u.confDir, name))
	assert(err == nil, errNotFound)
	p := parsePackage(name, string(text))
	for _, dir := range u.deltaDirs {
		for _, c := range readDelta(filepath.Join(dir, name)) {
			p.saved = append(p.saved, c)
			catch(func() { p.apply(c) })
		}
	}
	return p
}

func (u *uciContext) writeDelta(name string, changes []uciChange, flag int) {
	os.MkdirAll(u.saveDir, 0o755)
	f, err := os.OpenFile(filepath.Join(u.saveDir, name), os.O_WRONLY|os.O_CREATE|flag, 0o600)
	assert(err == nil, errIO)
	defer f.Close()
	for _, c := range changes {
		_, err = f.WriteString(c.line(name))
		assert(err == nil, errIO)
	}
}

// write replaces the file of the package whole, through a temporary file beside it.
func (u *uciContext) write(p *uciPackage) {
	path, temp, mode := filepath.Join(u.confDir, p.name), filepath.Join(u.confDir, "."+p.name+".uci-new"), os.FileMode(0o600)
	if old, err := os.Stat(path); err == nil {
		mode = old.Mode()
	}
	assert(os.WriteFile(temp, []byte(p.export()), mode) == nil && os.Rename(temp, path) == nil, errIO)
	u.writeDelta(p.name, nil, os.O_TRUNC)
}

func (p *uciPackage) export() (out string) {
	for _, s := range p.sections {
		if out += "\nconfig " + s.typ; !s.anonymous {
			out += " " + quoteUCI(s.name)
		}
		out += "\n"
		for _, o := range s.options {
			for _, v := range o.values {
				out += fmt.Sprintf("\t%s %s %s\n", map[bool]string{true: "list", false: "option"}[o.list], o.name, quoteUCI(v))
			}
		}
	}
	return out + "\n"
}
