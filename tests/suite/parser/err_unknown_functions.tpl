{{ qoute .x }}
{{ .y | toYmal }}
