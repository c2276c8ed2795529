{{/*
Images: the reference, its tag, and the version that the tag stands for.
*/}}

{{/*
prom.image.tag: a component's image tag; empty if it has none. `distroless` adds its
suffix where the tag does not have it. Takes a component.
*/}}
{{- define "prom.image.tag" -}}
{{- $image := .values.image -}}
{{- if kindIs "string" $image.tag -}}
{{- $tag := $image.tag | default (printf "v%s" .root.Chart.AppVersion) -}}
{{- ternary (printf "%s-distroless" (trimSuffix "-distroless" $tag)) $tag (eq (toString $image.distroless) "true") -}}
{{- end -}}
{{- end -}}

{{/*
prom.image: a component's image reference. Takes a component.
*/}}
{{- define "prom.image" -}}
{{- $image := .values.image -}}
{{- $global := .root.Values.global | default dict -}}
{{- with $global.imageRegistry | default $image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- with include "prom.image.tag" . }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/*
prom.image.floating: non-empty if the image's tag can move: none, a branch's name, or
a version without its last part. A digest pins any tag. Takes a component.
*/}}
{{- define "prom.image.floating" -}}
{{- if not .values.image.digest -}}
{{- if regexMatch "^(|latest|main|master|edge|nightly|dev|stable|canary|rolling|v?[0-9]+([.][0-9]+)?)(-distroless)?$" (include "prom.image.tag" .) -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.server.version: the version of Prometheus, which decides between flags: that of
the tag if there is one in it, otherwise the chart's appVersion. Takes the root context.
*/}}
{{- define "prom.server.version" -}}
{{- $tag := include "prom.image.tag" (dict "root" . "values" .Values.server) -}}
{{- regexFind "[0-9]+[.][0-9]+[.][0-9]+" $tag | default .Chart.AppVersion -}}
{{- end -}}
