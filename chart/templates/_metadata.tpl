{{/*
Labels, annotations and the `metadata` block of every object.
*/}}

{{/*
prom.selectorLabels: what selects a component's pods. Takes a component.
*/}}
{{- define "prom.selectorLabels" -}}
{{- with .values.selectorLabels -}}
{{- toYaml . -}}
{{- else -}}
{{- toYaml (dict
  "app.kubernetes.io/name" (include "prom.name" .root)
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/component" .component
) -}}
{{- end -}}
{{- end -}}

{{/*
prom.standardLabels: the recommended labels that never change while a release lives,
so that they can be on pods too; nothing if `labels.standard` is off.
Takes a component.
*/}}
{{- define "prom.standardLabels" -}}
{{- if .root.Values.labels.standard -}}
{{- toYaml (dict
  "app.kubernetes.io/name" (include "prom.name" .root)
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/component" .component
  "app.kubernetes.io/part-of" (include "prom.name" .root)
  "app.kubernetes.io/managed-by" .root.Release.Service
) -}}
{{- end -}}
{{- end -}}

{{/*
prom.versionLabels: the recommended labels that change with the chart; on a pod they
would restart it with every upgrade. Takes a component.
*/}}
{{- define "prom.versionLabels" -}}
{{- if .root.Values.labels.standard -}}
{{- $chart := printf "%s-%s" .root.Chart.Name .root.Chart.Version -}}
{{- $labels := dict "helm.sh/chart" ($chart | replace "+" "_" | trunc 63 | trimAll "-_.") -}}
{{- with regexReplaceAll "[^A-Za-z0-9_.-]+" (include "prom.image.tag" .) "-" | trunc 63 | trimAll "-_." -}}
{{- $_ := set $labels "app.kubernetes.io/version" . -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end -}}
{{- end -}}

{{/*
prom.labels: the labels of one of a component's objects.
Takes a component, and labels: those of this object alone.
*/}}
{{- define "prom.labels" -}}
{{- $labels := include "prom.standardLabels" . | fromYaml -}}
{{- $version := include "prom.versionLabels" . | fromYaml -}}
{{- with mergeOverwrite $labels $version (.root.Values.labels.common | default dict) (.labels | default dict) -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.podLabels: the labels of a component's pods; the selector's come last, for
without them the workload would not find its pods. Takes a component.
*/}}
{{- define "prom.podLabels" -}}
{{- $labels := include "prom.standardLabels" . | fromYaml -}}
{{- $selector := include "prom.selectorLabels" . | fromYaml -}}
{{- toYaml (mergeOverwrite $labels (.root.Values.labels.common | default dict) (.values.podMetadata.labels | default dict) $selector) -}}
{{- end -}}

{{/*
prom.metadata: the `metadata` block of one of a component's objects. Takes a
component and, of this object: name; labels and annotations, if any; namespace, if it
is not the release's; clusterScoped, if it has none.
*/}}
{{- define "prom.metadata" -}}
metadata:
  name: {{ toYaml .name }}
  {{- if not .clusterScoped }}
  namespace: {{ .namespace | default (include "prom.namespace" .root) | toYaml }}
  {{- end }}
  {{- with include "prom.labels" . }}
  labels:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with mergeOverwrite (dict) (.root.Values.annotations.common | default dict) (.annotations | default dict) }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
