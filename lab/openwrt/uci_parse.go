package main

import (
	"fmt"
	"regexp"
	"strings"
)

// uciError is thrown (panic) the way libuci jumps out on an error; catch turns it into a value.
type uciError struct{ text string }

var errInvalid, errNotFound, errParse, errIO = uciError{"Invalid argument"}, uciError{"Entry not found"}, uciError{"Parse error"}, uciError{"I/O error"}

func catch(run func()) (err *uciError) {
	defer func() {
		thrown := recover()
		if e, ours := thrown.(uciError); ours {
			err = &e
		} else if thrown != nil {
			panic(thrown)
		}
	}()
	run()
	return nil
}

func assert(ok bool, err uciError) {
	if !ok {
		panic(err)
	}
}

// lexer reads UCI statements: a line of words, which a quote or a backslash can carry over its end.
type lexer struct {
	text       string
	pos, start int
}

func (x *lexer) require(ok bool, reason string) {
	if !ok {
		line := max(strings.Count(x.text[:x.pos], "\n"), 1)
		panic(uciError{fmt.Sprintf("Parse error (%s) at line %d, byte %d", reason, line, x.pos-x.start)})
	}
}

func (x *lexer) cur() byte {
	if x.pos == len(x.text) {
		return 0
	}
	return x.text[x.pos]
}

func (x *lexer) skip(set string, in bool) {
	for x.cur() != 0 && strings.IndexByte(set, x.cur()) >= 0 == in {
		x.pos++
	}
}

// statement returns the words of the next line that has any; none at the end of the text.
func (x *lexer) statement() (words []string) {
	x.skip(" \t\r\n", true)
	for x.start = x.pos; x.cur() != 0 && x.cur() != '\n'; x.skip(" \t\r", true) {
		if x.cur() == '#' {
			x.skip("\n", false)
		} else {
			words = append(words, x.word())
		}
	}
	if words == nil && x.cur() != 0 {
		return x.statement()
	}
	return words
}

func (x *lexer) word() string {
	var out []byte
	for quote := byte(0); ; x.pos++ {
		switch c := x.cur(); {
		case quote == 0 && (c == 0 || strings.IndexByte(" \t\r\n#", c) >= 0):
			return string(out)
		case c == 0:
			x.require(false, "EOF with unterminated "+string(quote))
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote != '\'' && c == '\\':
			if x.pos++; x.cur() != '\n' && x.cur() != 0 {
				out = append(out, x.cur())
			}
		default:
			out = append(out, c)
		}
	}
}

var nameShape, typeShape = regexp.MustCompile(`^[0-9A-Za-z_]+$`), regexp.MustCompile(`^[!-~]+$`)

// parsePackage reads a file of /etc/config; comments and spacing are lost, as in libuci.
func parsePackage(name, text string) *uciPackage {
	p, x, s := &uciPackage{name: name}, &lexer{text: text}, (*uciSection)(nil)
	for w := x.statement(); w != nil; w = x.statement() {
		x.require(len(w) > 1, "insufficient arguments")
		x.require(len(w) < 4, "too many arguments")
		switch value := append(w, "")[2]; w[0] {
		case "package":
			p.name = w[1]
		case "config":
			x.require(typeShape.MatchString(w[1]), "invalid character in type field")
			x.require(value == "" || nameShape.MatchString(value), "invalid character in name field")
			s = p.add(w[1], value)
		case "option", "list":
			x.require(s != nil, "option/list command found before the first section")
			x.require(nameShape.MatchString(w[1]), "invalid character in name field")
			if value != "" || w[0] == "list" {
				s.set(w[1], value, w[0] == "list")
			}
		default:
			x.require(false, "invalid command")
		}
	}
	return p
}
