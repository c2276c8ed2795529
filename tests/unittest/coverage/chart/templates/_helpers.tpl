{{/* Names. */}}
{{- define "shop.name" -}}
{{ .Release.Name }}-shop
{{- end }}
{{- define "shop.old" -}}
{{- if .Values.old }}
old
{{- end }}
{{- end }}
{{- define "shop.check" }}
{{- if and .Values.tls (not .Values.hosts) }}
{{- fail "tls needs hosts" }}
{{- end }}
{{- end }}
