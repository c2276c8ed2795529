{{/*
Rights of the server's ServiceAccount, computed from the scrape jobs and the Alertmanagers. Prometheus lists
and watches what it discovers and never gets it. A resource of an API group is written
`group|resource`.
*/}}

{{/*
prom.rbac.discovery: the resources that one entry of kubernetes_sd_configs reads, as a
JSON list. Takes the entry.
*/}}
{{- define "prom.rbac.discovery" -}}
{{- $byRole := dict
  "node" (list "|nodes")
  "service" (list "|services")
  "pod" (list "|pods")
  "endpoints" (list "|endpoints" "|services" "|pods")
  "endpointslice" (list "discovery.k8s.io|endpointslices" "|services" "|pods")
  "ingress" (list "networking.k8s.io|ingresses")
-}}
{{- $byMetadata := dict
  "node" "|nodes"
  "namespace" "|namespaces"
  "deployment" "apps|replicasets"
  "job" "batch|jobs"
  "cronjob" "batch|jobs"
-}}
{{- $resources := get $byRole .role | default list -}}
{{- range $name, $on := .attach_metadata -}}
{{- if $on -}}
{{- $resources = append $resources (get $byMetadata $name) -}}
{{- end -}}
{{- end -}}
{{- toJson $resources -}}
{{- end -}}

{{/*
prom.rbac.rules: rules that permit to list and watch resources, one for each API group,
as a JSON list. Takes the resources.
*/}}
{{- define "prom.rbac.rules" -}}
{{- $groups := dict -}}
{{- range . | uniq | sortAlpha -}}
{{- $part := splitList "|" . -}}
{{- $_ := set $groups (first $part) (append (get $groups (first $part) | default list) (last $part)) -}}
{{- end -}}
{{- $rules := list -}}
{{- range $group, $resources := $groups -}}
{{- $rules = append $rules (dict "apiGroups" (list $group) "resources" $resources "verbs" (list "list" "watch")) -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}

{{/*
prom.rbac: all rights, as JSON: {"cluster": [rules], "namespaces": {NAME: [rules]}}. What
a job reads in named namespaces only is granted there only, unless it is granted for the
whole cluster anyway. With `rbac.namespaced` nothing is cluster-wide: the user's own
rules are granted in each namespace of the jobs' scope. Takes the root context.
*/}}
{{- define "prom.rbac" -}}
{{- $rules := list -}}
{{- $namespaces := dict -}}
{{- $own := ternary .Values.rbac.rules .Values.rbac.extraRules (eq .Values.rbac.mode "custom") | default list -}}
{{- if eq .Values.rbac.mode "computed" -}}
{{- $cluster := list -}}
{{- $access := list -}}
{{- $scoped := dict -}}
{{- $discovery := include "prom.alertmanagers.discovery" . | fromJsonArray -}}
{{- include "prom.jobs" . -}}
{{- range $job := .promJobs -}}
{{- $access = concat $access $job.access -}}
{{- $discovery = concat $discovery (include "prom.job.discovery" $job | fromJsonArray) -}}
{{- end -}}
{{- range $entry := $discovery -}}
{{- $scope := $entry.namespaces | default dict -}}
{{- $names := $scope.names | default list -}}
{{- if $scope.own_namespace -}}
{{- $names = append $names (include "prom.namespace" $) -}}
{{- end -}}
{{- range $resource := include "prom.rbac.discovery" $entry | fromJsonArray -}}
{{- if or (empty $names) (has $resource (list "|nodes" "|namespaces")) -}}
{{- $cluster = append $cluster $resource -}}
{{- else -}}
{{- range $names -}}
{{- $_ := set $scoped . (append (get $scoped . | default list) $resource) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $rules = include "prom.rbac.rules" $cluster | fromJsonArray -}}
{{- range $access | uniq | sortAlpha -}}
{{- if hasPrefix "/" . -}}
{{- $rules = append $rules (dict "nonResourceURLs" (list .) "verbs" (list "get")) -}}
{{- else -}}
{{- $rules = append $rules (dict "apiGroups" (list "") "resources" (list .) "verbs" (list "get")) -}}
{{- end -}}
{{- end -}}
{{- range $name, $resources := $scoped -}}
{{- $left := list -}}
{{- range $resources -}}
{{- if not (has . $cluster) -}}
{{- $left = append $left . -}}
{{- end -}}
{{- end -}}
{{- if $left -}}
{{- $_ := set $namespaces $name (include "prom.rbac.rules" $left | fromJsonArray) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not .Values.rbac.namespaced -}}
{{- $rules = concat $rules $own -}}
{{- else if $own -}}
{{- range include "prom.scrape.namespaces" . | fromJsonArray -}}
{{- $_ := set $namespaces . (concat (get $namespaces . | default list) $own) -}}
{{- end -}}
{{- end -}}
{{- toJson (dict "cluster" $rules "namespaces" $namespaces) -}}
{{- end -}}
