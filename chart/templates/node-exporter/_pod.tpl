{{/*
node-exporter's pods: the node's file systems, and its address; arguments are in _args.tpl.
*/}}

{{/*
prom.nodeExporter.dbusCollectors: the enabled collectors that ask the node's D-Bus, as a JSON
list. Takes the component.
*/}}
{{- define "prom.nodeExporter.dbusCollectors" -}}
{{- $exporter := .values -}}
{{- $on := list -}}
{{- range list "logind" "systemd" -}}
{{- $flag := get ($exporter.extraArgs | default dict) (printf "collector.%s" .) -}}
{{- if or (get ($exporter.collectors | default dict) .) (eq (toString $flag) "true") -}}
{{- $on = append $on . -}}
{{- end -}}
{{- end -}}
{{- toJson $on -}}
{{- end -}}

{{/*
prom.nodeExporter.env: the environment, as a JSON list. Takes the component.
*/}}
{{- define "prom.nodeExporter.env" -}}
{{- $env := list -}}
{{- if and .values.hostNetwork (eq .values.listenOn "node") .values.defaultArgs -}}
{{- $env = append $env (dict "name" "NODE_IP" "valueFrom" (dict "fieldRef" (dict "fieldPath" "status.hostIP"))) -}}
{{- end -}}
{{- if include "prom.nodeExporter.dbusCollectors" . | fromJsonArray -}}
{{- $env = append $env (dict "name" "DBUS_SYSTEM_BUS_ADDRESS" "value" "unix:path=/host/dbus/system_bus_socket") -}}
{{- end -}}
{{- toJson $env -}}
{{- end -}}

{{/*
prom.nodeExporter.volumes: the volumes of the pod, as a JSON list. Takes the component.
*/}}
{{- define "prom.nodeExporter.volumes" -}}
{{- $host := .values.hostMounts -}}
{{- $volumes := list -}}
{{- if $host.enabled -}}
{{- range $name, $path := dict "proc" $host.procPath "sys" $host.sysPath "root" $host.rootPath -}}
{{- $volumes = append $volumes (dict "name" $name "hostPath" (dict "path" $path)) -}}
{{- end -}}
{{- end -}}
{{- if include "prom.nodeExporter.dbusCollectors" . | fromJsonArray -}}
{{- $volumes = append $volumes (dict "name" "dbus" "hostPath" (dict "path" $host.dbusPath "type" "Directory")) -}}
{{- end -}}
{{- if .values.textfile.enabled -}}
{{- $volumes = append $volumes (dict "name" "textfile" "hostPath" (dict "path" .values.textfile.hostPath)) -}}
{{- end -}}
{{- $volumes = concat $volumes (include "prom.web.volumes" . | fromJsonArray) -}}
{{- toJson $volumes -}}
{{- end -}}

{{/*
prom.nodeExporter.volumeMounts: the mounts of the container, as a JSON list.
Takes the component.
*/}}
{{- define "prom.nodeExporter.volumeMounts" -}}
{{- $mounts := list -}}
{{- if .values.hostMounts.enabled -}}
{{- $propagation := .values.hostMounts.mountPropagation -}}
{{- $mounts = list
  (dict "name" "proc" "mountPath" "/host/proc" "readOnly" true)
  (dict "name" "root" "mountPath" "/host/root" "readOnly" true "mountPropagation" $propagation)
  (dict "name" "sys" "mountPath" "/host/sys" "readOnly" true)
-}}
{{- end -}}
{{- if include "prom.nodeExporter.dbusCollectors" . | fromJsonArray -}}
{{- $mounts = append $mounts (dict "name" "dbus" "mountPath" "/host/dbus" "readOnly" true) -}}
{{- end -}}
{{- if .values.textfile.enabled -}}
{{- $mounts = append $mounts (dict "name" "textfile" "mountPath" "/textfile" "readOnly" true "mountPropagation" "HostToContainer") -}}
{{- end -}}
{{- $mounts = concat $mounts (include "prom.web.volumeMounts" . | fromJsonArray) -}}
{{- toJson $mounts -}}
{{- end -}}

{{/*
prom.nodeExporter.podTemplate: the `template` of the DaemonSet. Takes the component.
*/}}
{{- define "prom.nodeExporter.podTemplate" -}}
{{- $args := include "prom.nodeExporter.args" . | fromJsonArray -}}
{{- $env := include "prom.nodeExporter.env" . | fromJsonArray -}}
{{- $volumes := include "prom.nodeExporter.volumes" . | fromJsonArray -}}
{{- $mounts := include "prom.nodeExporter.volumeMounts" . | fromJsonArray -}}
{{- $affinity := include "prom.nodeExporter.affinity" . | fromJson -}}
{{- include "prom.podTemplate" (dict
  "root" .root
  "component" .component
  "values" .values
  "variant" .variant
  "container" "node-exporter"
  "args" $args
  "env" $env
  "volumes" $volumes
  "volumeMounts" $mounts
  "affinity" $affinity
) -}}
{{- end -}}
