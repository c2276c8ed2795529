{{/*
The web interface of the components: TLS, basic authentication, client certificates. All
files that a pod needs for it are in one projected volume at /etc/web:
  web-config.yml           for --web.config.file
  tls/, client-ca/         the component's certificate, the CA of its clients
  http-client.yml          the server's probes ask the server with this
  client/COMPONENT/        what the server shows to a component and verifies it by
The components read these files anew for each connection or request, so that renewed
certificates and changed passwords arrive without a restart.
*/}}

{{/*
prom.web.directory: where the files are.
*/}}
{{- define "prom.web.directory" -}}
/etc/web
{{- end -}}

{{/*
prom.web: the settings of a component, as JSON: the top-level `web`, overridden key by key
by the component's own. Of `users` and `existingSecret` the component's own choice wins.
The root context keeps the result as .promWeb. Takes a component.
*/}}
{{- define "prom.web" -}}
{{- if not (hasKey .root "promWeb") -}}
{{- $_ := set .root "promWeb" dict -}}
{{- end -}}
{{- if not (hasKey .root.promWeb .component) -}}
{{- $web := dict
  "tls" (dict
    "mode" "none"
    "keys" (dict "cert" "tls.crt" "key" "tls.key" "ca" "ca.crt")
    "serviceNames" true
    "certManager" (dict "issuerRef" dict "privateKey" dict)
    "generate" (dict "days" 365)
    "clientAuth" (dict "caSecret" dict)
  )
  "basicAuth" (dict
    "enabled" false
    "existingSecret" dict
    "scrape" (dict "passwordSecret" dict)
  )
-}}
{{- $shared := deepCopy (.root.Values.web | default dict) -}}
{{- $own := deepCopy (.values.web | default dict) -}}
{{- $auth := $own.basicAuth | default dict -}}
{{- if and ($auth.existingSecret | default dict).name (not $auth.users) -}}
{{- $_ := unset ($shared.basicAuth | default dict) "users" -}}
{{- else if $auth.users -}}
{{- $_ := unset ($shared.basicAuth | default dict) "existingSecret" -}}
{{- end -}}
{{- $_ := set .root.promWeb .component (mergeOverwrite $web $shared $own | toJson) -}}
{{- end -}}
{{- get .root.promWeb .component -}}
{{- end -}}

{{/*
prom.web.tls: non-empty if a component speaks TLS. Takes a component.
*/}}
{{- define "prom.web.tls" -}}
{{- if ne (include "prom.web" . | fromJson).tls.mode "none" -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.web.auth: non-empty if a component asks for a password. Takes a component.
*/}}
{{- define "prom.web.auth" -}}
{{- if (include "prom.web" . | fromJson).basicAuth.enabled -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.web.needsCertificate: non-empty if a component refuses clients without a certificate.
Takes a component.
*/}}
{{- define "prom.web.needsCertificate" -}}
{{- if include "prom.web.tls" . -}}
{{- if eq ((include "prom.web" . | fromJson).tls.clientAuth.type | default "") "RequireAndVerifyClientCert" -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.web.active: non-empty if a component has a web configuration. Takes a component.
*/}}
{{- define "prom.web.active" -}}
{{- if or (include "prom.web.tls" .) (include "prom.web.auth" .) (include "prom.web" . | fromJson).headers -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.web.scheme: http or https. Takes a component.
*/}}
{{- define "prom.web.scheme" -}}
{{- ternary "https" "http" (not (empty (include "prom.web.tls" .))) -}}
{{- end -}}

{{/*
prom.web.appProtocol: the hint of the Service: the user's, or https. Takes a component.
*/}}
{{- define "prom.web.appProtocol" -}}
{{- .values.service.appProtocol | default (ternary "https" "" (not (empty (include "prom.web.tls" .)))) -}}
{{- end -}}

