{{/*
The data of server and Pushgateway: which volume it is on, and the claim for it.
*/}}

{{/*
prom.persistence.type: where a component's data lies: claim (made by the chart), existing
(the user's claim), hostPath, emptyDir, or none (the container's layer).
Takes a block `persistence`.
*/}}
{{- define "prom.persistence.type" -}}
{{- if and .enabled .existingClaim -}}
existing
{{- else if .enabled -}}
claim
{{- else if (.hostPath | default dict).path -}}
hostPath
{{- else if kindIs "map" .emptyDir -}}
emptyDir
{{- else -}}
none
{{- end -}}
{{- end -}}

{{/*
prom.persistence.volume: the volume `data` of a component, as a JSON list of one or none;
none if nothing is kept, or if a StatefulSet makes it from its volumeClaimTemplates.
Takes a component.
*/}}
{{- define "prom.persistence.volume" -}}
{{- $persistence := .values.persistence -}}
{{- $type := include "prom.persistence.type" $persistence -}}
{{- $source := dict -}}
{{- if or (eq $type "existing") (and (eq $type "claim") (ne (include "prom.workload.kind" .) "StatefulSet")) -}}
{{- $source = dict "persistentVolumeClaim" (dict "claimName" (include "prom.component.claimName" .)) -}}
{{- else if eq $type "hostPath" -}}
{{- $hostPath := dict "path" $persistence.hostPath.path -}}
{{- with $persistence.hostPath.type -}}
{{- $_ := set $hostPath "type" . -}}
{{- end -}}
{{- $source = dict "hostPath" $hostPath -}}
{{- else if eq $type "emptyDir" -}}
{{- $emptyDir := dict -}}
{{- with $persistence.emptyDir.sizeLimit -}}
{{- $_ := set $emptyDir "sizeLimit" . -}}
{{- end -}}
{{- with $persistence.emptyDir.medium -}}
{{- $_ := set $emptyDir "medium" . -}}
{{- end -}}
{{- $source = dict "emptyDir" $emptyDir -}}
{{- end -}}
{{- ternary (list (merge (dict "name" "data") $source)) list (not (empty $source)) | toJson -}}
{{- end -}}

{{/*
prom.persistence.claimAnnotations: the annotations of the claim that the chart makes, as
JSON. Helm leaves a retained claim in the cluster. Takes a block `persistence`.
*/}}
{{- define "prom.persistence.claimAnnotations" -}}
{{- $retain := ternary (dict "helm.sh/resource-policy" "keep") dict .retain -}}
{{- mergeOverwrite $retain (.annotations | default dict) | toJson -}}
{{- end -}}

{{/*
prom.persistence.claimSpec: the `spec` of a PersistentVolumeClaim.
Takes a block `persistence`.
*/}}
{{- define "prom.persistence.claimSpec" -}}
accessModes:
  {{- toYaml .accessModes | nindent 2 }}
resources:
  requests:
    storage: {{ .size }}
{{- with .storageClass }}
storageClassName: {{ ternary "" . (eq . "-") | toYaml }}
{{- end }}
{{- with .volumeName }}
volumeName: {{ toYaml . }}
{{- end }}
{{- with .selector }}
selector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
