{{/*
prom.renamed: keys that the values do not have, and what to set instead, as YAML: keys of
this chart's earlier versions first, then those that other charts of Prometheus use. A
text with a space in it is a hint; anything else is the new key. The schema permits each of
them with `deprecated: true`, so that prom.guard.renamed can answer.
*/}}
{{- define "prom.renamed" -}}
labels.standard: standardLabels
labels.common: commonLabels
labels: commonLabels
annotations.common: commonAnnotations
annotations: commonAnnotations
serviceAccount: server.serviceAccount
server.names.workload: server.fullnameOverride
server.names.service: server.service.name
server.names.configMap: config.name
server.names.persistentVolumeClaim: server.persistence.name
server.names: use server.fullnameOverride, server.service.name, config.name and server.persistence.name
server.podMetadata.name: server.podTemplateName
server.podMetadata.labels: server.podLabels
server.podMetadata.annotations: server.podAnnotations
server.podMetadata: use server.podLabels, server.podAnnotations and server.podTemplateName
server.persistence.type: use server.persistence.enabled, server.persistence.existingClaim, server.persistence.emptyDir and server.persistence.hostPath
pushgateway.podMetadata.name: pushgateway.podTemplateName
pushgateway.podMetadata.labels: pushgateway.podLabels
pushgateway.podMetadata.annotations: pushgateway.podAnnotations
pushgateway.podMetadata: use pushgateway.podLabels, pushgateway.podAnnotations and pushgateway.podTemplateName
pushgateway.persistence.type: use pushgateway.persistence.enabled, pushgateway.persistence.existingClaim, pushgateway.persistence.emptyDir and pushgateway.persistence.hostPath
nodeExporter.podMetadata.name: nodeExporter.podTemplateName
nodeExporter.podMetadata.labels: nodeExporter.podLabels
nodeExporter.podMetadata.annotations: nodeExporter.podAnnotations
nodeExporter.podMetadata: use nodeExporter.podLabels, nodeExporter.podAnnotations and nodeExporter.podTemplateName
nodeExporter.port: nodeExporter.listenPort
nodeExporter.strategy: nodeExporter.updateStrategy

