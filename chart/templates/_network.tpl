{{/*
Ways in and out: Ingress, HTTPRoute and NetworkPolicy. What a policy permits is read off
the finished configuration, so that it follows whatever is enabled.
*/}}

{{/*
prom.component.pathPrefix: the path under which a component answers, without a slash at
its end; empty for the root. Takes a component.
*/}}
{{- define "prom.component.pathPrefix" -}}
{{- if eq .component "server" -}}
{{- include "prom.server.routePrefix" .root -}}
{{- else -}}
{{- include "prom.pushgateway.routePrefix" .root -}}
{{- end -}}
{{- end -}}

{{/*
prom.ingress.hosts: the hosts of a component's Ingress with their paths, as a JSON list:
those of the values, or else the one of `externalUrl`. Takes a component.
*/}}
{{- define "prom.ingress.hosts" -}}
{{- $url := urlParse (.values.externalUrl | default "") -}}
{{- $name := regexReplaceAll ":[0-9]+$" (get $url "host") "" -}}
{{- $hosts := .values.ingress.hosts | default (ternary (list (dict "host" $name)) list (not (empty $name))) -}}
{{- $prefix := include "prom.component.pathPrefix" . | default "/" -}}
{{- $result := list -}}
{{- range $hosts -}}
{{- $paths := list -}}
{{- range .paths | default (list dict) -}}
{{- $paths = append $paths (dict "path" (.path | default $prefix) "pathType" (.pathType | default "Prefix")) -}}
{{- end -}}
{{- $result = append $result (dict "host" (.host | default "") "paths" $paths) -}}
{{- end -}}
{{- toJson $result -}}
{{- end -}}

{{/*
prom.ingress.backend: the Service and port behind a component's Ingress, as YAML.
Takes a component.
*/}}
{{- define "prom.ingress.backend" -}}
{{- $port := .values.ingress.servicePort | default .values.service.portName | default .values.service.port -}}
service:
  name: {{ include "prom.component.serviceName" . | toYaml }}
  port:
    {{- if kindIs "string" $port }}
    name: {{ toYaml $port }}
    {{- else }}
    number: {{ int $port }}
    {{- end }}
{{- end -}}

{{/*
prom.ingressSpec: the `spec` of a component's Ingress. Takes a component.
*/}}
{{- define "prom.ingressSpec" -}}
{{- with .values.ingress.className -}}
ingressClassName: {{ toYaml . }}
{{ end -}}
rules:
  {{- range include "prom.ingress.hosts" . | fromJsonArray }}
  - http:
      paths:
        {{- range .paths }}
        - path: {{ toYaml .path }}
          pathType: {{ .pathType }}
          backend:
            {{- include "prom.ingress.backend" $ | nindent 12 }}
        {{- end }}
    {{- with .host }}
    host: {{ toYaml . }}
    {{- end }}
  {{- end }}
{{- with .values.ingress.tls }}
tls:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
prom.httpRouteSpec: the `spec` of one of a component's HTTPRoutes. Takes a list: the
component, and the route.
*/}}
{{- define "prom.httpRouteSpec" -}}
{{- $component := first . -}}
{{- $route := last . -}}
{{- $parents := list }}
{{- range $route.parentRefs }}
{{- $parent := dict "group" "gateway.networking.k8s.io" "kind" "Gateway" }}
{{- range $field, $value := . }}
{{- $_ := set $parent $field $value }}
{{- end }}
{{- $parents = append $parents $parent }}
{{- end -}}
parentRefs:
  {{- toYaml $parents | nindent 2 }}
{{- with $route.hostnames }}
hostnames:
  {{- toYaml . | nindent 2 }}
{{- end }}
rules:
  {{- if $route.httpsRedirect }}
  - filters:
      - type: RequestRedirect
        requestRedirect:
          scheme: https
          statusCode: 301
    matches:
      {{- $route.matches | default (list (dict "path" (dict "type" "PathPrefix" "value" "/"))) | toYaml | nindent 6 }}
  {{- else }}
  - backendRefs:
      - group: ""
        kind: Service
        name: {{ include "prom.component.serviceName" $component | toYaml }}
        port: {{ $route.servicePort | default $component.values.service.port | int }}
        weight: 1
    matches:
      {{- if $route.matches }}
      {{- toYaml $route.matches | nindent 6 }}
      {{- else }}
      - path:
          type: PathPrefix
          value: {{ include "prom.component.pathPrefix" $component | default "/" | toYaml }}
      {{- end }}
    {{- with $route.filters }}
    filters:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $route.timeouts }}
    timeouts:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- end }}
  {{- with $route.extraRules }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/*
prom.networkPolicy.enabled: non-empty if a component has a NetworkPolicy. A pod in the
node's network is reached and answers as the node, which no policy selects.
Takes a component.
*/}}
{{- define "prom.networkPolicy.enabled" -}}
{{- $own := (.values.networkPolicy | default dict).enabled -}}
{{- if and (kindIs "bool" $own | ternary $own .root.Values.networkPolicy.enabled) (not .values.hostNetwork) -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.networkPolicy.spec: the `spec` of a component's NetworkPolicy. Takes a component.
*/}}
{{- define "prom.networkPolicy.spec" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- $own := .values.networkPolicy | default dict -}}
podSelector:
  matchLabels:
    {{- include "prom.selectorLabels" . | nindent 4 }}
