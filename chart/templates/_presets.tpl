{{/*
Presets: the scrape jobs that the chart knows. Each is a template prom.preset.NAME
that takes the root context and writes YAML with
  config   a Prometheus scrape_config without its job_name
  access   what the scrape itself needs besides discovery: nodes/metrics, nodes/proxy
           (subresources of nodes), or /metrics (a path of the API server)
  drop     metric_relabel_configs that leave out high-cardinality series
*/}}

{{/*
prom.presets: the names of all presets, as a JSON list.
*/}}
{{- define "prom.presets" -}}
{{- list "apiserver" "cadvisor" "endpointslices" "ingresses" "kubelet" "kubelet-probes" "kubelet-resource" "node-exporter" "pods" "prometheus" "pushgateway" "services" | toJson -}}
{{- end -}}

{{/*
prom.tokenDirectory: where a pod finds its ServiceAccount's token and the cluster's CA.
*/}}
{{- define "prom.tokenDirectory" -}}
/var/run/secrets/kubernetes.io/serviceaccount
{{- end -}}

{{/*
prom.annotationLabel: the beginning of the meta labels that the annotations with the
chart's prefix become. Takes a dict: root, object (pod, service or ingress).
*/}}
{{- define "prom.annotationLabel" -}}
{{- printf "__meta_kubernetes_%s_annotation_%s" .object (regexReplaceAll "[^a-zA-Z0-9_]" .root.Values.scrape.annotations.prefix "_") -}}
{{- end -}}

{{/*
prom.podDiscovery: kubernetes_sd_configs for a component's own pods, with relabeling
that keeps one target a pod. Takes a component.
*/}}
{{- define "prom.podDiscovery" -}}
kubernetes_sd_configs:
  - role: pod
    namespaces:
      names:
        - {{ include "prom.namespace" .root | toYaml }}
    selectors:
      - role: pod
        label: {{ include "prom.shard.selector" . | toYaml }}
relabel_configs:
  - source_labels: [__meta_kubernetes_pod_container_port_number]
    regex: {{ include "prom.containerPort" . | quote }}
    action: keep
{{- end -}}

{{/*
prom.kubelet: the fields that the jobs kubelet and cadvisor share. Takes a dict: root,
path (what comes after the kubelet's address), ownTimestamps (if the metrics carry some).
*/}}
{{- define "prom.kubelet" -}}
{{- $kubelet := .root.Values.scrape.kubelet -}}
{{- $directory := include "prom.tokenDirectory" . -}}
config:
  {{- if .ownTimestamps }}
  track_timestamps_staleness: true
  {{- end }}
  scheme: https
  authorization:
    credentials_file: {{ $directory }}/token
  kubernetes_sd_configs:
    - role: node
  relabel_configs:
    - source_labels: [__meta_kubernetes_node_name]
      target_label: node
{{- if eq $kubelet.via "apiserver" }}
    - target_label: __address__
      replacement: kubernetes.default.svc:443
    - source_labels: [__meta_kubernetes_node_name]
      regex: (.+)
      target_label: __metrics_path__
      replacement: /api/v1/nodes/${1}/proxy{{ .path }}
  tls_config:
    ca_file: {{ $directory }}/ca.crt
access: [nodes/proxy]
{{- else }}
  metrics_path: {{ .path }}
  tls_config:
{{- if eq $kubelet.tls.mode "verify" }}
    ca_file: {{ $kubelet.tls.caFile | default (printf "%s/ca.crt" $directory) | toYaml }}
{{- else }}
    insecure_skip_verify: true
{{- end }}
access: [nodes/metrics]
{{- end }}
{{- end -}}

{{/*
prom.preset.prometheus: this server. Several replicas and shards are told apart by their
pods' names.
*/}}
{{- define "prom.preset.prometheus" -}}
{{- $server := dict "root" . "component" "server" "values" .Values.server -}}
config:
{{- with include "prom.server.routePrefix" . }}
  metrics_path: {{ printf "%s/metrics" . | toYaml }}
{{- end }}
{{- with include "prom.web.scrape" $server | trim }}
  {{- . | nindent 2 }}
{{- end }}
{{- if or (gt (int .Values.server.replicas) 1) (gt (int .Values.server.shards) 1) }}
  {{- include "prom.podDiscovery" $server | nindent 2 }}
    - source_labels: [__meta_kubernetes_pod_name]
      target_label: instance
{{- else }}
  static_configs:
    - targets: ["localhost:{{ include "prom.port" $server }}"]
{{- if include "prom.nodeLocal" . }}
  relabel_configs:
    - target_label: instance
      replacement: {{ include "prom.nodeLocal.placeholder" . }}
    - target_label: node
      replacement: {{ include "prom.nodeLocal.placeholder" . }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
prom.preset.apiserver: the API servers, each at its own address.
*/}}
{{- define "prom.preset.apiserver" -}}
config:
  scheme: https
  authorization:
    credentials_file: {{ include "prom.tokenDirectory" . }}/token
  tls_config:
    ca_file: {{ include "prom.tokenDirectory" . }}/ca.crt
    server_name: kubernetes.default.svc
  sample_limit: 200000
  kubernetes_sd_configs:
    - role: endpointslice
      namespaces:
        names: [default]
  relabel_configs:
    - source_labels:
        - __meta_kubernetes_namespace
        - __meta_kubernetes_service_name
        - __meta_kubernetes_endpointslice_port_name
      regex: default;kubernetes;https
      action: keep
