text {{ .Values.a.b | default "x" | quote }} more
{{- if and .a (not .b) -}} x {{- else if $x }} y {{ end }}
{{ range $k, $v := .m }}{{ break }}{{ continue }}{{ end }}
{{- /* a comment */ -}}
{{ template "name" . }}{{ define "t" }}{{ end }}{{ block "b" $ }}{{ end }}{{ with nil }}{{ end }}
