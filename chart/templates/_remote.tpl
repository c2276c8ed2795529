{{/*
Remote write and remote read, and what this server receives from others.
*/}}

{{/*
prom.presets.remoteWrite: what a preset of remote write stands for, as YAML:
  path       of the URL, if the URL has none; TENANT is replaced
  header     that names the tenant
  histograms send native histograms if they are scraped
  queue      fields of queue_config
*/}}
{{- define "prom.presets.remoteWrite" -}}
thanos:
  path: /api/v1/receive
  header: THANOS-TENANT
  histograms: true
  queue:
    retry_on_http_429: true
mimir:
  path: /api/v1/push
  header: X-Scope-OrgID
  histograms: true
  queue:
    retry_on_http_429: true
victoriametrics:
  path: /api/v1/write
  pathOfTenant: /insert/TENANT/prometheus/api/v1/write
  queue:
    capacity: 20000
    max_samples_per_send: 10000
    max_shards: 30
{{- end -}}

{{/*
prom.remoteWrite: the section remote_write, as a JSON list. Takes the root context.
*/}}
{{- define "prom.remoteWrite" -}}
{{- $entries := list -}}
{{- range $name, $values := .Values.remoteWrite -}}
{{- $values = $values | default dict -}}
{{- if ternary $values.enabled true (hasKey $values "enabled") -}}
{{- $entries = append $entries (include "prom.remoteWrite.entry" (dict "root" $ "name" $name "values" $values) | fromJson) -}}
{{- end -}}
{{- end -}}
{{- toJson $entries -}}
{{- end -}}

{{/*
prom.remoteWrite.entry: one of them, as JSON. Takes a dict: root, name, values.
*/}}
{{- define "prom.remoteWrite.entry" -}}
{{- $values := .values -}}
{{- $preset := get (include "prom.presets.remoteWrite" . | fromYaml) ($values.preset | default "") | default dict -}}
{{- $entry := dict "name" .name -}}
{{- with $values.url -}}
{{- $url := . -}}
{{- if and $preset.path (regexMatch "^https?://[^/?#]+/?$" .) -}}
{{- $path := $preset.path -}}
{{- if and $preset.pathOfTenant $values.tenant -}}
{{- $path = replace "TENANT" $values.tenant $preset.pathOfTenant -}}
{{- end -}}
{{- $url = printf "%s%s" (trimSuffix "/" .) $path -}}
{{- end -}}
{{- $_ := set $entry "url" $url -}}
{{- end -}}
{{- with $values.protobufMessage -}}
{{- $_ := set $entry "protobuf_message" . -}}
{{- end -}}
{{- $headers := dict -}}
{{- if and $preset.header $values.tenant -}}
{{- $_ := set $headers $preset.header $values.tenant -}}
{{- end -}}
{{- with mergeOverwrite $headers ($values.headers | default dict) -}}
{{- $_ := set $entry "headers" . -}}
{{- end -}}
{{- $exemplars := ternary $values.sendExemplars .root.Values.server.exemplars.enabled (kindIs "bool" $values.sendExemplars) -}}
{{- if or $exemplars (kindIs "bool" $values.sendExemplars) -}}
{{- $_ := set $entry "send_exemplars" $exemplars -}}
{{- end -}}
{{- $scraped := and $preset.histograms (include "prom.nativeHistograms" .root) -}}
{{- if kindIs "bool" $values.sendNativeHistograms -}}
{{- $_ := set $entry "send_native_histograms" $values.sendNativeHistograms -}}
{{- else if $scraped -}}
{{- $_ := set $entry "send_native_histograms" true -}}
{{- end -}}
{{- with mergeOverwrite (dict) ($preset.queue | default dict) ($values.queue | default dict) -}}
{{- $_ := set $entry "queue_config" . -}}
{{- end -}}
{{- with $values.metadata -}}
{{- $_ := set $entry "metadata_config" . -}}
{{- end -}}
{{- $relabel := include "prom.remoteWrite.replicas" . | fromYamlArray -}}
{{- with concat $relabel ($values.writeRelabelConfigs | default list) -}}
{{- $_ := set $entry "write_relabel_configs" . -}}
{{- end -}}
{{- $client := include "prom.client" (dict "auth" $values.auth "tls" $values.tls) | fromJson -}}
{{- $entry = merge $client $entry -}}
{{- range $field, $value := $values.config -}}
{{- $_ := set $entry $field $value -}}
{{- end -}}
{{- toJson $entry -}}
{{- end -}}