access: [/metrics]
drop:
  - source_labels: [__name__]
    regex: (apiserver_request_(body_size_bytes|sli_duration_seconds|slo_duration_seconds)|apiserver_response_sizes|apiserver_watch_events_sizes|etcd_request_duration_seconds)_bucket
    action: drop
{{- end -}}

{{/*
prom.preset.kubelet: the kubelet of each node.
*/}}
{{- define "prom.preset.kubelet" -}}
{{- include "prom.kubelet" (dict "root" . "path" "/metrics") -}}
{{- end -}}

{{/*
prom.preset.kubelet-probes: what each kubelet's liveness, readiness and startup probes came to.
*/}}
{{- define "prom.preset.kubelet-probes" -}}
{{- include "prom.kubelet" (dict "root" . "path" "/metrics/probes") -}}
{{- end -}}

{{/*
prom.preset.kubelet-resource: CPU and memory of nodes, pods and containers, as the metrics
server sees them. They carry timestamps of their own.
*/}}
{{- define "prom.preset.kubelet-resource" -}}
{{- include "prom.kubelet" (dict "root" . "path" "/metrics/resource" "ownTimestamps" true) -}}
{{- end -}}

{{/*
prom.preset.cadvisor: the containers of each node. cAdvisor sets timestamps of its own,
so staleness has to be tracked for them. Dropped are metrics that few look at, and the
node's own cgroups below the root, which belong to no pod.
*/}}
{{- define "prom.preset.cadvisor" -}}
{{- include "prom.kubelet" (dict "root" . "path" "/metrics/cadvisor" "ownTimestamps" true) }}
drop:
  - source_labels: [__name__]
    regex: container_(blkio_device_usage_total|file_descriptors|last_seen|memory_failures_total|spec_.+|tasks_state|fs_(inodes_.+|io_.+|read_seconds_total|reads_merged_total|sector_.+|write_seconds_total|writes_merged_total))
    action: drop
  - source_labels: [id, pod]
    regex: /.+;
    action: drop
{{- end -}}

{{/*
prom.preset.endpointslices: the endpoints of annotated Services; only ports of the slice
itself, and only endpoints that are not known to be unready.
*/}}
{{- define "prom.preset.endpointslices" -}}
{{- $annotation := include "prom.annotationLabel" (dict "root" . "object" "service") -}}
config:
  fallback_scrape_protocol: PrometheusText0.0.4
  kubernetes_sd_configs:
    - role: endpointslice
  relabel_configs:
    - source_labels: [{{ $annotation }}_scrape]
      regex: "true"
      action: keep
    - source_labels: [__meta_kubernetes_endpointslice_port]
      regex: .+
      action: keep
    - source_labels: [__meta_kubernetes_endpointslice_endpoint_conditions_ready]
      regex: "false"
      action: drop
    - source_labels: [{{ $annotation }}_scheme]
      regex: (https?)
      target_label: __scheme__
    - source_labels: [{{ $annotation }}_path]
      regex: (.+)
      target_label: __metrics_path__
    - source_labels: [__address__, {{ $annotation }}_port]
      regex: (.+?)(?::\d+)?;(\d+)
      target_label: __address__
      replacement: $1:$2
    - action: labelmap
      regex: {{ $annotation }}_param_(.+)
      replacement: __param_$1
    - source_labels: [__meta_kubernetes_namespace]
      target_label: namespace
    - source_labels: [__meta_kubernetes_service_name]
      target_label: service
    - source_labels: [__meta_kubernetes_pod_name]
      target_label: pod
    - source_labels: [__meta_kubernetes_endpointslice_endpoint_node_name]
      target_label: node
{{- end -}}

{{/*
prom.preset.pods: annotated pods that run; of each its TCP ports named metrics or
*-metrics, or without name, unless an annotation says the port. A pod that declares no port
and has no such annotation is no target.
*/}}
{{- define "prom.preset.pods" -}}
{{- $annotation := include "prom.annotationLabel" (dict "root" . "object" "pod") -}}
config:
  fallback_scrape_protocol: PrometheusText0.0.4
  kubernetes_sd_configs:
    - role: pod
  relabel_configs:
    - source_labels: [{{ $annotation }}_scrape]
      regex: "true"
      action: keep
    - source_labels: [__meta_kubernetes_pod_phase]
      regex: Pending|Succeeded|Failed
      action: drop
    - source_labels: [__meta_kubernetes_pod_container_init]
      regex: "true"
      action: drop
    - source_labels: [__meta_kubernetes_pod_container_port_protocol]
      regex: UDP|SCTP
      action: drop
    - source_labels:
        - {{ $annotation }}_port
        - __meta_kubernetes_pod_container_port_number
        - __meta_kubernetes_pod_container_port_name
      regex: ;\d+;(metrics|.*-metrics)?|\d+;.*
      action: keep
    - source_labels: [{{ $annotation }}_scheme]
      regex: (https?)
      target_label: __scheme__
    - source_labels: [{{ $annotation }}_path]
      regex: (.+)
      target_label: __metrics_path__
    - source_labels: [{{ $annotation }}_port, __meta_kubernetes_pod_ip]
      regex: (\d+);([^:]+)
      target_label: __address__
      replacement: $2:$1
    - source_labels: [{{ $annotation }}_port, __meta_kubernetes_pod_ip]
      regex: (\d+);(.*:.*)
      target_label: __address__
      replacement: "[$2]:$1"
    - action: labelmap
      regex: {{ $annotation }}_param_(.+)
      replacement: __param_$1
    - source_labels: [__meta_kubernetes_namespace]
      target_label: namespace
    - source_labels: [__meta_kubernetes_pod_name]
      target_label: pod
    - source_labels: [__meta_kubernetes_pod_node_name]
      target_label: node
{{- end -}}