{{/*
prom.web.secretName: the name of the Secret that the chart writes the configuration to. All
shards of a server share it, and the certificate. Takes a component.
*/}}
{{- define "prom.web.secretName" -}}
{{- printf "%s-web" (include "prom.component.name" (omit . "shard")) -}}
{{- end -}}

{{/*
prom.web.certificateSecret: the name of the Secret with a component's certificate.
Takes a component.
*/}}
{{- define "prom.web.certificateSecret" -}}
{{- $tls := (include "prom.web" . | fromJson).tls -}}
{{- $tls.existingSecret | default (printf "%s-tls" (include "prom.component.name" (omit . "shard"))) -}}
{{- end -}}

{{/*
prom.web.clientName: the name of the Certificate, and the stem of the Secret, with which
the server comes to components that ask for one. Takes the root context.
*/}}
{{- define "prom.web.clientName" -}}
{{- printf "%s-client" (include "prom.component.name" (dict "root" . "component" "server" "values" .Values.server)) -}}
{{- end -}}

{{/*
prom.web.clientSan: the name in that certificate. Takes the root context.
*/}}
{{- define "prom.web.clientSan" -}}
{{- printf "%s.%s" (include "prom.web.clientName" .) (include "prom.namespace" .) -}}
{{- end -}}

{{/*
prom.web.clientSecret: the name of the Secret with the certificate that the server shows to
a component; empty if it shows none. Takes a component.
*/}}
{{- define "prom.web.clientSecret" -}}
{{- $secret := (include "prom.web" . | fromJson).tls.clientAuth.clientSecret -}}
{{- if include "prom.web.needsCertificate" . -}}
{{- $secret | default (printf "%s-tls" (include "prom.web.clientName" .root)) -}}
{{- else if include "prom.web.tls" . -}}
{{- $secret -}}
{{- end -}}
{{- end -}}

{{/*
prom.web.serverName: the name that the server expects in a component's certificate; pods
are asked by address, which no certificate has. Takes a component.
*/}}
{{- define "prom.web.serverName" -}}
{{- $tls := (include "prom.web" . | fromJson).tls -}}
{{- $service := printf "%s.%s.svc" (include "prom.component.serviceName" (omit . "shard")) (include "prom.namespace" .root) -}}
{{- if $tls.serverName -}}
{{- $tls.serverName -}}
{{- else if and (not $tls.serviceNames) (ne $tls.mode "existing") $tls.dnsNames -}}
{{- first $tls.dnsNames -}}
{{- else -}}
{{- $service -}}
{{- end -}}
{{- end -}}

{{/*
prom.web.config: the web configuration of a component. Takes a component.
*/}}
{{- define "prom.web.config" -}}
{{- $web := include "prom.web" . | fromJson -}}
{{- $directory := include "prom.web.directory" . -}}
{{- if include "prom.web.tls" . }}
tls_server_config:
  cert_file: {{ $directory }}/tls/tls.crt
  key_file: {{ $directory }}/tls/tls.key
  min_version: {{ $web.tls.minVersion | default "TLS12" }}
  {{- with $web.tls.maxVersion }}
  max_version: {{ . }}
  {{- end }}
  {{- with $web.tls.cipherSuites }}
  cipher_suites:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $web.tls.clientAuth.type }}
  client_auth_type: {{ . }}
  client_ca_file: {{ $directory }}/client-ca/ca.crt
  {{- end }}
  {{- with $web.tls.clientAuth.allowedSans }}
  client_allowed_sans:
    {{- append . (include "prom.web.clientSan" $.root) | uniq | toYaml | nindent 4 }}
  {{- end }}
{{- end }}
{{- if or (eq (toString $web.http2) "false") $web.headers }}
http_server_config:
  {{- if eq (toString $web.http2) "false" }}
  http2: false
  {{- end }}
  {{- with $web.headers }}
  headers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- if include "prom.web.auth" . }}
