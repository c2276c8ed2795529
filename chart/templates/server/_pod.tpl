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
{{- $volumes := list (include "prom.config.volume" . | fromJson) -}}
{{- if include "prom.nodeLocal" .root -}}
{{- $volumes = append $volumes (dict "name" .root.Values.config.mount.volumeName "emptyDir" (dict "sizeLimit" "16Mi")) -}}
{{- end -}}
{{- $volumes = concat $volumes (include "prom.persistence.volume" . | fromJsonArray) -}}
{{- $volumes = concat $volumes (include "prom.web.volumes" . | fromJsonArray) -}}
{{- if not (include "prom.agent" .root) -}}
{{- $volumes = concat $volumes (include "prom.rules.volumes" .root | fromJsonArray) -}}
{{- end -}}
{{- $volumes = concat $volumes (include "prom.credentials.volumes" .root | fromJsonArray) -}}
{{- with .values.thanos.objstore.existingSecret.name -}}
{{- $volumes = append $volumes (dict "name" "thanos-objstore" "secret" (dict "secretName" .)) -}}
{{- end -}}
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
{{- if not (include "prom.agent" .root) -}}
{{- $mounts = concat $mounts (include "prom.rules.volumeMounts" .root | fromJsonArray) -}}
{{- end -}}
{{- $mounts = concat $mounts (include "prom.credentials.volumeMounts" .root | fromJsonArray) -}}
{{- toJson $mounts -}}
{{- end -}}

{{/*
prom.server.containers: the sidecars that the chart adds, as a JSON list.
Takes the server component.
*/}}
{{- define "prom.server.containers" -}}
{{- $containers := list -}}
{{- if .values.thanos.enabled -}}
{{- $containers = append $containers (include "prom.thanos.container" . | fromJson) -}}
{{- end -}}
{{- if and (include "prom.nodeLocal" .root) (eq .root.Values.config.reload.mode "auto") -}}
{{- $containers = append $containers (include "prom.nodeLocal.container" (dict "component" . "again" true) | fromJson) -}}
{{- end -}}
{{- toJson $containers -}}
{{- end -}}

{{/*
prom.server.initContainers: the init containers that the chart adds, as a JSON list.
Takes the server component.
*/}}
{{- define "prom.server.initContainers" -}}
{{- $containers := list -}}
{{- if include "prom.nodeLocal" .root -}}
{{- $containers = append $containers (include "prom.nodeLocal.container" (dict "component" . "again" false) | fromJson) -}}
{{- end -}}
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
{{- $_ := set $annotations "checksum/config" (include "prom.config.content" . | sha256sum) -}}
{{- $rules := include "prom.rules.files" .root -}}
{{- if ne $rules "{}" -}}
{{- $_ := set $annotations "checksum/rules" (sha256sum $rules) -}}
{{- end -}}
{{- end -}}
{{- toJson $annotations -}}
{{- end -}}

{{/*
prom.server.podTemplate: the `template` of the server's workload. Takes the server component.
*/}}
{{- define "prom.server.podTemplate" -}}
{{- $args := include "prom.server.args" . | fromJsonArray -}}
{{- $env := include "prom.server.env" . | fromJsonArray -}}
{{- $volumes := include "prom.server.volumes" . | fromJsonArray -}}
{{- $mounts := include "prom.server.volumeMounts" . | fromJsonArray -}}
{{- $containers := include "prom.server.containers" . | fromJsonArray -}}
{{- $initContainers := include "prom.server.initContainers" . | fromJsonArray -}}
{{- $annotations := include "prom.server.podAnnotations" . | fromJson -}}
{{- $affinity := include "prom.server.affinity" . | fromJson -}}
{{- include "prom.podTemplate" (dict
  "root" .root
  "component" .component
  "shard" .shard
  "values" .values
  "container" "prometheus"
  "args" $args
  "env" $env
  "volumes" $volumes
  "volumeMounts" $mounts
  "containers" $containers
  "initContainers" $initContainers
  "annotations" $annotations
  "affinity" $affinity
  "pathPrefix" (include "prom.server.routePrefix" .root)
) -}}
{{- end -}}
