{{/*
The Thanos sidecar: serves the server's data to a querier, and uploads its blocks to an
object store if one is named.
*/}}

{{/*
prom.thanos.container: the sidecar, as JSON. Takes the server component.
*/}}
{{- define "prom.thanos.container" -}}
{{- $thanos := .values.thanos -}}
{{- $flags := dict
  "tsdb.path" (get (.values.extraArgs | default dict) "storage.tsdb.path" | default (include "prom.server.dataPath" .))
  "prometheus.url" (printf "%s://localhost:%d%s" (include "prom.web.scheme" .) (include "prom.port" . | int) (include "prom.server.routePrefix" .root))
  "grpc-address" (printf ":%d" (int $thanos.grpcPort))
  "http-address" (printf ":%d" (int $thanos.httpPort))
  "log.level" $thanos.logLevel
  "log.format" $thanos.logFormat
-}}
{{- $mounts := list (dict "name" "data" "mountPath" (include "prom.server.dataPath" .)) -}}
{{- if $thanos.objstore.existingSecret.name -}}
{{- $_ := set $flags "objstore.config-file" (printf "/etc/thanos/%s" $thanos.objstore.existingSecret.key) -}}
{{- $mounts = append $mounts (dict "name" "thanos-objstore" "mountPath" "/etc/thanos" "readOnly" true) -}}
{{- end -}}
{{- with $thanos.minTime -}}
{{- $_ := set $flags "min-time" . -}}
{{- end -}}
{{- if include "prom.web.client" . -}}
{{- $_ := set $flags "prometheus.http-client-file" (printf "%s/http-client.yml" (include "prom.web.directory" .)) -}}
{{- $mounts = concat $mounts (include "prom.web.volumeMounts" . | fromJsonArray) -}}
{{- end -}}
{{- $args := include "prom.args" (dict "values" (dict "defaultArgs" true "extraArgs" $thanos.extraArgs) "flags" $flags) | fromJsonArray -}}
{{- $container := dict
  "name" "thanos-sidecar"
  "image" (include "prom.image" (dict "root" .root "values" $thanos))
  "imagePullPolicy" $thanos.image.pullPolicy
  "args" (prepend $args "sidecar")
  "ports" (list
    (dict "name" "thanos-grpc" "containerPort" (int $thanos.grpcPort) "protocol" "TCP")
    (dict "name" "thanos-http" "containerPort" (int $thanos.httpPort) "protocol" "TCP")
  )
  "livenessProbe" (dict "httpGet" (dict "path" "/-/healthy" "port" "thanos-http") "periodSeconds" 30)
  "readinessProbe" (dict "httpGet" (dict "path" "/-/ready" "port" "thanos-http") "periodSeconds" 10)
  "volumeMounts" $mounts
-}}
{{- with $thanos.resources -}}
{{- $_ := set $container "resources" . -}}
{{- end -}}
{{- with include "prom.securityContext" $thanos.containerSecurityContext | fromYaml -}}
{{- $_ := set $container "securityContext" . -}}
{{- end -}}
{{- toJson $container -}}
{{- end -}}

{{/*
prom.thanos.flags: flags of Prometheus under a sidecar, as JSON: blocks are uploaded as they
are cut, so that the server must not merge them. Takes the server component.
*/}}
{{- define "prom.thanos.flags" -}}
{{- $upload := and .values.thanos.enabled .values.thanos.objstore.existingSecret.name -}}
{{- ternary (dict "storage.tsdb.min-block-duration" "2h" "storage.tsdb.max-block-duration" "2h") dict (not (empty $upload)) | toJson -}}
{{- end -}}

{{/*
prom.guard.thanos: a sidecar whose data nobody could tell apart.
*/}}
{{- define "prom.guard.thanos" -}}
{{- $server := .Values.server -}}
{{- $thanos := $server.thanos -}}
{{- if $thanos.enabled -}}
{{- if not (or .Values.config.externalLabels (gt (int $server.replicas) 1) (gt (int $server.shards) 1) .Values.config.raw .Values.config.existing.name) -}}
config.externalLabels: a Thanos sidecar needs labels that no other server has, e.g. cluster
{{ end -}}
{{- if eq (include "prom.persistence.type" $server.persistence) "none" -}}
server.persistence: the Thanos sidecar reads the data from a volume; set an emptyDir at least
{{ end -}}
{{- if eq (int $thanos.grpcPort) (int $thanos.httpPort) -}}
server.thanos.httpPort: {{ $thanos.httpPort }} is taken by server.thanos.grpcPort
{{ end -}}
{{- if and (ne $thanos.objstore.existingSecret.key "objstore.yml") (not $thanos.objstore.existingSecret.name) -}}
server.thanos.objstore.existingSecret.key: needs server.thanos.objstore.existingSecret.name
{{ end -}}
{{- range $field := list "grpcPort" "httpPort" -}}
{{- if eq (int (get $thanos $field)) (int $server.listenPort) -}}
server.thanos.{{ $field }}: {{ get $thanos $field }} is taken by server.listenPort
{{ end -}}
{{- end -}}
{{- else -}}
{{- with $thanos.objstore.existingSecret.name -}}
server.thanos.objstore.existingSecret.name: needs server.thanos.enabled
{{ end -}}
{{- end -}}
{{- end -}}
