{{- define "fails" -}}
{{ .Values.image.tag.name }}
{{- end -}}
{{- define "deeper" -}}
x: {{ include "fails" . | indent 2 }}
{{- end -}}