basic_auth_users:
  {{- toYaml $web.basicAuth.users | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
prom.web.client: how the server authenticates itself to a component and the component to
itself: the fields tls_config and basic_auth, as YAML. Takes a component.
*/}}
{{- define "prom.web.client" -}}
{{- $web := include "prom.web" . | fromJson -}}
{{- $directory := printf "%s/client/%s" (include "prom.web.directory" .) .component -}}
{{- if include "prom.web.tls" . }}
tls_config:
  {{- with $web.tls.keys.ca }}
  ca_file: {{ $directory }}/ca.crt
  {{- end }}
  {{- if include "prom.web.clientSecret" . }}
  cert_file: {{ $directory }}/tls.crt
  key_file: {{ $directory }}/tls.key
  {{- end }}
  server_name: {{ include "prom.web.serverName" . | toYaml }}
{{- end }}
{{- if and (include "prom.web.auth" .) $web.basicAuth.scrape.username }}
basic_auth:
  username: {{ toYaml $web.basicAuth.scrape.username }}
  password_file: {{ $directory }}/password
{{- end }}
{{- end -}}

{{/*
prom.web.scrape: the fields of a scrape job for a component: scheme, tls_config, basic_auth;
empty for plain HTTP. Takes a component.
*/}}
{{- define "prom.web.scrape" -}}
{{- if include "prom.web.tls" . }}
scheme: https
{{- end }}
{{- include "prom.web.client" . }}
{{- end -}}

{{/*
prom.web.isAsked: non-empty if the server's pod gets what it takes to ask a component: for
a scrape job, for itself, or because the configuration is not the chart's.
Takes a component.
*/}}
{{- define "prom.web.isAsked" -}}
{{- if or (include "prom.web.tls" .) (include "prom.web.auth" .) -}}
{{- $config := .root.Values.config -}}
{{- if or (eq .component "server") $config.raw $config.existing.name -}}
true
{{- end -}}
{{- include "prom.web.isShown" . -}}
{{- end -}}
{{- end -}}

{{/*
prom.web.isShown: non-empty if the server cannot do without: for a job of the chart's, or an
exec probe. Takes a component.
*/}}
{{- define "prom.web.isShown" -}}
{{- if and (eq .component "server") (eq (include "prom.probe.mode" .) "exec") -}}
true
{{- end -}}
{{- include "prom.jobs" .root -}}
{{- range .root.promJobs -}}
{{- if eq .preset (ternary "prometheus" $.component (eq $.component "server")) -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.web.clientSources: the files with which the server asks a component, as a JSON list of
sources of a projected volume. Takes a component.
*/}}
{{- define "prom.web.clientSources" -}}
{{- $sources := list -}}
{{- $web := include "prom.web" . | fromJson -}}
{{- $directory := printf "client/%s" .component -}}
{{- if include "prom.web.isAsked" . -}}
{{- if and (include "prom.web.tls" .) $web.tls.keys.ca -}}
{{- $item := dict "key" $web.tls.keys.ca "path" (printf "%s/ca.crt" $directory) -}}
{{- $sources = append $sources (dict "secret" (dict "name" (include "prom.web.certificateSecret" .) "items" (list $item))) -}}
{{- end -}}
{{- with include "prom.web.clientSecret" . -}}
{{- $items := list
  (dict "key" $web.tls.keys.cert "path" (printf "%s/tls.crt" $directory))
  (dict "key" $web.tls.keys.key "path" (printf "%s/tls.key" $directory))
-}}
{{- $sources = append $sources (dict "secret" (dict "name" . "items" $items)) -}}
{{- end -}}
{{- $password := $web.basicAuth.scrape.passwordSecret -}}
{{- if and (include "prom.web.auth" .) $password.name -}}
{{- $item := dict "key" ($password.key | default "password") "path" (printf "%s/password" $directory) -}}
{{- $sources = append $sources (dict "secret" (dict "name" $password.name "items" (list $item))) -}}
{{- end -}}
{{- end -}}
{{- toJson $sources -}}
{{- end -}}

