{{/*
config.validate: a Job of promtool before an installation or upgrade, which stops it if the new
configuration or rules are faulty. Its objects are hooks of their own, for those of the
release are not there yet.
*/}}

{{/*
prom.validate.name: the name of the Job and the stem of its objects. Takes the root context.
*/}}
{{- define "prom.validate.name" -}}
{{- printf "%s-validate" (include "prom.component.name" (dict "root" . "component" "server" "values" .Values.server)) -}}
{{- end -}}

{{/*
prom.validate.annotations: the annotations of one of its objects. Takes a list: the root
context, and the weight: what is lower is made earlier.
*/}}
{{- define "prom.validate.annotations" -}}
{{- $hook := dict
  "helm.sh/hook" "pre-install,pre-upgrade,pre-rollback"
  "helm.sh/hook-weight" (last . | quote | trimAll "\"")
  "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded"
-}}
{{- mergeOverwrite $hook ((first .).Values.commonAnnotations | default dict) | toYaml -}}
{{- end -}}

{{/*
prom.validate.configMaps: the rule files, as in prom.rules.configMaps, under the names of the
hook's ConfigMaps. Takes the root context.
*/}}
{{- define "prom.validate.configMaps" -}}
{{- $maps := list -}}
{{- if not (include "prom.agent" .) -}}
{{- range $index, $map := include "prom.rules.configMaps" . | fromJsonArray -}}
{{- $maps = append $maps (dict "name" (printf "%s-rules-%d" (include "prom.validate.name" $) $index) "data" $map.data) -}}
{{- end -}}
{{- end -}}
{{- toJson $maps -}}
{{- end -}}

{{/*
prom.validate.container: a container that runs promtool, as JSON. Takes a dict: root, name, args,
volume, mountPath.
*/}}
{{- define "prom.validate.container" -}}
{{- $server := dict "root" .root "component" "server" "values" .root.Values.server -}}
{{- $container := dict
  "name" .name
  "image" (include "prom.image" $server)
  "imagePullPolicy" .root.Values.server.image.pullPolicy
  "command" (list "promtool")
  "args" .args
  "volumeMounts" (list (dict "name" .volume "mountPath" .mountPath "readOnly" true))
-}}
{{- with .root.Values.config.validate.resources -}}
{{- $_ := set $container "resources" . -}}
{{- end -}}
{{- with include "prom.securityContext" .root.Values.server.containerSecurityContext | fromYaml -}}
{{- $_ := set $container "securityContext" . -}}
{{- end -}}
{{- toJson $container -}}
{{- end -}}
