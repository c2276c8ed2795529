{{/*
Guards: values that are well-formed one by one, as the schema knows, but do not go
together. Each guard writes a line `key: what is wrong` for every problem it finds;
prom.guards reports all of them at once.
*/}}

{{/*
prom.guards: fails the render if there is a problem. Takes the root context.
*/}}
{{- define "prom.guards" -}}
{{- $problems := list -}}
{{- range list "images" "names" "workloads" "server" "pushgateway" "nodeExporter" "services" "config" "jobs" -}}
{{- $problems = append $problems (include (printf "prom.guard.%s" .) $) -}}
{{- end -}}
{{- with join "" $problems | trim -}}
{{- fail (printf "these values do not go together:\n  %s" (replace "\n" "\n  " .)) -}}
{{- end -}}
{{- end -}}

{{/*
prom.components: the enabled components, as a JSON map from their name in labels to
their key in the values. Takes the root context.
*/}}
{{- define "prom.components" -}}
{{- $components := dict "server" "server" -}}
{{- if .Values.pushgateway.enabled -}}
{{- $_ := set $components "pushgateway" "pushgateway" -}}
{{- end -}}
{{- if .Values.nodeExporter.enabled -}}
{{- $_ := set $components "node-exporter" "nodeExporter" -}}
{{- end -}}
{{- toJson $components -}}
{{- end -}}

