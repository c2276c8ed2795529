{{/*
Relabeling rules.
*/}}

{{/*
prom.guard.relabel: rules that Prometheus refuses. Takes a dict: path (in the values), list
(the field's name) and rules.
*/}}
{{- define "prom.guard.relabel" -}}
{{- $at := printf "%s: %s" .path .list -}}
{{- range $index, $rule := .rules | default list -}}
{{- $action := $rule.action | default "replace" -}}
{{- with $rule.regex -}}
{{- if not (regexMatch (printf "|%s" (toString .)) "") -}}
{{ $at }}[{{ $index }}] has an invalid regex {{ toString . }}
{{ end -}}
{{- end -}}
{{- if and (has $action (list "replace" "hashmod" "lowercase" "uppercase" "keepequal" "dropequal")) (not $rule.target_label) -}}
{{ $at }}[{{ $index }}] needs a target_label for {{ $action }}
{{ end -}}
{{- if and (eq $action "hashmod") (not $rule.modulus) -}}
{{ $at }}[{{ $index }}] needs a modulus for hashmod
{{ end -}}
{{- $foreign := list -}}
{{- if has $action (list "labeldrop" "labelkeep") -}}
{{- $foreign = list "source_labels" "target_label" "modulus" "separator" "replacement" -}}
{{- else if has $action (list "keepequal" "dropequal") -}}
{{- $foreign = list "regex" "modulus" "separator" "replacement" -}}
{{- else if has $action (list "lowercase" "uppercase") -}}
{{- $foreign = list "replacement" -}}
{{- end -}}
{{- range $foreign -}}
{{- if hasKey $rule . -}}
{{ $at }}[{{ $index }}] has a {{ . }}, which {{ $action }} does not take
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