{{/*
prom.preset.services: annotated Services, each port probed through a blackbox exporter.
*/}}
{{- define "prom.preset.services" -}}
{{- $annotation := include "prom.annotationLabel" (dict "root" . "object" "service") -}}
config:
  metrics_path: /probe
  params:
    module: [{{ toYaml .Values.scrape.blackbox.module }}]
  kubernetes_sd_configs:
    - role: service
  relabel_configs:
    - source_labels: [{{ $annotation }}_probe]
      regex: "true"
      action: keep
    - source_labels: [{{ $annotation }}_probe_module]
      regex: (.+)
      target_label: __param_module
    - source_labels: [__address__]
      target_label: __param_target
    - source_labels: [__param_target]
      target_label: instance
    - target_label: __address__
      replacement: {{ toYaml .Values.scrape.blackbox.address }}
    - source_labels: [__meta_kubernetes_namespace]
      target_label: namespace
    - source_labels: [__meta_kubernetes_service_name]
      target_label: service
{{- end -}}

{{/*
prom.preset.ingresses: the paths of annotated Ingresses, probed through a blackbox
exporter; hosts with a wildcard cannot be asked.
*/}}
{{- define "prom.preset.ingresses" -}}
{{- $annotation := include "prom.annotationLabel" (dict "root" . "object" "ingress") -}}
config:
  metrics_path: /probe
  params:
    module: [{{ toYaml .Values.scrape.blackbox.module }}]
  kubernetes_sd_configs:
    - role: ingress
  relabel_configs:
    - source_labels: [{{ $annotation }}_probe]
      regex: "true"
      action: keep
    - source_labels: [__address__]
      regex: \*.*
      action: drop
    - source_labels: [{{ $annotation }}_probe_module]
      regex: (.+)
      target_label: __param_module
    - source_labels:
        - __meta_kubernetes_ingress_scheme
        - __address__
        - __meta_kubernetes_ingress_path
      regex: (.+);(.+);(.+)
      target_label: __param_target
      replacement: ${1}://${2}${3}
    - source_labels: [__param_target]
      target_label: instance
    - target_label: __address__
      replacement: {{ toYaml .Values.scrape.blackbox.address }}
    - source_labels: [__meta_kubernetes_namespace]
      target_label: namespace
    - source_labels: [__meta_kubernetes_ingress_name]
      target_label: ingress
{{- end -}}

{{/*
prom.preset.pushgateway: the release's Pushgateway, whose groups bring their own labels;
its Service, or its pod where there is no Service.
*/}}
{{- define "prom.preset.pushgateway" -}}
{{- $pushgateway := dict "root" . "component" "pushgateway" "values" .Values.pushgateway -}}
config:
  honor_labels: true
{{- with include "prom.pushgateway.routePrefix" . }}
  metrics_path: {{ printf "%s/metrics" . | toYaml }}
{{- end }}
{{- with include "prom.web.scrape" $pushgateway | trim }}
  {{- . | nindent 2 }}
{{- end }}
{{- if not .Values.pushgateway.service.enabled }}
  {{- include "prom.podDiscovery" $pushgateway | nindent 2 }}
{{- else }}
  static_configs:
    - targets:
        - {{ printf "%s.%s.svc:%d" (include "prom.component.serviceName" $pushgateway) (include "prom.namespace" .) (int .Values.pushgateway.service.port) }}
{{- end }}
{{- end -}}

{{/*
prom.preset.node-exporter: the release's node-exporters, each named after its node.
*/}}
{{- define "prom.preset.node-exporter" -}}
{{- $nodeExporter := dict "root" . "component" "node-exporter" "values" .Values.nodeExporter -}}
config:
{{- with include "prom.web.scrape" $nodeExporter | trim }}
  {{- . | nindent 2 }}
{{- end }}
  {{- include "prom.podDiscovery" $nodeExporter | nindent 2 }}
    - source_labels: [__meta_kubernetes_pod_node_name]
      target_label: node
    - source_labels: [__meta_kubernetes_pod_node_name]
      target_label: instance
{{- end -}}
