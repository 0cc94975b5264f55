package main

import (
	"fmt"
	"os"
	"path/filepath"
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

// uciChange is one line of a delta file; the command is the prefix there: + - @ ^ | ~, 0 for set.
type uciChange struct {
	command                byte
	section, option, value string
}

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

func (p *uciPackage) find(name string) *uciSection {
	for _, s := range p.sections {
		if s.name == name {
			return s
		}
	}
	return nil
}

// add appends a section (or finds it by name); "" makes libuci's name: counter and hash of the type.
func (p *uciPackage) add(typ, name string) *uciSection {
	if s := p.find(name); s != nil && name != "" {
		s.typ = typ
		return s
	}
	p.count++
	s := &uciSection{typ: typ, name: name, anonymous: name == ""}
	if s.anonymous {
		hash := uint32(5381)
		for _, c := range []byte(typ) {
			hash = hash*33 + uint32(c)
		}
		s.name = fmt.Sprintf("cfg%02x%04x", p.count, hash&0xffff)
	}
	p.sections = append(p.sections, s)
	return s
}

func (s *uciSection) option(name string) *uciOption {
	for _, o := range s.options {
		if o.name == name {
			return o
		}
	}
	return nil
}

func (s *uciSection) set(name, value string, list bool) {
	o := s.option(name)
	if o == nil {
		o = &uciOption{name: name}
		s.options = append(s.options, o)
	}
	if !list {
		o.values = nil
	}
	o.list, o.values = list, append(o.values, value)
}

// ofType lists the sections of a type, all of them for "".
func (p *uciPackage) ofType(typ string) (same []*uciSection) {
	for _, s := range p.sections {
		if typ == "" || s.typ == typ {
			same = append(same, s)
		}
	}
	return same
}

// plain joins the values as `uci get` does: in a list, those with white space are quoted.
func (o *uciOption) plain() string {
	var out []string
	for _, v := range o.values {
		if o.list && strings.ContainsAny(v, " \t\r\n") {
			v = quoteUCI(v)
		}
		out = append(out, v)
	}
	return strings.Join(out, " ")
}

func without[T comparable](list []T, gone T) (kept []T) {
	for _, item := range list {
		if item != gone {
			kept = append(kept, item)
		}
	}
	return kept
}

// apply carries out one change and says whether it changed anything.
func (p *uciPackage) apply(c uciChange) bool {
	s := p.find(c.section)
	var o *uciOption
	if s != nil {
		o = s.option(c.option)
	}
	missing := s == nil || (c.option != "" && o == nil)
	switch {
	case c.command == '-' || c.command == '@' || c.command == '^':
		assert(!missing, errNotFound)
	case c.command == '|' || c.command == '~':
		assert(s != nil && c.option != "", errInvalid)
	default:
		assert(s != nil || c.option == "", errInvalid)
		assert(c.option != "" || c.value == "" || typeShape.MatchString(c.value), errInvalid)
		if c.value == "" && missing {
			return false
		} else if c.value == "" {
			c.command = '-'
		}
	}
	switch c.command {
	case '-':
		if o != nil {
			s.options = without(s.options, o)
		} else {
			p.sections = without(p.sections, s)
		}
	case '@':
		if o != nil {
			o.name = c.value
		} else {
			s.name, s.anonymous = c.value, false
		}
	case '^':
		at, _ := strconv.Atoi(c.value)
		rest := without(p.sections, s)
		at = min(at, len(rest))
		p.sections = append(append(append([]*uciSection{}, rest[:at]...), s), rest[at:]...)
	case '|':
		s.set(c.option, c.value, true)
	case '~':
		if o == nil || !o.list {
			return false
		}
		o.values = without(o.values, c.value)
	default:
		if c.option != "" {
			if o != nil && !o.list && o.values[0] == c.value {
				return false
			}
			s.set(c.option, c.value, false)
		} else if s != nil && s.typ == c.value {
			return false
		} else {
			p.add(c.value, c.section).anonymous = c.command == '+'
		}
	}
	return true
}

func quoteUCI(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (c uciChange) line(pkg string) string {
	out := strings.TrimPrefix(string(c.command), "\x00") + pkg + "." + c.section
	if c.option != "" {
		out += "." + c.option
	}
	if c.command != '-' {
		out += "=" + quoteUCI(c.value)
	}
	return out + "\n"
}

// readDelta parses a delta file, as far as it parses.
func readDelta(path string) (changes []uciChange) {
	text, _ := os.ReadFile(path)
	for x := (&lexer{text: string(text)}); ; {
		var words []string
		if catch(func() { words = x.statement() }) != nil || words == nil {
			return changes
		}
		var c uciChange
		key, value, _ := strings.Cut(words[0], "=")
		if strings.IndexByte("+-@^|~", key[0]) >= 0 {
			c.command, key = key[0], key[1:]
		}
		if parts := append(strings.SplitN(key, ".", 3), "", ""); parts[1] != "" {
			c.section, c.option, c.value = parts[1], parts[2], value
			changes = append(changes, c)
		}
	}
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
	assert(err == nil, uciError{"I/O error"})
	defer f.Close()
	for _, c := range changes {
		_, err = f.WriteString(c.line(name))
		assert(err == nil, uciError{"I/O error"})
	}
}

// write replaces the file of the package whole, through a temporary file beside it.
func (u *uciContext) write(p *uciPackage) {
	path, temp, mode := filepath.Join(u.confDir, p.name), filepath.Join(u.confDir, "."+p.name+".uci-new"), os.FileMode(0o600)
	if old, err := os.Stat(path); err == nil {
		mode = old.Mode()
	}
	err := os.WriteFile(temp, []byte(p.export()), mode)
	if err == nil {
		err = os.Rename(temp, path)
	}
	assert(err == nil, uciError{"I/O error"})
	u.writeDelta(p.name, nil, os.O_TRUNC)
}

func (p *uciPackage) export() string {
	var out strings.Builder
	for _, s := range p.sections {
		out.WriteString("\nconfig " + s.typ)
		if !s.anonymous {
			out.WriteString(" " + quoteUCI(s.name))
		}
		out.WriteString("\n")
		for _, o := range s.options {
			word := map[bool]string{true: "list", false: "option"}[o.list]
			for _, v := range o.values {
				fmt.Fprintf(&out, "\t%s %s %s\n", word, o.name, quoteUCI(v))
			}
		}
	}
	return out.String() + "\n"
}
