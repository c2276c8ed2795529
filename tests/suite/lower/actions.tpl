{{ .Values.image.tag | default .Chart.AppVersion | quote }}
{{ if and .a (or .b .c) (not .d) }}x{{ else if eq .e 1 }}y{{ else }}z{{ end }}
{{ with .Values.w }}{{ .x }}{{ $.y }}{{ else }}none{{ end }}
{{ range $i, $x := .list }}{{ $i }}{{ $x }}{{ else }}empty{{ end }}{{ range 3 }}{{ . }}{{ end }}
{{ template "other" dict "a" 1 }}{{ include "other" . | nindent 2 }}{{ tpl .t $ }}
