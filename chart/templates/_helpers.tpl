{{/*
Names and namespace. Every object is named through here, so that two releases,
or a release and a subchart, never collide.
*/}}

{{/*
prom.shorten: a text cut to `max` characters, ending in a hash of the whole where
something was cut, so that two long names that begin alike stay apart.
Takes a dict: text, max.
*/}}
{{- define "prom.shorten" -}}
{{- $text := .text | replace "." "-" | trimSuffix "-" -}}
{{- if le (len $text) .max -}}
{{- $text -}}
{{- else -}}
{{- printf "%s-%s" ($text | trunc (sub .max 9 | int) | trimSuffix "-") (sha256sum $text | trunc 8) -}}
{{- end -}}
{{- end -}}

{{/*
prom.name: the application's name, in labels and object names. Takes the root context.
*/}}
{{- define "prom.name" -}}
{{- .Values.nameOverride | default .Chart.Name -}}
{{- end -}}

{{/*
prom.fullname: the stem of all object names. A computed stem has at most 46
characters, which leaves room for the longest suffix, `-pushgateway-data`.
Takes the root context.
*/}}
{{- define "prom.fullname" -}}
{{- $name := include "prom.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- include "prom.shorten" (dict "text" .Release.Name "max" 46) -}}
{{- else -}}
{{- include "prom.shorten" (dict "text" (printf "%s-%s" .Release.Name $name) "max" 46) -}}
{{- end -}}
{{- end -}}

{{/*
prom.namespace: where namespaced objects go. Takes the root context.
*/}}
{{- define "prom.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{/*
prom.component.name: the name of a component's workload, and the stem of its other object
names. Takes a component: a dict with root, component (server, pushgateway or
node-exporter) and values (its block).
*/}}
{{- define "prom.component.name" -}}
{{- if .values.fullnameOverride -}}
{{- .values.fullnameOverride -}}
{{- else if eq .component "server" -}}
{{- include "prom.fullname" .root -}}
{{- else -}}
{{- printf "%s-%s" (include "prom.fullname" .root) .component -}}
{{- end -}}
{{- end -}}

{{/*
prom.component.serviceName: the name of a component's Service. Takes a component.
*/}}
{{- define "prom.component.serviceName" -}}
{{- .values.service.name | default (include "prom.component.name" .) -}}
{{- end -}}

{{/*
prom.component.claimName: the name of a component's PersistentVolumeClaim, its own
or the user's. Takes a component.
*/}}
{{- define "prom.component.claimName" -}}
{{- $persistence := .values.persistence -}}
{{- $own := $persistence.name | default (printf "%s-data" (include "prom.component.name" .)) -}}
{{- $persistence.existingClaim | default (printf "%s%s" $own (include "prom.shard.suffix" .)) -}}
{{- end -}}

{{/*
prom.component.serviceAccountName: the ServiceAccount of a component's pods; empty
for the namespace's default one. Takes a component.
*/}}
{{- define "prom.component.serviceAccountName" -}}
{{- $account := .values.serviceAccount -}}
{{- $account.name | default (ternary (include "prom.component.name" .) "" $account.create) -}}
{{- end -}}

{{/*
prom.server.headlessName: the name of the StatefulSet's governing Service.
Takes the server component.
*/}}
{{- define "prom.server.headlessName" -}}
{{- printf "%s%s-headless" (include "prom.component.name" .) (include "prom.shard.suffix" .) -}}
{{- end -}}

{{/*
prom.config.name: the name of the ConfigMap or Secret with prometheus.yml.
Takes the root context.
*/}}
{{- define "prom.config.name" -}}
{{- $server := dict "root" . "component" "server" "values" .Values.server -}}
{{- .Values.config.existing.name | default .Values.config.name | default (printf "%s-config" (include "prom.component.name" $server)) -}}
{{- end -}}

{{/*
prom.clusterRole.name: the name of ClusterRole and ClusterRoleBinding. Cluster-wide
names need the namespace in them; the colon, which neither part can hold, keeps
different pairs different. Takes the root context.
*/}}
{{- define "prom.clusterRole.name" -}}
{{- $server := dict "root" . "component" "server" "values" .Values.server -}}
{{- .Values.rbac.clusterRoleName | default (printf "%s:%s" (include "prom.namespace" .) (include "prom.component.name" $server)) -}}
{{- end -}}

{{/*
prom.role.name: the name of Role and RoleBinding in a namespace; outside the release's
own it carries the release's namespace, as a ClusterRole does.
Takes a dict: root, namespace.
*/}}
{{- define "prom.role.name" -}}
{{- if eq .namespace (include "prom.namespace" .root) -}}
{{- include "prom.component.name" (dict "root" .root "component" "server" "values" .root.Values.server) -}}
{{- else -}}
{{- include "prom.clusterRole.name" .root -}}
{{- end -}}
{{- end -}}

{{/*
prom.clusterDomain: the DNS domain of the cluster. Takes the root context.
*/}}
{{- define "prom.clusterDomain" -}}
{{- (.Values.global | default dict).clusterDomain | default "cluster.local" -}}
{{- end -}}
