{{ if .a }}A{{ else if .b }}B{{ else }}C{{ end }}
{{ with $x := .w }}{{ $x }}{{ else with .y }}Y{{ end }}
{{ range .list }}{{ . }}{{ else }}none{{ end }}
{{ range $i := 3 }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ break }}{{ end }}
{{ range $k, $v := .map }}{{ $k }}={{ $v.x.y }}{{ end }}
