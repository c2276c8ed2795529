{{/*
Alerting: the Alertmanagers that alerts are sent to.
*/}}

{{/*
prom.alertmanagers: the Alertmanagers, as a JSON list of alertmanager_configs.
Takes the root context.
*/}}
{{- define "prom.alertmanagers" -}}
{{- $entries := list -}}
{{- range $name, $values := .Values.alerting.alertmanagers -}}
{{- $values = $values | default dict -}}
{{- if ternary $values.enabled true (hasKey $values "enabled") -}}
{{- $entries = append $entries (include "prom.alertmanager" (dict "root" $ "values" $values) | fromJson) -}}
{{- end -}}
{{- end -}}
{{- toJson $entries -}}
{{- end -}}

{{/*
prom.alertmanager: one alertmanager_config, as JSON. Takes a dict: root, values.
*/}}
{{- define "prom.alertmanager" -}}
{{- $values := .values -}}
{{- $entry := dict -}}
{{- range $key, $field := dict "scheme" "scheme" "pathPrefix" "path_prefix" "timeout" "timeout" -}}
{{- with get $values $key -}}
{{- $_ := set $entry $field . -}}
{{- end -}}
{{- end -}}
{{- with $values.targets -}}
{{- $_ := set $entry "static_configs" (list (dict "targets" .)) -}}
{{- end -}}
{{- with $values.service -}}
{{- $entry = merge (include "prom.alertmanager.service" (dict "root" $.root "service" .) | fromYaml) $entry -}}
{{- end -}}
{{- $entry = merge (include "prom.client" (dict "auth" $values.auth "tls" $values.tls) | fromJson) $entry -}}
{{- range $field, $value := $values.config -}}
{{- $_ := set $entry $field $value -}}
{{- end -}}
{{- toJson $entry -}}
{{- end -}}

{{/*
prom.alertmanager.service: discovery of the pods behind a Service, as YAML. Every
Alertmanager of a cluster has to get every alert, so balancing by the Service would lose
some. Takes a dict: root, service.
*/}}
{{- define "prom.alertmanager.service" -}}
{{- $service := .service -}}
{{- $namespace := $service.namespace | default (include "prom.namespace" .root) -}}
{{- $port := $service.port | default 9093 -}}
{{- if eq ($service.discovery | default "endpoints") "dns" -}}
dns_sd_configs:
{{- range list "A" "AAAA" }}
  - names: [{{ printf "%s.%s.svc" $service.name $namespace | toYaml }}]
    type: {{ . }}
    port: {{ $port }}
{{- end }}
{{- else -}}
kubernetes_sd_configs:
  - role: endpointslice
    namespaces:
      names: [{{ toYaml $namespace }}]
    selectors:
      - role: endpointslice
        label: {{ printf "kubernetes.io/service-name=%s" $service.name | toYaml }}
      - role: service
        field: {{ printf "metadata.name=%s" $service.name | toYaml }}
relabel_configs:
  - source_labels: [__meta_kubernetes_endpointslice_port{{ if kindIs "string" $port }}_name{{ end }}]
    regex: {{ $port | toString | quote }}
    action: keep
  - source_labels: [__meta_kubernetes_endpointslice_endpoint_conditions_ready]
    regex: "false"
    action: drop
{{- end -}}
{{- end -}}

{{/*
prom.alertmanagers.discovery: the entries of kubernetes_sd_configs by which Alertmanagers
are found through the pod's own API server, as a JSON list. Takes the root context.
*/}}
{{- define "prom.alertmanagers.discovery" -}}
{{- $own := list -}}
{{- range include "prom.alertmanagers" . | fromJsonArray -}}
{{- $own = concat $own (include "prom.job.discovery" (dict "config" .) | fromJsonArray) -}}
{{- end -}}
{{- toJson $own -}}
{{- end -}}

{{/*
prom.config.section.alerting: the section `alerting`. Two replicas send the same alert with
different labels `replica`; without that label it is one alert. Takes the root context.
*/}}
{{- define "prom.config.section.alerting" -}}
{{- $alertmanagers := include "prom.alertmanagers" . | fromJsonArray -}}
{{- $alerting := dict -}}
{{- $relabel := list -}}
{{- if and $alertmanagers (gt (int .Values.server.replicas) 1) -}}
{{- $relabel = append $relabel (dict "regex" "replica" "action" "labeldrop") -}}
{{- end -}}
{{- with concat $relabel (.Values.alerting.relabelConfigs | default list) -}}
{{- $_ := set $alerting "alert_relabel_configs" . -}}
{{- end -}}
{{- with $alertmanagers -}}
{{- $_ := set $alerting "alertmanagers" . -}}
{{- end -}}
{{- with $alerting -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.alerting: Alertmanagers that are nowhere.
*/}}
{{- define "prom.guard.alerting" -}}
{{- $found := false -}}
{{- range $name, $values := .Values.alerting.alertmanagers -}}
{{- $values = $values | default dict -}}
{{- if ternary $values.enabled true (hasKey $values "enabled") -}}
{{- $found = true -}}
{{- $path := printf "alerting.alertmanagers.%s" $name -}}
{{- $entry := include "prom.alertmanager" (dict "root" $ "values" $values) | fromJson -}}
{{- include "prom.guard.client" (dict "path" $path "values" $values "entry" (omit $entry "headers") "url" "" "without" (list "azuread" "googleIam")) -}}
{{- if and $values.tls (ne ($entry.scheme | default "http") "https") -}}
{{ $path }}.tls: is for scheme https only; set {{ $path }}.scheme
{{ end -}}
{{- $discovery := list -}}
{{- range $field, $value := $entry -}}
{{- if and $value (regexMatch "_sd_configs$|^static_configs$" $field) -}}
{{- $discovery = append $discovery $field -}}
{{- end -}}
{{- end -}}
{{- if not $discovery -}}
{{ $path }}: needs targets, a service, or a discovery in config
{{ end -}}
{{- range $field := list "kubernetes_sd_configs" "relabel_configs" "dns_sd_configs" "static_configs" -}}
{{- if and (hasKey ($values.config | default dict) $field) (or (and $values.targets (eq $field "static_configs")) (and $values.service (ne $field "static_configs"))) -}}
{{ $path }}.config.{{ $field }}: would replace what {{ ternary "targets" "service" (eq $field "static_configs") }} stands for; make it another Alertmanager
{{ end -}}
{{- end -}}
{{- with $values.service -}}
{{- if and (eq (.discovery | default "endpoints") "dns") (kindIs "string" .port) -}}
{{ $path }}.service.port: DNS gives addresses without ports; give a number
{{ end -}}
{{- end -}}
{{- if and $values.service $values.targets (eq ($values.service.discovery | default "endpoints") "endpoints") -}}
{{ $path }}.targets: the rules that pick a port of the service would drop them; make them another Alertmanager
{{ end -}}
{{- range $list := list "relabel_configs" "alert_relabel_configs" -}}
{{- include "prom.guard.relabel" (dict "path" $path "list" $list "rules" (get $entry $list)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.alerting.relabelConfigs (not $found) -}}
alerting.relabelConfigs: there is no Alertmanager; set alerting.alertmanagers
{{ end -}}
{{- include "prom.guard.relabel" (dict "path" "alerting" "list" "relabelConfigs" "rules" .Values.alerting.relabelConfigs) -}}
{{- end -}}
