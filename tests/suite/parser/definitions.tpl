before
{{- define "inner" }}in{{ end }}
{{- define "outer" }}{{ template "inner" . }}{{ end }}
{{ block "b" .x }}default{{ end }}
{{ template "outer" }}
after
