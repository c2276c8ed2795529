{{ $constant := 1 }}{{ $changed := 1 }}
{{ range .list }}{{ $changed = add $changed $constant }}{{ end }}
{{ $changed }}{{ if $changed := .x }}{{ $changed }}{{ end }}{{ $changed }}
{{ range $i, $x := .list }}{{ $x = $i }}{{ $x }}{{ end }}
