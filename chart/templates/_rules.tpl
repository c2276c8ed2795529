{{/*
Rules: files of the values and the builtin alerts, changed by `rules.overrides`, spread
over as many ConfigMaps as their size needs. In the container the chart's files lie below
MOUNTPATH/values, those of a ConfigMap of the user below MOUNTPATH/configmaps/NAME.
*/}}

{{/*
prom.rules.maxBytes: how much one ConfigMap may hold. Kubernetes permits 1 MiB.
*/}}
{{- define "prom.rules.maxBytes" -}}
1000000
{{- end -}}

{{/*
prom.rules.name: the name of the first ConfigMap with rules. Takes the root context.
*/}}
{{- define "prom.rules.name" -}}
{{- $server := dict "root" . "component" "server" "values" .Values.server -}}
{{- .Values.rules.name | default (printf "%s-rules" (include "prom.component.name" $server)) -}}
{{- end -}}

{{/*
prom.rules.fileName: the name of a rule file: the key in `rules.groups`, with an ending.
Takes the key.
*/}}
{{- define "prom.rules.fileName" -}}
{{- ternary . (printf "%s.yaml" .) (regexMatch "[.](ya?ml|rules)$" .) -}}
{{- end -}}

{{/*
prom.rules.files: the rule files, as a JSON map from name to text. Takes the root context.
*/}}
{{- define "prom.rules.files" -}}
{{- include "prom.rules" . -}}
{{- $files := dict -}}
{{- range $name, $groups := .promRules -}}
{{- $_ := set $files $name (include "prom.rules.text" $groups) -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{/*
prom.rules.text: the text of a rule file. Takes its groups.
*/}}
{{- define "prom.rules.text" -}}
groups:
{{- if . }}
  {{- toYaml . | nindent 2 }}
{{- else }} []
{{- end -}}
{{- end -}}

{{/*
prom.rules: makes the rule files and leaves them in the root context as .promRules, once for
all templates that ask: a map from name to groups. Prints nothing. Takes the root context.
*/}}
{{- define "prom.rules" -}}
{{- if not (hasKey . "promRules") -}}
{{- $files := dict -}}
{{- $sources := dict -}}
{{- range $key, $file := .Values.rules.groups -}}
{{- $_ := set $sources (include "prom.rules.fileName" $key) $file.groups -}}
{{- end -}}
{{- if .Values.rules.builtin.enabled -}}
{{- $_ := set $sources "builtin.yaml" (include "prom.rules.builtin" . | fromYamlArray) -}}
{{- end -}}
{{- range $name, $groups := $sources -}}
{{- $kept := list -}}
{{- range $group := $groups -}}
{{- $rules := list -}}
{{- range $rule := $group.rules -}}
{{- $override := dict -}}
{{- if $rule.alert -}}
{{- $override = get ($.Values.rules.overrides | default dict) $rule.alert | default dict -}}
{{- end -}}
{{- if ternary $override.enabled true (hasKey $override "enabled") -}}
{{- if $override -}}
{{- $changed := dict "rule" (deepCopy $rule) "override" $override -}}
{{- include "prom.rules.override" $changed -}}
{{- $rules = append $rules $changed.rule -}}
{{- else -}}
{{- $rules = append $rules $rule -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if or $rules (not $group.rules) -}}
{{- $kept = append $kept (merge (dict "rules" $rules) $group) -}}
{{- end -}}
{{- end -}}
{{- if or $kept (not $groups) -}}
{{- $_ := set $files $name $kept -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "promRules" $files -}}
{{- end -}}
{{- end -}}

{{/*
prom.rules.override: makes the changes to a rule that the user wants, in place. Prints
nothing. Takes a dict: rule, override.
*/}}
{{- define "prom.rules.override" -}}
{{- $rule := .rule -}}
{{- $override := .override -}}
{{- range $key, $field := dict "expr" "expr" "for" "for" "keepFiringFor" "keep_firing_for" -}}
{{- with get $override $key -}}
{{- $_ := set $rule $field . -}}
{{- end -}}
{{- end -}}
{{- $labels := mergeOverwrite (dict) ($rule.labels | default dict) ($override.labels | default dict) -}}
{{- with $override.severity -}}
{{- $_ := set $labels "severity" . -}}
{{- end -}}
{{- with $labels -}}
{{- $_ := set $rule "labels" . -}}
{{- end -}}
{{- with mergeOverwrite (dict) ($rule.annotations | default dict) ($override.annotations | default dict) -}}
{{- $_ := set $rule "annotations" . -}}
{{- end -}}
{{- end -}}

{{/*
prom.rules.builtin: the groups of files/rules/builtin.yaml that watch something that is
there, as YAML. Takes the root context.
*/}}
{{- define "prom.rules.builtin" -}}
{{- $values := .Values -}}
{{- $own := include "prom.rules.ownJob" . -}}
{{- $expected := include "prom.rules.expectedJobs" . | fromJsonArray -}}
{{- $bytes := include "prom.rules.volumeBytes" . -}}
{{- $text := .Files.Get "files/rules/builtin.yaml" -}}
{{- $text = replace "job=\"prometheus\"" (printf "job=%q" $own) $text -}}
{{- $groups := list -}}
{{- $absent := dict
  "prometheus-volume" (empty $bytes)
  "prometheus-alerting" (empty (include "prom.alertmanagers" . | fromJsonArray))
  "prometheus-remote-write" (empty (include "prom.remoteWrite" . | fromJsonArray))
  "pushgateway" (not $values.pushgateway.enabled)
-}}
{{- range $group := (fromYaml $text).groups -}}
{{- if not (get $absent $group.name) -}}
{{- $rules := list -}}
{{- range $rule := $group.rules -}}
{{- if or $expected (not (contains "EXPECTED_JOBS" $rule.expr)) -}}
{{- $_ := set $rule "expr" ($rule.expr | replace "EXPECTED_JOBS" (join "\n  or\n" $expected) | replace "VOLUME_BYTES" $bytes) -}}
{{- if and (eq $rule.alert "PrometheusRemoteWriteBehind") (semverCompare "<3.7.0-0" (include "prom.server.version" $)) -}}
{{- $_ := set $rule "expr" (include "prom.rules.remoteWriteBehind" $own) -}}
{{- end -}}
{{- $_ := set $rule "labels" (mergeOverwrite (dict) $rule.labels ($values.rules.builtin.labels | default dict)) -}}
{{- with $values.rules.builtin.runbookUrl -}}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s/%s" (trimSuffix "/" .) $rule.alert) -}}
{{- end -}}
{{- $rules = append $rules $rule -}}
{{- end -}}
{{- end -}}
{{- $groups = append $groups (dict "name" $group.name "rules" $rules) -}}
{{- end -}}
{{- end -}}
{{- toYaml $groups -}}
{{- end -}}

{{/*
prom.rules.remoteWriteBehind: the expression of that alert before Prometheus 3.7, which has
one metric for what was scraped, not one for each queue. Takes the name of the own job.
*/}}
{{- define "prom.rules.remoteWriteBehind" -}}
max_over_time(prometheus_remote_storage_highest_timestamp_in_seconds{job={{ quote . }}}[5m])
  - ignoring (remote_name, url) group_right ()
max_over_time(prometheus_remote_storage_queue_highest_sent_timestamp_seconds{job={{ quote . }}}[5m])
  > 120
{{- end -}}

{{/*
prom.rules.ownJob: the name of the job that scrapes this server; empty if there is none.
Takes the root context.
*/}}
{{- define "prom.rules.ownJob" -}}
{{- $own := "" -}}
{{- include "prom.jobs" . -}}
{{- range .promJobs -}}
{{- if and (eq .preset "prometheus") (not $own) -}}
{{- $own = .name -}}
{{- end -}}
{{- end -}}
{{- $own -}}
{{- end -}}

{{/*
prom.rules.expectedJobs: for each job that has targets in every cluster an expression
that is true if it has none, as a JSON list. Of several shards one may have none by chance,
so the list is empty then. Takes the root context.
*/}}
{{- define "prom.rules.expectedJobs" -}}
{{- $expected := list -}}
{{- include "prom.jobs" . -}}
{{- range ternary .promJobs list (le (int .Values.server.shards) 1) -}}
{{- if has .preset (list "apiserver" "cadvisor" "kubelet" "kubelet-probes" "kubelet-resource" "node-exporter" "prometheus" "pushgateway") -}}
{{- $expected = append $expected (printf "absent(up{job=%q})" .name) -}}
{{- end -}}
{{- end -}}
{{- toJson $expected -}}
{{- end -}}

{{/*
prom.rules.volumeBytes: the size of the server's volume; empty if it is not known.
Takes the root context.
*/}}
{{- define "prom.rules.volumeBytes" -}}
{{- $persistence := .Values.server.persistence -}}
{{- $size := "" -}}
{{- $type := include "prom.persistence.type" $persistence -}}
{{- if eq $type "claim" -}}
{{- $size = $persistence.size -}}
{{- else if eq $type "emptyDir" -}}
{{- $size = ($persistence.emptyDir | default dict).sizeLimit | default "" -}}
{{- end -}}
{{- with $size -}}
{{- mul (include "prom.megabytes" .) 1048576 -}}
{{- end -}}
{{- end -}}

{{/*
prom.rules.configMaps: what goes into which ConfigMap, as a JSON list of {name, data}:
file by file, a new ConfigMap where the next file does not fit. Takes the root context.
*/}}
{{- define "prom.rules.configMaps" -}}
{{- $max := include "prom.rules.maxBytes" . | int -}}
{{- $name := include "prom.rules.name" . -}}
{{- $maps := list -}}
{{- $data := dict -}}
{{- $bytes := 0 -}}
{{- range $file, $text := include "prom.rules.files" . | fromJson -}}
{{- if and $data (gt (add $bytes (len $text)) $max) -}}
{{- $maps = append $maps (dict "name" (ternary (printf "%s-%d" $name (len $maps)) $name (gt (len $maps) 0)) "data" $data) -}}
{{- $data = dict -}}
{{- $bytes = 0 -}}
{{- end -}}
{{- $_ := set $data $file $text -}}
{{- $bytes = add $bytes (len $text) -}}
{{- end -}}
{{- if $data -}}
{{- $maps = append $maps (dict "name" (ternary (printf "%s-%d" $name (len $maps)) $name (gt (len $maps) 0)) "data" $data) -}}
{{- end -}}
{{- toJson $maps -}}
{{- end -}}

{{/*
prom.rules.directories: where rule files lie in the container, as a JSON list.
Takes the root context.
*/}}
{{- define "prom.rules.directories" -}}
{{- $directories := list -}}
{{- if include "prom.rules.configMaps" . | fromJsonArray -}}
{{- $directories = append $directories (printf "%s/values" .Values.rules.mountPath) -}}
{{- end -}}
{{- range .Values.rules.existingConfigMaps -}}
{{- $directories = append $directories (printf "%s/configmaps/%s" $.Values.rules.mountPath .name) -}}
{{- end -}}
{{- toJson $directories -}}
{{- end -}}

{{/*
prom.config.section.rule_files: the section `rule_files`: patterns rather than names, so
that a file that is added to a ConfigMap is found without a change of prometheus.yml.
Takes the root context.
*/}}
{{- define "prom.config.section.rule_files" -}}
{{- $patterns := list -}}
{{- range $directory := include "prom.rules.directories" . | fromJsonArray -}}
{{- range list "*.yaml" "*.yml" "*.rules" -}}
{{- $patterns = append $patterns (printf "%s/%s" $directory .) -}}
{{- end -}}
{{- end -}}
{{- with $patterns -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.rules.volumes: the volumes of the rules, as a JSON list. Takes the root context.
*/}}
{{- define "prom.rules.volumes" -}}
{{- $volumes := list -}}
{{- $sources := list -}}
{{- range include "prom.rules.configMaps" . | fromJsonArray -}}
{{- $sources = append $sources (dict "configMap" (dict "name" .name)) -}}
{{- end -}}
{{- with $sources -}}
{{- $volumes = append $volumes (dict "name" "rules" "projected" (dict "sources" .)) -}}
{{- end -}}
{{- range .Values.rules.existingConfigMaps -}}
{{- $configMap := dict "name" .name -}}
{{- if .optional -}}
{{- $_ := set $configMap "optional" true -}}
{{- end -}}
{{- with .items -}}
{{- $_ := set $configMap "items" . -}}
{{- end -}}
{{- $volumes = append $volumes (dict "name" (include "prom.volumeName" (printf "rules-%s" .name)) "configMap" $configMap) -}}
{{- end -}}
{{- toJson $volumes -}}
{{- end -}}

{{/*
prom.rules.volumeMounts: their mounts, as a JSON list. Takes the root context.
*/}}
{{- define "prom.rules.volumeMounts" -}}
{{- $mounts := list -}}
{{- if include "prom.rules.configMaps" . | fromJsonArray -}}
{{- $mounts = append $mounts (dict "name" "rules" "mountPath" (printf "%s/values" .Values.rules.mountPath)) -}}
{{- end -}}
{{- range .Values.rules.existingConfigMaps -}}
{{- $mounts = append $mounts (dict "name" (include "prom.volumeName" (printf "rules-%s" .name)) "mountPath" (printf "%s/configmaps/%s" $.Values.rules.mountPath .name)) -}}
{{- end -}}
{{- toJson $mounts -}}
{{- end -}}

{{/*
prom.guard.rules: rules that Prometheus refuses, files that no object can hold, and
changes of alerts that are not there.
*/}}
{{- define "prom.guard.rules" -}}
{{- $rules := .Values.rules -}}
{{- $max := include "prom.rules.maxBytes" . | int -}}
{{- if and $rules.builtin.enabled (not (include "prom.rules.ownJob" .)) -}}
rules.builtin.enabled: needs an enabled job with the preset prometheus, whose metrics the alerts are about; see scrape.builtin and scrape.jobs.prometheus.enabled
{{ end -}}
{{- if not (include "prom.rules.configMaps" . | fromJsonArray) -}}
{{- if $rules.name -}}
rules.name: there are no rules; see rules.groups and rules.builtin
{{ end -}}
{{- if and (ne $rules.mountPath "/etc/prometheus-rules") (not $rules.existingConfigMaps) -}}
rules.mountPath: there are no rules; see rules.groups, rules.builtin and rules.existingConfigMaps
{{ end -}}
{{- end -}}
{{- $config := .Values.config.mount -}}
{{- if and (not $config.subPath) (hasPrefix (printf "%s/" (trimSuffix "/" $config.path)) (printf "%s/" $rules.mountPath)) (include "prom.rules.directories" . | fromJsonArray) -}}
rules.mountPath: {{ $rules.mountPath }} lies within config.mount.path, a volume that is read-only, where nothing can be mounted
{{ end -}}
{{- $files := dict -}}
{{- if $rules.builtin.enabled -}}
{{- $_ := set $files "builtin.yaml" "rules.builtin" -}}
{{- end -}}
{{- range $key, $file := $rules.groups -}}
{{- $name := include "prom.rules.fileName" $key -}}
{{- $path := printf "rules.groups.%s" $key -}}
{{- if hasKey $files $name -}}
{{ $path }}: the file {{ $name }} is that of {{ get $files $name }} already
{{ end -}}
{{- $_ := set $files $name $path -}}
{{- $names := dict -}}
{{- range $index, $group := $file.groups -}}
{{- $at := printf "%s.groups[%d]" $path $index -}}
{{- if hasKey $names $group.name -}}
{{ $at }}.name: another group of the file is named {{ $group.name }}
{{ end -}}
{{- $_ := set $names $group.name true -}}
{{- range $number, $rule := $group.rules -}}
{{- if and $rule.record $rule.alert -}}
{{ $at }}.rules[{{ $number }}]: has a record and an alert; a rule is one of them
{{ else if not (or $rule.record $rule.alert) -}}
{{ $at }}.rules[{{ $number }}]: has neither a record nor an alert
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $text := include "prom.rules.files" . | fromJson -}}
{{- if gt (len $text) $max -}}
{{ get $files $name }}: the file {{ $name }} has {{ len $text }} bytes, a ConfigMap holds {{ $max }}; split it
{{ end -}}
{{- end -}}
{{- $alerts := list -}}
{{- range $file := $rules.groups -}}
{{- range $group := $file.groups -}}
{{- range $rule := $group.rules -}}
{{- $alerts = append $alerts ($rule.alert | default "") -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $rules.builtin.enabled -}}
{{- range $group := include "prom.rules.builtin" . | fromYamlArray -}}
{{- range $rule := $group.rules -}}
{{- $alerts = append $alerts $rule.alert -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $override := $rules.overrides -}}
{{- if not (has $name $alerts) -}}
rules.overrides.{{ $name }}: no alert has this name; there are {{ without $alerts "" | uniq | sortAlpha | join ", " | default "none" }}
{{ end -}}
{{- end -}}
{{- $names := list -}}
{{- range include "prom.rules.configMaps" . | fromJsonArray -}}
{{- $names = append $names .name -}}
{{- if and (eq .name (include "prom.config.name" $)) (not $.Values.config.existing.name) -}}
rules.name: {{ .name }} is the name of the ConfigMap with prometheus.yml
{{ end -}}
{{- end -}}
{{- range $index, $configMap := $rules.existingConfigMaps -}}
{{- if has .name $names -}}
rules.existingConfigMaps[{{ $index }}].name: {{ .name }} is there twice, or is one that the chart makes; list its keys in one place
{{ end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- end -}}
