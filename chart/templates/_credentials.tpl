{{/*
Credentials: what Prometheus shows to others comes from Secrets and ConfigMaps that the
values name, `{name: ..., key: ...}`. Each is a volume with just those keys, so that a
changed password reaches the process, which reads the file for each request.
*/}}

{{/*
prom.volumeName: a volume's name made of any text. Two texts that differ in dots or beyond
63 characters stay apart by a hash. Takes the text.
*/}}
{{- define "prom.volumeName" -}}
{{- if or (contains "." .) (gt (len .) 63) -}}
{{- printf "%s-%s" (. | replace "." "-" | trunc 54 | trimSuffix "-") (sha256sum . | trunc 8) -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{/*
prom.credentials.file: the path of a key of a Secret or ConfigMap in the container.
Takes a list: secret or configMap, and {name, key}.
*/}}
{{- define "prom.credentials.file" -}}
{{- $directory := ternary "prometheus-configmaps" "prometheus-secrets" (eq (first .) "configMap") -}}
{{- printf "/etc/%s/%s/%s" $directory (last .).name (last .).key -}}
{{- end -}}

{{/*
prom.credentials.references: the references in a part of the values, as a JSON list of
"KIND NAME KEY": every map that has a name and a key. Takes the part.
*/}}
{{- define "prom.credentials.references" -}}
{{- $found := list -}}
{{- range $field, $value := omit . "endpointParams" -}}
{{- if kindIs "map" $value -}}
{{- if and (hasKey $value "name") (hasKey $value "key") -}}
{{- $kind := ternary "configMap" "secret" (eq $field "configMap") -}}
{{- $found = append $found (printf "%s %s %s" $kind $value.name $value.key) -}}
{{- else -}}
{{- $found = concat $found (include "prom.credentials.references" $value | fromJsonArray) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/*
prom.credentials.users: the parts of the values whose references are to be mounted into
the server, as a JSON list: `auth` and `tls` of everything to which it is a client.
Takes the root context.
*/}}
{{- define "prom.credentials.users" -}}
{{- $users := list -}}
{{- range $block := list .Values.remoteWrite .Values.remoteRead .Values.alerting.alertmanagers .Values.scrape.jobs -}}
{{- range $name, $entry := $block -}}
{{- $entry = $entry | default dict -}}
{{- if and (or $entry.auth $entry.tls) (ne (toString $entry.enabled) "false") -}}
{{- $users = append $users (dict "auth" ($entry.auth | default dict) "tls" ($entry.tls | default dict)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $users -}}
{{- end -}}

{{/*
prom.credentials: what is mounted, as a JSON list, ordered by name, of {volume, kind, name,
keys}; made once: the root context keeps it as .promCredentials. Takes the root context.
*/}}
{{- define "prom.credentials" -}}
{{- if not (hasKey . "promCredentials") -}}
{{- $objects := dict -}}
{{- range include "prom.credentials.users" . | fromJsonArray -}}
{{- range include "prom.credentials.references" . | fromJsonArray -}}
{{- $part := splitList " " . -}}
{{- $id := printf "%s %s" (index $part 0) (index $part 1) -}}
{{- $_ := set $objects $id (append (get $objects $id | default list) (index $part 2) | uniq | sortAlpha) -}}
{{- end -}}
{{- end -}}
{{- $mounted := list -}}
{{- range $id, $keys := $objects -}}
{{- $part := splitList " " $id -}}
{{- $kind := first $part -}}
{{- $name := last $part -}}
{{- $volume := include "prom.volumeName" (printf "%s-%s" (lower $kind) $name) -}}
{{- $mounted = append $mounted (dict "volume" $volume "kind" $kind "name" $name "keys" $keys) -}}
{{- end -}}
{{- $_ := set . "promCredentials" (toJson $mounted) -}}
{{- end -}}
{{- .promCredentials -}}
{{- end -}}

{{/*
prom.credentials.volumes: their volumes, as a JSON list. Takes the root context.
*/}}
{{- define "prom.credentials.volumes" -}}
{{- $volumes := list -}}
{{- range include "prom.credentials" . | fromJsonArray -}}
{{- $items := list -}}
{{- range .keys -}}
{{- $items = append $items (dict "key" . "path" .) -}}
{{- end -}}
{{- if eq .kind "configMap" -}}
{{- $volumes = append $volumes (dict "name" .volume "configMap" (dict "name" .name "items" $items)) -}}
{{- else -}}
{{- $volumes = append $volumes (dict "name" .volume "secret" (dict "secretName" .name "items" $items)) -}}
{{- end -}}
{{- end -}}
{{- toJson $volumes -}}
{{- end -}}

{{/*
prom.credentials.volumeMounts: their mounts, as a JSON list. Takes the root context.
*/}}
{{- define "prom.credentials.volumeMounts" -}}
{{- $mounts := list -}}
{{- range include "prom.credentials" . | fromJsonArray -}}
{{- $path := include "prom.credentials.file" (list .kind (dict "name" .name "key" "")) | trimSuffix "/" -}}
{{- $mounts = append $mounts (dict "name" .volume "mountPath" $path "readOnly" true) -}}
{{- end -}}
{{- toJson $mounts -}}
{{- end -}}

{{/*
prom.credentials.env: the environment that goes with them, as a JSON list: the AWS SDK is
told of its credentials file only so. Takes the root context.
*/}}
{{- define "prom.credentials.env" -}}
{{- $files := list -}}
{{- range include "prom.credentials.users" . | fromJsonArray -}}
{{- with (.auth.sigv4 | default dict).credentialsSecret -}}
{{- $files = append $files (include "prom.credentials.file" (list "secret" .)) -}}
{{- end -}}
{{- end -}}
{{- $env := list -}}
{{- range $files | uniq -}}
{{- $env = append $env (dict "name" "AWS_SHARED_CREDENTIALS_FILE" "value" .) -}}
{{- end -}}
{{- toJson $env -}}
{{- end -}}

{{/*
prom.client: the fields of an HTTP client of Prometheus that `auth` and `tls` become, as
JSON. Takes a dict: auth, tls.
*/}}
{{- define "prom.client" -}}
{{- $fields := dict -}}
{{- if or .auth .tls -}}
{{- $auth := .auth | default dict -}}
{{- with $auth.basic -}}
{{- $basic := dict "password_file" (include "prom.credentials.file" (list "secret" .passwordSecret)) -}}
{{- with .username -}}
{{- $_ := set $basic "username" . -}}
{{- end -}}
{{- with .usernameSecret -}}
{{- $_ := set $basic "username_file" (include "prom.credentials.file" (list "secret" .)) -}}
{{- end -}}
{{- $_ := set $fields "basic_auth" $basic -}}
{{- end -}}
{{- with $auth.bearer -}}
{{- $authorization := dict "credentials_file" (include "prom.credentials.file" (list "secret" .secret)) -}}
{{- if ne (.type | default "Bearer") "Bearer" -}}
{{- $_ := set $authorization "type" .type -}}
{{- end -}}
{{- $_ := set $fields "authorization" $authorization -}}
{{- end -}}
{{- with $auth.oauth2 -}}
{{- $oauth2 := dict
  "client_id" .clientId
  "client_secret_file" (include "prom.credentials.file" (list "secret" .clientSecret))
  "token_url" .tokenUrl
-}}
{{- with .scopes -}}
{{- $_ := set $oauth2 "scopes" . -}}
{{- end -}}
{{- with .endpointParams -}}
{{- $_ := set $oauth2 "endpoint_params" . -}}
{{- end -}}
{{- with include "prom.client.tls" .tls | fromJson -}}
{{- $_ := set $oauth2 "tls_config" . -}}
{{- end -}}
{{- $_ := set $fields "oauth2" $oauth2 -}}
{{- end -}}
{{- if hasKey $auth "sigv4" -}}
{{- $names := dict
  "region" "region" "profile" "profile" "roleArn" "role_arn" "externalId" "external_id"
  "sessionName" "session_name" "serviceName" "service_name" "useFipsStsEndpoint" "use_fips_sts_endpoint"
-}}
{{- $_ := set $fields "sigv4" (include "prom.client.renamed" (list $names $auth.sigv4) | fromJson) -}}
{{- end -}}
{{- with $auth.azuread -}}
{{- $azuread := include "prom.client.renamed" (list (dict "cloud" "cloud" "scope" "scope") .) | fromJson -}}
{{- $ids := dict "clientId" "client_id" "tenantId" "tenant_id" "tokenFilePath" "token_file_path" "sendCertificateChain" "send_certificate_chain" -}}
{{- $entry := . -}}
{{- range $way, $field := dict "managedIdentity" "managed_identity" "workloadIdentity" "workload_identity" "sdk" "sdk" "certificate" "certificate" -}}
{{- if hasKey $entry $way -}}
{{- $values := get $entry $way | default dict -}}
{{- $section := include "prom.client.renamed" (list $ids $values) | fromJson -}}
{{- with $values.certificateSecret -}}
{{- $_ := set $section "certificate_path" (include "prom.credentials.file" (list "secret" .)) -}}
{{- end -}}
{{- with $values.keySecret -}}
{{- $_ := set $section "certificate_key_path" (include "prom.credentials.file" (list "secret" .)) -}}
{{- end -}}
{{- $_ := set $azuread $field $section -}}
{{- end -}}
{{- end -}}
{{- $_ := set $fields "azuread" $azuread -}}
{{- end -}}
{{- if hasKey $auth "googleIam" -}}
{{- $google := dict -}}
{{- with ($auth.googleIam | default dict).credentialsSecret -}}
{{- $_ := set $google "credentials_file" (include "prom.credentials.file" (list "secret" .)) -}}
{{- end -}}
{{- $_ := set $fields "google_iam" $google -}}
{{- end -}}
{{- with include "prom.client.tls" .tls | fromJson -}}
{{- $_ := set $fields "tls_config" . -}}
{{- end -}}
{{- end -}}
{{- toJson $fields -}}
{{- end -}}

{{/*
prom.client.renamed: the fields of a map that are set, under Prometheus' names, as JSON.
Takes a list: a dict from our names to Prometheus', and the map.
*/}}
{{- define "prom.client.renamed" -}}
{{- $renamed := dict -}}
{{- $values := last . | default dict -}}
{{- range $name, $field := first . -}}
{{- with get $values $name -}}
{{- $_ := set $renamed $field . -}}
{{- end -}}
{{- end -}}
{{- toJson $renamed -}}
{{- end -}}

{{/*
prom.client.tls: a tls_config, as JSON. Takes `tls` of the values.
*/}}
{{- define "prom.client.tls" -}}
{{- $tls := . | default dict -}}
{{- $names := dict "serverName" "server_name" "insecureSkipVerify" "insecure_skip_verify" "minVersion" "min_version" -}}
{{- $fields := include "prom.client.renamed" (list $names $tls) | fromJson -}}
{{- range $name := list "ca" "cert" "key" -}}
{{- range $kind, $reference := get $tls $name | default dict -}}
{{- $_ := set $fields (printf "%s_file" $name) (include "prom.credentials.file" (list $kind $reference)) -}}
{{- end -}}
{{- end -}}
{{- toJson $fields -}}
{{- end -}}
