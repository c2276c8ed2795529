{{/*
Flags, features and collectors that the components know. One that is not here is a typo, or of
a newer version: `args` takes it, word by word, without a question. From `--help` and
cmd/prometheus/main.go of Prometheus 3.16.0, and `--help` of Pushgateway 1.11.3 and
node-exporter 1.12.1.
*/}}

{{/*
prom.known.flags: the flags of each component, as YAML: names between spaces.
*/}}
{{- define "prom.known.flags" -}}
server: >-
  agent alertmanager.drain-notification-queue-on-shutdown
  alertmanager.notification-batch-size alertmanager.notification-queue-capacity
  auto-gomaxprocs auto-gomemlimit auto-gomemlimit.ratio auto-gomemlimit.refresh-interval
  config.auto-reload config.auto-reload-interval config.file enable-feature log.format
  log.level query.lookback-delta query.max-concurrency query.max-samples query.timeout
  rules.alert.for-grace-period rules.alert.for-outage-tolerance rules.alert.resend-delay
  rules.max-concurrent-evals scrape.adjust-timestamps scrape.discovery-reload-interval
  scrape.timestamp-tolerance storage.agent.checkpoint-batch-size
  storage.agent.checkpoint-from-in-memory-series storage.agent.no-lockfile
  storage.agent.path storage.agent.retention.max-time storage.agent.retention.min-time
  storage.agent.wal-compression storage.agent.wal-compression-type
  storage.agent.wal-segment-size storage.agent.wal-truncate-frequency
  storage.remote.flush-deadline storage.remote.read-concurrent-limit
  storage.remote.read-max-bytes-in-frame storage.remote.read-sample-limit
  storage.tsdb.allow-overlapping-compaction storage.tsdb.block-reload-interval
  storage.tsdb.delay-compact-file.path storage.tsdb.delayed-compaction.max-percent
  storage.tsdb.head-chunks-write-queue-size storage.tsdb.max-block-chunk-segment-size
  storage.tsdb.max-block-duration storage.tsdb.min-block-duration storage.tsdb.no-lockfile
  storage.tsdb.path storage.tsdb.retention.size storage.tsdb.retention.time
  storage.tsdb.samples-per-chunk storage.tsdb.wal-compression
  storage.tsdb.wal-compression-type storage.tsdb.wal-segment-size web.config.file
  web.console.libraries web.console.templates web.cors.origin web.enable-admin-api
  web.enable-lifecycle web.enable-otlp-receiver web.enable-remote-write-receiver
  web.external-url web.listen-address web.max-connections
  web.max-notifications-subscribers web.page-title web.read-timeout
  web.remote-write-receiver.accepted-protobuf-messages web.route-prefix
  web.search.max-limit web.user-assets
pushgateway: >-
  log.format log.level persistence.file persistence.interval
  push.disable-consistency-check push.enable-utf8-names web.config.file
  web.enable-admin-api web.enable-lifecycle web.external-url web.listen-address
  web.route-prefix web.systemd-socket web.telemetry-path
