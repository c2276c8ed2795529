{{/*
What the components share beside the pod: ServiceAccount, PersistentVolumeClaim, Service,
and the frame of a workload.
*/}}

{{/*
prom.serviceAccount: a component's ServiceAccount, unless the user brings one. Its token
is not mounted by default: a pod that needs it says so itself. Takes a component.
*/}}
{{- define "prom.serviceAccount" -}}
{{- $account := include "prom.component.serviceAccount" . | fromJson -}}
{{- if $account.create -}}
apiVersion: v1
kind: ServiceAccount
{{ include "prom.metadata" (merge (dict "name" (include "prom.component.serviceAccountName" .) "labels" $account.labels "annotations" $account.annotations) .) }}
{{- $automount := $account.automountServiceAccountToken }}
{{- if eq (toString $automount) "auto" }}
automountServiceAccountToken: false
{{- else if kindIs "bool" $automount }}
automountServiceAccountToken: {{ $automount }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
prom.claim: a component's PersistentVolumeClaim, if its data is on one that the chart
makes. Takes a component.
*/}}
{{- define "prom.claim" -}}
{{- $persistence := .values.persistence -}}
{{- if eq $persistence.type "pvc" -}}
{{- $annotations := dict -}}
{{- if $persistence.retain -}}
{{- $_ := set $annotations "helm.sh/resource-policy" "keep" -}}
{{- end -}}
{{- $annotations = mergeOverwrite $annotations ($persistence.annotations | default dict) -}}
apiVersion: v1
kind: PersistentVolumeClaim
{{ include "prom.metadata" (merge (dict "name" (include "prom.component.claimName" .) "labels" $persistence.labels "annotations" $annotations) .) }}
spec:
  {{- include "prom.claimSpec" $persistence | nindent 2 }}
{{- end -}}
{{- end -}}

{{/*
prom.service: a component's Service. Takes a component.
*/}}
{{- define "prom.service" -}}
{{- $service := .values.service -}}
apiVersion: v1
kind: Service
{{ include "prom.metadata" (merge (dict "name" (include "prom.component.serviceName" .) "labels" $service.labels "annotations" $service.annotations) .) }}
spec:
  {{- include "prom.serviceSpec" . | nindent 2 }}
{{- end -}}

{{/*
prom.workloadMetadata: the `metadata` of a component's workload. Takes a component.
*/}}
{{- define "prom.workloadMetadata" -}}
{{- include "prom.metadata" (merge (dict "name" (include "prom.component.name" .) "labels" .values.labels "annotations" .values.annotations) .) -}}
{{- end -}}

{{/*
prom.workloadSpec: what the `spec` of every workload begins with. Takes a component.
*/}}
{{- define "prom.workloadSpec" -}}
{{- with include "prom.fields" (dict "from" .values "keys" (list "replicas" "revisionHistoryLimit" "minReadySeconds")) -}}
{{- . }}
{{ end -}}
selector:
  matchLabels:
    {{- include "prom.selectorLabels" . | nindent 4 }}
{{- end -}}

{{/*
prom.serviceSpec: the `spec` of a component's Service. Takes a component.
*/}}
{{- define "prom.serviceSpec" -}}
{{- $service := .values.service -}}
{{- $port := dict -}}
{{- range $from, $to := dict "portName" "name" "port" "port" "targetPort" "targetPort" "nodePort" "nodePort" "protocol" "protocol" "appProtocol" "appProtocol" -}}
{{- with get $service $from -}}
{{- $_ := set $port $to . -}}
{{- end -}}
{{- end -}}
type: {{ $service.type }}
{{- with include "prom.fields" (dict "from" $service "keys" (list "clusterIP" "ipFamilyPolicy" "ipFamilies" "sessionAffinity" "externalTrafficPolicy" "internalTrafficPolicy" "loadBalancerClass" "loadBalancerSourceRanges")) }}
{{ . }}
{{- end }}
selector:
  {{- include "prom.selectorLabels" . | nindent 2 }}
ports:
  {{- toYaml (list $port) | nindent 2 }}
{{- end -}}
