{{/*
Command lines. Flags are kept as a map of name and value until the end, so that
`extraArgs` can replace a computed flag, which Prometheus would refuse to see twice.
*/}}

{{/*
prom.args: a container's arguments, as a JSON list: computed flags (unless
`defaultArgs` is off) and `extraArgs`, sorted by name; then `args`.
Takes a component, and flags: the computed ones.
*/}}
{{- define "prom.args" -}}
{{- $flags := dict -}}
{{- if .values.defaultArgs -}}
{{- $flags = mergeOverwrite $flags .flags -}}
{{- end -}}
{{- range $name, $value := .values.extraArgs -}}
{{- $_ := set $flags $name $value -}}
{{- end -}}
{{- $args := list -}}
{{- range $name, $value := $flags -}}
{{- if kindIs "invalid" $value -}}
{{- $args = append $args (printf "--%s" $name) -}}
{{- else if kindIs "bool" $value -}}
{{- $args = append $args (printf "--%s%s" (ternary "" "no-" $value) $name) -}}
{{- else if kindIs "slice" $value -}}
{{- range $value -}}
{{- $args = append $args (printf "--%s=%s" $name (include "prom.scalar" .)) -}}
{{- end -}}
{{- else -}}
{{- $args = append $args (printf "--%s=%s" $name (include "prom.scalar" $value)) -}}
{{- end -}}
{{- end -}}
{{- concat $args (.values.args | default list) | toJson -}}
{{- end -}}

{{/*
prom.server.routePrefix: the path under which the server answers, without a slash at
its end; empty for the root. Takes the root context.
*/}}
{{- define "prom.server.routePrefix" -}}
{{- $server := .Values.server -}}
{{- $url := urlParse ($server.externalUrl | default "") -}}
{{- $server.routePrefix | default (get $url "path") | trimSuffix "/" -}}
{{- end -}}

{{/*
prom.server.args: the arguments of Prometheus, as a JSON list. Takes the server component.
*/}}
{{- define "prom.server.args" -}}
{{- $server := .values -}}
{{- $config := .root.Values.config -}}
{{- $version := include "prom.server.version" .root -}}
{{- $features := $server.features | default list -}}
{{- $flags := dict
  "config.file" (include "prom.config.file" .root)
  "web.listen-address" (printf ":%d" (int $server.listenPort))
  "log.level" $server.logLevel
  "log.format" $server.logFormat
-}}
{{- $flags = merge $flags (include (ternary "prom.agent.flags" "prom.server.storageFlags" (not (empty (include "prom.agent" .root)))) . | fromJson) -}}
{{- with $server.externalUrl -}}
{{- $_ := set $flags "web.external-url" . -}}
{{- end -}}
{{- with $server.routePrefix -}}
{{- $_ := set $flags "web.route-prefix" . -}}
{{- end -}}
{{- if eq $config.reload.mode "auto" -}}
{{- if semverCompare ">=3.12.0" $version -}}
{{- $_ := set $flags "config.auto-reload" true -}}
{{- else -}}
{{- $features = append $features "auto-reload-config" -}}
{{- end -}}
{{- $_ := set $flags "config.auto-reload-interval" $config.reload.interval -}}
{{- end -}}
{{- $flags = merge $flags (include "prom.receivers.flags" .root | fromJson) -}}
{{- if $server.exemplars.enabled -}}
{{- $features = append $features "exemplar-storage" -}}
{{- end -}}
{{- if include "prom.nativeHistograms.feature" .root -}}
{{- $features = append $features "native-histograms" -}}
{{- end -}}
{{- with $features -}}
{{- $_ := set $flags "enable-feature" (. | uniq | sortAlpha | join ",") -}}
{{- end -}}
{{- $flags = merge $flags (include "prom.web.flags" . | fromJson) -}}
{{- include "prom.args" (dict "root" .root "component" .component "values" .values "flags" $flags) -}}
{{- end -}}

{{/*
prom.server.storageFlags: the flags for storing and querying, as JSON. Takes the server component.
*/}}
{{- define "prom.server.storageFlags" -}}
{{- $query := .values.query -}}
{{- $flags := dict
  "storage.tsdb.path" (include "prom.server.dataPath" .)
  "query.timeout" $query.timeout
  "query.max-concurrency" $query.maxConcurrency
  "query.max-samples" $query.maxSamples
-}}
{{- if not (include "prom.server.retentionInFile" .root) -}}
{{- range $name, $value := include "prom.server.retention" .root | fromJson -}}
{{- $_ := set $flags (printf "storage.tsdb.retention.%s" $name) $value -}}
{{- end -}}
{{- end -}}
{{- merge $flags (include "prom.thanos.flags" . | fromJson) | toJson -}}
{{- end -}}