{{/*
prom.remoteWrite.replicas: rules by which a store takes the same sample of two replicas as
one, as YAML. Mimir wants the label __replica__, and elects a replica for each value of
`cluster`, which therefore gets the number of the shard; VictoriaMetrics wants both replicas' labels to be the same; Thanos knows
`replica` when it is asked. Takes a dict: root, values.
*/}}
{{- define "prom.remoteWrite.replicas" -}}
{{- if gt (int .root.Values.server.replicas) 1 -}}
{{- if eq (.values.preset | default "") "mimir" }}
{{- if gt (int .root.Values.server.shards) 1 }}
- source_labels: [cluster, shard]
  separator: "-"
  target_label: cluster
{{- end }}
- source_labels: [replica]
  target_label: __replica__
- regex: replica
  action: labeldrop
{{- else if eq (.values.preset | default "") "victoriametrics" }}
- regex: replica
  action: labeldrop
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.section.remote_write: the section `remote_write`. Takes the root context.
*/}}
{{- define "prom.config.section.remote_write" -}}
{{- with include "prom.remoteWrite" . | fromJsonArray -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.remoteRead: the section remote_read, as a JSON list. Takes the root context.
*/}}
{{- define "prom.remoteRead" -}}
{{- $entries := list -}}
{{- range $name, $values := .Values.remoteRead -}}
{{- $values = $values | default dict -}}
{{- if ternary $values.enabled true (hasKey $values "enabled") -}}
{{- $entry := dict "name" $name -}}
{{- range $key, $field := dict "url" "url" "headers" "headers" "requiredMatchers" "required_matchers" -}}
{{- with get $values $key -}}
{{- $_ := set $entry $field . -}}
{{- end -}}
{{- end -}}
{{- if kindIs "bool" $values.readRecent -}}
{{- $_ := set $entry "read_recent" $values.readRecent -}}
{{- end -}}
{{- $entry = merge (include "prom.client" (dict "auth" $values.auth "tls" $values.tls) | fromJson) $entry -}}
{{- range $field, $value := $values.config -}}
{{- $_ := set $entry $field $value -}}
{{- end -}}
{{- $entries = append $entries $entry -}}
{{- end -}}
{{- end -}}
{{- toJson $entries -}}
{{- end -}}

{{/*
prom.config.section.remote_read: the section `remote_read`. Takes the root context.
*/}}
{{- define "prom.config.section.remote_read" -}}
{{- with include "prom.remoteRead" . | fromJsonArray -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.config.section.otlp: the section `otlp`. Takes the root context.
*/}}
{{- define "prom.config.section.otlp" -}}
{{- if .Values.receivers.otlp.enabled -}}
{{- with .Values.receivers.otlp.config -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.receivers.flags: the flags that open what is received, as a JSON map.
Takes the root context.
*/}}
{{- define "prom.receivers.flags" -}}
{{- $flags := dict -}}
{{- $receivers := .Values.receivers -}}
{{- if $receivers.remoteWrite.enabled -}}
{{- $_ := set $flags "web.enable-remote-write-receiver" true -}}
{{- with $receivers.remoteWrite.protobufMessages -}}
{{- $_ := set $flags "web.remote-write-receiver.accepted-protobuf-messages" . -}}
{{- end -}}
{{- end -}}
{{- if $receivers.otlp.enabled -}}
{{- $_ := set $flags "web.enable-otlp-receiver" true -}}
{{- end -}}
{{- toJson $flags -}}
{{- end -}}

