package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A file of cases, as lines that are kept and cases whose wants are replaced. tests/yaml/cases.rs says how they are
// written.
type file struct {
	path  string
	parts []any // string (a line outside of a case) or *testCase
}

type testCase struct {
	name   string
	fields []field
}

type field struct {
	name  string
	value string
	// The lines as they are in the file, for inputs to be written back unchanged.
	raw []string
}

func (c *testCase) get(name string) string {
	for _, f := range c.fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// wants replaces all fields but the inputs by what Go gives.
func (c *testCase) wants(inputs []string, found ...field) {
	kept := c.fields[:0:0]
	for _, f := range c.fields {
		for _, name := range inputs {
			if f.name == name {
				kept = append(kept, f)
			}
		}
	}
	c.fields = append(kept, found...)
}

func readCases(path string) *file {
	data, err := os.ReadFile(path)
	check(err)
	f := &file{path: path}
	var current *testCase
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "== "):
			current = &testCase{name: line[3:]}
			f.parts = append(f.parts, current)
		case current == nil || line == "":
			current = nil
			f.parts = append(f.parts, line)
		case strings.HasPrefix(line, "    "):
			last := &current.fields[len(current.fields)-1]
			last.raw = append(last.raw, line)
			last.value += contentOf(line[4:])
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				panic(path + ": no field: " + line)
			}
			current.fields = append(current.fields, field{name: name, value: strings.TrimPrefix(value, " "), raw: []string{line}})
		}
	}
	return f
}

func contentOf(line string) string {
	switch {
	case line == "|":
		return "\n"
	case strings.HasPrefix(line, "| "):
		return line[2:] + "\n"
	case strings.HasPrefix(line, `\ `):
		return unescape(line[2:])
	case strings.HasPrefix(line, "* "):
		count, text, _ := strings.Cut(line[2:], " ")
		n, err := strconv.Atoi(count)
		check(err)
		return strings.Repeat(unescape(text), n)
	}
	panic("no content: " + line)
}

func (f *file) write() {
	var out strings.Builder
	for _, part := range f.parts {
		switch part := part.(type) {
		case string:
			out.WriteString(part + "\n")
		case *testCase:
			out.WriteString("== " + part.name + "\n")
			for _, field := range part.fields {
				if field.raw == nil {
					field.raw = written(field.name, field.value)
				}
				out.WriteString(strings.Join(field.raw, "\n") + "\n")
			}
		}
	}
	check(os.WriteFile(f.path, []byte(out.String()), 0o644))
}

// written lays a value out as plainly as it can be.
func written(name, value string) []string {
	if value != "" && !strings.Contains(value, "\n") && plain(value) {
		return []string{name + ": " + value}
	}
	lines := []string{name + ":"}
	for value != "" {
		line, rest, whole := strings.Cut(value, "\n")
		switch {
		case whole && line == "":
			lines = append(lines, "    |")
		case whole && plain(line):
			lines = append(lines, "    | "+line)
		case whole:
			lines = append(lines, `    \ `+escape(line+"\n"))
		default:
			lines = append(lines, `    \ `+escape(line))
		}
		value = rest
	}
	return lines
}

// plain tells whether a line can stand as it is: every character can be seen, and no blank is at its ends.
func plain(line string) bool {
	for _, r := range line {
		if r == utf8.RuneError || !strconv.IsGraphic(r) || r != ' ' && !strconv.IsPrint(r) {
			return false
		}
	}
	return line == strings.TrimSpace(line) || line == strings.TrimRight(line, " ") && strings.HasPrefix(line, " ")
}

func escape(text string) string {
	var out strings.Builder
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&out, `\x%02x`, text[0])
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\\':
			out.WriteString(`\\`)
		case r == ' ' && n == len(text), !strconv.IsPrint(r):
			fmt.Fprintf(&out, `\u{%x}`, r)
		default:
			out.WriteString(text[:n])
		}
		text = text[n:]
	}
	return out.String()
}

func unescape(text string) string {
	var out strings.Builder
	for text != "" {
		c := text[0]
		if c != '\\' {
			out.WriteByte(c)
			text = text[1:]
			continue
		}
		switch text[1] {
		case 'n':
			out.WriteByte('\n')
		case 't':
			out.WriteByte('\t')
		case 'r':
			out.WriteByte('\r')
		case '0':
			out.WriteByte(0)
		case '\\', '"':
			out.WriteByte(text[1])
		case 'x':
			n, err := strconv.ParseUint(text[2:4], 16, 8)
			check(err)
			out.WriteByte(byte(n))
			text = text[2:]
		case 'u':
			end := strings.IndexByte(text, '}')
			n, err := strconv.ParseUint(text[3:end], 16, 32)
			check(err)
			out.WriteRune(rune(n))
			text = text[end-1:]
		default:
			panic("no escape: " + text)
		}
		text = text[2:]
	}
	return out.String()
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
