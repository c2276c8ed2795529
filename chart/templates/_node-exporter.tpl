{{/*
node-exporter's pods: the node's file systems, and its address.
*/}}

{{/*
prom.nodeExporter.podTemplate: the pod template of node-exporter. Takes the component.
*/}}
{{- define "prom.nodeExporter.podTemplate" -}}
{{- $host := .values.hostMounts -}}
{{- $env := list -}}
{{- $mounts := list -}}
{{- $volumes := list -}}
{{- if and .values.hostNetwork (eq .values.listenOn "node") .values.defaultArgs -}}
{{- $env = list (dict "name" "NODE_IP" "valueFrom" (dict "fieldRef" (dict "fieldPath" "status.hostIP"))) -}}
{{- end -}}
{{- if $host.enabled -}}
{{- range $name, $path := dict "proc" $host.procPath "sys" $host.sysPath "root" $host.rootPath -}}
{{- $mount := dict "name" $name "mountPath" (printf "/host/%s" $name) "readOnly" true -}}
{{- if eq $name "root" -}}
{{- $_ := set $mount "mountPropagation" $host.mountPropagation -}}
{{- end -}}
{{- $mounts = append $mounts $mount -}}
{{- $volumes = append $volumes (dict "name" $name "hostPath" (dict "path" $path)) -}}
{{- end -}}
{{- end -}}
{{- if .values.textfile.enabled -}}
{{- $mounts = append $mounts (dict "name" "textfile" "mountPath" "/textfile" "readOnly" true "mountPropagation" "HostToContainer") -}}
{{- $volumes = append $volumes (dict "name" "textfile" "hostPath" (dict "path" .values.textfile.hostPath)) -}}
{{- end -}}
{{- include "prom.podTemplate" (dict
  "root" .root
  "component" .component
  "values" .values
  "container" "node-exporter"
  "args" (include "prom.nodeExporter.args" . | fromJsonArray)
  "env" $env
  "mounts" $mounts
  "volumes" $volumes
) -}}
{{- end -}}
