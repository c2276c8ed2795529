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
prom.config.section.global: the section `global`, as YAML; limits that are 0 are left out, and
a field of `config.global` wins over the limit of the same name. Takes the root context.
*/}}
{{- define "prom.config.section.global" -}}
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
prom.config.section.storage: the section `storage`, as YAML. Takes the root context.
*/}}
{{- define "prom.config.section.storage" -}}
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
prom.config.text: what prom.config.content keeps: the sections of prometheus.yml in the
order of Prometheus' documentation. Each is a template prom.config.section.NAME that takes
the root context and writes the section's value as YAML; an empty one is left out.
Takes the root context.
*/}}
{{- define "prom.config.text" -}}
{{- if .Values.config.raw -}}
{{- .Values.config.raw -}}
{{- else -}}
{{- range $section := list
  "global"
  "storage"
-}}
{{- with include (printf "prom.config.section.%s" $section) $ -}}
{{ $section }}:
  {{- . | nindent 2 }}
{{ end -}}
{{- end -}}
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
