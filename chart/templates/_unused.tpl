{{/*
Settings that would have no effect. A block with a switch of its own (`enabled`, `create`, a
`mode` of none) waits for that switch; everything else that cannot be honoured is refused by
its name. What is compared with a default is the default of values.yaml.
*/}}

{{/*
prom.guard.unused: settings of a workload, a volume, a probe or a file that is not there.
*/}}
{{- define "prom.guard.unused" -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- $context := dict "root" $ "component" $component "values" $values -}}
{{- $kind := include "prom.workload.kind" $context -}}
{{- $unused := dict -}}
{{- if hasKey $values "strategy" -}}
{{- if and (ne $kind "Deployment") $values.strategy (ne (toJson $values.strategy) (toJson (dict "type" "Recreate"))) -}}
{{- $_ := set $unused "strategy" (printf "is for a Deployment, the workload is a %s; see %s.updateStrategy" $kind $key) -}}
{{- end -}}
{{- end -}}
{{- if eq $key "server" -}}
{{- if and (eq $kind "Deployment") $values.updateStrategy (ne (toJson $values.updateStrategy) (toJson (dict "type" "RollingUpdate"))) -}}
{{- $_ := set $unused "updateStrategy" "is for a StatefulSet or DaemonSet, the workload is a Deployment; see server.strategy" -}}
{{- end -}}
{{- if and (ne $kind "StatefulSet") (ne $values.podManagementPolicy "Parallel") -}}
{{- $_ := set $unused "podManagementPolicy" (printf "is for a StatefulSet, the workload is a %s" $kind) -}}
{{- end -}}
{{- end -}}
{{- with $values.persistence -}}
{{- $default := ternary (dict "size" "10Gi" "emptyDir" "5Gi") (dict "size" "1Gi" "emptyDir" "256Mi") (eq $key "server") -}}
{{- $emptyDir := .emptyDir | default dict -}}
{{- if .existingClaim -}}
{{- range $field := list "name" "storageClass" "volumeName" "selector" "labels" "annotations" -}}
{{- if get $values.persistence $field -}}
{{- $_ := set $unused (printf "persistence.%s" $field) (printf "is of a claim that the chart makes; %s.persistence.existingClaim names yours" $key) -}}
{{- end -}}
{{- end -}}
{{- if ne (toString .size) $default.size -}}
{{- $_ := set $unused "persistence.size" (printf "is of a claim that the chart makes; %s.persistence.existingClaim names yours" $key) -}}
{{- end -}}
{{- if ne (toJson .accessModes) (toJson (list "ReadWriteOnce")) -}}
{{- $_ := set $unused "persistence.accessModes" (printf "is of a claim that the chart makes; %s.persistence.existingClaim names yours" $key) -}}
{{- end -}}
{{- end -}}
{{- if or .enabled (.hostPath | default dict).path -}}
{{- if or $emptyDir.medium (and $emptyDir.sizeLimit (ne (toString $emptyDir.sizeLimit) $default.emptyDir)) -}}
{{- $_ := set $unused "persistence.emptyDir" (ternary (printf "is used only with %s.persistence.enabled false" $key) (printf "is not used, for %s.persistence.hostPath.path is set" $key) .enabled) -}}
{{- end -}}
{{- end -}}
{{- if and (.hostPath | default dict).type (not (.hostPath | default dict).path) -}}
{{- $_ := set $unused "persistence.hostPath.type" (printf "needs %s.persistence.hostPath.path" $key) -}}
{{- end -}}
{{- end -}}
{{- $mode := include "prom.probe.mode" $context -}}
{{- if ne $mode "httpGet" -}}
{{- range $probe := list "startup" "readiness" "liveness" -}}
{{- $path := (get $values.probes $probe).path | default "" -}}
{{- $asked := ternary (list "/-/ready" "/-/healthy") (list "/-/ready" "/-/healthy" "/" "") (eq $mode "exec") -}}
{{- if and (get $values.probes $probe).enabled (not (has $path $asked)) -}}
{{- $_ := set $unused (printf "probes.%s.path" $probe) (printf "is not asked by a probe of mode %s" $mode) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not $values.defaultArgs -}}
{{- $defaults := dict "logLevel" "info" "logFormat" "logfmt" "externalUrl" "" "routePrefix" "" -}}
{{- if eq $key "server" -}}
{{- range $field, $default := dict "timeout" "2m" "maxConcurrency" "20" "maxSamples" "50000000" -}}
{{- if ne (include "prom.scalar" (get $values.query $field)) $default -}}
{{- $_ := set $unused (printf "query.%s" $field) "becomes a flag, and server.defaultArgs false leaves out the flags that the chart computes; put it into server.args" -}}
{{- end -}}
{{- end -}}
{{- if $values.features -}}
{{- $_ := set $unused "features" "becomes a flag, and server.defaultArgs false leaves out the flags that the chart computes; put it into server.args" -}}
{{- end -}}
{{- end -}}
{{- range $field, $default := $defaults -}}
{{- if ne (get $values $field | default "" | toString) $default -}}
{{- $_ := set $unused $field (printf "becomes a flag, and %s.defaultArgs false leaves out the flags that the chart computes; put it into %s.args" $key $key) -}}
{{- end -}}
{{- end -}}
{{- if include "prom.web.active" $context -}}
{{- $_ := set $unused "web" (printf "needs a flag, and %s.defaultArgs false leaves out the flags that the chart computes; set it to true" $key) -}}
{{- end -}}
{{- end -}}
{{- range $field, $why := $unused -}}
{{ $key }}.{{ $field }}: {{ $why }}
{{ end -}}
{{- end -}}
{{- $config := .Values.config -}}
{{- if not $config.existing.name -}}
{{- if $config.existing.key -}}
config.existing.key: needs config.existing.name
{{ end -}}
{{- if ne $config.existing.kind "ConfigMap" -}}
config.existing.kind: needs config.existing.name
{{ end -}}
{{- else -}}
{{- if $config.name -}}
config.name: is for a configuration that the chart writes; config.existing.name names yours
{{ end -}}
{{- if not (has $config.kind (list "auto" $config.existing.kind)) -}}
config.kind: is for a configuration that the chart writes; config.existing.kind is that of yours
{{ end -}}
{{- if and $config.existing.key (ne $config.key "prometheus.yml") -}}
config.key: is not used, for config.existing.key is set
{{ end -}}
{{- end -}}
{{- $rbac := .Values.rbac -}}
{{- if and (eq $rbac.mode "computed") $rbac.rules -}}
rbac.rules: are for rbac.mode custom; rbac.extraRules come on top of the computed ones
{{ end -}}
{{- if and (eq $rbac.mode "custom") $rbac.extraRules -}}
rbac.extraRules: rbac.mode custom takes rbac.rules and nothing else; put them there
{{ end -}}
{{- if and $rbac.create $rbac.clusterRoleName (not (include "prom.rbac" . | fromJson).cluster) -}}
rbac.clusterRoleName: there is no ClusterRole{{ if $rbac.namespaced }} with rbac.namespaced{{ end }}
{{ end -}}
{{- $kubelet := .Values.scrape.kubelet -}}
{{- if and $kubelet.tls.caFile (or (eq $kubelet.via "apiserver") (ne $kubelet.tls.mode "verify")) -}}
scrape.kubelet.tls.caFile: is used with scrape.kubelet.via direct and scrape.kubelet.tls.mode verify
{{ end -}}
{{- include "prom.jobs" . -}}
{{- $blackbox := or $config.raw $config.existing.name -}}
{{- range .promJobs -}}
{{- if has .preset (list "services" "ingresses") -}}
{{- $blackbox = true -}}
{{- end -}}
{{- end -}}
{{- range $field, $default := dict "address" "" "module" "http_2xx" -}}
{{- if and (ne (get $.Values.scrape.blackbox $field | default "") $default) (not $blackbox) -}}
scrape.blackbox.{{ $field }}: no job asks the exporter; enable scrape.jobs.services or scrape.jobs.ingresses
{{ end -}}
{{- end -}}
{{- if not .Values.scrape.builtin -}}
{{- range include "prom.scrape.limits.set" . | fromJsonArray -}}
scrape.limits.{{ . }}: scrape.builtin false leaves the limits out; set config.global.{{ . }}
{{ end -}}
{{- end -}}
{{- end -}}
