{{/*
prometheus.yml: its place in the pod and its content.
*/}}

{{/*
prom.config.kind: ConfigMap or Secret. `auto` is a Secret as soon as there is a credential.
Takes the root context.
*/}}
{{- define "prom.config.kind" -}}
{{- if .Values.config.existing.name -}}
{{- .Values.config.existing.kind -}}
{{- else if ne .Values.config.kind "auto" -}}
{{- .Values.config.kind -}}
{{- else -}}
{{- ternary "ConfigMap" "Secret" (empty (include "prom.config.secret" .)) -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.secret: non-empty if the text of prometheus.yml has a field that holds a
credential itself, not the name of a file with it; a header whose name says as much; or a
URL with a password. Searched once: the root context keeps the answer as .promSecret.
Takes the root context.
*/}}
{{- define "prom.config.secret" -}}
{{- if not (hasKey . "promSecret") -}}
{{- $content := include "prom.config.content" (dict "root" . "values" .Values.server) -}}
{{- $field := "(?m)(^[ -]*|[{,] *)['\"]?(bearer_token|certificate_password|client_certificate_key|client_secret|credentials|key|password|secret_key|secrets|token)['\"]?:" -}}
{{- $header := "(?m)^[ -]*['\"]?(?i:[a-z0-9]+-)*(?i:api-?key|cookie|password|secret|token)(?i:-[a-z0-9]+)*['\"]?:" -}}
{{- $url := "://[^/@:\\s]*:[^/@\\s]+@" -}}
{{- $found := or (regexMatch $field $content) (regexMatch $header $content) (regexMatch $url $content) -}}
{{- $_ := set . "promSecret" (ternary "true" "" $found) -}}
{{- end -}}
{{- .promSecret -}}
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
prom.config.volume: the volume of the configuration as the chart or the user wrote it, as
JSON. Takes the server component.
*/}}
{{- define "prom.config.volume" -}}
{{- $name := printf "%s%s" (include "prom.config.name" .root) (include "prom.shard.suffix" .) -}}
{{- $volume := dict "name" (ternary "node-config-source" .root.Values.config.mount.volumeName (not (empty (include "prom.nodeLocal" .root)))) -}}
{{- if eq (include "prom.config.kind" .root) "Secret" -}}
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
{{- if gt (int .Values.server.shards) 1 -}}
{{- $_ := set $external "shard" (toString .promShard) -}}
{{- end -}}
{{- with mergeOverwrite $external (.Values.config.externalLabels | default dict) -}}
{{- $_ := set $global "external_labels" . -}}
{{- end -}}
{{- $global = mergeOverwrite $global (.Values.config.global | default dict) -}}
{{- if not (include "prom.nativeHistograms.field" .) -}}
{{- $global = omit $global "scrape_native_histograms" -}}
{{- end -}}
{{- with $global -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.section.runtime: the section `runtime`. Takes the root context.
*/}}
{{- define "prom.config.section.runtime" -}}
{{- with .Values.config.runtime -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.section.scrape_config_files: the section `scrape_config_files`.
Takes the root context.
*/}}
{{- define "prom.config.section.scrape_config_files" -}}
{{- with .Values.config.scrapeConfigFiles -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.section.tracing: the section `tracing`. Takes the root context.
*/}}
{{- define "prom.config.section.tracing" -}}
{{- with .Values.config.tracing -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.section.storage: the section `storage`, as YAML. Takes the root context.
*/}}
{{- define "prom.config.section.storage" -}}
{{- $storage := dict -}}
{{- $tsdb := dict -}}
{{- $window := .Values.server.tsdb.outOfOrderTimeWindow | default "" -}}
{{- if ne (include "prom.duration" $window) "0" -}}
{{- $_ := set $tsdb "out_of_order_time_window" $window -}}
{{- end -}}
{{- with .Values.server.tsdb.staleSeriesCompactionThreshold -}}
{{- $_ := set $tsdb "stale_series_compaction_threshold" . -}}
{{- end -}}
{{- with .Values.server.tsdb.floatChunkEncoding -}}
{{- $_ := set $tsdb "chunk_encoding" (dict "floats" .) -}}
{{- end -}}
{{- if include "prom.server.retentionInFile" . -}}
{{- with include "prom.server.retention" . | fromJson -}}
{{- $_ := set $tsdb "retention" . -}}
{{- end -}}
{{- end -}}
{{- with $tsdb -}}
{{- $_ := set $storage "tsdb" . -}}
{{- end -}}
{{- if .Values.server.exemplars.enabled -}}
{{- $_ := set $storage "exemplars" (dict "max_exemplars" .Values.server.exemplars.max) -}}
{{- end -}}
{{- with $storage -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.content: the text of a shard's prometheus.yml, made once for all templates that
ask: the root context keeps it as .promConfig, a dict by shard. Takes the server component.
*/}}
{{- define "prom.config.content" -}}
{{- if not (hasKey .root "promConfig") -}}
{{- $_ := set .root "promConfig" dict -}}
{{- end -}}
{{- $key := toString (.shard | default 0) -}}
{{- if not (hasKey .root.promConfig $key) -}}
{{- $_ := set .root "promShard" (.shard | default 0 | int) -}}
{{- $_ := set .root.promConfig $key (include "prom.config.text" .root) -}}
{{- end -}}
{{- get .root.promConfig $key -}}
{{- end -}}