alertmanager: alerting.alertmanagers
alertRelabelConfigs: alerting.relabelConfigs
commonMetaLabels: commonLabels
config.alerting: alerting
config.otlp: receivers.otlp.config
config.remote_read: remoteRead
config.remote_write: remoteWrite
config.rule_files: rules.groups
config.scrape_config_files: config.scrapeConfigFiles
config.scrape_configs: scrape.jobs
config.storage: use server.retention, server.tsdb and server.exemplars
configmapReload: config.reload
extraManifests: extraObjects
extraScrapeConfigs: scrape.jobs
forceNamespace: namespaceOverride
grafana: Grafana has a chart of its own
imagePullSecrets: global.imagePullSecrets
kube-state-metrics: kube-state-metrics has a chart of its own; with the annotation prometheus.io/scrape on its Service the job endpointslices finds it
podSecurityPolicy: Kubernetes has no PodSecurityPolicy any more; the pods meet the Pod Security Standard restricted
prometheus: this chart makes no objects of the Prometheus operator; what prometheus.prometheusSpec has is under server, config, scrape.jobs, rules and remoteWrite
prometheus-node-exporter: nodeExporter
prometheus-pushgateway: pushgateway
pushgateway.ingress.ingressClassName: pushgateway.ingress.className
remote_write: remoteWrite
ruleFiles: rules.groups
scrapeConfigFiles: config.scrapeConfigFiles
scrapeConfigs: scrape.jobs
scrape_configs: scrape.jobs
serverFiles: use config.raw, or config.global and scrape.jobs, for prometheus.yml, and rules.groups for rules
serviceAccounts.server: server.serviceAccount
serviceAccounts: server.serviceAccount
server.alertmanagers: alerting.alertmanagers
server.automountServiceAccountToken: server.serviceAccount.automountServiceAccountToken
server.baseURL: server.externalUrl
server.clusterRoleNameOverride: rbac.clusterRoleName
server.configMapOverrideName: config.existing.name
server.configPath: config.mount.path
server.defaultFlagsOverride: use server.args with server.defaultArgs false
server.deploymentAnnotations: server.annotations
server.emptyDir: server.persistence.emptyDir
server.enableAdminApi: use server.extraArgs with web.enable-admin-api true
server.env: server.extraEnv
server.extraConfigmapLabels: commonLabels
server.extraConfigmapMounts: use server.extraVolumes and server.extraVolumeMounts
server.extraFlags: use server.extraArgs, or server.features
server.extraHostPathMounts: use server.extraVolumes and server.extraVolumeMounts
server.extraInitContainers: server.initContainers
server.extraSecretMounts: use server.extraVolumes and server.extraVolumeMounts
server.global: config.global
server.ingress.ingressClassName: server.ingress.className
server.livenessProbeFailureThreshold: server.probes.liveness.failureThreshold
server.livenessProbeInitialDelay: server.probes.liveness.initialDelaySeconds
server.livenessProbePeriodSeconds: server.probes.liveness.periodSeconds
server.livenessProbeSuccessThreshold: server.probes.liveness.successThreshold
server.livenessProbeTimeout: server.probes.liveness.timeoutSeconds
server.namespaces: scrape.namespaces
server.persistentVolume.accessModes: server.persistence.accessModes
server.persistentVolume.annotations: server.persistence.annotations
server.persistentVolume.enabled: server.persistence.enabled
server.persistentVolume.existingClaim: server.persistence.existingClaim
server.persistentVolume.labels: server.persistence.labels
server.persistentVolume.mountPath: the volume is mounted at /prometheus
server.persistentVolume.selector: server.persistence.selector
server.persistentVolume.size: server.persistence.size
server.persistentVolume.statefulSetNameOverride: server.persistence.name
server.persistentVolume.storageClass: server.persistence.storageClass
server.persistentVolume.subPath: use server.extraArgs with storage.tsdb.path /prometheus/SUBPATH
server.persistentVolume.volumeName: server.persistence.volumeName
server.persistentVolume: server.persistence
server.prefixURL: server.routePrefix
server.readinessProbeFailureThreshold: server.probes.readiness.failureThreshold
server.readinessProbeInitialDelay: server.probes.readiness.initialDelaySeconds
server.readinessProbePeriodSeconds: server.probes.readiness.periodSeconds
server.readinessProbeSuccessThreshold: server.probes.readiness.successThreshold
server.readinessProbeTimeout: server.probes.readiness.timeoutSeconds
server.releaseNamespace: rbac.namespaced
server.remoteRead: remoteRead
server.remoteWrite: remoteWrite
server.replicaCount: server.replicas
server.retentionSize: server.retention.size
server.securityContext: server.podSecurityContext
server.service.additionalPorts: server.service.extraPorts
server.service.servicePort: server.service.port
pushgateway.service.additionalPorts: pushgateway.service.extraPorts
pushgateway.service.servicePort: pushgateway.service.port
nodeExporter.service.additionalPorts: nodeExporter.service.extraPorts
nodeExporter.service.servicePort: nodeExporter.service.port
server.sidecarContainers: server.extraContainers
server.sidecarTemplateValues: use server.extraContainers, whose containers are no templates
server.startupProbe: server.probes.startup
server.statefulSet.enabled: use server.kind with StatefulSet
server.statefulSet.labels: server.labels
server.statefulSet.annotations: server.annotations
server.statefulSet.podManagementPolicy: server.podManagementPolicy
server.statefulSet.pvcDeleteOnStsDelete: server.persistence.volumeClaimRetention.whenDeleted
server.statefulSet.pvcDeleteOnStsScale: server.persistence.volumeClaimRetention.whenScaled
server.statefulSet: use server.kind with StatefulSet
server.tcpSocketProbeEnabled: server.probes.mode
server.useExistingClusterRoleName: use rbac.create with false and a binding of yours
server.verticalAutoscaler: server.verticalPodAutoscaler
serviceMonitor: this chart makes no objects of the Prometheus operator; a scrape job is under scrape.jobs
{{- end -}}

{{/*
prom.guard.renamed: keys of prom.renamed that are set. Of a block only the known keys are
named, or the block itself if none of them is set.
*/}}
{{- define "prom.guard.renamed" -}}
{{- $answers := include "prom.renamed" . | fromYaml -}}
{{- $set := list -}}
{{- range $key := keys $answers | sortAlpha -}}
{{- $node := $.Values -}}
{{- range $step := splitList "." $key -}}
{{- $node = ternary $node dict (kindIs "map" $node) -}}
{{- $node = get $node $step -}}
{{- end -}}
{{- if not (or (kindIs "invalid" $node) (eq (toString $node) "")) -}}
{{- $set = append $set $key -}}
{{- end -}}
{{- end -}}
{{- range $key := $set -}}
{{- $inner := false -}}
{{- range $set -}}
{{- $inner = or $inner (hasPrefix (printf "%s." $key) .) -}}
{{- end -}}
{{- if not $inner -}}
{{- $answer := get $answers $key -}}
{{- if contains " " $answer -}}
{{ $key }}: is not a key of this chart; {{ $answer }}
{{ else -}}
{{ $key }}: is now {{ $answer }}
{{ end -}}
{{- end -}}
{{- end -}}
{{- if kindIs "string" .Values.server.retention -}}
server.retention: is now server.retention.time
{{ end -}}
{{- end -}}
