{{/*
prometheus.yml: its place in the pod and its content.
*/}}

{{/*
prom.config.kind: ConfigMap or Secret. `auto` is a Secret as soon as the text has a
field that holds a credential itself, not the name of a file with it.
Takes the root context.
*/}}
{{- define "prom.config.kind" -}}
{{- if .Values.config.existing.name -}}
{{- .Values.config.existing.kind -}}
{{- else if ne .Values.config.kind "auto" -}}
{{- .Values.config.kind -}}
{{- else -}}
{{- $credential := "(?m)^[ -]*(bearer_token|client_certificate_key|client_secret|credentials|key|password|secret_key|secrets|token)['\"]?:" -}}
{{- ternary "Secret" "ConfigMap" (regexMatch $credential (include "prom.config.content" .)) -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.key: the key of prometheus.yml in the ConfigMap or Secret.
Takes the root context.
*/}}
{{- define "prom.config.key" -}}
{{- $existing := .Values.config.existing -}}
{{- ternary $existing.key .Values.config.key (not (empty (and $existing.name $existing.key))) -}}
{{- end -}}

{{/*
prom.config.file: the path of prometheus.yml in the container. Takes the root context.
*/}}
{{- define "prom.config.file" -}}
{{- $mount := .Values.config.mount -}}
{{- if $mount.subPath -}}
{{- $mount.path -}}
{{- else -}}
{{- printf "%s/%s" (trimSuffix "/" $mount.path) (include "prom.config.key" .) -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.volume: the volume of the configuration, as JSON. Takes the root context.
*/}}
{{- define "prom.config.volume" -}}
{{- $name := include "prom.config.name" . -}}
{{- $volume := dict "name" .Values.config.mount.volumeName -}}
{{- if eq (include "prom.config.kind" .) "Secret" -}}
{{- $_ := set $volume "secret" (dict "secretName" $name) -}}
{{- else -}}
{{- $_ := set $volume "configMap" (dict "name" $name) -}}
{{- end -}}
{{- toJson $volume -}}
{{- end -}}

{{/*
prom.config.mount: its mount, as JSON. Takes the root context.
*/}}
{{- define "prom.config.mount" -}}
{{- $mount := dict "name" .Values.config.mount.volumeName "mountPath" .Values.config.mount.path -}}
{{- if .Values.config.mount.subPath -}}
{{- $_ := set $mount "subPath" (include "prom.config.key" .) -}}
{{- end -}}
{{- toJson $mount -}}
{{- end -}}

{{/*
prom.config.global: the section `global`, as YAML; limits that are 0 are left out, and
a field of `config.global` wins over the limit of the same name. Takes the root context.
*/}}
{{- define "prom.config.global" -}}
{{- $global := dict -}}
{{- if .Values.scrape.builtin -}}
{{- range $name, $limit := .Values.scrape.limits -}}
{{- if $limit -}}
{{- $_ := set $global $name $limit -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.server.query.logFile -}}
{{- $_ := set $global "query_log_file" . -}}
{{- end -}}
{{- $external := dict -}}
{{- if gt (int .Values.server.replicas) 1 -}}
{{- $_ := set $external "replica" "${POD_NAME}" -}}
{{- end -}}
{{- with mergeOverwrite $external (.Values.config.externalLabels | default dict) -}}
{{- $_ := set $global "external_labels" . -}}
{{- end -}}
{{- with mergeOverwrite $global (.Values.config.global | default dict) -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.storage: the section `storage`, as YAML. Takes the root context.
*/}}
{{- define "prom.config.storage" -}}
{{- $tsdb := dict -}}
{{- $window := .Values.server.tsdb.outOfOrderTimeWindow | default "" -}}
{{- if ne (include "prom.duration" $window) "0" -}}
{{- $_ := set $tsdb "out_of_order_time_window" $window -}}
{{- end -}}
{{- if include "prom.server.retentionInFile" . -}}
{{- with include "prom.server.retention" . | fromJson -}}
{{- $_ := set $tsdb "retention" . -}}
{{- end -}}
{{- end -}}
{{- with $tsdb -}}
{{- toYaml (dict "tsdb" .) -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.content: the text of prometheus.yml, made once for all templates that ask: the
root context keeps it as .promConfig. Takes the root context.
*/}}
{{- define "prom.config.content" -}}
{{- if not (hasKey . "promConfig") -}}
{{- $_ := set . "promConfig" (include "prom.config.text" .) -}}
{{- end -}}
{{- .promConfig -}}
{{- end -}}

{{/*
prom.config.text: what prom.config.content keeps. Takes the root context.
*/}}
{{- define "prom.config.text" -}}
{{- if .Values.config.raw -}}
{{- .Values.config.raw -}}
{{- else -}}
{{- with include "prom.config.global" . -}}
global:
  {{- . | nindent 2 }}
{{ end -}}
{{- with include "prom.config.storage" . -}}
storage:
  {{- . | nindent 2 }}
{{ end -}}
scrape_configs:
{{- include "prom.jobs" . }}
{{- range .promJobs }}
  - job_name: {{ toYaml .name }}
    {{- with omit .config "job_name" }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- else }} []
{{- end }}
{{- end -}}
{{- end -}}

{{/*
prom.config.env: environment that the configuration reads, as a JSON list.
Takes the root context.
*/}}
{{- define "prom.config.env" -}}
{{- $env := list -}}
{{- if gt (int .Values.server.replicas) 1 -}}
{{- $env = append $env (dict "name" "POD_NAME" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.name"))) -}}
{{- end -}}
{{- toJson $env -}}
{{- end -}}

{{/*
prom.config: the object with prometheus.yml, if the configuration is the chart's and of
this kind. Takes a dict: root, kind, field (where text goes in that kind).
*/}}
{{- define "prom.config" -}}
{{- if and (not .root.Values.config.existing.name) (eq (include "prom.config.kind" .root) .kind) -}}
apiVersion: v1
kind: {{ .kind }}
{{ include "prom.metadata" (dict "root" .root "component" "server" "values" .root.Values.server "name" (include "prom.config.name" .root)) }}
{{ .field }}:
  {{ toYaml .root.Values.config.key }}: |
    {{- include "prom.config.content" .root | nindent 4 }}
{{- end -}}
{{- end -}}
