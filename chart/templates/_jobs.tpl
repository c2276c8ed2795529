{{/*
Scrape jobs: presets and values joined to what goes into prometheus.yml.
*/}}

{{/*
prom.jobs: finds the enabled jobs and leaves them in the root context as .promJobs, once
for all templates that ask: a list, in order, of {key, name, preset, access, config, sharded},
where key is the job's place in `scrape.jobs`, config the finished scrape_config, and sharded
says that shards divide its targets. Empty if
the configuration is not made by the chart. The jobs with `enabled: auto` that
`rbac.namespaced` or a DaemonSet switches off are left as .promJobsOff, a list of their
keys; those that a DaemonSet cannot divide among nodes as .promJobsOfNoNode. Prints nothing.
Takes the root context.
*/}}
{{- define "prom.jobs" -}}
{{- if not (hasKey . "promJobs") -}}
{{- $found := dict -}}
{{- $off := list -}}
{{- $noNode := list -}}
{{- $scrape := .Values.scrape -}}
{{- if not (or .Values.config.raw .Values.config.existing.name) -}}
{{- $known := include "prom.presets" . | fromJsonArray -}}
{{- $jobs := deepCopy ($scrape.jobs | default dict) -}}
{{- $absent := list -}}
{{- range $name, $on := dict "pushgateway" .Values.pushgateway.enabled "node-exporter" .Values.nodeExporter.enabled -}}
{{- if not $on -}}
{{- $absent = append $absent $name -}}
{{- else if and $scrape.builtin (not (hasKey $jobs $name)) -}}
{{- $_ := set $jobs $name dict -}}
{{- end -}}
{{- end -}}
{{- range $key, $values := $jobs -}}
{{- $job := $values | default dict -}}
{{- $implied := and $scrape.builtin (has $key $known) (not (has $key $absent)) -}}
{{- $preset := $job.preset | default (ternary $key "none" (not (empty $implied))) -}}
{{- $enabled := ternary $job.enabled true (hasKey $job "enabled") -}}
{{- if and $enabled (or (ne $preset "none") $job.config $scrape.builtin) -}}
{{- $entry := include "prom.job" (dict "key" $key "preset" $preset "values" $job "root" $) | fromJson -}}
{{- $order := printf "%05d %s" (ternary $job.order 1000 (hasKey $job "order") | int) $key -}}
{{- if and (eq (toString $enabled) "auto") (or $entry.ofNoNode (and $.Values.rbac.namespaced (include "prom.job.clusterScope" $entry))) -}}
{{- $off = append $off $key -}}
{{- else -}}
{{- if $entry.ofNoNode -}}
{{- $noNode = append $noNode $key -}}
{{- end -}}
{{- $_ := set $found $order $entry -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $ordered := list -}}
{{- range $found -}}
{{- $ordered = append $ordered . -}}
{{- end -}}
{{- $_ := set . "promJobs" $ordered -}}
{{- $_ := set . "promJobsOff" $off -}}
{{- $_ := set . "promJobsOfNoNode" $noNode -}}
{{- end -}}
{{- end -}}