{{/*
prom.web.sources: all files of a component's pod, as such a list. Takes a component.
*/}}
{{- define "prom.web.sources" -}}
{{- $sources := list -}}
{{- $web := include "prom.web" . | fromJson -}}
{{- $existing := $web.basicAuth.existingSecret -}}
{{- if include "prom.web.active" . -}}
{{- if include "prom.web.data" . | fromJson -}}
{{- $sources = append $sources (dict "secret" (dict "name" (include "prom.web.secretName" .))) -}}
{{- end -}}
{{- if and (include "prom.web.auth" .) $existing.name -}}
{{- $item := dict "key" ($existing.key | default "web-config.yml") "path" "web-config.yml" -}}
{{- $sources = append $sources (dict "secret" (dict "name" $existing.name "items" (list $item))) -}}
{{- end -}}
{{- if include "prom.web.tls" . -}}
{{- $certificate := include "prom.web.certificateSecret" . -}}
{{- $items := list
  (dict "key" $web.tls.keys.cert "path" "tls/tls.crt")
  (dict "key" $web.tls.keys.key "path" "tls/tls.key")
-}}
{{- $sources = append $sources (dict "secret" (dict "name" $certificate "items" $items)) -}}
{{- if $web.tls.clientAuth.type -}}
{{- $ca := $web.tls.clientAuth.caSecret -}}
{{- $item := dict "key" ($ca.key | default $web.tls.keys.ca) "path" "client-ca/ca.crt" -}}
{{- $sources = append $sources (dict "secret" (dict "name" ($ca.name | default $certificate) "items" (list $item))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if eq .component "server" -}}
{{- range $component, $key := include "prom.components" .root | fromJson -}}
{{- $asked := dict "root" $.root "component" $component "values" (get $.root.Values $key) -}}
{{- $sources = concat $sources (include "prom.web.clientSources" $asked | fromJsonArray) -}}
{{- end -}}
{{- end -}}
{{- toJson $sources -}}
{{- end -}}

{{/*
prom.web.data: the files of the Secret that the chart writes for a component, as JSON; empty
if it writes none. Takes a component.
*/}}
{{- define "prom.web.data" -}}
{{- $data := dict -}}
{{- if include "prom.web.active" . -}}
{{- $web := include "prom.web" . | fromJson -}}
{{- if not (and (include "prom.web.auth" .) $web.basicAuth.existingSecret.name) -}}
{{- $_ := set $data "web-config.yml" (include "prom.web.config" . | trimPrefix "\n") -}}
{{- end -}}
{{- if eq .component "server" -}}
{{- with include "prom.web.client" . | trimPrefix "\n" -}}
{{- $_ := set $data "http-client.yml" . -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $data -}}
{{- end -}}

{{/*
prom.web.volumes: the volume with these files, as a JSON list of one or none.
Takes a component.
*/}}
{{- define "prom.web.volumes" -}}
{{- $sources := include "prom.web.sources" . | fromJsonArray -}}
{{- ternary (list (dict "name" "web" "projected" (dict "sources" $sources))) list (not (empty $sources)) | toJson -}}
{{- end -}}

{{/*
prom.web.volumeMounts: its mount, as a JSON list of one or none. Takes a component.
*/}}
{{- define "prom.web.volumeMounts" -}}
{{- $mount := dict "name" "web" "mountPath" (include "prom.web.directory" .) "readOnly" true -}}
{{- ternary (list $mount) list (not (empty (include "prom.web.sources" . | fromJsonArray))) | toJson -}}
{{- end -}}

{{/*
prom.web.flags: the flags for it, as JSON. Takes a component.
*/}}
{{- define "prom.web.flags" -}}
{{- $flags := dict -}}
{{- if include "prom.web.active" . -}}
{{- $_ := set $flags "web.config.file" (printf "%s/web-config.yml" (include "prom.web.directory" .)) -}}
{{- end -}}
{{- toJson $flags -}}
{{- end -}}
