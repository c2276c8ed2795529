{{/*
The server's workload.
*/}}

{{/*
prom.server.kind: Deployment or StatefulSet. Takes the server component.
*/}}
{{- define "prom.server.kind" -}}
{{- if ne .values.kind "auto" -}}
{{- .values.kind -}}
{{- else -}}
{{- ternary "StatefulSet" "Deployment" (gt (int .values.replicas) 1) -}}
{{- end -}}
{{- end -}}

{{/*
prom.server.affinity: the affinity of several replicas, as JSON: other nodes if there
are any. Takes the server component.
*/}}
{{- define "prom.server.affinity" -}}
{{- $affinity := dict -}}
{{- if gt (int .values.replicas) 1 -}}
{{- $term := dict
  "topologyKey" "kubernetes.io/hostname"
  "labelSelector" (dict "matchLabels" (include "prom.selectorLabels" . | fromYaml))
-}}
{{- $preferred := list (dict "weight" 100 "podAffinityTerm" $term) -}}
{{- $_ := set $affinity "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" $preferred) -}}
{{- end -}}
{{- toJson $affinity -}}
{{- end -}}

{{/*
prom.server.podTemplate: the pod template of Prometheus. Takes the server component,
and statefulSet.
*/}}
{{- define "prom.server.podTemplate" -}}
{{- $mounts := list (include "prom.config.mount" .root | fromJson) -}}
{{- $volumes := list (include "prom.config.volume" .root | fromJson) -}}
{{- if ne .values.persistence.type "none" -}}
{{- $mounts = append $mounts (dict "name" "data" "mountPath" (include "prom.server.dataPath" .)) -}}
{{- $volumes = concat $volumes (include "prom.dataVolume" . | fromJsonArray) -}}
{{- end -}}
{{- $annotations := dict -}}
{{- if eq .root.Values.config.reload.mode "restart" -}}
{{- $_ := set $annotations "checksum/config" (include "prom.config.content" .root | sha256sum) -}}
{{- end -}}
{{- include "prom.podTemplate" (dict
  "root" .root
  "component" .component
  "values" .values
  "container" "prometheus"
  "args" (include "prom.server.args" . | fromJsonArray)
  "env" (include "prom.config.env" .root | fromJsonArray)
  "mounts" $mounts
  "volumes" $volumes
  "annotations" $annotations
  "pathPrefix" (include "prom.server.routePrefix" .root)
  "affinity" (include "prom.server.affinity" . | fromJson)
) -}}
{{- end -}}
