{{- define "kept" -}}
{{- if not (hasKey $ "kept") -}}
{{- $_ := set $ "kept" (dict "by" $.Template.Name "root" $ "count" 0) -}}
{{- end -}}
{{- end -}}
{{- define "work" -}}
{{- $sum := 0 -}}
{{- range $i := until 600 -}}{{- $sum = add $sum (len (printf "%d-%s" $i $.Template.Name)) -}}{{- end -}}
{{- $sum -}}
{{- end -}}
{{- define "body" -}}
kind: ConfigMap
apiVersion: v1
metadata:
  name: {{ base $.Template.Name | trimSuffix ".yaml" }}
data:
  template: {{ $.Template.Name }}
  basePath: {{ $.Template.BasePath }}
  work: {{ include "work" $ | quote }}
  table: {{ toJson $.Values.table | quote }}
  global: {{ toJson $.Values.global | quote }}
  kept: {{ if hasKey $ "kept" }}{{ $.kept.by }} {{ $.kept.count }}{{ else }}nothing{{ end }}
{{- end -}}
