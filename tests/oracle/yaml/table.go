package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode"

	v2 "go.yaml.in/yaml/v2"
	v3 "go.yaml.in/yaml/v3"
)

// A table has a call and its result on each line, as in `format 1e+06 g -1 = 1e+06`.
func writeTable(path string) {
	data, err := os.ReadFile(path)
	check(err)
	var out strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			call, _, _ := strings.Cut(line, " = ")
			call = strings.TrimSuffix(call, " =")
			line = call + " = " + result(words(call))
		}
		out.WriteString(line + "\n")
	}
	check(os.WriteFile(path, []byte(out.String()), 0o644))
}

// words takes a line apart at spaces, and the escapes of those in double quotes away.
func words(line string) []string {
	var words []string
	for line != "" {
		var word string
		if line[0] == '"' {
			end := 1
			for line[end] != '"' {
				if line[end] == '\\' {
					end++
				}
				end++
			}
			word, line = unescape(line[1:end]), strings.TrimPrefix(line[end+1:], " ")
		} else {
			word, line, _ = strings.Cut(line, " ")
		}
		words = append(words, word)
	}
	return words
}

func result(words []string) string {
	number := func(text string) float64 {
		f, err := strconv.ParseFloat(text, 64)
		check(err)
		return f
	}
	switch words[0] {
	case "format":
		precision, err := strconv.Atoi(words[3])
		check(err)
		return strconv.FormatFloat(number(words[1]), words[2][0], precision, 64)
	case "format32":
		return strconv.FormatFloat(number(words[1]), 'g', -1, 32)
	case "print":
		return fmt.Sprint(number(words[1]))
	case "json":
		text, err := json.Marshal(number(words[1]))
		if err != nil {
			return "none"
		}
		return string(text)
	case "parse":
		f, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			return err.Error()
		}
		return strconv.FormatFloat(f, 'g', -1, 64)
	case "quote":
		return strconv.Quote(words[1])
	case "quote-char":
		return strconv.QuoteRune([]rune(words[1])[0])
	case "class":
		r := []rune(words[1])[0]
		return fmt.Sprintf("letter:%t digit:%t print:%t space:%t", unicode.IsLetter(r), unicode.IsDigit(r),
			strconv.IsPrint(r), unicode.IsSpace(r))
	case "order":
		a, b := words[2], words[3]
		keys := map[string]any{a: 1, b: 2}
		var text []byte
		var err error
		if words[1] == "v2" {
			text, err = v2.Marshal(keys)
		} else {
			text, err = v3.Marshal(keys)
		}
		check(err)
		if bytes.Index(text, []byte(": 1\n")) < bytes.Index(text, []byte(": 2\n")) {
			return "first second"
		}
		return "second first"
	}
	panic("no such call: " + words[0])
}