{{/*
prom.nativeHistograms: non-empty if native histograms are scraped by default.
Takes the root context.
*/}}
{{- define "prom.nativeHistograms" -}}
{{- if (.Values.config.global | default dict).scrape_native_histograms -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.nativeHistograms.field: non-empty if this version has the field
scrape_native_histograms. Takes the root context.
*/}}
{{- define "prom.nativeHistograms.field" -}}
{{- if semverCompare ">=3.8.0" (include "prom.server.version" .) -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.nativeHistograms.feature: non-empty if a feature of the process stands for that field,
in versions that do not have it. Takes the root context.
*/}}
{{- define "prom.nativeHistograms.feature" -}}
{{- if and (include "prom.nativeHistograms" .) (not (include "prom.nativeHistograms.field" .)) -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.guard.remote: remote write and read without a destination, with two ways of
authentication, or with half a certificate.
*/}}
{{- define "prom.guard.remote" -}}
{{- $replicas := int .Values.server.replicas -}}
{{- $names := dict -}}
{{- range $name, $values := .Values.remoteWrite -}}
{{- $values = $values | default dict -}}
{{- if ternary $values.enabled true (hasKey $values "enabled") -}}
{{- $path := printf "remoteWrite.%s" $name -}}
{{- $entry := include "prom.remoteWrite.entry" (dict "root" $ "name" $name "values" $values) | fromJson -}}
{{- include "prom.guard.client" (dict "path" $path "values" $values "entry" $entry "url" ($entry.url | default "")) -}}
{{- if not $entry.url -}}
{{ $path }}.url: needed, unless {{ $path }}.enabled is false
{{ end -}}
{{- if hasKey $names $entry.name -}}
{{ $path }}.config.name: {{ $entry.name }} is the name of {{ get $names $entry.name }} already
{{ end -}}
{{- $_ := set $names $entry.name $path -}}
{{- if and $values.tenant (not $values.preset) -}}
{{ $path }}.tenant: only a preset knows how to name a tenant; set {{ $path }}.preset, or the header in {{ $path }}.headers
{{ end -}}
{{- if and $values.tenant (eq ($values.preset | default "") "victoriametrics") (not (regexMatch "^https?://[^/?#]+/?$" ($values.url | default ""))) -}}
{{ $path }}.tenant: VictoriaMetrics has the tenant in the path; leave the path out of {{ $path }}.url, or the tenant
{{ end -}}
{{- if and (eq ($values.preset | default "") "mimir") (gt $replicas 1) (not (get ($.Values.config.externalLabels | default dict) "cluster")) -}}
{{ $path }}.preset: Mimir takes one of {{ $replicas }} replicas only if it knows their cluster; set config.externalLabels.cluster
{{ end -}}
{{- if and $values.sendExemplars (not $.Values.server.exemplars.enabled) (not (include "prom.agent" $)) -}}
{{ $path }}.sendExemplars: no exemplars are stored, so none are sent; set server.exemplars.enabled
{{ end -}}
{{- $queue := $entry.queue_config | default dict -}}
{{- $minShards := $queue.min_shards | default 1 | int -}}
{{- $maxShards := $queue.max_shards | default 50 | int -}}
{{- if gt $minShards $maxShards -}}
{{ $path }}.queue.min_shards: {{ $minShards }} is more than max_shards, {{ $maxShards }}
{{ end -}}
{{- $minBackoff := $queue.min_backoff | default "30ms" -}}
{{- $maxBackoff := $queue.max_backoff | default "5s" -}}
{{- if gt (include "prom.duration" $minBackoff | int64) (include "prom.duration" $maxBackoff | int64) -}}
{{ $path }}.queue.min_backoff: {{ $minBackoff }} is longer than max_backoff, {{ $maxBackoff }}
{{ end -}}
{{- include "prom.guard.relabel" (dict "path" $path "list" "write_relabel_configs" "rules" $entry.write_relabel_configs) -}}
{{- end -}}
{{- end -}}
{{- $names = dict -}}
{{- range $entry := include "prom.remoteRead" . | fromJsonArray -}}
{{- if hasKey $names $entry.name -}}
remoteRead: two entries have the name {{ $entry.name }}
{{ end -}}
{{- $_ := set $names $entry.name true -}}
{{- end -}}
{{- range $name, $values := .Values.remoteRead -}}
{{- $values = $values | default dict -}}
{{- if ternary $values.enabled true (hasKey $values "enabled") -}}
{{- $path := printf "remoteRead.%s" $name -}}
{{- $entry := mergeOverwrite (include "prom.client" (dict "auth" $values.auth "tls" $values.tls) | fromJson) ($values.config | default dict) -}}
{{- $url := ($values.config | default dict).url | default $values.url | default "" -}}
{{- include "prom.guard.client" (dict "path" $path "values" $values "entry" $entry "url" $url "without" (list "sigv4" "azuread" "googleIam")) -}}
{{- if not $url -}}
{{ $path }}.url: needed, unless {{ $path }}.enabled is false
{{ end -}}
{{- end -}}
{{- end -}}
{{- $files := list -}}
{{- range include "prom.credentials.env" . | fromJsonArray -}}
{{- $files = append $files .value -}}
{{- end -}}
{{- if gt (len $files) 1 -}}
auth.sigv4.credentialsSecret: the process has one AWS credentials file; put the profiles of {{ join " and " $files }} into one Secret, and name them with auth.sigv4.profile
{{ end -}}
{{- end -}}

