{{/*
Agent mode: a server that scrapes and forwards, and keeps nothing but the queue of what it
has to send. As a DaemonSet each pod scrapes its own node only.
*/}}

{{/*
prom.agent: non-empty in agent mode. Takes the root context.
*/}}
{{- define "prom.agent" -}}
{{- if eq .Values.server.mode "agent" -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.agent.flags: the flags of an agent, as JSON. Takes the server component.
*/}}
{{- define "prom.agent.flags" -}}
{{- $flags := dict "agent" true "storage.agent.path" (include "prom.server.dataPath" .) -}}
{{- with .values.agent.retentionMinTime -}}
{{- $_ := set $flags "storage.agent.retention.min-time" . -}}
{{- end -}}
{{- with .values.agent.retentionMaxTime -}}
{{- $_ := set $flags "storage.agent.retention.max-time" . -}}
{{- end -}}
{{- toJson $flags -}}
{{- end -}}

{{/*
prom.nodeLocal: non-empty if each pod scrapes its own node only. Takes the root context.
*/}}
{{- define "prom.nodeLocal" -}}
{{- if eq .Values.server.kind "DaemonSet" -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.nodeLocal.placeholder: stands for the node's name in the configuration until a pod
has put its own there. Prometheus reads the environment in external labels only.
*/}}
{{- define "prom.nodeLocal.placeholder" -}}
$(NODE_NAME)
{{- end -}}

{{/*
prom.nodeLocal.job: a scrape_config limited to the pod's own node, as JSON; `null` if its
targets belong to no node. Pods and nodes are selected by the API server; of endpoints,
which it cannot select by node, those of other nodes are dropped here. Takes a
scrape_config.
*/}}
{{- define "prom.nodeLocal.job" -}}
{{- $node := include "prom.nodeLocal.placeholder" . -}}
{{- $possible := true -}}
{{- $entries := list -}}
{{- $keep := list -}}
{{- range $entry := .kubernetes_sd_configs -}}
{{- if has $entry.role (list "pod" "node") -}}
{{- $field := printf "%s=%s" (ternary "spec.nodeName" "metadata.name" (eq $entry.role "pod")) $node -}}
{{- $selectors := list -}}
{{- $found := false -}}
{{- range $selector := $entry.selectors -}}
{{- if eq $selector.role $entry.role -}}
{{- $found = true -}}
{{- $selector = merge (dict "field" (ternary (printf "%s,%s" $selector.field $field) $field (not (empty $selector.field)))) $selector -}}
{{- end -}}
{{- $selectors = append $selectors $selector -}}
{{- end -}}
{{- if not $found -}}
{{- $selectors = append $selectors (dict "role" $entry.role "field" $field) -}}
{{- end -}}
{{- $entries = append $entries (merge (dict "selectors" $selectors) $entry) -}}
{{- else if eq $entry.role "endpointslice" -}}
{{- $keep = append $keep (dict "source_labels" (list "__meta_kubernetes_endpointslice_endpoint_node_name") "regex" $node "action" "keep") -}}
{{- $entries = append $entries $entry -}}
{{- else if eq $entry.role "endpoints" -}}
{{- $keep = append $keep (dict "source_labels" (list "__meta_kubernetes_endpoint_node_name") "regex" $node "action" "keep") -}}
{{- $entries = append $entries $entry -}}
{{- else -}}
{{- $possible = false -}}
{{- end -}}
{{- end -}}
{{- if and $keep (ne (len $entries) 1) -}}
{{- $possible = false -}}
{{- end -}}
{{- range .static_configs -}}
{{- range .targets -}}
{{- if not (regexMatch "^(localhost|127[.][0-9.]+|\\[::1\\])(:[0-9]+)?$" .) -}}
{{- $possible = false -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $field, $value := . -}}
{{- if and (hasSuffix "_sd_configs" $field) (ne $field "kubernetes_sd_configs") -}}
{{- $possible = false -}}
{{- end -}}
{{- end -}}
{{- if not $possible -}}
null
{{- else if $entries -}}
{{- $limited := dict "kubernetes_sd_configs" $entries -}}
{{- with $keep -}}
{{- $_ := set $limited "relabel_configs" (concat . ($.relabel_configs | default list)) -}}
{{- end -}}
{{- merge $limited . | toJson -}}
{{- else -}}
{{- toJson . -}}
{{- end -}}
{{- end -}}

