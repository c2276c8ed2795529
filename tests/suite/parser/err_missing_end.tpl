{{ if .a }}
x
{{ range .b }}
{{ end }}
