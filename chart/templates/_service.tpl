{{/*
prom.serviceSpec: the `spec` of a component's Service. Takes a component.
*/}}
{{- define "prom.serviceSpec" -}}
{{- $service := .values.service -}}
type: {{ $service.type }}
{{- with $service.clusterIP }}
clusterIP: {{ toYaml . }}
{{- end }}
{{- with $service.ipFamilyPolicy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- with $service.ipFamilies }}
ipFamilies:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $service.externalIPs }}
externalIPs:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $service.externalTrafficPolicy }}
externalTrafficPolicy: {{ . }}
{{- end }}
{{- with $service.internalTrafficPolicy }}
internalTrafficPolicy: {{ . }}
{{- end }}
{{- with $service.trafficDistribution }}
trafficDistribution: {{ . }}
{{- end }}
{{- with $service.loadBalancerClass }}
loadBalancerClass: {{ toYaml . }}
{{- end }}
{{- with $service.loadBalancerIP }}
loadBalancerIP: {{ toYaml . }}
{{- end }}
{{- with $service.loadBalancerSourceRanges }}
loadBalancerSourceRanges:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if kindIs "bool" $service.allocateLoadBalancerNodePorts }}
allocateLoadBalancerNodePorts: {{ $service.allocateLoadBalancerNodePorts }}
{{- end }}
{{- with $service.healthCheckNodePort }}
healthCheckNodePort: {{ int . }}
{{- end }}
{{- if kindIs "bool" $service.publishNotReadyAddresses }}
publishNotReadyAddresses: {{ $service.publishNotReadyAddresses }}
{{- end }}
{{- with $service.sessionAffinity }}
sessionAffinity: {{ . }}
{{- end }}
{{- with $service.sessionAffinityConfig }}
sessionAffinityConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
selector:
  {{- include "prom.selectorLabels" . | nindent 2 }}
ports:
  - port: {{ int $service.port }}
    {{- with $service.portName }}
    name: {{ toYaml . }}
    {{- end }}
    {{- with $service.targetPort }}
    targetPort: {{ toYaml . }}
    {{- end }}
    {{- with $service.nodePort }}
    nodePort: {{ int . }}
    {{- end }}
    {{- with $service.protocol }}
    protocol: {{ . }}
    {{- end }}
    {{- with include "prom.web.appProtocol" . }}
    appProtocol: {{ toYaml . }}
    {{- end }}
  {{- with $service.extraPorts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
