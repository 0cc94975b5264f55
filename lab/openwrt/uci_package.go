package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Where a package is kept, and where changes that are not committed are staged.
const confDir, saveDir = "/etc/config/", "/tmp/.uci/"

// uciPackage is flat: each entry is a section's head, without an option and with the type as value, or one
// value of an option.
type uciPackage struct {
	name    string
	entries []uciEntry
	staged  []uciChange
}

type uciEntry struct {
	section, option, value string
	list, anonymous        bool
}

// uciChange is one change, named as libuci does in its delta files: + - @ | ~, "" for set.
type uciChange struct{ Command, Section, Option, Value string }

// concerns: without an option a whole section, without a section the whole package.
func (c uciChange) concerns(e uciEntry) bool {
	return (c.Section == "" || c.Section == e.section) && (c.Option == "" || c.Option == e.option)
}

func (p *uciPackage) has(c uciChange) bool { return slices.ContainsFunc(p.entries, c.concerns) }

// apply carries out one change and says whether it changed anything.
func (p *uciPackage) apply(c uciChange) bool {
	if c.Command == "" && c.Value == "" { // set to nothing deletes
		return p.has(c) && p.apply(uciChange{"-", c.Section, c.Option, ""})
	}
	before := slices.Clone(p.entries)
	switch c.Command {
	case "-":
		assert(p.has(c), errNotFound)
		p.entries = slices.DeleteFunc(p.entries, c.concerns)
	case "~":
		p.entries = slices.DeleteFunc(p.entries, func(e uciEntry) bool {
			return c.concerns(e) && e.list && e.value == c.Value
		})
	case "@":
		assert(c.Option == "" && p.has(c), errNotFound)
		for i, e := range p.entries {
			if c.concerns(e) {
				p.entries[i].section, p.entries[i].anonymous = c.Value, false
			}
		}
	default:
		assert(c.Option == "" && typeShape.MatchString(c.Value) || p.has(uciChange{Section: c.Section}), errInvalid)
		at, end := slices.IndexFunc(p.entries, c.concerns), len(p.entries)
		for i, e := range p.entries {
			if e.section == c.Section && (at < 0 || e.option == c.Option) {
				end = i + 1
			}
		}
		if at < 0 || c.Command == "|" { // new: the last of its list, section or package
			at = end
		}
		next := uciEntry{c.Section, c.Option, c.Value, c.Command == "|", c.Command == "+"}
		p.entries = slices.Replace(p.entries, at, end, next)
	}
	return !slices.Equal(before, p.entries)
}

// newName is libuci's for an unnamed section: a counter, and a hash of the type.
func (p *uciPackage) newName(typ string) string {
	hash := uint32(5381)
	for _, c := range []byte(typ) {
		hash = hash*33 + uint32(c)
	}
	for count := len(p.sections("")) + 1; ; count++ {
		name := fmt.Sprintf("cfg%02x%04x", count, hash&0xffff)
		if !p.has(uciChange{Section: name}) {
			return name
		}
	}
}

// uciSection is a section as its readers see it.
type uciSection struct {
	typ, name string
	reference string   // as `uci show` and fw4 name it: by name, or by @type[index]
	order     []string // of its options
	options   map[string][]string
}

// sections lists those of a type, all of them for "".
func (p *uciPackage) sections(typ string) (found []*uciSection) {
	count := map[string]int{}
	for _, e := range p.entries {
		if e.option == "" {
			s := &uciSection{typ: e.value, name: e.section, reference: e.section, options: map[string][]string{}}
			if e.anonymous {
				s.reference = fmt.Sprintf("@%s[%d]", s.typ, count[s.typ])
			}
			count[s.typ]++
			found = append(found, s)
			continue
		}
		s := found[len(found)-1]
		if s.options[e.option] == nil {
			s.order = append(s.order, e.option)
		}
		s.options[e.option] = append(s.options[e.option], e.value)
	}
	return slices.DeleteFunc(found, func(s *uciSection) bool { return typ != "" && s.typ != typ })
}

// get is an option's value, the values of a list joined by blanks.
func (s *uciSection) get(name, fallback string) string {
	if values := s.options[name]; values != nil {
		return strings.Join(values, " ")
	}
	return fallback
}

func (s *uciSection) values(name string) []string { return strings.Fields(s.get(name, "")) }

// loadPackage reads a package with every staged change, as uci, fw4 and netifd all do.
func loadPackage(name string) *uciPackage {
	text, err := os.ReadFile(confDir + name)
	assert(err == nil, errNotFound)
	p := parsePackage(name, string(text))
	staged, _ := os.ReadFile(saveDir + name)
	json.Unmarshal(staged, &p.staged)
	for _, c := range p.staged {
		catch(func() { p.apply(c) })
	}
	return p
}

func (p *uciPackage) saveStaged(staged []uciChange) {
	text, _ := json.Marshal(staged)
	os.MkdirAll(saveDir, 0o755)
	assert(os.WriteFile(saveDir+p.name, text, 0o600) == nil, errIO)
}

// commit replaces the package's file whole, through a temporary file beside it.
func (p *uciPackage) commit() {
	temp := confDir + "." + p.name + ".uci-new"
	assert(os.WriteFile(temp, []byte(p.export()), 0o600) == nil && os.Rename(temp, confDir+p.name) == nil, errIO)
	p.saveStaged(nil)
}

func quoteUCI(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (p *uciPackage) export() (out string) {
	for _, e := range p.entries {
		switch {
		case e.anonymous:
			out += "\nconfig " + e.value + "\n"
		case e.option == "":
			out += "\nconfig " + e.value + " " + quoteUCI(e.section) + "\n"
		case e.list:
			out += "\tlist " + e.option + " " + quoteUCI(e.value) + "\n"
		default:
			out += "\toption " + e.option + " " + quoteUCI(e.value) + "\n"
		}
	}
	return out + "\n"
}
