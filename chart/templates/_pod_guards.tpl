{{/*
Guards for what the API server refuses although each field is well-formed: names that are
taken twice, requests above limits, addresses that are none.
*/}}

{{/*
prom.quantity: a Kubernetes quantity as a number. Takes the quantity.
*/}}
{{- define "prom.quantity" -}}
{{- $text := include "prom.scalar" . -}}
{{- $factors := dict
  "" 1 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18
  "Ki" 0x1p10 "Mi" 0x1p20 "Gi" 0x1p30 "Ti" 0x1p40 "Pi" 0x1p50 "Ei" 0x1p60 -}}
{{- mulf (regexFind "^[0-9]+([.][0-9]+)?" $text | float64) (get $factors (regexFind "[A-Za-z]*$" $text)) -}}
{{- end -}}

{{/*
prom.twice: the texts that a list has more than once, as a JSON list. Takes the list.
*/}}
{{- define "prom.twice" -}}
{{- $seen := dict -}}
{{- $twice := list -}}
{{- range . -}}
{{- if hasKey $seen . -}}
{{- $twice = append $twice . -}}
{{- end -}}
{{- $_ := set $seen . true -}}
{{- end -}}
{{- $twice | uniq | toJson -}}
{{- end -}}

{{/*
prom.hostBits: non-empty if an IPv4 block names bits behind its prefix, as 10.0.0.1/8 does.
Takes the block.
*/}}
{{- define "prom.hostBits" -}}
{{- if regexMatch "^[0-9.]+/[0-9]+$" . -}}
{{- $part := splitList "/" . -}}
{{- $address := 0 -}}
{{- range splitList "." (first $part) -}}
{{- $address = add (mul $address 256) (int .) -}}
{{- end -}}
{{- $size := 1 -}}
{{- range until (sub 32 (last $part | int) | int) -}}
{{- $size = mul $size 2 -}}
{{- end -}}
{{- if ne (mod $address $size | int64) 0 -}}
true
{{- end -}}
{{- else if regexMatch "::[0-9a-fA-F]+/([0-9]|[1-9][0-9]|10[0-9]|11[01])$" . -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.pod.lists: what the chart puts into a component's pod, as JSON: volumes, volumeMounts, env,
and containers and initContainers. Takes a component.
*/}}
{{- define "prom.pod.lists" -}}
{{- $prefix := get (dict "server" "prom.server" "pushgateway" "prom.pushgateway" "node-exporter" "prom.nodeExporter") .component -}}
{{- $lists := dict "containers" list "initContainers" list -}}
{{- range $list := list "volumes" "volumeMounts" "env" -}}
{{- $_ := set $lists $list (include (printf "%s.%s" $prefix $list) $ | fromJsonArray) -}}
{{- end -}}
{{- if eq .component "server" -}}
{{- $_ := set $lists "containers" (include "prom.server.containers" . | fromJsonArray) -}}
{{- $_ := set $lists "initContainers" (include "prom.server.initContainers" . | fromJsonArray) -}}
{{- end -}}
{{- toJson $lists -}}
{{- end -}}

