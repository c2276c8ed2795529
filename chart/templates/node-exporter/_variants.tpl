{{/*
Classes of nodes: `nodeExporter.variants` gives some nodes a DaemonSet of their own, and keeps
the other one off them. All pods stay of the same component: Service, scrape job and network
policies see no difference.
*/}}

{{/*
prom.nodeExporter.classes: the DaemonSets, as the root context's .promNodeClasses: a dict from
the variant's name, "" for all other nodes, to its component. Prints nothing.
Takes the root context.
*/}}
{{- define "prom.nodeExporter.classes" -}}
{{- if not (hasKey . "promNodeClasses") -}}
{{- $exporter := .Values.nodeExporter -}}
{{- $classes := dict "" (dict "root" . "component" "node-exporter" "values" $exporter "variant" "") -}}
{{- range $name, $variant := $exporter.variants -}}
{{- if ne (toString $variant.enabled) "false" -}}
{{- $values := mergeOverwrite (deepCopy (omit $exporter "variants")) (deepCopy (omit $variant "enabled")) -}}
{{- $_ := set $classes $name (dict "root" $ "component" "node-exporter" "values" $values "variant" $name) -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "promNodeClasses" $classes -}}
{{- end -}}
{{- end -}}

{{/*
prom.nodeExporter.name: the name of a DaemonSet. Takes the component of a class.
*/}}
{{- define "prom.nodeExporter.name" -}}
{{- include "prom.component.name" . -}}
{{- with .variant }}-{{ . }}{{ end -}}
{{- end -}}

{{/*
prom.nodeExporter.affinity: the affinity of a class, as JSON: the user's, and for the nodes of
no variant that they have no variant's label. Terms of a node selector are alternatives, so
it goes into each. Takes the component of a class.
*/}}
{{- define "prom.nodeExporter.affinity" -}}
{{- $affinity := deepCopy (.values.affinity | default dict) -}}
{{- $others := list -}}
{{- if not .variant -}}
{{- include "prom.nodeExporter.classes" .root -}}
{{- range $name, $class := .root.promNodeClasses -}}
{{- if $name -}}
{{- range $key, $value := (get $.values.variants $name).nodeSelector -}}
{{- $others = append $others (dict "key" $key "operator" "NotIn" "values" (list $value)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $others -}}
{{- $node := $affinity.nodeAffinity | default dict -}}
{{- $required := $node.requiredDuringSchedulingIgnoredDuringExecution | default dict -}}
{{- $terms := list -}}
{{- range $required.nodeSelectorTerms | default (list dict) -}}
{{- $terms = append $terms (set . "matchExpressions" (concat (.matchExpressions | default list) $others)) -}}
{{- end -}}
{{- $node = set $node "requiredDuringSchedulingIgnoredDuringExecution" (dict "nodeSelectorTerms" $terms) -}}
{{- $_ := set $affinity "nodeAffinity" $node -}}
{{- end -}}
{{- toJson $affinity -}}
{{- end -}}
