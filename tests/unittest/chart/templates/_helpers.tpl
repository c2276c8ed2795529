{{- define "parent.name" -}}
{{ .Release.Name }}-{{ .Chart.Name }}
{{- end -}}
{{- define "parent.refuse" -}}
{{- fail (printf "refused: %s" .Values.fail) -}}
{{- end -}}