{{/*
prom.guard.pods: each component's pod.
*/}}
{{- define "prom.guard.pods" -}}
{{- $main := dict "server" "prometheus" "pushgateway" "pushgateway" "node-exporter" "node-exporter" -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- $context := dict "root" $ "component" $component "values" $values -}}
{{- $own := include "prom.pod.lists" $context | fromJson -}}
{{- $names := dict -}}
{{- range $list, $extra := dict "volumes" "extraVolumes" "env" "extraEnv" -}}
{{- $found := list -}}
{{- range concat (get $own $list | default list) (get $values $extra | default list) -}}
{{- $found = append $found .name -}}
{{- end -}}
{{- range include "prom.twice" $found | fromJsonArray -}}
{{ $key }}.{{ $extra }}: the name {{ . }} is there twice
{{ end -}}
{{- $_ := set $names $list $found -}}
{{- end -}}
{{- $paths := list -}}
{{- range concat ($own.volumeMounts | default list) ($values.extraVolumeMounts | default list) -}}
{{- $paths = append $paths (trimSuffix "/" .mountPath) -}}
{{- end -}}
{{- range include "prom.twice" $paths | fromJsonArray -}}
{{ $key }}.extraVolumeMounts: something is mounted at {{ . }} already
{{ end -}}
{{- $claims := ternary (list "data") list (eq (include "prom.workload.kind" $context) "StatefulSet") -}}
{{- range $index, $mount := $values.extraVolumeMounts -}}
{{- if not (has $mount.name (concat $names.volumes $claims)) -}}
{{ $key }}.extraVolumeMounts[{{ $index }}].name: the pod has no volume {{ $mount.name }}; add it to {{ $key }}.extraVolumes
{{ end -}}
{{- end -}}
{{- $containers := list (get $main $component) -}}
{{- range concat ($own.containers | default list) ($own.initContainers | default list) ($values.extraContainers | default list) ($values.initContainers | default list) -}}
{{- $containers = append $containers .name -}}
{{- end -}}
{{- range include "prom.twice" $containers | fromJsonArray -}}
{{ $key }}.extraContainers: the name {{ . }} is there twice among the containers of the pod
{{ end -}}
{{- $portNames := compact (list ($values.containerPort.name | default "")) -}}
{{- $portNumbers := list (printf "%s %s" (include "prom.containerPort" $context) ($values.containerPort.protocol | default "TCP")) -}}
{{- range concat ($own.containers | default list) ($values.extraContainers | default list) -}}
{{- range .ports -}}
{{- if .name -}}
{{- $portNames = append $portNames .name -}}
{{- end -}}
{{- if .containerPort -}}
{{- $portNumbers = append $portNumbers (printf "%d %s" (int .containerPort) (.protocol | default "TCP")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range include "prom.twice" $portNames | fromJsonArray -}}
{{ $key }}.extraContainers: two ports of the pod are named {{ . }}; a Service that asks for the name gets the first
{{ end -}}
{{- range include "prom.twice" $portNumbers | fromJsonArray -}}
{{ $key }}.extraContainers: two containers of the pod would listen on port {{ . }}, and they share one network
{{ end -}}
{{- range $index, $container := $values.initContainers -}}
{{- if ne ($container.restartPolicy | default "") "Always" -}}
{{- range $field := list "livenessProbe" "readinessProbe" "startupProbe" "lifecycle" -}}
{{- if hasKey $container $field -}}
{{ $key }}.initContainers[{{ $index }}].{{ $field }}: an init container has none, unless its restartPolicy is Always
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $list := list "extraContainers" "initContainers" -}}
{{- range $index, $container := get $values $list | default list -}}
{{- if not $container.image -}}
{{ $key }}.{{ $list }}[{{ $index }}].image: needed
{{ end -}}
{{- end -}}
{{- end -}}
{{- range $index, $volume := $values.extraVolumes -}}
{{- range $source, $field := dict "configMap" "name" "secret" "secretName" "persistentVolumeClaim" "claimName" "hostPath" "path" -}}
{{- if and (hasKey $volume $source) (not (get (get $volume $source | default dict) $field)) -}}
{{ $key }}.extraVolumes[{{ $index }}].{{ $source }}.{{ $field }}: needed
{{ end -}}
{{- end -}}
{{- end -}}
{{- $addresses := list -}}
{{- range $values.hostAliases -}}
{{- $addresses = append $addresses .ip -}}
{{- end -}}
{{- range include "prom.twice" $addresses | fromJsonArray -}}
{{ $key }}.hostAliases: {{ . }} is there twice; put its names into one entry
{{ end -}}
{{- if and (eq ($values.dnsPolicy | default "") "None") (not ($values.dnsConfig | default dict).nameservers) -}}
{{ $key }}.dnsPolicy: None needs {{ $key }}.dnsConfig.nameservers
{{ end -}}
{{- if and (eq (include "prom.workload.kind" $context) "Deployment") (ge (int $values.minReadySeconds) 600) -}}
{{ $key }}.minReadySeconds: must be less than 600, for after that time a Deployment counts as failed
{{ end -}}
{{- $node := (($values.affinity | default dict).nodeAffinity | default dict).requiredDuringSchedulingIgnoredDuringExecution -}}
{{- if and (kindIs "map" $node) (not ($node | default dict).nodeSelectorTerms) -}}
{{ $key }}.affinity.nodeAffinity: requiredDuringSchedulingIgnoredDuringExecution needs nodeSelectorTerms
{{ end -}}
{{- include "prom.guard.resources" (dict "path" (printf "%s.resources" $key) "resources" ($values.resources | default dict)) -}}
{{- range $index, $container := $values.extraContainers -}}
{{- include "prom.guard.resources" (dict "path" (printf "%s.extraContainers[%d].resources" $key $index) "resources" ($container.resources | default dict)) -}}
{{- end -}}
{{- range $field := list "podSecurityContext" "containerSecurityContext" -}}
{{- $security := get $values $field | default dict -}}
{{- if kindIs "map" $security.override -}}
{{- $security = $security.override -}}
{{- end -}}
{{- if and $security.runAsNonRoot (hasKey $security "runAsUser") (not (kindIs "invalid" $security.runAsUser)) (eq (int64 $security.runAsUser) 0) -}}
{{ $key }}.{{ $field }}.runAsUser: 0 is root, which runAsNonRoot excludes
{{ end -}}
{{- end -}}
{{- $rolling := ($values.updateStrategy | default dict).rollingUpdate | default dict -}}
{{- if and (eq $component "node-exporter") (has (toString $rolling.maxUnavailable) (list "0" "0%")) (has (toString ($rolling.maxSurge | default 0)) (list "0" "0%")) -}}
{{ $key }}.updateStrategy.rollingUpdate.maxUnavailable: 0 lets no pod be replaced, unless maxSurge is more
{{ end -}}
{{- $service := $values.service -}}
{{- with $service.clusterIP -}}
{{- if regexMatch "^[0-9.]+$" . -}}
{{- if not (regexMatch "^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])([.]|$)){4}$" (printf "%s" .)) -}}
{{ $key }}.service.clusterIP: {{ . }} is no address
{{ end -}}
{{- end -}}
{{- end -}}
{{- range $index, $block := $service.loadBalancerSourceRanges -}}
{{- if include "prom.hostBits" $block -}}
{{ $key }}.service.loadBalancerSourceRanges[{{ $index }}]: {{ $block }} has bits set behind its prefix
{{ end -}}
{{- end -}}
{{- end -}}
{{- $secrets := list -}}
{{- range (.Values.global | default dict).imagePullSecrets -}}
{{- $secrets = append $secrets .name -}}
{{- end -}}
{{- range include "prom.twice" $secrets | fromJsonArray -}}
global.imagePullSecrets: {{ . }} is there twice
{{ end -}}
{{- end -}}

