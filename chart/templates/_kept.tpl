{{/*
What templates compute once and keep in the root context.
*/}}

{{/*
prom.kept: computes all that the root context keeps. Called by the template that Helm renders
first, web/secret.yaml (the deepest folder, the last name). The others then only read, so that
a renderer can run them in any order and beside each other. Whoever wants something kept still
asks for it by its own template. Prints nothing. Takes the root context.
*/}}
{{- define "prom.kept" -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $_ := include "prom.web" (dict "root" $ "component" $component "values" (get $.Values $key)) -}}
{{- end -}}
{{- include "prom.jobs" . -}}
{{- include "prom.rules" . -}}
{{- include "prom.web.generated" . -}}
{{- if .Values.nodeExporter.enabled -}}
{{- include "prom.nodeExporter.classes" . -}}
{{- end -}}
{{- if not .Values.config.existing.name -}}
{{- range $shard := until (int .Values.server.shards) -}}
{{- $server := dict "root" $ "component" "server" "values" $.Values.server "shard" $shard -}}
{{- $_ := include "prom.config.content" $server -}}
{{- end -}}
{{- $_ := include "prom.config.kind" . -}}
{{- end -}}
{{- $_ := include "prom.credentials" . -}}
{{- end -}}
