// Fills in what Prometheus' parser says about expressions: lines of JSON in, lines of JSON out.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"log"
	"os"

	"github.com/prometheus/prometheus/promql/parser"
)

type verdict struct {
	Type  string `json:"type,omitempty"`
	Error string `json:"error,omitempty"`
	Start int    `json:"start,omitempty"`
}

type row struct {
	Expr string `json:"expr"`
	verdict
	Experimental *verdict `json:"experimental,omitempty"`
}

func judge(options parser.Options, expr string) verdict {
	parsed, err := parser.NewParser(options).ParseExpr(expr)
	if err == nil {
		return verdict{Type: string(parsed.Type())}
	}
	var all parser.ParseErrors
	if errors.As(err, &all) {
		return verdict{Error: all[0].Err.Error(), Start: int(all[0].PositionRange.Start)}
	}
	return verdict{Error: err.Error()}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var in struct{ Expr string }
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			log.Fatal(err)
		}
		made := row{Expr: in.Expr, verdict: judge(parser.Options{}, in.Expr)}
		all := judge(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true}, in.Expr)
		if all != made.verdict {
			made.Experimental = &all
		}
		if err := out.Encode(made); err != nil {
			log.Fatal(err)
		}
	}
}
