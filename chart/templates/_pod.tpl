{{/*
Pods. The three components share one pod template; their arguments, environment, volumes
and sidecars are computed in server/_pod.tpl, pushgateway/_pod.tpl and
node-exporter/_pod.tpl.
*/}}

{{/*
prom.port: the port on which a component's process listens. Takes a component.
*/}}
{{- define "prom.port" -}}
{{- int .values.listenPort -}}
{{- end -}}

{{/*
prom.containerPort: the number that a component's container declares. Takes a component.
*/}}
{{- define "prom.containerPort" -}}
{{- .values.containerPort.port | default .values.listenPort | int -}}
{{- end -}}

{{/*
prom.workload.kind: Deployment, StatefulSet or DaemonSet. Takes a component.
*/}}
{{- define "prom.workload.kind" -}}
{{- if eq .component "node-exporter" -}}
DaemonSet
{{- else if eq .component "pushgateway" -}}
Deployment
{{- else if ne .values.kind "auto" -}}
{{- .values.kind -}}
{{- else -}}
{{- ternary "StatefulSet" "Deployment" (or (gt (int .values.replicas) 1) (gt (int .values.shards) 1)) -}}
{{- end -}}
{{- end -}}

{{/*
prom.securityContext: a security context, as YAML; `override`, if there is one,
replaces the rest. Takes the block from the values.
*/}}
{{- define "prom.securityContext" -}}
{{- $context := omit . "override" -}}
{{- if kindIs "map" .override -}}
{{- $context = .override -}}
{{- end -}}
{{- with $context -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.probe.mode: httpGet, tcpSocket or exec. `auto` is httpGet as long as the kubelet can
answer for itself; it has neither password nor client certificate. Then the server is asked by
promtool, which is in its image, and the others only for a connection. Takes a component.
*/}}
{{- define "prom.probe.mode" -}}
{{- if ne .values.probes.mode "auto" -}}
{{- .values.probes.mode -}}
{{- else if not (or (include "prom.web.auth" .) (include "prom.web.needsCertificate" .)) -}}
httpGet
{{- else -}}
{{- ternary "exec" "tcpSocket" (eq .component "server") -}}
{{- end -}}
{{- end -}}

{{/*
prom.probe.command: the command of an exec probe, as a JSON list. Credentials are in files
below prom.web.directory. Takes a dict: component, path, port.
*/}}
{{- define "prom.probe.command" -}}
{{- $check := ternary "healthy" "ready" (eq .path "/-/healthy") -}}
{{- $url := printf "%s://localhost:%d%s" (include "prom.web.scheme" .component) (int .port) (.component.pathPrefix | default "") -}}
{{- $command := list "promtool" "check" $check (printf "--url=%s" $url) -}}
{{- if include "prom.web.client" .component -}}
{{- $command = append $command (printf "--http.config.file=%s/http-client.yml" (include "prom.web.directory" .)) -}}
{{- end -}}
{{- toJson $command -}}
{{- end -}}

{{/*
prom.probe: one probe of a component's container, as YAML; empty if it is off. Without a
period it is 10 seconds; 15 for a command, which starts a process each time.
Takes a list: the component with pathPrefix (what precedes the path), and the kind:
startup, readiness or liveness.
*/}}
{{- define "prom.probe" -}}
{{- $component := first . -}}
{{- $probe := get $component.values.probes (last .) -}}
{{- if $probe.enabled -}}
{{- $mode := include "prom.probe.mode" $component -}}
{{- $body := omit $probe "enabled" "path" "port" -}}
{{- if kindIs "invalid" $probe.periodSeconds -}}
{{- $_ := set $body "periodSeconds" (ternary 15 10 (eq $mode "exec")) -}}
{{- end -}}
{{- if eq $mode "exec" -}}
{{- $port := ternary $probe.port (include "prom.port" $component) (not (or (kindIs "invalid" $probe.port) (kindIs "string" $probe.port))) -}}
{{- $_ := set $body "exec" (dict "command" (include "prom.probe.command" (dict "component" $component "path" $probe.path "port" $port) | fromJsonArray)) -}}
{{- else -}}
{{- $port := $component.values.containerPort.name | default (include "prom.port" $component | int) -}}
{{- $target := dict "port" (ternary $port $probe.port (kindIs "invalid" $probe.port)) -}}
{{- if eq $mode "httpGet" -}}
{{- $_ := set $target "path" (printf "%s%s" ($component.pathPrefix | default "") ($probe.path | default "/")) -}}
{{- if include "prom.web.tls" $component -}}
{{- $_ := set $target "scheme" "HTTPS" -}}
{{- end -}}
{{- end -}}
{{- $_ := set $body $mode $target -}}
{{- end -}}
{{- toYaml $body -}}
{{- end -}}
{{- end -}}