policyTypes:
  - Ingress
  {{- if $policy.egress.enabled }}
  - Egress
  {{- end }}
ingress:
  - from:
      {{- include "prom.networkPolicy.clients" . | fromJsonArray | toYaml | nindent 6 }}
    ports:
      {{- include "prom.networkPolicy.ports" . | fromJsonArray | toYaml | nindent 6 }}
  {{- with ($own.ingress | default dict).extra }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if $policy.egress.enabled }}
{{- with concat (include "prom.networkPolicy.egress" . | fromJsonArray) ($policy.egress.extra | default list) (($own.egress | default dict).extra | default list) }}
egress:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
prom.networkPolicy.clients: who may reach a component, as a JSON list of peers:
`networkPolicy.clients` (the release's namespace if it is empty), what the component adds,
and for the other components and the tests of the release their pods. Takes a component.
*/}}
{{- define "prom.networkPolicy.clients" -}}
{{- $clients := .root.Values.networkPolicy.clients | default (list (dict "podSelector" dict)) -}}
{{- $clients = concat $clients (((.values.networkPolicy | default dict).ingress | default dict).from | default list) -}}
{{- if .root.Values.networkPolicy.clients -}}
{{- $clients = append $clients (dict "podSelector" (include "prom.networkPolicy.servers" .root | fromYaml)) -}}
{{- $test := dict "root" .root "component" "test" "values" dict -}}
{{- $clients = append $clients (dict "podSelector" (dict "matchLabels" (include "prom.selectorLabels" $test | fromYaml))) -}}
{{- end -}}
{{- toJson $clients -}}
{{- end -}}

{{/*
prom.networkPolicy.servers: a label selector for the server's pods, those of all shards, as
YAML. Takes the root context.
*/}}
{{- define "prom.networkPolicy.servers" -}}
{{- $server := dict "root" . "component" "server" "values" .Values.server -}}
{{- $labels := include "prom.selectorLabels" $server | fromYaml -}}
{{- if gt (int .Values.server.shards) 1 -}}
{{- $names := list -}}
{{- range $shard := until (int .Values.server.shards) -}}
{{- $names = append $names (include "prom.shard.label" (merge (dict "shard" $shard) $server)) -}}
{{- end -}}
matchExpressions:
  - key: app.kubernetes.io/component
    operator: In
    values:
      {{- toYaml $names | nindent 6 }}
{{ end -}}
matchLabels:
  {{- ternary $labels (omit $labels "app.kubernetes.io/component") (le (int .Values.server.shards) 1) | toYaml | nindent 2 }}
{{- end -}}

