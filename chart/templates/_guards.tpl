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
{{- range list
  "renamed"
  "images"
  "names"
  "workloads"
  "persistence"
  "server"
  "pushgateway"
  "dataFlags"
  "nodeExporter"
  "services"
  "config"
  "raw"
  "versions"
  "jobs"
  "web"
  "rules"
  "alerting"
  "remote"
  "receivers"
  "network"
  "agent"
  "shards"
  "availability"
  "thanos"
  "known"
  "unused"
  "pods"
  "contents"
-}}
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
one workload differ; and references that public registries do not have.
*/}}
{{- define "prom.guard.images" -}}
{{- $images := dict "tests.image" .Values.tests.image -}}
{{- if .Values.server.thanos.enabled -}}
{{- $_ := set $images "server.thanos.image" .Values.server.thanos.image -}}
{{- end -}}
{{- range $name, $key := include "prom.components" . | fromJson -}}
{{- $_ := set $images (printf "%s.image" $key) (get $.Values $key).image -}}
{{- end -}}
{{- range $path, $image := $images -}}
{{- if and (has $image.registry (list "quay.io" "docker.io")) (not ($.Values.global | default dict).imageRegistry) -}}
{{- if regexMatch "^[^/]+[.][^/]+/" $image.repository -}}
{{ $path }}.repository: {{ $image.repository }} begins with a registry, and {{ $path }}.registry is {{ $image.registry }}; set {{ $path }}.registry to {{ splitList "/" $image.repository | first }} and {{ $path }}.repository to {{ rest (splitList "/" $image.repository) | join "/" }}
{{ else if and (regexMatch "^(prom|prometheus|thanos)/" $image.repository) (regexMatch "^[0-9]+[.][0-9]+[.][0-9]+(-distroless)?$" ($image.tag | default "")) (not $image.digest) -}}
{{ $path }}.tag: the tags of {{ $image.registry }}/{{ $image.repository }} begin with v: v{{ $image.tag }}
{{ end -}}
{{- end -}}
{{- end -}}
{{- range $name, $key := include "prom.components" . | fromJson -}}
{{- $component := dict "root" $ "component" $name "values" (get $.Values $key) -}}
{{- if and $component.values.image.distroless (kindIs "invalid" $component.values.image.tag) -}}
{{ $key }}.image.distroless: chooses between tags, and {{ $key }}.image.tag is null
{{ end -}}
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
{{- if and $values.persistence (ne (include "prom.workload.kind" $context) "StatefulSet") -}}
{{- $_ := set $names (include "prom.component.claimName" $context) 63 -}}
{{- end -}}
{{- end -}}
{{- $_ := set $names (include "prom.config.name" .) 63 -}}
{{- $server := dict "root" . "component" "server" "values" .Values.server -}}
{{- if eq (include "prom.workload.kind" $server) "StatefulSet" -}}
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
prom.guard.workloads: bounds of a rolling update that is none, or that a workload of this
kind does not have.
*/}}
{{- define "prom.guard.workloads" -}}
{{- range $name, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- $kind := include "prom.workload.kind" (dict "component" $name "values" $values) -}}
{{- range $field := list "strategy" "updateStrategy" -}}
{{- $strategy := ternary (get $values $field) dict (kindIs "map" (get $values $field)) -}}
{{- $type := $strategy.type | default "RollingUpdate" -}}
{{- if and $strategy.rollingUpdate (ne $type "RollingUpdate") -}}
{{ $key }}.{{ $field }}.rollingUpdate: is for type RollingUpdate only, not for {{ $type }}
{{ end -}}
{{- end -}}
{{- $rolling := ($values.updateStrategy | default dict).rollingUpdate | default dict -}}
{{- range $field, $other := dict "partition" "StatefulSet" "maxSurge" "DaemonSet" -}}
{{- if and (hasKey $rolling $field) (ne $kind $other) -}}
{{ $key }}.updateStrategy.rollingUpdate.{{ $field }}: only a {{ $other }} has it, this is a {{ $kind }}
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.persistence: places for data that exclude each other, and a volume that two
pods would share. Takes the root context.
*/}}
{{- define "prom.guard.persistence" -}}
{{- range $name, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- with $values.persistence -}}
{{- $kind := include "prom.workload.kind" (dict "component" $name "values" $values) -}}
{{- $type := include "prom.persistence.type" . -}}
{{- $path := (.hostPath | default dict).path -}}
{{- if and .existingClaim (not .enabled) -}}
{{ $key }}.persistence.existingClaim: a claim is used only with {{ $key }}.persistence.enabled true
{{ end -}}
{{- if and $path .enabled -}}
{{ $key }}.persistence.hostPath.path: used only with {{ $key }}.persistence.enabled false
{{ end -}}
{{- if and .name (eq $type "existing") -}}
{{ $key }}.persistence.name: is for a claim that the chart makes; {{ $key }}.persistence.existingClaim names another
{{ end -}}
{{- if and .name (eq $type "claim") (eq $kind "StatefulSet") -}}
{{ $key }}.persistence.name: a StatefulSet names its claims data-NAME-0, data-NAME-1 and so on, after its own name
{{ end -}}
{{- if and .volumeName (eq $type "claim") (gt (int $values.replicas) 1) -}}
{{ $key }}.persistence.volumeName: {{ $values.replicas }} claims cannot be bound to one volume; use {{ $key }}.persistence.selector
{{ end -}}
{{- if and .volumeClaimRetention (ne $kind "StatefulSet") (or .volumeClaimRetention.whenDeleted .volumeClaimRetention.whenScaled) -}}
{{ $key }}.persistence.volumeClaimRetention: only a StatefulSet has it, this is a {{ $kind }}; use {{ $key }}.persistence.retain
{{ end -}}
{{- $shared := or (eq $type "existing") (and (eq $type "claim") (eq $kind "Deployment")) -}}
{{- if and $shared (gt (int $values.replicas) 1) (eq $key "server") -}}
server.replicas: {{ $values.replicas }} servers cannot share one volume; set server.kind to StatefulSet or auto, and no server.persistence.existingClaim
{{ end -}}
{{- if and $shared (eq $kind "Deployment") (eq (($values.strategy | default dict).type | default "RollingUpdate") "RollingUpdate") -}}
{{ $key }}.strategy.type: a rolling update starts the new pod while the old one holds the volume; use Recreate
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.dataFlags: flags that put data beside the volume, on a root that is read-only or lost.
*/}}
{{- define "prom.guard.dataFlags" -}}
{{- $server := dict "root" . "component" "server" "values" .Values.server -}}
{{- $pushgateway := dict "root" . "component" "pushgateway" "values" .Values.pushgateway -}}
{{- range $flag := list
  (dict "key" "server" "name" "storage.tsdb.path" "volume" (include "prom.server.dataPath" $server))
  (dict "key" "server" "name" "storage.agent.path" "volume" (include "prom.server.dataPath" $server))
  (dict "key" "pushgateway" "name" "persistence.file" "volume" (include "prom.pushgateway.dataPath" $pushgateway))
-}}
{{- $values := get $.Values $flag.key -}}
{{- $path := get ($values.extraArgs | default dict) $flag.name | toString -}}
{{- if and (hasPrefix "/" $path) (ne (include "prom.persistence.type" $values.persistence) "none") -}}
{{- $mounted := false -}}
{{- $mounts := list (dict "mountPath" $flag.volume) -}}
{{- range concat $mounts ($values.extraVolumeMounts | default list) -}}
{{- $mounted = or $mounted (hasPrefix (printf "%s/" (trimSuffix "/" .mountPath)) (printf "%s/" (trimSuffix "/" $path))) -}}
{{- end -}}
{{- if not $mounted -}}
{{ $flag.key }}.extraArgs.{{ $flag.name }}: {{ $path }} is not on the volume, which is mounted at {{ $flag.volume }}; choose a path below that
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.server: a limit that a version cannot keep, or that is no limit.
*/}}
{{- define "prom.guard.server" -}}
{{- if and (eq (toString .Values.server.hostUsers) "false") .Values.server.hostNetwork -}}
server.hostUsers: false excludes server.hostNetwork
{{ end -}}
{{- $persistence := .Values.server.persistence -}}
{{- $version := include "prom.server.version" . -}}
{{- $retention := include "prom.server.retention" . | fromJson -}}
{{- if and $retention.percentage (not (semverCompare ">=3.11.0" $version)) -}}
server.retention.percentage: needs Prometheus 3.11, the image is {{ $version }}
{{ end -}}
{{- if and .Values.server.image.distroless (eq (include "prom.persistence.type" $persistence) "none") -}}
server.persistence.emptyDir: null leaves no place for data in the distroless image, which has no volume of its own
{{ end -}}
{{- $volume := ternary $persistence.size ($persistence.emptyDir | default dict).sizeLimit (eq (include "prom.persistence.type" $persistence) "claim") | default "" -}}
{{- $sized := and $volume (has (include "prom.persistence.type" $persistence) (list "claim" "emptyDir")) -}}
{{- with $retention.size -}}
{{- if and $sized (gt (include "prom.megabytes" . | int64) (include "prom.megabytes" $volume | int64)) -}}
server.retention.size: {{ . }} is more than the volume of {{ $volume }} holds
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.pushgateway: its groups live in one process.
*/}}
{{- define "prom.guard.pushgateway" -}}
{{- if and .Values.pushgateway.enabled (gt (int .Values.pushgateway.replicas) 1) -}}
pushgateway.replicas: each of {{ .Values.pushgateway.replicas }} Pushgateways would hold a part of the groups; one is the most
{{ end -}}
{{- if .Values.pushgateway.enabled -}}
{{- range $flag, $key := dict "web.route-prefix" "routePrefix" "web.external-url" "externalUrl" -}}
{{- if hasKey ($.Values.pushgateway.extraArgs | default dict) $flag -}}
pushgateway.extraArgs.{{ $flag }}: probes and the scrape job would not follow; use pushgateway.{{ $key }}
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.nodeExporter: a directory that is wanted and not named, and namespaces of the
node that a pod with its own users cannot share.
*/}}
{{- define "prom.guard.nodeExporter" -}}
{{- $exporter := .Values.nodeExporter -}}
{{- if $exporter.enabled -}}
{{- if and $exporter.textfile.enabled (not $exporter.textfile.hostPath) -}}
nodeExporter.textfile.hostPath: needed for nodeExporter.textfile.enabled
{{ end -}}
{{- include "prom.nodeExporter.classes" . -}}
{{- $dbus := false -}}
{{- range $name, $class := .promNodeClasses -}}
{{- $key := printf "nodeExporter.variants.%s" $name -}}
{{- if and $name (hasKey (((get $exporter.variants $name).updateStrategy | default dict).rollingUpdate | default dict) "partition") -}}
{{ $key }}.updateStrategy.rollingUpdate.partition: only a StatefulSet has it, this is a DaemonSet
{{ end -}}
{{- if and $name (gt (len (include "prom.nodeExporter.name" $class)) 63) -}}
{{ $key }}: the object name {{ include "prom.nodeExporter.name" $class }} has more than 63 characters
{{ end -}}
{{- if and $name (not (get $exporter.variants $name).nodeSelector) -}}
{{ $key }}.nodeSelector: needed, one label by which the nodes are known
{{ end -}}
{{- range $flag := list "web.config.file" "web.listen-address" -}}
{{- if and $name (hasKey ((get $exporter.variants $name).extraArgs | default dict) $flag) -}}
{{ $key }}.extraArgs.{{ $flag }}: is the same for all nodes, or the scrape job would not find them
{{ end -}}
{{- end -}}
{{- with include "prom.nodeExporter.dbusCollectors" $class | fromJsonArray -}}
{{- $dbus = true -}}
{{- if not $exporter.hostMounts.enabled -}}
nodeExporter.hostMounts.enabled: needed for the collector {{ first . }}, which asks the node's D-Bus
{{ end -}}
{{- if eq (toString $exporter.hostUsers) "false" -}}
nodeExporter.hostUsers: with users of its own the pod is refused by the node's D-Bus, which the collector {{ first . }} asks
{{ end -}}
{{- end -}}
{{- end -}}
{{- if and $exporter.hostMounts.enabled (ne ($exporter.hostMounts.dbusPath | default "") "/run/dbus") (not $dbus) -}}
nodeExporter.hostMounts.dbusPath: no collector asks the node's D-Bus; switch on systemd or logind in nodeExporter.collectors
{{ end -}}
{{- if and (eq (toString $exporter.hostUsers) "false") (or $exporter.hostNetwork $exporter.hostPID) -}}
nodeExporter.hostUsers: false excludes nodeExporter.hostNetwork and nodeExporter.hostPID
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.services: fields of another type of Service, and ports by a name that no
container port has.
*/}}
{{- define "prom.guard.services" -}}
{{- range $name, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- $service := $values.service -}}
{{- $path := printf "%s.service" $key -}}
{{- if $service.enabled -}}
{{- if and $service.nodePort (eq $service.type "ClusterIP") -}}
{{ $path }}.nodePort: a Service of type ClusterIP has no node port; set {{ $path }}.type to NodePort
{{ end -}}
{{- if and $service.externalTrafficPolicy (eq $service.type "ClusterIP") (not $service.externalIPs) -}}
{{ $path }}.externalTrafficPolicy: a Service of type ClusterIP has no traffic from outside
{{ end -}}
{{- if and (eq ($service.clusterIP | default "") "None") (ne $service.type "ClusterIP") -}}
{{ $path }}.clusterIP: None is for type ClusterIP only, not for {{ $service.type }}
{{ end -}}
{{- if ne $service.type "LoadBalancer" -}}
{{- range $field := list "loadBalancerClass" "loadBalancerIP" "loadBalancerSourceRanges" "allocateLoadBalancerNodePorts" "healthCheckNodePort" -}}
{{- $value := get $service $field -}}
{{- if or $value (kindIs "bool" $value) -}}
{{ $path }}.{{ $field }}: is for type LoadBalancer only, not for {{ $service.type }}
{{ end -}}
{{- end -}}
{{- end -}}
{{- if and $service.healthCheckNodePort (ne ($service.externalTrafficPolicy | default "") "Local") -}}
{{ $path }}.healthCheckNodePort: needs {{ $path }}.externalTrafficPolicy Local
{{ end -}}
{{- if and $service.sessionAffinityConfig (ne ($service.sessionAffinity | default "") "ClientIP") -}}
{{ $path }}.sessionAffinityConfig: needs {{ $path }}.sessionAffinity ClientIP
{{ end -}}
{{- if and $service.extraPorts (not $service.portName) -}}
{{ $path }}.portName: with several ports each needs a name
{{ end -}}
{{- $known := list ($values.containerPort.name | default "") -}}
{{- range concat ($values.extraContainers | default list) ($values.initContainers | default list) -}}
{{- range .ports -}}
{{- $known = append $known (.name | default "") -}}
{{- end -}}
{{- end -}}
{{- $names := list -}}
{{- range $index, $port := prepend ($service.extraPorts | default list) (dict "name" $service.portName "targetPort" $service.targetPort) -}}
{{- $at := ternary (printf "%s.extraPorts[%d]" $path (sub $index 1 | int)) $path (gt $index 0) -}}
{{- if and $port.name (has $port.name $names) -}}
{{ $at }}.name: another port of the Service is named {{ $port.name }}
{{ end -}}
{{- $names = append $names $port.name -}}
{{- if and $port.nodePort (eq $service.type "ClusterIP") -}}
{{ $at }}.nodePort: a Service of type ClusterIP has no node port; set {{ $path }}.type to NodePort
{{ end -}}
{{- if and $port.targetPort (kindIs "string" $port.targetPort) (not (has $port.targetPort $known)) -}}
{{ $at }}.targetPort: the container has no port named {{ $port.targetPort }}; see {{ $key }}.containerPort.name
{{ end -}}
{{- end -}}
{{- end -}}
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
{{- $values := get (.root.Values.scrape.jobs | default dict) .job.key | default dict -}}
{{- if or $values.auth $values.tls $values.config -}}
{{- include "prom.guard.client" (dict "path" $path "values" $values "entry" dict "url" "" "without" (list "sigv4" "azuread" "googleIam")) -}}
{{- end -}}
{{- if and $values.tls (ne ($config.scheme | default "http") "https") -}}
{{ $path }}.tls: is for scheme https only, and {{ $path }}.config.scheme is {{ $config.scheme | default "http" }}
{{ end -}}
{{- if not $config.relabel_configs -}}
{{- range $config.static_configs -}}
{{- range .targets -}}
{{- if contains "/" . -}}
{{ $path }}.config.static_configs: {{ . }} is no host:port; only relabel_configs can make one of a URL
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $config.relabel_configs -}}
{{- if and $token (eq (.target_label | default "") "__scheme__") (not $scrape.allowTokenOverHttp) -}}
{{ $path }}: lets targets choose the scheme, and so take the ServiceAccount's token over plain HTTP; drop one of them
{{ end -}}
{{- end -}}
{{- if and $token ($config.tls_config | default dict).insecure_skip_verify (eq .job.preset "none") (not $scrape.allowTokenOverHttp) -}}
{{ $path }}: sends the ServiceAccount's token to targets whose certificate it does not check; drop insecure_skip_verify or the token
{{ end -}}
{{- range $list := list "relabel_configs" "metric_relabel_configs" -}}
{{- include "prom.guard.relabel" (dict "path" $path "list" $list "rules" (get $config $list)) -}}
{{- end -}}
{{- if .root.Values.rbac.namespaced -}}
{{- with include "prom.job.clusterScope" .job -}}
{{ $path }}: needs cluster-wide rights ({{ . }}), which rbac.namespaced excludes; set {{ $path }}.enabled to auto or false
{{ end -}}
{{- end -}}
{{- $interval := $config.scrape_interval | default (.root.Values.config.global | default dict).scrape_interval | default "1m" -}}
{{- with $config.scrape_timeout -}}
{{- if gt (include "prom.duration" . | int64) (include "prom.duration" $interval | int64) -}}
{{ $path }}: the timeout of {{ . }} is longer than the interval of {{ $interval }}
{{ end -}}
{{- end -}}
{{- end -}}