{{/*
prom.serviceAccount.automount: the field automountServiceAccountToken of a component's
ServiceAccount: "true", "false", or nothing where it is left out. With `auto` a pod that
needs the token asks for it itself. Takes a component.
*/}}
{{- define "prom.serviceAccount.automount" -}}
{{- $automount := .values.serviceAccount.automountServiceAccountToken -}}
{{- if eq (toString $automount) "auto" -}}
false
{{- else if kindIs "bool" $automount -}}
{{- $automount -}}
{{- end -}}
{{- end -}}

{{/*
prom.automount: the same field of a component's pods. Of the three only the server can
need the token. Takes a component.
*/}}
{{- define "prom.automount" -}}
{{- $automount := .values.serviceAccount.automountServiceAccountToken -}}
{{- if and (eq (toString $automount) "auto") (eq .component "server") -}}
{{- ternary "true" "false" (not (empty (include "prom.jobs.needToken" .root))) -}}
{{- else -}}
{{- include "prom.serviceAccount.automount" . -}}
{{- end -}}
{{- end -}}

{{/*
prom.podTemplate: the `template` of a workload. Takes a component and:
  container     the main container's name
  args, env, volumes, volumeMounts, containers, initContainers   what the chart computes, as
                lists; the user's extra ones follow. `containers` are sidecars
  annotations   of the pod, besides those of the values
  pathPrefix    what precedes each probe's path
  affinity      in place of that of the values
*/}}
{{- define "prom.podTemplate" -}}
metadata:
  {{- with .values.podTemplateName }}
  name: {{ toYaml . }}
  {{- end }}
  labels:
    {{- include "prom.podLabels" . | nindent 4 }}
  {{- with mergeOverwrite (dict) (.annotations | default dict) (.values.podAnnotations | default dict) }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with include "prom.component.serviceAccountName" . }}
  serviceAccountName: {{ toYaml . }}
  {{- end }}
  {{- with include "prom.automount" . }}
  automountServiceAccountToken: {{ . }}
  {{- end }}
  {{- with (.root.Values.global | default dict).imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "prom.securityContext" .values.podSecurityContext }}
  securityContext:
    {{- . | nindent 4 }}
  {{- end }}
  {{- if .values.hostNetwork }}
  hostNetwork: true
  {{- end }}
  {{- if .values.hostPID }}
  hostPID: true
  {{- end }}
  {{- if kindIs "bool" .values.hostUsers }}
  hostUsers: {{ .values.hostUsers }}
  {{- end }}
  {{- with .values.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.dnsPolicy | default (ternary "ClusterFirstWithHostNet" "" (and (eq .component "server") .values.hostNetwork)) }}
  dnsPolicy: {{ . }}
  {{- end }}
  {{- with .values.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if kindIs "bool" .values.enableServiceLinks }}
  enableServiceLinks: {{ .values.enableServiceLinks }}
  {{- end }}
  {{- with .values.priorityClassName }}
  priorityClassName: {{ toYaml . }}
  {{- end }}
  {{- with .values.runtimeClassName }}
  runtimeClassName: {{ toYaml . }}
  {{- end }}
  {{- with .values.schedulerName }}
  schedulerName: {{ toYaml . }}
  {{- end }}
  {{- with .values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .affinity | default .values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "prom.spread" . | fromJsonArray }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if not (kindIs "invalid" .values.terminationGracePeriodSeconds) }}
  terminationGracePeriodSeconds: {{ int64 .values.terminationGracePeriodSeconds }}
  {{- end }}
  {{- with concat (.initContainers | default list) (.values.initContainers | default list) }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .container }}
      image: {{ include "prom.image" . | toYaml }}
      imagePullPolicy: {{ .values.image.pullPolicy }}
      {{- with .values.command }}
      command:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .args }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with concat .env (.values.extraEnv | default list) }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - containerPort: {{ include "prom.containerPort" . }}
          {{- with .values.containerPort.name }}
          name: {{ toYaml . }}
          {{- end }}
          {{- with .values.containerPort.protocol }}
          protocol: {{ . }}
          {{- end }}
      {{- with include "prom.probe" (list . "startup") }}
      startupProbe:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with include "prom.probe" (list . "readiness") }}
      readinessProbe:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with include "prom.probe" (list . "liveness") }}
      livenessProbe:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with .values.lifecycle }}
      lifecycle:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with include "prom.securityContext" .values.containerSecurityContext }}
      securityContext:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with concat .volumeMounts (.values.extraVolumeMounts | default list) }}
      volumeMounts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- with concat (.containers | default list) (.values.extraContainers | default list) }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with concat .volumes (.values.extraVolumes | default list) }}
  volumes:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