{{/*
prom.job: one job, as JSON (see prom.jobs). Takes a dict: root, key, preset, values.
*/}}
{{- define "prom.job" -}}
{{- $job := .values -}}
{{- $preset := dict -}}
{{- if ne .preset "none" -}}
{{- $preset = include (printf "prom.preset.%s" .preset) .root | fromYaml -}}
{{- with $preset.Error -}}
{{- fail (printf "preset %s: %s" $.preset .) -}}
{{- end -}}
{{- end -}}
{{- $config := $preset.config | default dict -}}
{{- with $job.interval -}}
{{- $_ := set $config "scrape_interval" . -}}
{{- end -}}
{{- with $job.timeout -}}
{{- $_ := set $config "scrape_timeout" . -}}
{{- end -}}
{{- if ne ($job.drop | default "default") "none" -}}
{{- with $preset.drop -}}
{{- $_ := set $config "metric_relabel_configs" . -}}
{{- end -}}
{{- end -}}
{{- if $job.auth -}}
{{- $config = omit $config "authorization" "basic_auth" "oauth2" -}}
{{- end -}}
{{- if $job.tls -}}
{{- $_ := set $config "scheme" "https" -}}
{{- end -}}
{{- range $field, $value := include "prom.client" (dict "auth" $job.auth "tls" $job.tls) | fromJson -}}
{{- $_ := set $config $field $value -}}
{{- end -}}
{{- range $field, $value := $job.config -}}
{{- $_ := set $config $field $value -}}
{{- end -}}
{{- with $scope := include "prom.scrape.namespaces" .root | fromJsonArray -}}
{{- $entries := list -}}
{{- range $entry := $config.kubernetes_sd_configs -}}
{{- if not (or $entry.namespaces $entry.api_server $entry.kubeconfig_file (eq ($entry.role | default "") "node")) -}}
{{- $entry = merge (dict "namespaces" (dict "names" $scope)) $entry -}}
{{- end -}}
{{- $entries = append $entries $entry -}}
{{- end -}}
{{- if $entries -}}
{{- $_ := set $config "kubernetes_sd_configs" $entries -}}
{{- end -}}
{{- end -}}
{{- with ($job.relabel | default dict).append -}}
{{- $_ := set $config "relabel_configs" (concat ($config.relabel_configs | default list) .) -}}
{{- end -}}
{{- with ($job.metricRelabel | default dict).append -}}
{{- $_ := set $config "metric_relabel_configs" (concat ($config.metric_relabel_configs | default list) .) -}}
{{- end -}}
{{- $ofNoNode := false -}}
{{- if include "prom.nodeLocal" .root -}}
{{- $limited := include "prom.nodeLocal.job" $config -}}
{{- $ofNoNode = or (eq $limited "null") (eq .preset "apiserver") -}}
{{- if not $ofNoNode -}}
{{- $config = fromJson $limited -}}
{{- end -}}
{{- end -}}
{{- $sharded := eq (toString $job.sharded) "true" -}}
{{- if or (not (hasKey $job "sharded")) (eq (toString $job.sharded) "auto") -}}
{{- range $field, $_ := $config -}}
{{- if hasSuffix "_sd_configs" $field -}}
{{- $sharded = true -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson (dict
  "sharded" $sharded
  "ofNoNode" $ofNoNode
  "key" .key
  "name" ($config.job_name | default .key)
  "preset" .preset
  "access" ($preset.access | default list)
  "config" $config
) -}}
{{- end -}}

{{/*
prom.scrape.namespaces: the namespaces in which jobs look for targets unless they name
their own, as a JSON list; empty for the whole cluster. Takes the root context.
*/}}
{{- define "prom.scrape.namespaces" -}}
{{- if .Values.scrape.namespaces -}}
{{- toJson .Values.scrape.namespaces -}}
{{- else if .Values.rbac.namespaced -}}
{{- list (include "prom.namespace" .) | toJson -}}
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{/*
prom.job.clusterScope: the cluster-wide rights that a job needs, as a text; empty if Roles
suffice. Takes a job.
*/}}
{{- define "prom.job.clusterScope" -}}
{{- $rights := .access -}}
{{- range $entry := include "prom.job.discovery" . | fromJsonArray -}}
{{- $scope := $entry.namespaces | default dict -}}
{{- range $resource := include "prom.rbac.discovery" $entry | fromJsonArray -}}
{{- if or (has $resource (list "|nodes" "|namespaces")) (not (or $scope.names $scope.own_namespace)) -}}
{{- $rights = append $rights (last (splitList "|" $resource)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- join ", " ($rights | uniq) -}}
{{- end -}}

{{/*
prom.jobs.needToken: non-empty if a job needs the pod's ServiceAccount token: to find
its targets through the pod's own API server, or to show it to them; or if Alertmanagers
are found there. A configuration or file that the chart does not make is taken to need it.
Takes the root context.
*/}}
{{- define "prom.jobs.needToken" -}}
{{- if .Values.config.existing.name -}}
true
{{- else if .Values.config.raw -}}
{{- if regexMatch "kubernetes_sd_configs|kubernetes.io/serviceaccount" .Values.config.raw -}}
true
{{- end -}}
{{- else -}}
{{- if or .Values.config.scrapeConfigFiles (include "prom.alertmanagers.discovery" . | fromJsonArray) -}}
true
{{- end -}}
{{- include "prom.jobs" . -}}
{{- range .promJobs -}}
{{- if or (include "prom.job.discovery" . | fromJsonArray) (include "prom.job.token" .) -}}
true
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.job.discovery: a job's kubernetes_sd_configs that ask the pod's own API server, as
a JSON list. Takes a job.
*/}}
{{- define "prom.job.discovery" -}}
{{- $own := list -}}
{{- range .config.kubernetes_sd_configs -}}
{{- if not (or .api_server .kubeconfig_file) -}}
{{- $own = append $own . -}}
{{- end -}}
{{- end -}}
{{- toJson $own -}}
{{- end -}}

{{/*
prom.job.token: non-empty if a job shows the ServiceAccount's token to its targets.
Takes a job.
*/}}
{{- define "prom.job.token" -}}
{{- $authorization := .config.authorization | default dict -}}
{{- $file := $authorization.credentials_file | default .config.bearer_token_file | default "" -}}
{{- if contains "secrets/kubernetes.io/serviceaccount/" $file -}}
true
{{- end -}}
{{- end -}}