{{/*
prom.guard.images: an image whose content can change under the same name makes pods of
one workload differ.
*/}}
{{- define "prom.guard.images" -}}
{{- range $name, $key := include "prom.components" . | fromJson -}}
{{- $component := dict "root" $ "component" $name "values" (get $.Values $key) -}}
{{- if and (include "prom.image.floating" $component) (not $component.values.image.allowFloatingTag) -}}
{{ $key }}.image.tag: {{ include "prom.image" $component }} can mean another image tomorrow; give a full version or a digest, or set {{ $key }}.image.allowFloatingTag
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.names: Kubernetes takes names of up to 63 characters, and 52 for a StatefulSet,
whose pods carry its name and a hash in a label.
*/}}
{{- define "prom.guard.names" -}}
{{- $names := dict -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- $context := dict "root" $ "component" $component "values" $values -}}
{{- range $helper := list "name" "serviceName" "serviceAccountName" -}}
{{- $_ := set $names (include (printf "prom.component.%s" $helper) $context) 63 -}}
{{- end -}}
{{- $persistence := $values.persistence | default dict -}}
{{- if and (eq ($persistence.type | default "") "pvc") (or $persistence.enabled (not (hasKey $persistence "enabled"))) -}}
{{- $_ := set $names (include "prom.component.claimName" $context) 63 -}}
{{- end -}}
{{- end -}}
{{- $_ := set $names (include "prom.config.name" .) 63 -}}
{{- $server := dict "root" . "component" "server" "values" .Values.server -}}
{{- if eq (include "prom.server.kind" $server) "StatefulSet" -}}
{{- $_ := set $names (include "prom.server.headlessName" $server) 63 -}}
{{- $_ := set $names (include "prom.component.name" $server) 52 -}}
{{- end -}}
{{- range $name, $max := $names -}}
{{- if gt (len $name) (int $max) -}}
fullnameOverride: the object name {{ $name }} has {{ len $name }} characters, at most {{ $max }} are possible
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.workloads: update strategies that a workload of this kind does not have.
*/}}
{{- define "prom.guard.workloads" -}}
{{- $kinds := dict "server" (include "prom.server.kind" (dict "values" .Values.server)) "pushgateway" "Deployment" "nodeExporter" "DaemonSet" -}}
{{- range $name, $key := include "prom.components" . | fromJson -}}
{{- $strategy := (get $.Values $key).strategy | default dict -}}
{{- $type := $strategy.type | default "RollingUpdate" -}}
{{- $kind := get $kinds $key -}}
{{- if or (and (eq $kind "Deployment") (eq $type "OnDelete")) (and (eq $kind "DaemonSet") (eq $type "Recreate")) -}}
{{ $key }}.strategy.type: a {{ $kind }} has no strategy {{ $type }}
{{ end -}}
{{- if and $strategy.rollingUpdate (ne $type "RollingUpdate") -}}
{{ $key }}.strategy.rollingUpdate: is for type RollingUpdate only, not for {{ $type }}
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.server: one volume and two processes, and what a version cannot do.
*/}}
{{- define "prom.guard.server" -}}
{{- $server := .Values.server -}}
{{- $component := dict "root" . "component" "server" "values" $server -}}
{{- $version := include "prom.server.version" . -}}
{{- $type := $server.persistence.type -}}
{{- $shared := or (eq $type "existing") (and (eq $type "pvc") (eq (include "prom.server.kind" $component) "Deployment")) -}}
{{- if and $shared (gt (int $server.replicas) 1) -}}
server.replicas: {{ $server.replicas }} servers cannot share one volume; set server.kind to StatefulSet or auto, and server.persistence.type to pvc
{{ end -}}
{{- if and $shared (eq (include "prom.server.kind" $component) "Deployment") (eq (($server.strategy | default dict).type | default "RollingUpdate") "RollingUpdate") -}}
server.strategy.type: a rolling update starts the new server while the old one holds the volume; use Recreate
{{ end -}}
{{- if and (eq $type "existing") (not $server.persistence.existingClaim) -}}
server.persistence.existingClaim: needed for server.persistence.type existing
{{ end -}}
{{- if and (eq $type "hostPath") (not $server.persistence.hostPath.path) -}}
server.persistence.hostPath.path: needed for server.persistence.type hostPath
{{ end -}}
{{- if and $server.retention.percentage (not (semverCompare ">=3.11.0" $version)) -}}
server.retention.percentage: needs Prometheus 3.11, the image is {{ $version }}
{{ end -}}
{{- $size := (include "prom.server.retention" . | fromJson).size -}}
{{- if and $size (eq $type "pvc") -}}
{{- if gt (include "prom.megabytes" $size | int64) (include "prom.megabytes" $server.persistence.size | int64) -}}
server.retention.size: {{ $size }} is more than the volume of {{ $server.persistence.size }} holds
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.pushgateway: its groups live in one process.
*/}}
{{- define "prom.guard.pushgateway" -}}
{{- $pushgateway := .Values.pushgateway -}}
{{- if $pushgateway.enabled -}}
{{- $persistence := $pushgateway.persistence -}}
{{- if gt (int $pushgateway.replicas) 1 -}}
pushgateway.replicas: each of {{ $pushgateway.replicas }} Pushgateways would hold a part of the groups; one is the most
{{ end -}}
{{- if and $persistence.enabled (ne $persistence.type "emptyDir") (eq (($pushgateway.strategy | default dict).type | default "RollingUpdate") "RollingUpdate") -}}
pushgateway.strategy.type: a rolling update starts the new pod while the old one holds the volume; use Recreate
{{ end -}}
{{- if and $persistence.enabled (eq $persistence.type "existing") (not $persistence.existingClaim) -}}
pushgateway.persistence.existingClaim: needed for pushgateway.persistence.type existing
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.nodeExporter: a directory that is wanted and not named.
*/}}
{{- define "prom.guard.nodeExporter" -}}
{{- if and .Values.nodeExporter.enabled .Values.nodeExporter.textfile.enabled (not .Values.nodeExporter.textfile.hostPath) -}}
nodeExporter.textfile.hostPath: needed for nodeExporter.textfile.enabled
{{ end -}}
{{- end -}}

