{{/*
Pushgateway's pods: arguments are in _args.tpl.
*/}}

{{/*
prom.pushgateway.dataPath: where Pushgateway keeps its groups. Takes the component.
*/}}
{{- define "prom.pushgateway.dataPath" -}}
/pushgateway
{{- end -}}

{{/*
prom.pushgateway.env: the environment, as a JSON list. Takes the component.
*/}}
{{- define "prom.pushgateway.env" -}}
{{- $env := list -}}
{{- toJson $env -}}
{{- end -}}

{{/*
prom.pushgateway.volumes: the volumes of the pod, as a JSON list. Takes the component.
*/}}
{{- define "prom.pushgateway.volumes" -}}
{{- $volumes := include "prom.persistence.volume" . | fromJsonArray -}}
{{- $volumes = concat $volumes (include "prom.web.volumes" . | fromJsonArray) -}}
{{- toJson $volumes -}}
{{- end -}}

{{/*
prom.pushgateway.volumeMounts: the mounts of the container, as a JSON list.
Takes the component.
*/}}
{{- define "prom.pushgateway.volumeMounts" -}}
{{- $mounts := list -}}
{{- if ne (include "prom.persistence.type" .values.persistence) "none" -}}
{{- $mounts = append $mounts (dict "name" "data" "mountPath" (include "prom.pushgateway.dataPath" .)) -}}
{{- end -}}
{{- $mounts = concat $mounts (include "prom.web.volumeMounts" . | fromJsonArray) -}}
{{- toJson $mounts -}}
{{- end -}}

{{/*
prom.pushgateway.podTemplate: the `template` of the Deployment. Takes the component.
*/}}
{{- define "prom.pushgateway.podTemplate" -}}
{{- $args := include "prom.pushgateway.args" . | fromJsonArray -}}
{{- $env := include "prom.pushgateway.env" . | fromJsonArray -}}
{{- $volumes := include "prom.pushgateway.volumes" . | fromJsonArray -}}
{{- $mounts := include "prom.pushgateway.volumeMounts" . | fromJsonArray -}}
{{- include "prom.podTemplate" (dict
  "root" .root
  "component" .component
  "values" .values
  "container" "pushgateway"
  "args" $args
  "env" $env
  "volumes" $volumes
  "volumeMounts" $mounts
  "pathPrefix" (include "prom.pushgateway.routePrefix" .root)
) -}}
{{- end -}}
