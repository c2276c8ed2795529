{{/*
What a version of Prometheus does not know yet. Prometheus refuses a field that it does not
know, and a server with such a configuration never starts.
*/}}

{{/*
prom.versions.fields: the version in which fields came, by section, as YAML. A field that is
not here was there in 3.0.
*/}}
{{- define "prom.versions.fields" -}}
global:
  always_scrape_classic_histograms: 3.5.0
  convert_classic_histograms_to_nhcb: 3.4.0
  extra_scrape_metrics: 3.10.0
  metric_name_escaping_scheme: 3.4.0
  query_max_duration: 3.16.0
  query_max_samples_read: 3.16.0
  query_max_series: 3.16.0
scrape:
  aws_sd_configs: 3.8.0
  extra_scrape_metrics: 3.10.0
  fallback_scrape_protocol: 3.0.0
  metric_name_escaping_scheme: 3.4.0
  oci_sd_configs: 3.14.0
  outscale_sd_configs: 3.12.0
  scrape_native_histograms: 3.8.0
  stackit_sd_configs: 3.5.0
remoteWrite:
  convert_nhcb_to_classic: 3.16.0
  failed_request_logging: 3.15.0
  round_robin_dns: 3.1.0
sigv4:
  external_id: 3.10.0
  session_name: 3.15.0
  tags: 3.15.0
oauth2:
  audience: 3.8.0
  claims: 3.8.0
  client_certificate_key: 3.8.0
  client_certificate_key_file: 3.8.0
  client_certificate_key_id: 3.8.0
  grant_type: 3.8.0
  iss: 3.8.0
  signature_algorithm: 3.8.0
attachMetadata:
  cronjob: 3.11.0
  deployment: 3.11.0
  job: 3.11.0
  namespace: 3.6.0
azuread:
  certificate: 3.13.0
  scope: 3.9.0
  workload_identity: 3.7.0
otlp:
  convert_histograms_to_nhcb: 3.4.0
  ignore_resource_attributes: 3.5.0
  keep_identifying_resource_attributes: 3.1.0
  label_name_preserve_multiple_underscores: 3.8.0
  label_name_underscore_sanitization: 3.8.0
  promote_all_resource_attributes: 3.5.0
  promote_scope_metadata: 3.6.0
runtime:
  log_level: 3.15.0
tsdb:
  floatChunkEncoding: 3.13.0
  staleSeriesCompactionThreshold: 3.10.0
{{- end -}}

{{/*
prom.guard.versions: fields that the image's version does not know.
*/}}
{{- define "prom.guard.versions" -}}
{{- include "prom.jobs" . -}}
{{- $used := dict
  "config.global" (dict "section" "global" "fields" .Values.config.global)
  "config.runtime" (dict "section" "runtime" "fields" .Values.config.runtime)
  "receivers.otlp.config" (dict "section" "otlp" "fields" .Values.receivers.otlp.config)
-}}
{{- $tsdb := dict -}}
{{- range $name, $value := .Values.server.tsdb -}}
{{- if $value -}}
{{- $_ := set $tsdb $name $value -}}
{{- end -}}
{{- end -}}
{{- $_ := set $used "server.tsdb" (dict "section" "tsdb" "fields" $tsdb) -}}
{{- range .promJobs -}}
{{- $path := printf "scrape.jobs.%s.config" .key -}}
{{- $_ := set $used $path (dict "section" "scrape" "fields" .config) -}}
{{- $_ := set $used (printf "%s.oauth2" $path) (dict "section" "oauth2" "fields" .config.oauth2) -}}
{{- range $index, $discovery := .config.kubernetes_sd_configs -}}
{{- $_ := set $used (printf "%s.kubernetes_sd_configs[%d].attach_metadata" $path $index) (dict "section" "attachMetadata" "fields" $discovery.attach_metadata) -}}
{{- end -}}
{{- end -}}
{{- range $name, $values := .Values.remoteWrite -}}
{{- $values = $values | default dict -}}
{{- if ternary $values.enabled true (hasKey $values "enabled") -}}
{{- $path := printf "remoteWrite.%s" $name -}}
{{- $entry := include "prom.remoteWrite.entry" (dict "root" $ "name" $name "values" $values) | fromJson -}}
{{- $_ := set $used (printf "%s.config" $path) (dict "section" "remoteWrite" "fields" $entry) -}}
{{- range $way := list "azuread" "sigv4" "oauth2" -}}
{{- $_ := set $used (printf "%s.%s" $path $way) (dict "section" $way "fields" (get $entry $way | default dict)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $version := include "prom.server.version" . -}}
{{- $known := include "prom.versions.fields" . | fromYaml -}}
{{- range $path, $use := $used -}}
{{- $since := get $known $use.section -}}
{{- range $field, $value := $use.fields -}}
{{- if hasKey $since $field -}}
{{- $first := get $since $field -}}
{{- if semverCompare (printf "<%s-0" $first) $version -}}
{{ $path }}.{{ $field }}: needs Prometheus {{ trimSuffix ".0" $first }}, the image is {{ $version }}
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