{{/*
prom.guard.receivers: an OTLP section that Prometheus refuses, or that nothing reads.
*/}}
{{- define "prom.guard.receivers" -}}
{{- $receivers := .Values.receivers -}}
{{- $otlp := $receivers.otlp.config | default dict -}}
{{- if and $otlp (not $receivers.otlp.enabled) -}}
receivers.otlp.config: set receivers.otlp.enabled too, or nothing is received
{{ end -}}
{{- if and $receivers.remoteWrite.protobufMessages (not $receivers.remoteWrite.enabled) -}}
receivers.remoteWrite.protobufMessages: set receivers.remoteWrite.enabled too, or nothing is received
{{ end -}}
{{- if not .Values.server.defaultArgs -}}
{{- $flagged := dict
  "receivers.remoteWrite.enabled" $receivers.remoteWrite.enabled
  "receivers.otlp.enabled" $receivers.otlp.enabled
  "server.exemplars.enabled" .Values.server.exemplars.enabled
  "config.global.scrape_native_histograms" (include "prom.nativeHistograms.feature" .)
-}}
{{- range $key, $on := $flagged -}}
{{- if $on -}}
{{ $key }}: becomes a flag, and server.defaultArgs false leaves out the flags that the chart computes; put it into server.args
{{ end -}}
{{- end -}}
{{- end -}}
{{- if and $otlp.promote_all_resource_attributes $otlp.promote_resource_attributes -}}
receivers.otlp.config.promote_resource_attributes: promote_all_resource_attributes promotes all already; give one of them
{{ end -}}
{{- if and $otlp.ignore_resource_attributes (not $otlp.promote_all_resource_attributes) -}}
receivers.otlp.config.ignore_resource_attributes: is for promote_all_resource_attributes only
{{ end -}}
{{- $utf8 := hasPrefix "No" ($otlp.translation_strategy | default "") -}}
{{- if and $utf8 (eq ((.Values.config.global | default dict).metric_name_validation_scheme | default "utf8") "legacy") -}}
receivers.otlp.config.translation_strategy: {{ $otlp.translation_strategy }} makes names that config.global.metric_name_validation_scheme legacy forbids
{{ end -}}
{{- end -}}