{{/*
prom.config.text: what prom.config.content keeps: the sections of prometheus.yml in the
order of Prometheus' documentation. Each is a template prom.config.section.NAME that takes
the root context and writes the section's value as YAML; an empty one is left out. An agent
has no section that is for storing, querying or evaluating. Takes the root context, in which
.promShard is the number of the shard.
*/}}
{{- define "prom.config.text" -}}
{{- if .Values.config.raw -}}
{{- .Values.config.raw -}}
{{- else -}}
{{- $agent := include "prom.agent" . -}}
{{- range $section := list
  "global"
  "runtime"
  "rule_files"
  "scrape_config_files"
  "alerting"
  "remote_write"
  "remote_read"
  "otlp"
  "storage"
  "tracing"
-}}
{{- if not (and $agent (has $section (list "rule_files" "alerting" "remote_read" "storage"))) -}}
{{- with include (printf "prom.config.section.%s" $section) $ -}}
{{ $section }}:
  {{- . | nindent 2 }}
{{ end -}}
{{- end -}}
{{- end -}}
scrape_configs:
{{- include "prom.jobs" . }}
{{- $empty := true }}
{{- range .promJobs }}
{{- $config := include "prom.shard.job" (dict "job" . "shard" $.promShard "shards" $.Values.server.shards) }}
{{- if ne $config "null" }}
{{- $empty = false }}
  - job_name: {{ toYaml .name }}
    {{- with omit ($config | fromJson) "job_name" }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
{{- end }}
{{- if $empty }} []
{{- end }}
{{- end -}}
{{- end -}}

{{/*
prom.scrape.limits.set: the fields of `scrape.limits` that are not at their defaults, as a JSON list.
Takes the root context.
*/}}
{{- define "prom.scrape.limits.set" -}}
{{- $defaults := dict "sample_limit" "500000" "target_limit" "0" "label_limit" "256" "body_size_limit" "200MB" "keep_dropped_targets" "100" -}}
{{- $set := list -}}
{{- range $field, $value := .Values.scrape.limits -}}
{{- if ne ($value | default 0 | include "prom.scalar") (get $defaults $field) -}}
{{- $set = append $set $field -}}
{{- end -}}
{{- end -}}
{{- toJson $set -}}
{{- end -}}

{{/*
prom.guard.raw: settings that a prometheus.yml of the user's own leaves without effect.
*/}}
{{- define "prom.guard.raw" -}}
{{- $values := .Values -}}
{{- $config := $values.config -}}
{{- if or $config.raw $config.existing.name -}}
{{- $where := ternary "config.raw" "config.existing" (not (empty $config.raw)) -}}
{{- $defaults := dict "scrape_interval" "30s" "scrape_timeout" "10s" "evaluation_interval" "30s" -}}
{{- $set := list -}}
{{- range $field, $value := $config.global -}}
{{- if ne (get $defaults $field) (toString $value) -}}
{{- $set = append $set (printf "config.global.%s" $field) -}}
{{- end -}}
{{- end -}}
{{- $known := dict "prometheus" true "apiserver" "auto" "kubelet" "auto" "cadvisor" "auto" "kubelet-probes" false "kubelet-resource" false "endpointslices" true "pods" true "services" false "ingresses" false -}}
{{- range $name, $job := $values.scrape.jobs -}}
{{- if or (not (hasKey $known $name)) (omit ($job | default dict) "enabled") -}}
{{- $set = append $set (printf "scrape.jobs.%s" $name) -}}
{{- else if and (hasKey ($job | default dict) "enabled") (ne (toString $job.enabled) (get $known $name | toString)) -}}
{{- $set = append $set (printf "scrape.jobs.%s.enabled" $name) -}}
{{- end -}}
{{- end -}}
{{- range include "prom.scrape.limits.set" . | fromJsonArray -}}
{{- $set = append $set (printf "scrape.limits.%s" .) -}}
{{- end -}}
{{- $scrape := $values.scrape -}}
{{- $roles := and $values.rbac.create $values.rbac.namespaced $values.rbac.rules -}}
{{- $retention := ternary $values.server.retention dict (kindIs "map" $values.server.retention) -}}
{{- $tsdb := $values.server.tsdb -}}
{{- $ruled := contains (printf "%s/" $values.rules.mountPath) $config.raw -}}
{{- $candidates := dict
  "config.externalLabels" $config.externalLabels
  "config.scrapeConfigFiles" $config.scrapeConfigFiles
  "config.tracing" $config.tracing
  "config.runtime" $config.runtime
  "server.query.logFile" $values.server.query.logFile
  "server.retention.percentage" $retention.percentage
  "server.tsdb.outOfOrderTimeWindow" (ne (include "prom.duration" ($tsdb.outOfOrderTimeWindow | default "")) "0")
  "server.tsdb.staleSeriesCompactionThreshold" $tsdb.staleSeriesCompactionThreshold
  "server.tsdb.floatChunkEncoding" $tsdb.floatChunkEncoding
  "server.exemplars.max" (ne (int $values.server.exemplars.max) 100000)
  "scrape.builtin" (not $scrape.builtin)
  "scrape.allowTokenOverHttp" $scrape.allowTokenOverHttp
  "scrape.namespaces" (and $scrape.namespaces (not $roles))
  "scrape.kubelet.via" (ne $scrape.kubelet.via "direct")
  "scrape.kubelet.tls.mode" (ne $scrape.kubelet.tls.mode "skip")
  "scrape.kubelet.tls.caFile" $scrape.kubelet.tls.caFile
  "scrape.annotations.prefix" (ne $scrape.annotations.prefix "prometheus.io")
  "scrape.blackbox.address" $scrape.blackbox.address
  "scrape.blackbox.module" (ne $scrape.blackbox.module "http_2xx")
  "rules.groups" (and $values.rules.groups (not $ruled))
  "rules.existingConfigMaps" (and $values.rules.existingConfigMaps (not $ruled))
  "alerting.alertmanagers" $values.alerting.alertmanagers
  "alerting.relabelConfigs" $values.alerting.relabelConfigs
  "remoteWrite" $values.remoteWrite
  "remoteRead" $values.remoteRead
  "receivers.otlp.config" $values.receivers.otlp.config
-}}
{{- range $key, $value := $candidates -}}
{{- if $value -}}
{{- $set = append $set $key -}}
{{- end -}}
{{- end -}}
{{- range $set -}}
{{ . }}: {{ $where }} is all of prometheus.yml; set it there
{{ end -}}
{{- end -}}
{{- end -}}