{{/*
prom.guard.services: fields of another type of Service, and ports by a name that no
container port has.
*/}}
{{- define "prom.guard.services" -}}
{{- range $name, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- $service := $values.service -}}
{{- if and $service.nodePort (eq $service.type "ClusterIP") -}}
{{ $key }}.service.nodePort: a Service of type ClusterIP has no node port; set {{ $key }}.service.type to NodePort
{{ end -}}
{{- if and $service.externalTrafficPolicy (eq $service.type "ClusterIP") -}}
{{ $key }}.service.externalTrafficPolicy: a Service of type ClusterIP has no traffic from outside
{{ end -}}
{{- if and (eq ($service.clusterIP | default "") "None") (ne $service.type "ClusterIP") -}}
{{ $key }}.service.clusterIP: None is for type ClusterIP only, not for {{ $service.type }}
{{ end -}}
{{- if and $service.targetPort (kindIs "string" $service.targetPort) (ne $service.targetPort ($values.containerPort.name | default "")) -}}
{{ $key }}.service.targetPort: the container has no port named {{ $service.targetPort }}; see {{ $key }}.containerPort.name
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.config: a configuration that cannot be inspected, or never arrives.
*/}}
{{- define "prom.guard.config" -}}
{{- $config := .Values.config -}}
{{- $version := include "prom.server.version" . -}}
{{- if and $config.raw $config.existing.name -}}
config.raw: config.existing.name says that the configuration is elsewhere; give one of them
{{ end -}}
{{- if and (or $config.raw $config.existing.name) .Values.rbac.create (ne .Values.rbac.mode "custom") -}}
rbac.mode: rights cannot be computed from config.raw or config.existing; set it to custom and list rbac.rules
{{ end -}}
{{- if and $config.mount.subPath (eq $config.reload.mode "auto") -}}
config.reload.mode: a file mounted with config.mount.subPath never changes in a running pod; use restart or none
{{ end -}}
{{- if and $config.existing.name (eq $config.reload.mode "restart") -}}
config.reload.mode: the content of config.existing is not known here, so restart would never come; use auto
{{ end -}}
{{- if and (eq $config.reload.mode "auto") (not (semverCompare ">=3.0.0" $version)) -}}
config.reload.mode: Prometheus {{ $version }} cannot watch its file; use restart
{{ end -}}
{{- $global := $config.global | default dict -}}
{{- $interval := $global.scrape_interval | default "1m" -}}
{{- with $global.scrape_timeout -}}
{{- if gt (include "prom.duration" . | int64) (include "prom.duration" $interval | int64) -}}
config.global.scrape_timeout: {{ . }} is longer than the interval of {{ $interval }}
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.jobs: each job by itself, and job names taken twice.
*/}}
{{- define "prom.guard.jobs" -}}
{{- $names := dict -}}
{{- include "prom.jobs" . -}}
{{- range $job := .promJobs -}}
{{- $path := printf "scrape.jobs.%s" $job.key -}}
{{- if hasKey $names $job.name -}}
{{ $path }}: the job name {{ $job.name }} is taken by {{ get $names $job.name }}
{{ end -}}
{{- $_ := set $names $job.name $path -}}
{{- include "prom.guard.job" (dict "root" $ "job" $job "path" $path) -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.job: one job. Takes a dict: root, job, path.
*/}}
{{- define "prom.guard.job" -}}
{{- $scrape := .root.Values.scrape -}}
{{- $path := .path -}}
{{- $config := .job.config -}}
{{- $token := include "prom.job.token" .job -}}
{{- if and (eq .job.preset "none") (empty (omit $config "job_name" "scrape_interval" "scrape_timeout")) -}}
{{ $path }}: neither a preset nor a config
{{ end -}}
{{- if and (has .job.preset (list "services" "ingresses")) (not $scrape.blackbox.address) -}}
scrape.blackbox.address: needed for {{ $path }}
{{ end -}}
{{- if and (eq .job.preset "pushgateway") (not .root.Values.pushgateway.enabled) -}}
{{ $path }}: its preset needs pushgateway.enabled
{{ end -}}
{{- if and (eq .job.preset "node-exporter") (not .root.Values.nodeExporter.enabled) -}}
{{ $path }}: its preset needs nodeExporter.enabled
{{ end -}}
{{- if and $token (ne ($config.scheme | default "http") "https") (not $scrape.allowTokenOverHttp) -}}
{{ $path }}: sends the ServiceAccount's token over plain HTTP; set scheme https, or drop the token
{{ end -}}
{{- range $config.relabel_configs -}}
{{- if and $token (eq (.target_label | default "") "__scheme__") (not $scrape.allowTokenOverHttp) -}}
{{ $path }}: lets targets choose the scheme, and so take the ServiceAccount's token over plain HTTP; drop one of them
{{ end -}}
{{- end -}}
{{- range $list := list "relabel_configs" "metric_relabel_configs" -}}
{{- range $index, $rule := get $config $list | default list -}}
{{- with $rule.regex -}}
{{- if not (regexMatch (printf "|%s" (toString .)) "") -}}
{{ $path }}: {{ $list }}[{{ $index }}] has an invalid regex {{ toString . }}
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $interval := $config.scrape_interval | default (.root.Values.config.global | default dict).scrape_interval | default "1m" -}}
{{- with $config.scrape_timeout -}}
{{- if gt (include "prom.duration" . | int64) (include "prom.duration" $interval | int64) -}}
{{ $path }}: the timeout of {{ . }} is longer than the interval of {{ $interval }}
{{ end -}}
{{- end -}}
{{- end -}}