{{/*
prom.guard.client: authentication and TLS of one destination. Takes a dict: path (in the
values), values (with auth and tls), entry (what they become in prometheus.yml), url, and
without: the ways of `auth` that this section of Prometheus does not have.
*/}}
{{- define "prom.guard.client" -}}
{{- $path := .path -}}
{{- $auth := .values.auth | default dict -}}
{{- $tls := .values.tls | default dict -}}
{{- $config := .values.config | default dict -}}
{{- $ways := list -}}
{{- range $way := list "basic" "bearer" "oauth2" "sigv4" "azuread" "googleIam" -}}
{{- if hasKey $auth $way -}}
{{- $ways = append $ways (printf "auth.%s" $way) -}}
{{- if has $way ($.without | default list) -}}
{{ $path }}.auth.{{ $way }}: Prometheus does not have it here
{{ end -}}
{{- end -}}
{{- end -}}
{{- range $way := list "basic_auth" "authorization" "oauth2" "bearer_token" "bearer_token_file" "sigv4" "azuread" "google_iam" -}}
{{- if hasKey $config $way -}}
{{- $ways = append $ways (printf "config.%s" $way) -}}
{{- end -}}
{{- end -}}
{{- if gt (len $ways) 1 -}}
{{ $path }}.auth: {{ join " and " $ways }} are ways of authentication; give one
{{ end -}}
{{- with $auth.basic -}}
{{- if and .username .usernameSecret -}}
{{ $path }}.auth.basic.username: usernameSecret has the user too; give one of them
{{ else if not (or .username .usernameSecret) -}}
{{ $path }}.auth.basic.username: needed, or usernameSecret
{{ end -}}
{{- end -}}
{{- with $auth.sigv4 -}}
{{- range $field := list "externalId" "sessionName" -}}
{{- if and (get $auth.sigv4 $field) (not $auth.sigv4.roleArn) -}}
{{ $path }}.auth.sigv4.{{ $field }}: is for a role; set {{ $path }}.auth.sigv4.roleArn
{{ end -}}
{{- end -}}
{{- end -}}
{{- if hasKey $auth "azuread" -}}
{{- $ways := keys (omit ($auth.azuread | default dict) "cloud" "scope") | sortAlpha -}}
{{- if ne (len $ways) 1 -}}
{{ $path }}.auth.azuread: needs one of managedIdentity, workloadIdentity, sdk, certificate; there are {{ join ", " $ways | default "none" }}
{{ end -}}
{{- end -}}
{{- $oauth2Tls := ($auth.oauth2 | default dict).tls | default dict -}}
{{- range $at, $tls := dict "tls" $tls "auth.oauth2.tls" $oauth2Tls -}}
{{- if ne (hasKey $tls "cert") (hasKey $tls "key") -}}
{{ $path }}.{{ $at }}.{{ ternary "key" "cert" (hasKey $tls "cert") }}: a client certificate and its key belong together
{{ end -}}
{{- if and (hasKey $tls "ca") (ne (len ($tls.ca | default dict)) 1) -}}
{{ $path }}.{{ $at }}.ca: needs a secret or a configMap, one of them
{{ end -}}
{{- end -}}
{{- if hasKey $config "tls_config" -}}
{{- if $tls -}}
{{ $path }}.tls: {{ $path }}.config.tls_config would replace it; give one of them
{{ end -}}
{{- $own := $config.tls_config | default dict -}}
{{- if ne (or (hasKey $own "cert") (hasKey $own "cert_file")) (or (hasKey $own "key") (hasKey $own "key_file")) -}}
{{ $path }}.config.tls_config: a client certificate and its key belong together
{{ end -}}
{{- end -}}
{{- if and $tls (hasPrefix "http://" .url) -}}
{{ $path }}.tls: {{ .url }} does not use TLS; write https://
{{ end -}}
{{- $reserved := list
  "accept-encoding" "authorization" "connection" "content-encoding" "content-length" "content-type" "host"
  "keep-alive" "proxy-authenticate" "proxy-authorization" "user-agent" "www-authenticate" "x-amz-content-sha256"
  "x-amz-date" "x-amz-security-token" "x-prometheus-remote-read-version" "x-prometheus-remote-write-version"
-}}
{{- range $name, $value := .entry.headers -}}
{{- if has (lower $name) $reserved -}}
{{ $path }}.headers: Prometheus sets the header {{ $name }} itself{{ if eq (lower $name) "authorization" }}; use {{ $path }}.auth{{ end }}
{{ end -}}
{{- end -}}
{{- end -}}
