{{/*
prom.warnings: what the values permit although it is better avoided, a line each, for
NOTES.txt. Takes the root context.
*/}}
{{- define "prom.warnings" -}}
{{- $data := include "prom.persistence.type" .Values.server.persistence -}}
{{- if eq $data "none" -}}
- server.persistence.emptyDir null: all data is lost whenever the container restarts.
{{ else if eq $data "emptyDir" -}}
- server.persistence.enabled false: all data is lost when the pod moves.
{{ end -}}
{{- range $name, $key := include "prom.components" . | fromJson -}}
{{- $values := get $.Values $key -}}
{{- $component := dict "root" $ "component" $name "values" $values -}}
{{- if and $values.service.enabled (ne $values.service.type "ClusterIP") (not (include "prom.web.auth" $component)) (not (include "prom.web.needsCertificate" $component)) -}}
- {{ $key }}.service.type {{ $values.service.type }}: reachable from outside the cluster without authentication.
{{ end -}}
{{- if and (eq $key "server") $values.hostNetwork (not (include "prom.web.auth" $component)) (not (include "prom.web.needsCertificate" $component)) -}}
- server.hostNetwork: port {{ $values.listenPort }} of the node is reachable without authentication.
{{ end -}}
{{- if and (include "prom.web.auth" $component) (not (include "prom.web.tls" $component)) -}}
- {{ $key }}: passwords are sent in clear text; set web.tls.mode.
{{ end -}}
{{- if eq (include "prom.web" $component | fromJson).tls.mode "generate" -}}
- {{ $key }}: its certificate is made anew with each render: with each upgrade, and again and again under GitOps.
{{ end -}}
{{- if include "prom.image.floating" $component -}}
- {{ $key }}.image: the tag can move, nodes may run different versions.
{{ end -}}
{{- end -}}
{{- $server := dict "root" $ "component" "server" "values" .Values.server -}}
{{- range $name, $receiver := .Values.receivers -}}
{{- if and $receiver.enabled (not (include "prom.web.auth" $server)) (not (include "prom.web.needsCertificate" $server)) -}}
- receivers.{{ $name }}.enabled: whoever reaches the server's port may write to it.
{{ end -}}
{{- end -}}
{{- range $block := list "remoteWrite" "remoteRead" -}}
{{- range $name, $values := get $.Values $block -}}
{{- $values = $values | default dict -}}
{{- if ne (toString $values.enabled) "false" -}}
{{- if and $values.auth (hasPrefix "http://" ($values.url | default "")) -}}
- {{ $block }}.{{ $name }}: shows its credentials in clear text; use https.
{{ end -}}
{{- if ($values.tls | default dict).insecureSkipVerify -}}
- {{ $block }}.{{ $name }}.tls.insecureSkipVerify: whoever is in between reads and changes what is sent.
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (has "native-histograms" (.Values.server.features | default list)) (semverCompare ">=3.9.0-0" (include "prom.server.version" .)) -}}
- server.features: native-histograms does nothing since Prometheus 3.9; set config.global.scrape_native_histograms to true.
{{ end -}}
{{- if and (eq (toString .Values.server.serviceAccount.automountServiceAccountToken) "false") (include "prom.jobs.needToken" .) -}}
- server.serviceAccount.automountServiceAccountToken false: the jobs need a token, and find nothing unless another one is mounted in its place.
{{ end -}}
{{- if ne .Values.config.reload.mode "auto" -}}
{{- range $key, $files := dict "rules.existingConfigMaps" .Values.rules.existingConfigMaps "config.scrapeConfigFiles" .Values.config.scrapeConfigFiles -}}
{{- if $files -}}
- {{ $key }}: with config.reload.mode {{ $.Values.config.reload.mode }} a change of them is not read until the pods are replaced.
{{ end -}}
{{- end -}}
{{- end -}}
{{- if and (not .Values.config.existing.name) (include "prom.config.secret" .) -}}
- {{ include "prom.config.kind" . }} {{ include "prom.config.name" . }}: credentials are in the values, and so in the release; put them into Secrets and name these with `auth` and `tls`.
{{ end -}}
{{- $presets := list -}}
{{- include "prom.jobs" . -}}
{{- range .promJobs -}}
{{- $presets = append $presets .preset -}}
{{- if and (include "prom.job.token" .) (ne (.config.scheme | default "http") "https") -}}
- scrape.jobs.{{ .key }}: sends the ServiceAccount's token in clear text to its targets.
{{ end -}}
{{- end -}}
{{- if or (has "kubelet" $presets) (has "cadvisor" $presets) (has "kubelet-probes" $presets) (has "kubelet-resource" $presets) -}}
{{- if eq .Values.scrape.kubelet.via "apiserver" -}}
- scrape.kubelet.via apiserver: the right nodes/proxy lets its holder run commands in any container.
{{ else if eq .Values.scrape.kubelet.tls.mode "skip" -}}
- scrape.kubelet.tls.mode skip: kubelets are not authenticated; set verify if their certificates come from the cluster's CA.
{{ end -}}
{{- end -}}
{{- if and (eq .Values.rbac.mode "custom") (contains "nodes/proxy" (toJson .Values.rbac.rules)) -}}
- rbac.rules: the right nodes/proxy lets its holder run commands in any container.
{{ end -}}
{{- include "prom.networkPolicy.warnings" . -}}
{{- end -}}
