{{/*
Labels and annotations.
*/}}

{{/*
prom.selectorLabels: what selects a component's pods. Takes a component.
*/}}
{{- define "prom.selectorLabels" -}}
{{- $labels := .values.selectorLabels | default (dict
  "app.kubernetes.io/name" (include "prom.name" .root)
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/component" (include "prom.shard.label" .)
) -}}
{{- with .variant -}}
{{- $labels = merge (dict "app.kubernetes.io/variant" .) $labels -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end -}}

{{/*
prom.standardLabels: the recommended labels that never change while a release lives,
so that they can be on pods too; nothing if `standardLabels` is off.
Takes a component.
*/}}
{{- define "prom.standardLabels" -}}
{{- if .root.Values.standardLabels -}}
{{- toYaml (dict
  "app.kubernetes.io/name" (include "prom.name" .root)
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/component" (include "prom.shard.label" .)
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
{{- if .root.Values.standardLabels -}}
{{- $chart := printf "%s-%s" .root.Chart.Name .root.Chart.Version -}}
{{- $labels := dict "helm.sh/chart" ($chart | replace "+" "_" | trunc 63 | trimAll "-_.") -}}
{{- with regexReplaceAll "[^A-Za-z0-9_.-]+" (include "prom.image.tag" .) "-" | trunc 63 | trimAll "-_." -}}
{{- $_ := set $labels "app.kubernetes.io/version" . -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end -}}
{{- end -}}

{{/*
prom.labels: the labels of one of a component's objects, as YAML; empty if there are none.
Takes a list: the component, and the labels of this object alone.
*/}}
{{- define "prom.labels" -}}
{{- $component := first . -}}
{{- $own := last . | default dict -}}
{{- $labels := include "prom.standardLabels" $component | fromYaml -}}
{{- $version := include "prom.versionLabels" $component | fromYaml -}}
{{- with mergeOverwrite $labels $version ($component.root.Values.commonLabels | default dict) $own -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
prom.annotations: the annotations of one of a component's objects, as YAML; empty if there
are none. Takes a list: the component, and the annotations of this object alone.
*/}}
{{- define "prom.annotations" -}}
{{- with mergeOverwrite (dict) ((first .).root.Values.commonAnnotations | default dict) (last . | default dict) -}}
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
{{- toYaml (mergeOverwrite $labels (.root.Values.commonLabels | default dict) (.values.podLabels | default dict) $selector) -}}
{{- end -}}
