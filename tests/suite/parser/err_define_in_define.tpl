{{- define "outer" }}{{ define "inner" }}in{{ end }}{{ end }}
