{{/*
The server's pods. A feature adds what it needs to the lists here: environment, volumes,
mounts and sidecars; arguments are in _args.tpl.
*/}}

{{/*
prom.server.dataPath: where the TSDB lies. Takes the server component.
*/}}
{{- define "prom.server.dataPath" -}}
/prometheus
{{- end -}}

{{/*
prom.server.env: the environment of Prometheus, as a JSON list. Takes the server component.
*/}}
{{- define "prom.server.env" -}}
{{- $env := list -}}
{{- if gt (int .values.replicas) 1 -}}
{{- $env = append $env (dict "name" "POD_NAME" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.name"))) -}}
{{- end -}}
{{- $env = concat $env (include "prom.credentials.env" .root | fromJsonArray) -}}
{{- toJson $env -}}
{{- end -}}

{{/*
prom.server.volumes: the volumes of the pod, as a JSON list. Takes the server component.
*/}}
{{- define "prom.server.volumes" -}}
{{- $volumes := list (include "prom.config.volume" .root | fromJson) -}}
{{- $volumes = concat $volumes (include "prom.persistence.volume" . | fromJsonArray) -}}
{{- $volumes = concat $volumes (include "prom.web.volumes" . | fromJsonArray) -}}
{{- $volumes = concat $volumes (include "prom.rules.volumes" .root | fromJsonArray) -}}
{{- $volumes = concat $volumes (include "prom.credentials.volumes" .root | fromJsonArray) -}}
{{- toJson $volumes -}}
{{- end -}}

{{/*
prom.server.volumeMounts: the mounts of Prometheus, as a JSON list.
Takes the server component.
*/}}
{{- define "prom.server.volumeMounts" -}}
{{- $mounts := list (include "prom.config.mount" .root | fromJson) -}}
{{- if ne (include "prom.persistence.type" .values.persistence) "none" -}}
{{- $mounts = append $mounts (dict "name" "data" "mountPath" (include "prom.server.dataPath" .)) -}}
{{- end -}}
{{- $mounts = concat $mounts (include "prom.web.volumeMounts" . | fromJsonArray) -}}
{{- $mounts = concat $mounts (include "prom.rules.volumeMounts" .root | fromJsonArray) -}}
{{- $mounts = concat $mounts (include "prom.credentials.volumeMounts" .root | fromJsonArray) -}}
{{- toJson $mounts -}}
{{- end -}}

{{/*
prom.server.containers: the sidecars that the chart adds, as a JSON list.
Takes the server component.
*/}}
{{- define "prom.server.containers" -}}
{{- $containers := list -}}
{{- toJson $containers -}}
{{- end -}}

{{/*
prom.server.podAnnotations: the annotations that the chart adds to the pod, as JSON. With
`config.reload.mode: restart` checksums replace the pods when the configuration or the rules
change.
Takes the server component.
*/}}
{{- define "prom.server.podAnnotations" -}}
{{- $annotations := dict -}}
{{- if eq .root.Values.config.reload.mode "restart" -}}
{{- $_ := set $annotations "checksum/config" (include "prom.config.content" .root | sha256sum) -}}
{{- $rules := include "prom.rules.files" .root -}}
{{- if ne $rules "{}" -}}
{{- $_ := set $annotations "checksum/rules" (sha256sum $rules) -}}
{{- end -}}
{{- end -}}
{{- toJson $annotations -}}
{{- end -}}

{{/*
prom.server.affinity: the affinity of the pods, as JSON: the user's, or with several
replicas other nodes if there are any. Takes the server component.
*/}}
{{- define "prom.server.affinity" -}}
{{- $affinity := .values.affinity | default dict -}}
{{- if and (empty $affinity) (gt (int .values.replicas) 1) -}}
{{- $term := dict
  "topologyKey" "kubernetes.io/hostname"
  "labelSelector" (dict "matchLabels" (include "prom.selectorLabels" . | fromYaml))
-}}
{{- $preferred := list (dict "weight" 100 "podAffinityTerm" $term) -}}
{{- $affinity = dict "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" $preferred) -}}
{{- end -}}
{{- toJson $affinity -}}
{{- end -}}

{{/*
prom.server.podTemplate: the `template` of the server's workload. Takes the server component.
*/}}
{{- define "prom.server.podTemplate" -}}
{{- include "prom.podTemplate" (dict
  "root" .root
  "component" .component
  "values" .values
  "container" "prometheus"
  "args" (include "prom.server.args" .)
  "env" (include "prom.server.env" .)
  "volumes" (include "prom.server.volumes" .)
  "volumeMounts" (include "prom.server.volumeMounts" .)
  "containers" (include "prom.server.containers" .)
  "annotations" (include "prom.server.podAnnotations" .)
  "affinity" (include "prom.server.affinity" .)
  "pathPrefix" (include "prom.server.routePrefix" .root)
) -}}
{{- end -}}
