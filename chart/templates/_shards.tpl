{{/*
Shards: several servers that divide the targets among themselves. Shard 0 keeps the names
and labels of a server without shards, so that a release can grow from one shard to more
without moving data. A component of a shard has its number as `shard`.
*/}}

{{/*
prom.shard.suffix: what a shard's object names have at their end; empty for shard 0.
Takes a component.
*/}}
{{- define "prom.shard.suffix" -}}
{{- with .shard -}}
-shard-{{ . }}
{{- end -}}
{{- end -}}

{{/*
prom.shard.label: a component's value of the label app.kubernetes.io/component.
Takes a component.
*/}}
{{- define "prom.shard.label" -}}
{{- printf "%s%s" .component (include "prom.shard.suffix" .) -}}
{{- end -}}

{{/*
prom.shard.selector: a label selector, as Kubernetes writes it in one line, for the pods of
a component; of the server for those of all shards. Takes a component.
*/}}
{{- define "prom.shard.selector" -}}
{{- $terms := list -}}
{{- range $name, $value := include "prom.selectorLabels" (omit . "shard") | fromYaml -}}
{{- if and (eq $name "app.kubernetes.io/component") (eq $.component "server") (gt (int $.values.shards) 1) -}}
{{- $labels := list -}}
{{- range $shard := until (int $.values.shards) -}}
{{- $labels = append $labels (include "prom.shard.label" (merge (dict "shard" $shard) $)) -}}
{{- end -}}
{{- $terms = append $terms (printf "%s in (%s)" $name (join "," $labels)) -}}
{{- else -}}
{{- $terms = append $terms (printf "%s=%s" $name $value) -}}
{{- end -}}
{{- end -}}
{{- join "," $terms -}}
{{- end -}}

{{/*
prom.shard.job: a job's scrape_config as one shard has it, as JSON; `null` if this shard does
not have the job. Targets are divided by a hash of address, path and probed target, or of
__tmp_hash if a rule of the job has set that label. Takes a dict: job, shard, shards.
*/}}
{{- define "prom.shard.job" -}}
{{- $config := .job.config -}}
{{- if le (int .shards) 1 -}}
{{- toJson $config -}}
{{- else if .job.sharded -}}
{{- $rules := list
  (dict "source_labels" (list "__address__" "__metrics_path__" "__param_target" "__tmp_hash") "regex" "(.+);" "target_label" "__tmp_hash")
  (dict "source_labels" (list "__tmp_hash") "modulus" (int .shards) "target_label" "__tmp_hash" "action" "hashmod")
  (dict "source_labels" (list "__tmp_hash") "regex" (toString .shard) "action" "keep")
-}}
{{- merge (dict "relabel_configs" (concat ($config.relabel_configs | default list) $rules)) $config | toJson -}}
{{- else if eq (int .shard) 0 -}}
{{- toJson $config -}}
{{- else -}}
null
{{- end -}}
{{- end -}}

{{/*
prom.guard.shards: what cannot be divided.
*/}}
{{- define "prom.guard.shards" -}}
{{- $server := .Values.server -}}
{{- if gt (int $server.shards) 1 -}}
{{- if or .Values.config.raw .Values.config.existing.name -}}
server.shards: targets can only be divided in a configuration that the chart writes; drop {{ ternary "config.raw" "config.existing" (not (empty .Values.config.raw)) }}
{{ end -}}
{{- if $server.selectorLabels -}}
server.selectorLabels: the pods of {{ $server.shards }} shards cannot share one selector; leave it empty
{{ end -}}
{{- if hasKey (.Values.config.externalLabels | default dict) "shard" -}}
config.externalLabels.shard: is set by the chart, with a value for each shard
{{ end -}}
{{- if $server.persistence.existingClaim -}}
server.persistence.existingClaim: {{ $server.shards }} shards cannot share one volume; let the chart make the claims
{{ end -}}
{{- if and (eq (include "prom.persistence.type" $server.persistence) "hostPath") -}}
server.persistence.hostPath.path: two shards on one node would share the directory; use claims or emptyDir
{{ end -}}
{{- if $server.service.nodePort -}}
server.service.nodePort: each of {{ $server.shards }} shards has a Service, and a node port is for one; let Kubernetes choose
{{ end -}}
{{- range $field := list "clusterIP" "loadBalancerIP" -}}
{{- $value := get $server.service $field -}}
{{- if and $value (ne $value "None") -}}
server.service.{{ $field }}: each of {{ $server.shards }} shards has a Service, and an address is for one; leave it empty
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
