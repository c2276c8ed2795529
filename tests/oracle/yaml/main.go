// The oracle fills the wants of the case files in, with what Go's libraries and Helm's give for the inputs.
//
//	cd tests/oracle && go run . ../suite
//
// Helm 4.3.1 is built with Go 1.27, whose encoding/json is another one than before, so this must be, too.
//
// It rewrites every .cases and .table file below the folder. Inputs and comments stay as they are; to add a case, write its
// inputs and run this.
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	v2 "go.yaml.in/yaml/v2"
	v3 "go.yaml.in/yaml/v3"
	"helm.sh/helm/v4/pkg/strvals"
	"sigs.k8s.io/yaml"
)

func main() {
	if !strings.HasPrefix(runtime.Version(), "go1.27.") {
		panic("Helm 4.3.1 is built with Go 1.27.2, this with " + runtime.Version())
	}
	check(filepath.WalkDir(os.Args[1], func(path string, entry os.DirEntry, err error) error {
		check(err)
		switch filepath.Ext(path) {
		case ".cases":
			f := readCases(path)
			answer := kinds[filepath.Base(filepath.Dir(path))]
			for _, part := range f.parts {
				if c, ok := part.(*testCase); ok {
					answer(c)
				}
			}
			f.write()
		case ".table":
			writeTable(path)
		}
		return nil
	}))
}

// How to answer the cases of a folder.
var kinds = map[string]func(*testCase){
	"read":   readYAML,
	"stream": readStream,
	"write":  writeYAML,
	"set":    set,
	"json":   readJSON,
}

func readYAML(c *testCase) {
	in := []byte(c.get("yaml"))
	var v any
	if err := yaml.Unmarshal(in, &v); err != nil {
		c.wants([]string{"yaml"}, field{name: "error", value: err.Error()})
		return
	}
	text, err := yaml.YAMLToJSON(in)
	check(err)
	found := []field{{name: "json", value: string(text)}}
	if err := yaml.UnmarshalStrict(in, &v); err != nil {
		found = append(found, field{name: "strict", value: err.Error()})
	}
	c.wants([]string{"yaml"}, found...)
}

func readStream(c *testCase) {
	decoder := v2.NewDecoder(strings.NewReader(c.get("yaml")))
	var found []field
	for {
		var v any
		err := decoder.Decode(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			found = append(found, field{name: "error", value: "error converting YAML to JSON: " + err.Error()})
			break
		}
		text, err := v2.Marshal(v)
		check(err)
		text, err = yaml.YAMLToJSON(text)
		check(err)
		found = append(found, field{name: "json", value: string(text)})
	}
	c.wants([]string{"yaml"}, found...)
}

func writeYAML(c *testCase) {
	v := decodeValue(c.get("value"))
	// Some sets of keys have no order that go-yaml's comparison agrees with, and come out at random.
	first, _ := v2.Marshal(v)
	for range 100 {
		if again, _ := v2.Marshal(v); !bytes.Equal(first, again) {
			panic("Go has no order for the keys of " + c.name)
		}
	}
	var found []field
	if text, err := yaml.Marshal(v); err != nil {
		found = append(found, field{name: "v2 error", value: err.Error()})
	} else {
		found = append(found, field{name: "v2", value: string(text)})
	}
	var out bytes.Buffer
	encoder := v3.NewEncoder(&out)
	encoder.SetIndent(2)
	check(encoder.Encode(v))
	c.wants([]string{"value"}, append(found, field{name: "v3", value: out.String()})...)
}

func readJSON(c *testCase) {
	in := c.get("text")
	var v any
	var found []field
	if err := json.Unmarshal([]byte(in), &v); err != nil {
		found = append(found, field{name: "error", value: err.Error()})
		if broken, ok := err.(*json.SyntaxError); ok {
			found = append(found, field{name: "offset", value: strconv.FormatInt(broken.Offset, 10)})
		}
	} else {
		found = append(found, field{name: "values", value: encodeValue(v)})
	}
	decoder := json.NewDecoder(strings.NewReader(in))
	if err := decoder.Decode(&v); err != nil {
		found = append(found, field{name: "first error", value: err.Error()})
	} else {
		found = append(found, field{name: "first", value: fmt.Sprintf("%d %s", decoder.InputOffset(), encodeValue(v))})
	}
	c.wants([]string{"text"}, found...)
}

func set(c *testCase) {
	base := map[string]any{}
	if text := c.get("base"); text != "" {
		base = decodeValue(text).(map[string]any)
	}
	expression := c.get("expression")
	var err error
	switch c.get("flag") {
	case "--set":
		err = strvals.ParseInto(expression, base)
	case "--set-string":
		err = strvals.ParseIntoString(expression, base)
	case "--set-json":
		err = strvals.ParseJSON(expression, base)
	case "--set-literal":
		err = strvals.ParseLiteralInto(expression, base)
	case "--set-file":
		// A file holds its own name in brackets; one whose name begins with ! does not exist.
		err = strvals.ParseIntoFile(expression, base, func(name []rune) (any, error) {
			if strings.HasPrefix(string(name), "!") {
				return nil, fmt.Errorf("open %s: no such file or directory", string(name))
			}
			return "<" + string(name) + ">", nil
		})
	default:
		panic("no flag: " + c.get("flag"))
	}
	want := field{name: "values", value: encodeValue(base)}
	if err != nil {
		want = field{name: "error", value: err.Error()}
	}
	c.wants([]string{"flag", "base", "expression"}, want)
}

// Values in the case files are JSON, in which a number is a float64. {"$int": "1"} and {"$uint": "1"} are the integers,
// {"$bytes": "ff00"} is a string of these bytes.
func decodeValue(text string) any {
	var v any
	check(json.Unmarshal([]byte(text), &v))
	return fromExtended(v)
}

func fromExtended(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if text, ok := v["$int"].(string); ok {
			n, err := strconv.ParseInt(text, 10, 64)
			check(err)
			return n
		}
		if text, ok := v["$uint"].(string); ok {
			n, err := strconv.ParseUint(text, 10, 64)
			check(err)
			return n
		}
		if text, ok := v["$bytes"].(string); ok {
			bytes, err := hex.DecodeString(text)
			check(err)
			return string(bytes)
		}
		for key, value := range v {
			v[key] = fromExtended(value)
		}
	case []any:
		for i := range v {
			v[i] = fromExtended(v[i])
		}
	}
	return v
}

func encodeValue(v any) string {
	text, err := json.Marshal(toExtended(v))
	check(err)
	return string(text)
}

func toExtended(v any) any {
	switch v := v.(type) {
	case int64:
		return map[string]any{"$int": strconv.FormatInt(v, 10)}
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			out[key] = toExtended(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = toExtended(v[i])
		}
		return out
	}
	return v
}