nodeExporter: >-
  collector.arp collector.arp.device-exclude collector.arp.device-include
  collector.arp.netlink collector.bcache collector.bcache.priority collector.bcachefs
  collector.bonding collector.btrfs collector.buddyinfo collector.cgroups
  collector.conntrack collector.cpu collector.cpu.guest collector.cpu.info
  collector.cpu.info.bugs-include collector.cpu.info.flags-include
  collector.cpu_vulnerabilities collector.cpufreq collector.disable-defaults
  collector.diskstats collector.diskstats.device-exclude
  collector.diskstats.device-include collector.dmi collector.dmmultipath collector.drbd
  collector.drm collector.edac collector.entropy collector.ethtool
  collector.ethtool.device-exclude collector.ethtool.device-include
  collector.ethtool.metrics-include collector.fibrechannel collector.filefd
  collector.filesystem collector.filesystem.fs-types-exclude
  collector.filesystem.fs-types-include collector.filesystem.mount-points-exclude
  collector.filesystem.mount-points-include collector.hwmon collector.hwmon.chip-exclude
  collector.hwmon.chip-include collector.hwmon.sensor-exclude
  collector.hwmon.sensor-include collector.infiniband collector.infiniband.device-exclude
  collector.infiniband.device-include collector.interrupts
  collector.interrupts.include-zeros collector.interrupts.name-exclude
  collector.interrupts.name-include collector.ipvs collector.ipvs.backend-labels
  collector.kernel_hung collector.ksmd collector.lnstat collector.loadavg collector.logind
  collector.mdadm collector.meminfo collector.meminfo_numa collector.mountstats
  collector.netclass collector.netclass.ignore-invalid-speed
  collector.netclass.ignored-devices collector.netclass.netlink
  collector.netclass_rtnl.with-stats collector.netdev collector.netdev.address-info
  collector.netdev.device-exclude collector.netdev.device-include
  collector.netdev.enable-detailed-metrics collector.netdev.label-ifalias
  collector.netdev.netlink collector.netstat collector.netstat.fields
  collector.network_route collector.nfs collector.nfsd collector.ntp collector.ntp.ip-ttl
  collector.ntp.local-offset-tolerance collector.ntp.max-distance
  collector.ntp.protocol-version collector.ntp.server collector.ntp.server-is-local
  collector.ntp.server-port collector.nvme collector.nvmesubsystem collector.os
  collector.pcidevice collector.pcidevice.idsfile collector.pcidevice.names collector.perf
  collector.perf.cache-profilers collector.perf.cpus
  collector.perf.disable-cache-profilers collector.perf.disable-hardware-profilers
  collector.perf.disable-software-profilers collector.perf.hardware-profilers
  collector.perf.software-profilers collector.perf.tracepoint
  collector.powersupply.ignored-supplies collector.powersupplyclass collector.pressure
  collector.processes collector.qdisc collector.qdisc.device-exclude
  collector.qdisc.device-include collector.qdisc.fixtures collector.rapl
  collector.rapl.enable-zone-label collector.runit collector.runit.servicedir
  collector.schedstat collector.selinux collector.slabinfo
  collector.slabinfo.slabs-exclude collector.slabinfo.slabs-include collector.sockstat
  collector.softirqs collector.softnet collector.stat collector.stat.softirq
  collector.supervisord collector.supervisord.url collector.swap collector.sysctl
  collector.sysctl.include collector.sysctl.include-info collector.systemd
  collector.systemd.enable-restarts-metrics collector.systemd.enable-start-time-metrics
  collector.systemd.enable-task-metrics collector.systemd.unit-exclude
  collector.systemd.unit-include collector.tapestats collector.tapestats.ignored-devices
  collector.tcpstat collector.textfile collector.textfile.directory collector.thermal_zone
  collector.time collector.timex collector.udp_queues collector.uname collector.vmstat
  collector.vmstat.fields collector.watchdog collector.wifi collector.wifi.fixtures
  collector.xfrm collector.xfs collector.zfs collector.zoneinfo log.format log.level
  path.procfs path.rootfs path.sysfs path.udev.data runtime.gomaxprocs web.config.file
  web.disable-exporter-metrics web.listen-address web.max-requests web.systemd-socket
  web.telemetry-path
{{- end -}}

{{/*
prom.known.switches: those of them that are on or off and take no value, likewise; besides each
collector of node-exporter.
*/}}
{{- define "prom.known.switches" -}}
server: >-
  agent alertmanager.drain-notification-queue-on-shutdown auto-gomaxprocs auto-gomemlimit
  config.auto-reload scrape.adjust-timestamps storage.agent.checkpoint-from-in-memory-series
  storage.agent.no-lockfile storage.agent.wal-compression
  storage.tsdb.allow-overlapping-compaction storage.tsdb.no-lockfile
  storage.tsdb.wal-compression web.enable-admin-api web.enable-lifecycle
  web.enable-otlp-receiver web.enable-remote-write-receiver
pushgateway: >-
  push.disable-consistency-check push.enable-utf8-names web.enable-admin-api
  web.enable-lifecycle web.systemd-socket
nodeExporter: >-
  collector.arp.netlink collector.cpu.guest collector.cpu.info
  collector.interrupts.include-zeros collector.netclass.ignore-invalid-speed
  collector.netclass.netlink collector.netclass_rtnl.with-stats
  collector.netdev.address-info collector.netdev.enable-detailed-metrics
  collector.netdev.label-ifalias collector.netdev.netlink collector.ntp.server-is-local
  collector.pcidevice.names collector.perf.disable-cache-profilers
  collector.perf.disable-hardware-profilers collector.perf.disable-software-profilers
  collector.rapl.enable-zone-label collector.stat.softirq
  collector.systemd.enable-restarts-metrics collector.systemd.enable-start-time-metrics
  collector.systemd.enable-task-metrics web.disable-exporter-metrics web.systemd-socket
{{- end -}}