{{/*
prom.server.retention: how much is kept, as a JSON map with time, size and percentage
as far as they are set. `auto` is 85 % of the volume: the rest is for the head and for
compaction, which writes a block before it deletes the old ones. Takes the root context.
*/}}
{{- define "prom.server.retention" -}}
{{- $retention := ternary .Values.server.retention dict (kindIs "map" .Values.server.retention) -}}
{{- $persistence := .Values.server.persistence -}}
{{- $limits := dict -}}
{{- with $retention.time -}}
{{- $_ := set $limits "time" . -}}
{{- end -}}
{{- if $retention.percentage -}}
{{- $_ := set $limits "percentage" $retention.percentage -}}
{{- end -}}
{{- if eq ($retention.size | default "") "auto" -}}
{{- $volume := "" -}}
{{- $type := include "prom.persistence.type" $persistence -}}
{{- if eq $type "claim" -}}
{{- $volume = $persistence.size -}}
{{- else if eq $type "emptyDir" -}}
{{- $volume = $persistence.emptyDir.sizeLimit | default "" -}}
{{- end -}}
{{- if and $volume (not $retention.percentage) -}}
{{- $_ := set $limits "size" (printf "%dMB" (div (mul (include "prom.megabytes" $volume) 85) 100)) -}}
{{- end -}}
{{- else if $retention.size -}}
{{- $_ := set $limits "size" $retention.size -}}
{{- end -}}
{{- toJson $limits -}}
{{- end -}}

{{/*
prom.server.retentionInFile: non-empty if retention goes into prometheus.yml. From 3.11
on the flags are the deprecated way; before that the file's time was misread. A
prometheus.yml that the chart does not write leaves only the flags, which hold unless that
file has a `storage.tsdb.retention` of its own. Takes the root context.
*/}}
{{- define "prom.server.retentionInFile" -}}
{{- if not (or .Values.config.raw .Values.config.existing.name) -}}
{{- if semverCompare ">=3.11.0" (include "prom.server.version" .) -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.pushgateway.routePrefix: the path under which Pushgateway answers, without a slash at
its end; empty for the root. Takes the root context.
*/}}
{{- define "prom.pushgateway.routePrefix" -}}
{{- $pushgateway := .Values.pushgateway -}}
{{- $url := urlParse ($pushgateway.externalUrl | default "") -}}
{{- $pushgateway.routePrefix | default (get $url "path") | trimSuffix "/" -}}
{{- end -}}

{{/*
prom.pushgateway.args: the arguments of Pushgateway, as a JSON list. Takes the component.
*/}}
{{- define "prom.pushgateway.args" -}}
{{- $pushgateway := .values -}}
{{- $flags := dict
  "web.listen-address" (printf ":%d" (int $pushgateway.listenPort))
  "log.level" $pushgateway.logLevel
  "log.format" $pushgateway.logFormat
-}}
{{- with $pushgateway.externalUrl -}}
{{- $_ := set $flags "web.external-url" . -}}
{{- end -}}
{{- with $pushgateway.routePrefix -}}
{{- $_ := set $flags "web.route-prefix" . -}}
{{- end -}}
{{- if $pushgateway.adminApi -}}
{{- $_ := set $flags "web.enable-admin-api" true -}}
{{- end -}}
{{- if ne (include "prom.persistence.type" $pushgateway.persistence) "none" -}}
{{- $_ := set $flags "persistence.file" (printf "%s/groups" (include "prom.pushgateway.dataPath" .)) -}}
{{- $_ := set $flags "persistence.interval" $pushgateway.persistence.interval -}}
{{- end -}}
{{- $flags = merge $flags (include "prom.web.flags" . | fromJson) -}}
{{- include "prom.args" (dict "root" .root "component" .component "values" .values "flags" $flags) -}}
{{- end -}}

{{/*
prom.nodeExporter.args: the arguments of node-exporter, as a JSON list. Network devices
and mounts that belong to single pods are left out: they come and go by the hundred.
Takes the component.
*/}}
{{- define "prom.nodeExporter.args" -}}
{{- $exporter := .values -}}
{{- $devices := "^(veth|cali|cilium|lxc|tap|tunl|vnet|nodelocaldns|kube-ipvs|cbr).*$" -}}
{{- $host := "" -}}
{{- if and $exporter.hostNetwork (eq $exporter.listenOn "node") -}}
{{- $host = "[$(NODE_IP)]" -}}
{{- end -}}
{{- $flags := dict
  "web.listen-address" (printf "%s:%d" $host (int $exporter.listenPort))
  "log.level" $exporter.logLevel
  "log.format" $exporter.logFormat
  "collector.filesystem.mount-points-exclude" "^/(dev|proc|sys|run/(containerd|credentials|user)/.+|var/lib/(containerd|containers|docker|kubelet)/.+)($|/)"
  "collector.netclass.ignored-devices" $devices
  "collector.netdev.device-exclude" $devices
-}}
{{- if $exporter.hostMounts.enabled -}}
{{- $_ := set $flags "path.procfs" "/host/proc" -}}
{{- $_ := set $flags "path.sysfs" "/host/sys" -}}
{{- $_ := set $flags "path.rootfs" "/host/root" -}}
{{- $_ := set $flags "path.udev.data" "/host/root/run/udev/data" -}}
{{- end -}}
{{- if $exporter.textfile.enabled -}}
{{- $_ := set $flags "collector.textfile.directory" "/textfile" -}}
{{- end -}}
{{- $flags = merge $flags (include "prom.web.flags" . | fromJson) -}}
{{- range $name, $on := $exporter.collectors -}}
{{- $_ := set $flags (printf "collector.%s" $name) $on -}}
{{- end -}}
{{- include "prom.args" (dict "root" .root "component" .component "values" .values "flags" $flags) -}}
{{- end -}}