{{/*
prom.guard.resources: requests and limits of one container. Takes a dict: path, resources.
*/}}
{{- define "prom.guard.resources" -}}
{{- $limits := .resources.limits | default dict -}}
{{- range $name, $request := .resources.requests -}}
{{- if and (hasKey $limits $name) (not (kindIs "invalid" (get $limits $name))) (not (kindIs "invalid" $request)) -}}
{{- if gt (include "prom.quantity" $request | float64) (include "prom.quantity" (get $limits $name) | float64) -}}
{{ $.path }}.requests.{{ $name }}: {{ include "prom.scalar" $request }} is more than the limit of {{ include "prom.scalar" (get $limits $name) }}
{{ end -}}
{{- end -}}
{{- end -}}
{{- range $kind := list "requests" "limits" -}}
{{- range $name, $quantity := get $.resources $kind | default dict -}}
{{- if and (or (contains "/" $name) (hasPrefix "hugepages-" $name)) (ne (include "prom.quantity" $quantity | float64 | floor) (include "prom.quantity" $quantity | float64)) -}}
{{ $.path }}.{{ $kind }}.{{ $name }}: must be a whole number
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.contents: texts that the user writes whole: prometheus.yml, objects, and variables in
external labels.
*/}}
{{- define "prom.guard.contents" -}}
{{- with .Values.config.raw -}}
{{- with (fromYaml .).Error -}}
config.raw: is no YAML: {{ . }}
{{ end -}}
{{- end -}}
{{- $server := dict "root" . "component" "server" "values" .Values.server -}}
{{- if not .Values.server.extraEnvFrom -}}
{{- $known := list "HOSTNAME" "HOME" "PATH" "KUBERNETES_SERVICE_HOST" "KUBERNETES_SERVICE_PORT" -}}
{{- range concat (include "prom.server.env" $server | fromJsonArray) (.Values.server.extraEnv | default list) -}}
{{- $known = append $known .name -}}
{{- end -}}
{{- range $label, $value := .Values.config.externalLabels -}}
{{- range $reference := regexFindAll "[$][{][^}]*[}]|[$][A-Za-z_][A-Za-z0-9_]*" (toString $value | replace "$$" "") -1 -}}
{{- if not (has (trimAll "${}" $reference) $known) -}}
config.externalLabels.{{ $label }}: the container has no variable {{ trimAll "${}" $reference }}; add it to server.extraEnv
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $names := dict -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- $context := dict "root" $ "component" $component "values" $values -}}
{{- $name := include "prom.component.name" $context -}}
{{- $_ := set $names (printf "%s/%s" (include "prom.workload.kind" $context) $name) true -}}
{{- if $values.service.enabled -}}
{{- $_ := set $names (printf "Service/%s" (include "prom.component.serviceName" $context)) true -}}
{{- end -}}
{{- if $values.serviceAccount.create -}}
{{- $_ := set $names (printf "ServiceAccount/%s" (include "prom.component.serviceAccountName" $context)) true -}}
{{- end -}}
{{- end -}}
{{- if not .Values.config.existing.name -}}
{{- $_ := set $names (printf "%s/%s" (include "prom.config.kind" .) (include "prom.config.name" .)) true -}}
{{- end -}}
{{- range $index, $object := .Values.extraObjects -}}
{{- $parsed := tpl (kindIs "string" $object | ternary $object (toYaml $object)) $ | fromYaml -}}
{{- if not $parsed.Error -}}
{{- $metadata := $parsed.metadata | default dict -}}
{{- $identity := printf "%s/%s" ($parsed.kind | default "") ($metadata.name | default "") -}}
{{- if and (hasKey $names $identity) (eq ($metadata.namespace | default (include "prom.namespace" $)) (include "prom.namespace" $)) -}}
extraObjects[{{ $index }}]: the chart makes {{ $identity }} itself
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