{{/*
prom.nodeLocal.container: the container that writes the configuration with the node's name
to a volume of the pod, as JSON: once before Prometheus starts, or again and again beside
it. A text that is the same is not written, and a new one appears at once, whole. The
placeholder is written in brackets: as it stands the kubelet would put in the node's name
here already, whatever is before the dollar. Takes a dict: component, again.
*/}}
{{- define "prom.nodeLocal.container" -}}
{{- $component := .component -}}
{{- $config := $component.root.Values.config -}}
{{- $key := include "prom.config.key" $component.root -}}
{{- $write := printf "sed \"s/[$][(]NODE_NAME[)]/$NODE_NAME/g\" /etc/prometheus-source/%s >/etc/prometheus-node/.new && { cmp -s /etc/prometheus-node/.new /etc/prometheus-node/%s || mv /etc/prometheus-node/.new /etc/prometheus-node/%s; }" $key $key $key -}}
{{- $seconds := divf (include "prom.duration" $config.reload.interval | float64) 1000 | ceil | int -}}
{{- $script := ternary (printf "while :; do %s; sleep %d; done" $write $seconds) $write .again -}}
{{- $container := dict
  "name" (ternary "node-config-follow" "node-config" .again)
  "image" (include "prom.image" $component)
  "imagePullPolicy" $component.values.image.pullPolicy
  "command" (list "/bin/sh" "-c" $script)
  "env" (list (dict "name" "NODE_NAME" "valueFrom" (dict "fieldRef" (dict "fieldPath" "spec.nodeName"))))
  "resources" (dict "requests" (dict "cpu" "1m" "memory" "8Mi") "limits" (dict "memory" "32Mi"))
  "volumeMounts" (list
    (dict "name" "node-config-source" "mountPath" "/etc/prometheus-source" "readOnly" true)
    (dict "name" $config.mount.volumeName "mountPath" "/etc/prometheus-node")
  )
-}}
{{- with include "prom.securityContext" $component.values.containerSecurityContext | fromYaml -}}
{{- $_ := set $container "securityContext" . -}}
{{- end -}}
{{- toJson $container -}}
{{- end -}}

{{/*
prom.guard.agent: settings that an agent has no use for, and a DaemonSet without a node for
each target.
*/}}
{{- define "prom.guard.agent" -}}
{{- $values := .Values -}}
{{- $server := $values.server -}}
{{- if include "prom.agent" . -}}
{{- $version := include "prom.server.version" . -}}
{{- $retention := ternary $server.retention dict (kindIs "map" $server.retention) -}}
{{- $unused := dict
  "rules.groups" $values.rules.groups
  "rules.builtin.enabled" $values.rules.builtin.enabled
  "rules.existingConfigMaps" $values.rules.existingConfigMaps
  "alerting.alertmanagers" $values.alerting.alertmanagers
  "alerting.relabelConfigs" $values.alerting.relabelConfigs
  "remoteRead" $values.remoteRead
  "server.exemplars.enabled" $server.exemplars.enabled
  "server.thanos.enabled" $server.thanos.enabled
  "server.retention.percentage" $retention.percentage
  "server.retention.time" (and $retention.time (ne $retention.time "15d"))
  "server.retention.size" (and $retention.size (ne $retention.size "auto"))
  "server.query.logFile" $server.query.logFile
  "server.query.timeout" (ne (toString $server.query.timeout) "2m")
  "server.query.maxConcurrency" (ne (int $server.query.maxConcurrency) 20)
  "server.query.maxSamples" (ne (int64 $server.query.maxSamples) 50000000)
  "server.tsdb.outOfOrderTimeWindow" (ne (include "prom.duration" ($server.tsdb.outOfOrderTimeWindow | default "")) "0")
  "server.tsdb.staleSeriesCompactionThreshold" $server.tsdb.staleSeriesCompactionThreshold
  "server.tsdb.floatChunkEncoding" $server.tsdb.floatChunkEncoding
-}}
{{- range $key, $value := $unused -}}
{{- if $value -}}
{{ $key }}: an agent neither stores, queries nor evaluates; drop it, or set server.mode to server
{{ end -}}
{{- end -}}
{{- range $name, $value := $server.extraArgs -}}
{{- if regexMatch "^(storage[.]tsdb[.]|query[.]|rules[.]|alertmanager[.]|web[.]enable-admin-api$)" $name -}}
server.extraArgs.{{ $name }}: Prometheus refuses this flag in agent mode
{{ end -}}
{{- end -}}
{{- if not (or (include "prom.remoteWrite" . | fromJsonArray) $values.config.raw $values.config.existing.name) -}}
remoteWrite: an agent needs at least one receiver
{{ end -}}
{{- else -}}
{{- range $key, $value := $server.agent -}}
{{- if $value -}}
server.agent.{{ $key }}: is for server.mode agent
{{ end -}}
{{- end -}}
{{- if eq $server.kind "DaemonSet" -}}
server.kind: a DaemonSet is for server.mode agent; a server needs a volume of its own
{{ end -}}
{{- end -}}
{{- if and (include "prom.agent" .) (include "prom.nodeLocal" .) -}}
{{- if or (ne (int $server.replicas) 1) (ne (int $server.shards) 1) -}}
server.{{ ternary "replicas" "shards" (ne (int $server.replicas) 1) }}: a DaemonSet has one pod on each node
{{ end -}}
{{- if $server.persistence.enabled -}}
server.persistence.enabled: a claim is one volume, and a DaemonSet has a pod on each node; set it to false, for emptyDir or hostPath
{{ end -}}
{{- if or $values.config.raw $values.config.existing.name -}}
server.kind: a DaemonSet writes the node's name into the configuration, which the chart must have made; drop {{ ternary "config.raw" "config.existing" (not (empty $values.config.raw)) }}
{{ end -}}
{{- if $values.config.mount.subPath -}}
config.mount.subPath: a DaemonSet mounts the directory with its node's configuration
{{ end -}}
{{- if $server.image.distroless -}}
server.image.distroless: a DaemonSet writes its configuration with the shell of the image, which the distroless one has not
{{ end -}}
{{- include "prom.jobs" . -}}
{{- range .promJobsOfNoNode -}}
scrape.jobs.{{ . }}: its targets belong to no node, so that every pod would scrape all of them; set scrape.jobs.{{ . }}.enabled to auto or false, and scrape them with another release
{{ end -}}
{{- end -}}
{{- end -}}
