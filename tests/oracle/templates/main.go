// Command oracle says what Helm 4.3.1 makes of templates. It reads templates, one a line, or rows of JSON that have one, and
// writes rows of {"template", "out" | "out_base64" | "err"}: what the engine gives for a file of a chart, or what Helm says
// after "Error: ".
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"unicode/utf8"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/engine"
)

type row struct {
	Template string  `json:"template"`
	Out      *string `json:"out,omitempty"`
	Base64   *string `json:"out_base64,omitempty"`
	Err      *string `json:"err,omitempty"`
}

const file = "templates/t.txt"

func render(template string) (string, error) {
	c := &chart.Chart{
		Metadata:  &chart.Metadata{Name: "t", Version: "1.0.0", APIVersion: "v2"},
		Templates: []*common.File{{Name: file, Data: []byte(template)}},
	}
	release := common.ReleaseOptions{Name: "demo", Namespace: "ns", IsInstall: true, Revision: 1}
	values, err := util.ToRenderValues(c, map[string]any{}, release, common.DefaultCapabilities)
	if err != nil {
		return "", err
	}
	rendered, err := engine.Render(c, values)
	return rendered["t/"+file], err
}

func main() {
	// What encoding/json says depends on it.
	if !strings.HasPrefix(runtime.Version(), "go1.27.") {
		panic("Helm 4.3.1 is built with Go 1.27.2, this with " + runtime.Version())
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		line := in.Text()
		if line == "" {
			continue
		}
		case_ := row{Template: line}
		if strings.HasPrefix(line, `{"template"`) {
			if err := json.Unmarshal([]byte(line), &case_); err != nil {
				panic(err)
			}
			case_.Out, case_.Base64, case_.Err = nil, nil, nil
		}
		text, err := render(case_.Template)
		switch {
		case err != nil:
			message := err.Error()
			case_.Err = &message
		case utf8.ValidString(text):
			case_.Out = &text
		default:
			encoded := base64.StdEncoding.EncodeToString([]byte(text))
			case_.Base64 = &encoded
		}
		if err := out.Encode(case_); err != nil {
			panic(err)
		}
	}
}
