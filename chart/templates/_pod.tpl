{{/*
Pods. The three components share one pod template; what differs between them (the
arguments, the volumes, some environment) is handed in.
*/}}

{{/*
prom.port: the port on which a component's process listens. Takes a component.
*/}}
{{- define "prom.port" -}}
{{- .values.listenPort | default .values.port | int -}}
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
prom.probes: the probes of a component's container. Takes a component, and
pathPrefix: what precedes each probe's path.
*/}}
{{- define "prom.probes" -}}
{{- $probes := .values.probes -}}
{{- $named := .values.containerPort.name -}}
{{- $port := ternary $named (include "prom.port" . | int) (not (empty $named)) -}}
{{- $result := dict -}}
{{- range $kind := list "startup" "readiness" "liveness" -}}
{{- $probe := get $probes $kind -}}
{{- if $probe.enabled -}}
{{- $target := dict "port" (kindIs "invalid" $probe.port | ternary $port $probe.port) -}}
{{- $body := omit $probe "enabled" "path" "port" -}}
{{- if eq $probes.mode "tcpSocket" -}}
{{- $_ := set $body "tcpSocket" $target -}}
{{- else -}}
{{- $_ := set $target "path" (printf "%s%s" ($.pathPrefix | default "") ($probe.path | default "/")) -}}
{{- $_ := set $body "httpGet" $target -}}
{{- end -}}
{{- $_ := set $result (printf "%sProbe" $kind) $body -}}
{{- end -}}
{{- end -}}
{{- with $result -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.containerPorts: the declared port of a component's container. Takes a component.
*/}}
{{- define "prom.containerPorts" -}}
{{- $port := dict "containerPort" (.values.containerPort.port | default (include "prom.port" .) | int) -}}
{{- with .values.containerPort.name -}}
{{- $_ := set $port "name" . -}}
{{- end -}}
{{- with .values.containerPort.protocol -}}
{{- $_ := set $port "protocol" . -}}
{{- end -}}
{{- toYaml (list $port) -}}
{{- end -}}

{{/*
prom.automount: whether a component's pods mount their token: "true", "false", or
nothing where the field is to be left out. Takes a component.
*/}}
{{- define "prom.automount" -}}
{{- $account := include "prom.component.serviceAccount" . | fromJson -}}
{{- $automount := $account.automountServiceAccountToken -}}
{{- if eq (toString $automount) "auto" -}}
{{- ternary "true" "false" (not (empty (include "prom.jobs.needToken" .root))) -}}
{{- else if kindIs "bool" $automount -}}
{{- $automount -}}
{{- end -}}
{{- end -}}

{{/*
prom.podTemplate: the `template` of a workload. Takes a component and:
  container     the container's name
  args, env, volumes, mounts   lists of what the chart adds to that of the values
  annotations   of the pod, besides those of the values
  pathPrefix    what precedes each probe's path
  affinity      used where the values give none
*/}}
{{- define "prom.podTemplate" -}}
{{- $values := .values -}}
{{- $spec := pick $values "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" "runtimeClassName" "schedulerName" "hostAliases" "dnsPolicy" "dnsConfig" "terminationGracePeriodSeconds" "enableServiceLinks" "hostNetwork" "hostPID" -}}
{{- if not $spec.affinity -}}
{{- $_ := set $spec "affinity" (.affinity | default dict) -}}
{{- end -}}
{{- if $values.initContainers -}}
{{- $_ := set $spec "initContainers" $values.initContainers -}}
{{- end -}}
{{- $global := .root.Values.global | default dict -}}
metadata:
  {{- with $values.podMetadata.name }}
  name: {{ toYaml . }}
  {{- end }}
  labels:
    {{- include "prom.podLabels" . | nindent 4 }}
  {{- with mergeOverwrite (dict) (.annotations | default dict) ($values.podMetadata.annotations | default dict) }}
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
  {{- with $global.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "prom.fields" (dict "from" $spec "keys" (keys $spec)) }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with include "prom.securityContext" $values.podSecurityContext }}
  securityContext:
    {{- . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .container }}
      image: {{ include "prom.image" . | toYaml }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      {{- with $values.command }}
      command:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .args }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with concat (.env | default list) ($values.extraEnv | default list) }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        {{- include "prom.containerPorts" . | nindent 8 }}
      {{- with include "prom.probes" . }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- with $values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with include "prom.securityContext" $values.containerSecurityContext }}
      securityContext:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with concat (.mounts | default list) ($values.extraVolumeMounts | default list) }}
      volumeMounts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- with $values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with concat (.volumes | default list) ($values.extraVolumes | default list) }}
  volumes:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/*
prom.dataVolume: the volume `data` of a component, as a JSON list of one or none; none
if the StatefulSet makes it, or if nothing is kept. Takes a component, and statefulSet.
*/}}
{{- define "prom.dataVolume" -}}
{{- $persistence := .values.persistence -}}
{{- $volumes := list -}}
{{- if has $persistence.type (list "pvc" "existing") -}}
{{- if not (and .statefulSet (eq $persistence.type "pvc")) -}}
{{- $volumes = append $volumes (dict "name" "data" "persistentVolumeClaim" (dict "claimName" (include "prom.component.claimName" .))) -}}
{{- end -}}
{{- else if eq $persistence.type "emptyDir" -}}
{{- $emptyDir := dict -}}
{{- with $persistence.emptyDir.sizeLimit -}}
{{- $_ := set $emptyDir "sizeLimit" . -}}
{{- end -}}
{{- $volumes = append $volumes (dict "name" "data" "emptyDir" $emptyDir) -}}
{{- else if eq $persistence.type "hostPath" -}}
{{- $hostPath := dict "path" $persistence.hostPath.path -}}
{{- with $persistence.hostPath.type -}}
{{- $_ := set $hostPath "type" . -}}
{{- end -}}
{{- $volumes = append $volumes (dict "name" "data" "hostPath" $hostPath) -}}
{{- end -}}
{{- toJson $volumes -}}
{{- end -}}

{{/*
prom.claimSpec: the `spec` of a PersistentVolumeClaim. Takes a block `persistence`.
*/}}
{{- define "prom.claimSpec" -}}
accessModes:
  {{- toYaml .accessModes | nindent 2 }}
resources:
  requests:
    storage: {{ .size }}
{{- with .storageClass }}
storageClassName: {{ ternary "" . (eq . "-") | toYaml }}
{{- end }}
{{- end -}}
