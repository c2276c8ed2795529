{{/*
Reading values: scalars, durations, quantities.
*/}}

{{/*
prom.scalar: a scalar as plain text, numbers without an exponent. Takes the scalar.
*/}}
{{- define "prom.scalar" -}}
{{- if kindIs "string" . -}}
{{- . -}}
{{- else -}}
{{- toJson . -}}
{{- end -}}
{{- end -}}

{{/*
prom.duration: a Prometheus duration in milliseconds. Takes the text.
*/}}
{{- define "prom.duration" -}}
{{- $unit := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+(ms|[smhdwy])" . -1 -}}
{{- $sum = add $sum (mul (regexFind "[0-9]+" .) (get $unit (regexFind "[a-z]+" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{/*
prom.seconds: a duration as Go reads it (1h30m) in seconds, with a fraction. Takes the text.
*/}}
{{- define "prom.seconds" -}}
{{- $unit := dict "ms" 0.001 "s" 1.0 "m" 60.0 "h" 3600.0 -}}
{{- $sum := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ms|[smh])" . -1 -}}
{{- $sum = addf $sum (mulf (regexFind "[0-9.]+" . | float64) (get $unit (regexFind "[a-z]+" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{/*
prom.megabytes: a Kubernetes quantity (10Gi) or a Prometheus size (10GB) in units of
2^20 bytes, rounded down. Prometheus counts in powers of two, Kubernetes in powers
of ten unless there is an `i`. Takes the text.
*/}}
{{- define "prom.megabytes" -}}
{{- $number := regexFind "^[0-9]+([.][0-9]+)?" . | float64 -}}
{{- $factors := dict
  "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18
  "Ki" 0x1p10 "Mi" 0x1p20 "Gi" 0x1p30 "Ti" 0x1p40 "Pi" 0x1p50 "Ei" 0x1p60
  "B" 1 "KB" 0x1p10 "MB" 0x1p20 "GB" 0x1p30 "TB" 0x1p40 "PB" 0x1p50 "EB" 0x1p60
  "KiB" 0x1p10 "MiB" 0x1p20 "GiB" 0x1p30 "TiB" 0x1p40 "PiB" 0x1p50 "EiB" 0x1p60 -}}
{{- $bytes := mulf $number (get $factors (regexFind "[A-Za-z]*$" .)) -}}
{{- divf $bytes 0x1p20 | floor | int64 -}}
{{- end -}}
