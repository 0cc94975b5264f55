package main

import (
	"fmt"
	"regexp"
	"strings"
)

// uciError is thrown (panic) the way libuci jumps out on an error; catch turns it into a value.
type uciError string

const errInvalid, errNotFound, errIO uciError = "Invalid argument", "Entry not found", "I/O error"

func catch(run func()) (err uciError) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = thrown.(uciError) // anything else is a bug, and panics again
		}
	}()
	run()
	return ""
}

func assert(ok bool, err uciError) {
	if !ok {
		panic(err)
	}
}

// lexer reads UCI statements: lines of words, which a quote or a backslash can carry over their end.
type lexer struct {
	text       string
	pos, start int
}

var (
	lineEnd   = regexp.MustCompile(`^[ \t\r]*(#[^\n]*)?(\n|$)`)
	wordShape = regexp.MustCompile(`(?s)^[ \t\r]*((?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"\\#])+)`)
	piece     = regexp.MustCompile(`(?s)\\\n|\\(.)|'([^']*)'|"((?:\\.|[^"\\])*)"`)
	escape    = regexp.MustCompile(`(?s)\\(.)`)
	nameShape = regexp.MustCompile(`^[0-9A-Za-z_]+$`)
	typeShape = regexp.MustCompile(`^[!-~]+$`)
	lineShape = regexp.MustCompile(`(?s)^(package \S+|config [!-~]+( [0-9A-Za-z_]*)?|(option|list) [0-9A-Za-z_]+( .*)?)$`)
)

func (x *lexer) require(ok bool, reason string) {
	line := 1 + strings.Count(x.text[:x.start], "\n")
	assert(ok, uciError(fmt.Sprintf("Parse error (%s) at line %d, byte %d", reason, line, x.pos-x.start)))
}

// statement returns the words of the next line that has any; none at the end of the text.
func (x *lexer) statement() (words []string) {
	for x.start = x.pos; x.pos < len(x.text); {
		rest := x.text[x.pos:]
		if end := lineEnd.FindString(rest); end != "" {
			x.pos += len(end)
			if words != nil {
				break
			}
			x.start = x.pos
		} else if word := wordShape.FindStringSubmatch(rest); word != nil {
			x.pos += len(word[0])
			words = append(words, piece.ReplaceAllStringFunc(word[1], unquote))
		} else {
			x.pos = len(x.text)
			x.require(false, "EOF with unterminated "+strings.TrimLeft(rest, " \t\r")[:1])
		}
	}
	return words
}

func unquote(quoted string) string {
	m := piece.FindStringSubmatch(quoted)
	return m[1] + m[2] + escape.ReplaceAllString(m[3], "$1")
}

// parsePackage reads a file of /etc/config; comments and spacing are lost, as in libuci.
func parsePackage(name, text string) *uciPackage {
	p, x, section := &uciPackage{name: name}, &lexer{text: text}, ""
	for w := x.statement(); w != nil; w = x.statement() {
		x.require(lineShape.MatchString(strings.Join(w, " ")), "invalid command")
		switch value := append(w, "")[2]; w[0] {
		case "config":
			command := ""
			if section = value; section == "" {
				section, command = p.newName(w[1]), "+"
			}
			p.apply(uciChange{command, section, "", w[1]})
		case "option", "list":
			p.apply(uciChange{map[string]string{"list": "|"}[w[0]], section, w[1], value})
		}
	}
	return p
}