{{/*
prom.networkPolicy.ports: the ports on which a component is reached, as a JSON list: the
one that it listens on, and those of its sidecars. Takes a component.
*/}}
{{- define "prom.networkPolicy.ports" -}}
{{- $ports := list (dict "port" (include "prom.port" . | int) "protocol" "TCP") -}}
{{- $containers := .values.extraContainers | default list -}}
{{- if eq .component "server" -}}
{{- $containers = concat $containers (include "prom.server.containers" . | fromJsonArray) -}}
{{- end -}}
{{- range $containers -}}
{{- range .ports -}}
{{- $ports = append $ports (dict "port" (int .containerPort) "protocol" (.protocol | default "TCP")) -}}
{{- end -}}
{{- end -}}
{{- toJson ($ports | uniq) -}}
{{- end -}}

{{/*
prom.networkPolicy.egress: what a component itself needs to reach, as a JSON list of egress
rules. Pushgateway and node-exporter call nobody. Takes a component.
*/}}
{{- define "prom.networkPolicy.egress" -}}
{{- $rules := list -}}
{{- if eq .component "server" -}}
{{- $needs := include "prom.networkPolicy.needs" .root | fromJson -}}
{{- if $needs.unknown -}}
{{- $rules = list dict -}}
{{- else -}}
{{- $egress := .root.Values.networkPolicy.egress -}}
{{- $dns := list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP") -}}
{{- $rules = append $rules (merge (ternary (dict "to" $egress.dns) dict (not (empty $egress.dns))) (dict "ports" $dns)) -}}
{{- range $peer := list "pushgateway" "nodeExporter" -}}
{{- if has $peer $needs.components -}}
{{- $values := get $.root.Values $peer -}}
{{- $component := dict "root" $.root "component" (ternary "node-exporter" $peer (eq $peer "nodeExporter")) "values" $values -}}
{{- $ports := list (dict "port" (include "prom.port" $component | int) "protocol" "TCP") -}}
{{- if $values.hostNetwork -}}
{{- $rules = append $rules (dict "ports" $ports) -}}
{{- else -}}
{{- $rules = append $rules (dict "to" (list (dict "podSelector" (dict "matchLabels" (include "prom.selectorLabels" $component | fromYaml)))) "ports" $ports) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if has "server" $needs.components -}}
{{- $rules = append $rules (dict "to" (list (dict "podSelector" (include "prom.networkPolicy.servers" .root | fromYaml))) "ports" (list (dict "port" (include "prom.port" . | int) "protocol" "TCP"))) -}}
{{- end -}}
{{- with $needs.ports -}}
{{- $ports := list -}}
{{- range . | uniq | sortAlpha -}}
{{- $ports = append $ports (dict "port" (int .) "protocol" "TCP") -}}
{{- end -}}
{{- $rules = append $rules (dict "ports" $ports) -}}
{{- end -}}
{{- if $needs.pods -}}
{{- $to := list (dict "namespaceSelector" dict) -}}
{{- if has "" $needs.namespaces | not -}}
{{- $to = list -}}
{{- range $needs.namespaces | uniq | sortAlpha -}}
{{- $to = append $to (dict "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" .))) -}}
{{- end -}}
{{- end -}}
{{- $rules = append $rules (dict "to" $to) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}

{{/*
prom.networkPolicy.dnsPorts: for each entry of dns_sd_configs that names a port a host with
that port, as a JSON list of [host, scheme]. Takes the scrape_config or alertmanager_config.
*/}}
{{- define "prom.networkPolicy.dnsPorts" -}}
{{- $hosts := list -}}
{{- range .dns_sd_configs -}}
{{- if .port -}}
{{- $hosts = append $hosts (list (printf "dns:%d" (int .port)) "http") -}}
{{- end -}}
{{- end -}}
{{- toJson $hosts -}}
{{- end -}}

{{/*
prom.networkPolicy.needs: where the server's requests go, as JSON, read off the finished
configuration:
  ports        ports at any address, as texts: API server, kubelets, named hosts
  components   components of the release, as keys of the values
  pods         non-empty if discovered pods are scraped, whose ports nobody knows
  namespaces   the namespaces of these pods; an empty name stands for all
  unknown      reasons why the destinations cannot be known, a text each
Takes the root context.
*/}}
{{- define "prom.networkPolicy.needs" -}}
{{- $apiServer := list -}}
{{- range .Values.networkPolicy.egress.apiServerPorts -}}
{{- $apiServer = append $apiServer (toString .) -}}
{{- end -}}
{{- $ports := list -}}
{{- $components := list -}}
{{- $namespaces := list -}}
{{- $unknown := list -}}
{{- $hosts := list -}}
{{- if include "prom.jobs.needToken" . -}}
{{- $ports = concat $ports $apiServer -}}
{{- end -}}
{{- include "prom.jobs" . -}}
{{- $known := dict -}}
{{- range .promJobs -}}
{{- $_ := set $known .name . -}}
{{- end -}}
{{- $config := dict -}}
{{- if .Values.config.existing.name -}}
{{- $unknown = append $unknown "config.existing" -}}
{{- else -}}
{{- $config = include "prom.config.content" (dict "root" . "values" .Values.server) | fromYaml -}}
{{- end -}}
{{- range $job := $config.scrape_configs -}}
{{- $preset := (get $known $job.job_name | default dict).preset | default "none" -}}
{{- if $job.proxy_url -}}
{{- $hosts = append $hosts (list $job.proxy_url "http") -}}
{{- else if has $preset (list "kubelet" "cadvisor" "kubelet-probes" "kubelet-resource") -}}
{{- $ports = concat $ports (ternary $apiServer (list "10250") (eq $.Values.scrape.kubelet.via "apiserver")) -}}
{{- else if eq $preset "apiserver" -}}
{{- $ports = concat $ports $apiServer -}}
{{- else if eq $preset "pushgateway" -}}
{{- $components = append $components "pushgateway" -}}
{{- else if eq $preset "node-exporter" -}}
{{- $components = append $components "nodeExporter" -}}
{{- else if has $preset (list "services" "ingresses") -}}
{{- $hosts = append $hosts (list $.Values.scrape.blackbox.address "http") -}}
{{- else if eq $preset "prometheus" -}}
{{- if $job.kubernetes_sd_configs -}}
{{- $components = append $components "server" -}}
{{- end -}}
{{- else -}}
{{- range $job.static_configs -}}
{{- range .targets -}}
{{- $hosts = append $hosts (list . ($job.scheme | default "http")) -}}
{{- end -}}
{{- end -}}
{{- range $entry := $job.kubernetes_sd_configs -}}
{{- if or $entry.api_server $entry.kubeconfig_file -}}
{{- $unknown = append $unknown (printf "job %s looks for targets in another cluster" $job.job_name) -}}
{{- else if eq $entry.role "node" -}}
{{- $unknown = append $unknown (printf "job %s scrapes nodes" $job.job_name) -}}
{{- else -}}
{{- $scope := $entry.namespaces | default dict -}}
{{- $names := $scope.names | default list -}}
{{- if $scope.own_namespace -}}
{{- $names = append $names (include "prom.namespace" $) -}}
{{- end -}}
{{- $namespaces = concat $namespaces ($names | default (list "")) -}}
{{- end -}}
{{- end -}}
{{- $dns := include "prom.networkPolicy.dnsPorts" $job | fromJsonArray -}}
{{- $hosts = concat $hosts $dns -}}
{{- range $field, $entries := $job -}}
{{- if and (eq $field "dns_sd_configs") (eq (len $dns) (len $entries)) -}}
{{- else if and (hasSuffix "_sd_configs" $field) (ne $field "kubernetes_sd_configs") -}}
{{- $unknown = append $unknown (printf "job %s finds targets by %s" $job.job_name $field) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with ($job.oauth2 | default dict).token_url -}}
{{- $hosts = append $hosts (list . "https") -}}
{{- end -}}
{{- end -}}
{{- if $config.scrape_config_files -}}
{{- $unknown = append $unknown "config.scrapeConfigFiles" -}}
{{- end -}}
{{- range $section := list "remote_write" "remote_read" -}}
{{- range get $config $section | default list -}}
{{- $hosts = append $hosts (list (.proxy_url | default .url) "http") -}}
{{- with (.oauth2 | default dict).token_url -}}
{{- $hosts = append $hosts (list . "https") -}}
{{- end -}}
{{- if or .sigv4 .azuread .google_iam -}}
{{- $hosts = append $hosts (list "https://token" "https") -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range ($config.alerting | default dict).alertmanagers -}}
{{- $scheme := .scheme | default "http" -}}
{{- range .static_configs -}}
{{- range .targets -}}
{{- $hosts = append $hosts (list . $scheme) -}}
{{- end -}}
{{- end -}}
{{- range .kubernetes_sd_configs -}}
{{- $namespaces = concat $namespaces ((.namespaces | default dict).names | default (list "")) -}}
{{- end -}}
{{- $dns := include "prom.networkPolicy.dnsPorts" . | fromJsonArray -}}
{{- $hosts = concat $hosts $dns -}}
{{- range $field, $entries := . -}}
{{- if and (eq $field "dns_sd_configs") (eq (len $dns) (len $entries)) -}}
{{- else if and (hasSuffix "_sd_configs" $field) (ne $field "kubernetes_sd_configs") -}}
{{- $unknown = append $unknown (printf "Alertmanagers are found by %s" $field) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with ($config.tracing | default dict).endpoint -}}
{{- $hosts = append $hosts (list . "http") -}}
{{- end -}}
{{- if (.Values.server.thanos | default dict).enabled -}}
{{- $hosts = append $hosts (list "https://objectstore" "https") -}}
{{- end -}}
{{- range $hosts -}}
{{- $text := first . -}}
{{- $scheme := regexFind "^[a-z0-9]+://" $text | trimSuffix "://" | default (last .) -}}
{{- $host := regexReplaceAll "/.*$" (regexReplaceAll "^[a-z0-9]+://([^/@]*@)?" $text "") "" -}}
{{- $port := regexFind ":[0-9]+$" $host | trimPrefix ":" | default (ternary "443" "80" (eq $scheme "https")) -}}
{{- if not (regexMatch "^(localhost|127[.][0-9.]+|\\[::1\\])(:[0-9]+)?$" $host) -}}
{{- $ports = append $ports $port -}}
{{- end -}}
{{- end -}}
{{- toJson (dict "ports" $ports "components" $components "pods" (ternary "true" "" (not (empty $namespaces))) "namespaces" $namespaces "unknown" $unknown) -}}
{{- end -}}

{{/*
prom.guard.network: ways in that lead nowhere. Takes the root context.
*/}}
{{- define "prom.guard.network" -}}
{{- range $key := list "server" "pushgateway" -}}
{{- $values := get $.Values $key -}}
{{- $component := dict "root" $ "component" $key "values" $values -}}
{{- if or (eq $key "server") $values.enabled -}}
{{- $ports := list ($values.service.portName | default "") -}}
{{- $numbers := list (int $values.service.port) -}}
{{- range $values.service.extraPorts -}}
{{- $ports = append $ports (.name | default "") -}}
{{- $numbers = append $numbers (int .port) -}}
{{- end -}}
{{- $port := $values.ingress.servicePort -}}
{{- if $values.ingress.enabled -}}
{{- if not $values.service.enabled -}}
{{ $key }}.ingress.enabled: leads to the Service, which {{ $key }}.service.enabled leaves out
{{ end -}}
{{- if not (include "prom.ingress.hosts" $component | fromJsonArray) -}}
{{ $key }}.ingress.hosts: needed, unless {{ $key }}.externalUrl names the host
{{ end -}}
{{- if and $port (not (has $port $ports)) (not (has (int $port) $numbers)) -}}
{{ $key }}.ingress.servicePort: the Service has no port {{ $port }}
{{ end -}}
{{- end -}}
{{- range $name, $route := $values.httpRoutes -}}
{{- if ne (toString $route.enabled) "false" -}}
{{- $path := printf "%s.httpRoutes.%s" $key $name -}}
{{- if not $values.service.enabled -}}
{{ $path }}: leads to the Service, which {{ $key }}.service.enabled leaves out
{{ end -}}
{{- if not $route.parentRefs -}}
{{ $path }}.parentRefs: needed, it names the Gateway
{{ end -}}
{{- if and $route.servicePort (not (has (int $route.servicePort) $numbers)) -}}
{{ $path }}.servicePort: the Service has no port {{ $route.servicePort }}
{{ end -}}
{{- if $route.httpsRedirect -}}
{{- range $field := list "filters" "timeouts" "servicePort" -}}
{{- if get $route $field -}}
{{ $path }}.{{ $field }}: a redirect has none; drop it or {{ $path }}.httpsRedirect
{{ end -}}
{{- end -}}
{{- end -}}
{{- if gt (len (printf "%s-%s" (include "prom.component.name" $component) $name)) 63 -}}
{{ $path }}: the object name {{ include "prom.component.name" $component }}-{{ $name }} has more than 63 characters
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.rbac.namespaced -}}
{{- range $name, $values := .Values.alerting.alertmanagers -}}
{{- with include "prom.job.clusterScope" (dict "access" list "config" (($values | default dict).config | default dict)) -}}
alerting.alertmanagers.{{ $name }}.config: needs cluster-wide rights ({{ . }}), which rbac.namespaced excludes; name the namespaces
{{ end -}}
{{- end -}}
{{- if contains "nonResourceURLs" (concat (.Values.rbac.rules | default list) (.Values.rbac.extraRules | default list) | toJson) -}}
rbac.namespaced: paths of the API server (nonResourceURLs) are granted cluster-wide only; drop them from the rules
{{ end -}}
{{- end -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- $policy := $values.networkPolicy | default dict -}}
{{- if and $values.hostNetwork (kindIs "bool" $policy.enabled | ternary $policy.enabled $.Values.networkPolicy.enabled) -}}
{{- $rules := dict "ingress.from" ($policy.ingress | default dict).from "ingress.extra" ($policy.ingress | default dict).extra "egress.extra" ($policy.egress | default dict).extra -}}
{{- range $field, $rule := $rules -}}
{{- if $rule -}}
{{ $key }}.networkPolicy.{{ $field }}: no policy holds for pods in the node's network; set {{ $key }}.hostNetwork to false
{{ end -}}
{{- end -}}
{{- end -}}
{{- if and $values.hostNetwork (eq (toString ($values.networkPolicy | default dict).enabled) "true") -}}
{{ $key }}.networkPolicy.enabled: no policy holds for pods in the node's network; set {{ $key }}.hostNetwork to false, or protect the port with {{ $key }}.web
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.networkPolicy.warnings: what a policy does not do, a line each. Takes the root context.
*/}}
{{- define "prom.networkPolicy.warnings" -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- $context := dict "root" $ "component" $component "values" $values -}}
{{- if and $.Values.networkPolicy.enabled $values.hostNetwork -}}
- networkPolicy: no policy holds for {{ $key }}, whose pods are in the node's network; protect its port with {{ $key }}.web.
{{ end -}}
{{- if include "prom.networkPolicy.enabled" $context -}}
{{- if and (ne $key "server") $.Values.server.hostNetwork -}}
- networkPolicy.clients: the server comes to {{ $key }} from its node's address, which the policy of {{ $key }} must name as an ipBlock, unless the network plugin lets nodes in.
{{ end -}}
{{- if and (or ($values.ingress | default dict).enabled $values.httpRoutes) (not $.Values.networkPolicy.clients) (not (($values.networkPolicy | default dict).ingress | default dict).from) -}}
- networkPolicy.clients: admits the release's namespace only; add that of the Ingress controller or Gateway.
{{ end -}}
{{- if and (eq $key "server") $.Values.networkPolicy.egress.enabled -}}
{{- range (include "prom.networkPolicy.needs" $ | fromJson).unknown -}}
- networkPolicy.egress: the server may reach every address, for its destinations cannot be known: {{ . }}.
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
