{{/*
Availability: where pods of one workload go, and how many may be away.
*/}}

{{/*
prom.availability.several: non-empty if the server has several pods that stand in for each
other. Takes the server component.
*/}}
{{- define "prom.availability.several" -}}
{{- if and (gt (int .values.replicas) 1) (ne (include "prom.workload.kind" .) "DaemonSet") -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.server.affinity: the affinity of the pods, as JSON: the user's, and with several
replicas the preset's: other nodes if there are any (soft), or nothing but other nodes (hard).
Takes the server component.
*/}}
{{- define "prom.server.affinity" -}}
{{- $affinity := deepCopy (.values.affinity | default dict) -}}
{{- $preset := .values.podAntiAffinityPreset -}}
{{- if and $preset (include "prom.availability.several" .) -}}
{{- $term := dict
  "topologyKey" "kubernetes.io/hostname"
  "labelSelector" (dict "matchLabels" (include "prom.selectorLabels" . | fromYaml))
-}}
{{- $anti := $affinity.podAntiAffinity | default dict -}}
{{- if eq $preset "hard" -}}
{{- $field := "requiredDuringSchedulingIgnoredDuringExecution" -}}
{{- $_ := set $anti $field (append (get $anti $field | default list) $term) -}}
{{- else -}}
{{- $field := "preferredDuringSchedulingIgnoredDuringExecution" -}}
{{- $_ := set $anti $field (append (get $anti $field | default list) (dict "weight" 100 "podAffinityTerm" $term)) -}}
{{- end -}}
{{- $_ := set $affinity "podAntiAffinity" $anti -}}
{{- end -}}
{{- toJson $affinity -}}
{{- end -}}

{{/*
prom.spread: a component's topologySpreadConstraints, as a JSON list; one without a
labelSelector, which would count no pod, counts those of the component. Takes a component.
*/}}
{{- define "prom.spread" -}}
{{- $constraints := list -}}
{{- range $constraint := .values.topologySpreadConstraints -}}
{{- if not $constraint.labelSelector -}}
{{- $constraint = merge (dict "labelSelector" (dict "matchLabels" (include "prom.selectorLabels" $ | fromYaml))) $constraint -}}
{{- end -}}
{{- $constraints = append $constraints $constraint -}}
{{- end -}}
{{- toJson $constraints -}}
{{- end -}}

{{/*
prom.podDisruptionBudget.enabled: non-empty if the server has a PodDisruptionBudget. `auto`
makes one where a pod can be away without a gap. Takes the server component.
*/}}
{{- define "prom.podDisruptionBudget.enabled" -}}
{{- $enabled := .values.podDisruptionBudget.enabled -}}
{{- if eq (toString $enabled) "auto" -}}
{{- include "prom.availability.several" . -}}
{{- else if $enabled -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.verticalPodAutoscalerSpec: the `spec` of a component's VerticalPodAutoscaler.
Takes a component.
*/}}
{{- define "prom.verticalPodAutoscalerSpec" -}}
{{- $autoscaler := .values.verticalPodAutoscaler -}}
targetRef:
  apiVersion: apps/v1
  kind: {{ include "prom.workload.kind" . }}
  name: {{ printf "%s%s%s" (include "prom.component.name" .) (include "prom.shard.suffix" .) (ternary (printf "-%s" .variant) "" (not (empty .variant))) | toYaml }}
{{- with $autoscaler.updateMode }}
updatePolicy:
  updateMode: {{ toYaml . }}
{{- end }}
{{- with $autoscaler.recommenders }}
recommenders:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $autoscaler.containerPolicies }}
resourcePolicy:
  containerPolicies:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end -}}

{{/*
prom.guard.availability: budgets and autoscalers that contradict themselves.
*/}}
{{- define "prom.guard.availability" -}}
{{- $server := .Values.server -}}
{{- range $label, $number := dict "replica" $server.replicas "shard" $server.shards -}}
{{- range $path, $labels := dict "config.externalLabels" $.Values.config.externalLabels "config.global.external_labels" ($.Values.config.global | default dict).external_labels -}}
{{- if and (gt (int $number) 1) (hasKey ($labels | default dict) $label) -}}
{{- if not (contains "$" (get $labels $label | toString)) -}}
{{ $path }}.{{ $label }}: would be the same for {{ $number }} servers, whose samples nobody could tell apart; leave it out, and each gets its own
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $budget := $server.podDisruptionBudget -}}
{{- if include "prom.podDisruptionBudget.enabled" (dict "root" . "component" "server" "values" $server) -}}
{{- $least := not (kindIs "invalid" $budget.minAvailable) -}}
{{- $most := not (kindIs "invalid" $budget.maxUnavailable) -}}
{{- if and $least $most -}}
server.podDisruptionBudget.minAvailable: excludes maxUnavailable; set server.podDisruptionBudget.maxUnavailable to null
{{ end -}}
{{- if not (or $least $most) -}}
server.podDisruptionBudget: needs minAvailable or maxUnavailable
{{ end -}}
{{- if and $least (kindIs "float64" $budget.minAvailable | or (kindIs "int64" $budget.minAvailable)) (ge (int $budget.minAvailable) (int $server.replicas)) -}}
server.podDisruptionBudget.minAvailable: {{ $budget.minAvailable }} of {{ $server.replicas }} pods would never let a node be drained
{{ end -}}
{{- end -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $autoscaler := (get $.Values $key).verticalPodAutoscaler -}}
{{- if not $autoscaler.enabled -}}
{{- range $field := list "updateMode" "containerPolicies" "recommenders" -}}
{{- if get $autoscaler $field -}}
{{ $key }}.verticalPodAutoscaler.{{ $field }}: needs {{ $key }}.verticalPodAutoscaler.enabled
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