{{/*
prom.guard.flags: flags that are not known, switches with a value, and others without one: the
program would end with "unexpected true", or take the next flag for the value. Takes a dict: key
(of the component), path (of the block with extraArgs), args.
*/}}
{{- define "prom.guard.flags" -}}
{{- $known := get (include "prom.known.flags" . | fromYaml) .key | splitList " " -}}
{{- $switches := get (include "prom.known.switches" . | fromYaml) .key | splitList " " -}}
{{- range $name, $value := .args -}}
{{- $bare := or (kindIs "bool" $value) (kindIs "invalid" $value) -}}
{{- $switch := or (has $name $switches) (and (eq $.key "nodeExporter") (regexMatch "^collector[.][a-z0-9_]+$" $name)) -}}
{{- if not (has $name $known) -}}
{{ $.path }}.extraArgs.{{ $name }}: no flag of this name is known; correct it, or give it in {{ $.path }}.args as --{{ $name }}
{{ else if and $switch (not $bare) -}}
{{ $.path }}.extraArgs.{{ $name }}: is a switch, which takes no value; write true or false, without quotes
{{ else if and $bare (not $switch) -}}
{{ $.path }}.extraArgs.{{ $name }}: needs a value, and is no switch
{{ end -}}
{{- end -}}
{{- end -}}

{{/*
prom.known.features: what `--enable-feature` of Prometheus 3.0 to 3.16 takes, likewise.
*/}}
{{- define "prom.known.features" -}}
features: >-
  auto-reload-config concurrent-rule-eval created-timestamp-zero-ingestion
  delayed-compaction exemplar-storage extra-scrape-metrics fast-startup
  histograms-st-encoding memory-snapshot-on-shutdown metadata-wal-records
  native-histograms old-ui ooo-native-histograms openmetrics2 otlp-deltatocumulative
  otlp-native-delta-ingestion promql-binop-fill-modifiers promql-delayed-name-removal
  promql-duration-expr promql-experimental-functions promql-extended-range-selectors
  promql-per-step-stats promql-unquoted-utf8-names query-cost search-api st-storage
  st-synthesis type-and-unit-labels use-start-timestamps use-uncached-io xor2-encoding
  zstd-scrape
{{- end -}}

{{/*
prom.guard.known: names that nobody knows, and flags that another key sets.
*/}}
{{- define "prom.guard.known" -}}
{{- $flags := include "prom.known.flags" . | fromYaml -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- include "prom.guard.flags" (dict "key" $key "path" $key "args" (get $.Values $key).extraArgs) -}}
{{- end -}}
{{- if .Values.nodeExporter.enabled -}}
{{- range $name, $variant := .Values.nodeExporter.variants -}}
{{- include "prom.guard.flags" (dict "key" "nodeExporter" "path" (printf "nodeExporter.variants.%s" $name) "args" ($variant | default dict).extraArgs) -}}
{{- end -}}
{{- end -}}
{{- $features := (include "prom.known.features" . | fromYaml).features | splitList " " -}}
{{- range $index, $name := .Values.server.features -}}
{{- if not (has $name $features) -}}
server.features[{{ $index }}]: no feature {{ $name }} is known; correct it, or give it in server.args as --enable-feature={{ $name }}
{{ end -}}
{{- end -}}
{{- if .Values.nodeExporter.enabled -}}
{{- $known := $flags.nodeExporter | splitList " " -}}
{{- range $name, $value := .Values.nodeExporter.collectors -}}
{{- if or (contains "." $name) (eq $name "disable-defaults") (not (has (printf "collector.%s" $name) $known)) -}}
nodeExporter.collectors.{{ $name }}: no collector of this name is known; correct it, or give its flag in nodeExporter.args
{{ end -}}
{{- end -}}
{{- end -}}
{{- $args := .Values.server.extraArgs | default dict -}}
{{- if hasKey $args "agent" -}}
server.extraArgs.agent: set server.mode to agent, which also leaves out what an agent refuses
{{ end -}}
{{- if include "prom.server.retentionInFile" . -}}
{{- range $field, $_ := include "prom.server.retention" . | fromJson -}}
{{- $flag := printf "storage.tsdb.retention.%s" $field -}}
{{- if and (hasKey $args $flag) (not (include "prom.agent" $)) -}}
server.extraArgs.{{ $flag }}: prometheus.yml says it already, which wins; set server.retention.{{ $field }}
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
