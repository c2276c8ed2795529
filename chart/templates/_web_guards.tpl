{{/*
prom.web.key: the key under which a setting was given: the component's own, or the shared one.
Takes a list: the component, its key in the values, the path below `web`.
*/}}
{{- define "prom.web.key" -}}
{{- $at := (index . 0).values.web | default dict -}}
{{- $own := true -}}
{{- range splitList "." (index . 2) -}}
{{- if and $own (kindIs "map" $at) (hasKey $at .) -}}
{{- $at = get $at . -}}
{{- else -}}
{{- $own = false -}}
{{- end -}}
{{- end -}}
{{- if $own }}{{ index . 1 }}.{{ end }}web.{{ index . 2 }}
{{- end -}}

{{/*
prom.web.settings: settings below `web` that do nothing by themselves, as a JSON list of lists:
the path, the default, and what a component needs to use it (a key of prom.web.facts).
*/}}
{{- define "prom.web.settings" -}}
{{- list
  (list "tls.existingSecret" "" "existing")
  (list "tls.keys.cert" "tls.crt" "existing")
  (list "tls.keys.key" "tls.key" "existing")
  (list "tls.keys.ca" "ca.crt" "tls")
  (list "tls.serverName" "" "tls")
  (list "tls.serviceNames" true "made")
  (list "tls.dnsNames" list "made")
  (list "tls.ipAddresses" list "made")
  (list "tls.certManager.issuerRef.name" "" "certManager")
  (list "tls.certManager.issuerRef.kind" "Issuer" "certManager")
  (list "tls.certManager.issuerRef.group" "cert-manager.io" "certManager")
  (list "tls.certManager.commonName" "" "certManager")
  (list "tls.certManager.duration" "2160h" "certManager")
  (list "tls.certManager.renewBefore" "720h" "certManager")
  (list "tls.certManager.privateKey.algorithm" "ECDSA" "certManager")
  (list "tls.certManager.privateKey.size" nil "certManager")
  (list "tls.certManager.privateKey.rotationPolicy" "Always" "certManager")
  (list "tls.certManager.labels" dict "certManager")
  (list "tls.certManager.annotations" dict "certManager")
  (list "tls.generate.days" 365 "generate")
  (list "tls.minVersion" "TLS12" "tls")
  (list "tls.maxVersion" "" "tls")
  (list "tls.cipherSuites" list "tls")
  (list "tls.clientAuth.type" "" "tls")
  (list "tls.clientAuth.caSecret.name" "" "clientAuth")
  (list "tls.clientAuth.caSecret.key" "" "clientAuth")
  (list "tls.clientAuth.allowedSans" list "clientAuth")
  (list "tls.clientAuth.clientSecret" "" "clientAuth")
  (list "basicAuth.users" dict "auth")
  (list "basicAuth.existingSecret.name" "" "auth")
  (list "basicAuth.existingSecret.key" "web-config.yml" "file")
  (list "basicAuth.scrape.username" "" "auth")
  (list "basicAuth.scrape.passwordSecret.name" "" "auth")
  (list "basicAuth.scrape.passwordSecret.key" "password" "password")
  (list "http2" true "tls")
| toJson -}}
{{- end -}}

{{/*
prom.web.facts: what a component has, as JSON, under the names by which prom.web.settings asks
for it; a text says so to the user. Takes a component's settings, or {} for the texts.
*/}}
{{- define "prom.web.facts" -}}
{{- $tls := .tls | default dict -}}
{{- $auth := .basicAuth | default dict -}}
{{- $mode := $tls.mode | default "none" -}}
{{- dict
  "tls" (list (ne $mode "none") "TLS")
  "existing" (list (eq $mode "existing") "tls.mode existing")
  "made" (list (has $mode (list "certManager" "generate")) "tls.mode certManager or generate")
  "certManager" (list (eq $mode "certManager") "tls.mode certManager")
  "generate" (list (eq $mode "generate") "tls.mode generate")
  "clientAuth" (list (not (empty ($tls.clientAuth | default dict).type)) "tls.clientAuth.type")
  "auth" (list (eq (toString $auth.enabled) "true") "basicAuth.enabled")
  "file" (list (not (empty ($auth.existingSecret | default dict).name)) "basicAuth.existingSecret.name")
  "password" (list (not (empty (($auth.scrape | default dict).passwordSecret | default dict).name)) "basicAuth.scrape.passwordSecret.name")
| toJson -}}
{{- end -}}

{{/*
prom.web.isGiven: non-empty if a block `web` has a setting that is not the default. Takes a
list: the block, and an entry of prom.web.settings.
*/}}
{{- define "prom.web.isGiven" -}}
{{- $at := first . | default dict -}}
{{- $setting := last . -}}
{{- $found := true -}}
{{- range splitList "." (first $setting) -}}
{{- if and $found (kindIs "map" $at) (hasKey $at .) -}}
{{- $at = get $at . -}}
{{- else -}}
{{- $found = false -}}
{{- end -}}
{{- end -}}
{{- if and $found (not (kindIs "invalid" $at)) (ne (toJson $at) (toJson (index $setting 1))) -}}
true
{{- end -}}
{{- end -}}

{{/*
prom.guard.web: certificates and passwords without which a component would not start, or would
refuse its own probes and its Prometheus; settings that nothing uses.
*/}}
{{- define "prom.guard.web" -}}
{{- $problems := list -}}
{{- $settings := include "prom.web.settings" . | fromJsonArray -}}
{{- $used := dict -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $context := dict "root" $ "component" $component "values" (get $.Values $key) -}}
{{- $web := include "prom.web" $context | fromJson -}}
{{- range list "tls" "clientAuth" "basicAuth" "probes" "flags" -}}
{{- $found := include (printf "prom.guard.web.%s" .) (dict "context" $context "key" $key "web" $web) -}}
{{- $problems = concat $problems (splitList "\n" $found) -}}
{{- end -}}
{{- $facts := include "prom.web.facts" $web | fromJson -}}
{{- range $name, $fact := $facts -}}
{{- if first $fact -}}
{{- $_ := set $used $name true -}}
{{- end -}}
{{- end -}}
{{- range $setting := $settings -}}
{{- $need := last $setting -}}
{{- $answered := or (and (eq $need "existing") (first $facts.made)) (and (eq $need "clientAuth") (first $facts.tls)) -}}
{{- if and (include "prom.web.isGiven" (list $context.values.web $setting)) (not (first (get $facts $need))) (not $answered) -}}
{{- $problems = append $problems (printf "%s.web.%s: has no effect without %s" $key (first $setting) (last (get $facts $need))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $setting := $settings -}}
{{- $need := last $setting -}}
{{- $answered := or (and (eq $need "existing") $used.made) (and (eq $need "clientAuth") $used.tls) -}}
{{- if and (include "prom.web.isGiven" (list $.Values.web $setting)) (not (hasKey $used $need)) (not $answered) -}}
{{- $problems = append $problems (printf "web.%s: no component uses it: none has %s" (first $setting) (last (get (include "prom.web.facts" dict | fromJson) $need))) -}}
{{- end -}}
{{- end -}}
{{- $clients := (include "prom.web.issuers" . | fromJson).clients -}}
{{- if gt (len (values $clients | uniq)) 1 -}}
{{- $problems = append $problems (printf "web.tls.certManager.issuerRef: %s demand client certificates of different issuers; give all but one of them a tls.clientAuth.clientSecret" (keys $clients | sortAlpha | join ", ")) -}}
{{- end -}}
{{- range without $problems "" | uniq -}}
{{ . }}
{{ end -}}
{{- end -}}

{{/*
prom.guard.web.tls: certificates. Takes a dict: context (the component), key, web.
*/}}
{{- define "prom.guard.web.tls" -}}
{{- $tls := .web.tls -}}
{{- $made := has $tls.mode (list "certManager" "generate") -}}
{{- if and (eq $tls.mode "certManager") (not $tls.certManager.issuerRef.name) -}}
{{ include "prom.web.key" (list .context .key "tls.certManager.issuerRef.name") }}: needed for tls.mode certManager
{{ end -}}
{{- if and $made $tls.existingSecret -}}
{{ include "prom.web.key" (list .context .key "tls.existingSecret") }}: is for tls.mode existing; for {{ $tls.mode }} the Secret is {{ include "prom.component.name" .context }}-tls
{{ end -}}
{{- range $name, $default := dict "cert" "tls.crt" "key" "tls.key" -}}
{{- if and $made (ne (get $tls.keys $name) $default) -}}
{{ include "prom.web.key" (list $.context $.key (printf "tls.keys.%s" $name)) }}: is for tls.mode existing; for {{ $tls.mode }} the key is {{ $default }}
{{ end -}}
{{- end -}}
{{- if and (eq $tls.mode "generate") (ne $tls.keys.ca "ca.crt") -}}
{{ include "prom.web.key" (list .context .key "tls.keys.ca") }}: for tls.mode generate the key is ca.crt
{{ end -}}
{{- if and $made (not $tls.serviceNames) (not $tls.dnsNames) -}}
{{ include "prom.web.key" (list .context .key "tls.dnsNames") }}: needed without tls.serviceNames
{{ end -}}
{{- if eq $tls.mode "certManager" -}}
{{- $size := $tls.certManager.privateKey.size -}}
{{- $algorithm := $tls.certManager.privateKey.algorithm | default "ECDSA" -}}
{{- $sizes := get (dict "ECDSA" (list 256 384 521) "RSA" (list 2048 4096 8192) "Ed25519" list) $algorithm -}}
{{- if and $size (not (has (int $size) $sizes)) -}}
{{ include "prom.web.key" (list .context .key "tls.certManager.privateKey.size") }}: {{ $size }} is no size of {{ $algorithm }}
{{ end -}}
{{- $duration := include "prom.seconds" ($tls.certManager.duration | default "2160h") | float64 -}}
{{- $renew := include "prom.seconds" ($tls.certManager.renewBefore | default "720h") | float64 -}}
{{- if lt $duration 3600.0 -}}
{{ include "prom.web.key" (list .context .key "tls.certManager.duration") }}: {{ $tls.certManager.duration }} is shorter than 1h
{{ end -}}
{{- if lt $renew 300.0 -}}
{{ include "prom.web.key" (list .context .key "tls.certManager.renewBefore") }}: {{ $tls.certManager.renewBefore }} is shorter than 5m
{{ end -}}
{{- if ge $renew $duration -}}
{{ include "prom.web.key" (list .context .key "tls.certManager.renewBefore") }}: is not shorter than tls.certManager.duration
{{ end -}}
{{- end -}}
{{- if and (ne $tls.mode "none") $tls.maxVersion (gt ($tls.minVersion | default "TLS12") ($tls.maxVersion | default "TLS13")) -}}
{{ include "prom.web.key" (list .context .key "tls.maxVersion") }}: {{ $tls.maxVersion }} is older than tls.minVersion {{ $tls.minVersion }}
{{ end -}}
{{- if and (ne $tls.mode "none") $tls.cipherSuites (eq ($tls.minVersion | default "TLS12") "TLS13") -}}
{{ include "prom.web.key" (list .context .key "tls.cipherSuites") }}: has no effect on TLS 1.3; see tls.minVersion
{{ end -}}
{{- if and (ne $tls.mode "none") (eq (.context.values.service.appProtocol | default "" | lower) "http") -}}
{{ .key }}.service.appProtocol: http is wrong for a port with TLS; leave it empty or set https
{{ end -}}
{{- end -}}

{{/*
prom.guard.web.clientAuth: client certificates. Takes the same.
*/}}
{{- define "prom.guard.web.clientAuth" -}}
{{- $tls := .web.tls -}}
{{- $auth := $tls.clientAuth -}}
{{- if ne $tls.mode "none" -}}
{{- if and $auth.type (not $auth.caSecret.key) (not $tls.keys.ca) -}}
{{ include "prom.web.key" (list .context .key "tls.clientAuth.caSecret.key") }}: needed to verify client certificates, since tls.keys.ca is empty
{{ end -}}
{{- if not $auth.type -}}
{{- range list "caSecret.name" "caSecret.key" "allowedSans" "clientSecret" -}}
{{- $at := $auth -}}
{{- range splitList "." . -}}
{{- $at = get $at . -}}
{{- end -}}
{{- if $at -}}
{{ include "prom.web.key" (list $.context $.key (printf "tls.clientAuth.%s" .)) }}: nobody asks for client certificates; set tls.clientAuth.type
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.web.basicAuth: passwords. Takes the same.
*/}}
{{- define "prom.guard.web.basicAuth" -}}
{{- $auth := .web.basicAuth -}}
{{- $users := $auth.users | default dict -}}
{{- if $auth.enabled -}}
{{- if and (not $users) (not $auth.existingSecret.name) -}}
{{ include "prom.web.key" (list .context .key "basicAuth.users") }}: empty, so that nobody could log in; add NAME: HASH, or set basicAuth.existingSecret.name
{{ end -}}
{{- if and $users $auth.existingSecret.name -}}
{{ include "prom.web.key" (list .context .key "basicAuth.users") }}: basicAuth.existingSecret has the users; give one of them
{{ end -}}
{{- range $name, $hash := $users -}}
{{- $cost := regexReplaceAll "^[$]2[aby][$]([0-9][0-9])[$].*$" $hash "${1}" | atoi -}}
{{- if or (lt $cost 10) (gt $cost 14) -}}
{{ include "prom.web.key" (list $.context $.key "basicAuth.users") }}.{{ $name }}: the hash has cost {{ $cost }}; expected 10 to 14: less is guessed fast, more takes seconds; make it with htpasswd -nBC 10
{{ end -}}
{{- end -}}
{{- if include "prom.web.isShown" .context -}}
{{- if not $auth.scrape.username -}}
{{ include "prom.web.key" (list .context .key "basicAuth.scrape.username") }}: needed, for this release's Prometheus asks for a password itself and scrapes with one
{{ else if and $users (not (hasKey $users $auth.scrape.username)) -}}
{{ include "prom.web.key" (list .context .key "basicAuth.scrape.username") }}: {{ $auth.scrape.username }} is not in basicAuth.users
{{ end -}}
{{- if not $auth.scrape.passwordSecret.name -}}
{{ include "prom.web.key" (list .context .key "basicAuth.scrape.passwordSecret.name") }}: needed; make a Secret with the password of {{ $auth.scrape.username | default "that user" }}
{{ end -}}
{{- end -}}
{{- if $auth.existingSecret.name -}}
{{- $tls := .web.tls -}}
{{- $given := dict
  "headers" (not (empty .web.headers))
  "http2" (eq (toString .web.http2) "false")
  "tls.minVersion" (ne ($tls.minVersion | default "TLS12") "TLS12")
  "tls.maxVersion" (not (empty $tls.maxVersion))
  "tls.cipherSuites" (not (empty $tls.cipherSuites))
  "tls.clientAuth.allowedSans" (not (empty $tls.clientAuth.allowedSans))
-}}
{{- range $path, $set := $given -}}
{{- if $set -}}
{{ include "prom.web.key" (list $.context $.key $path) }}: belongs into the file of basicAuth.existingSecret, which is used as it is
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.web.probes: probes that could not succeed. Takes the same.
*/}}
{{- define "prom.guard.web.probes" -}}
{{- $probes := .context.values.probes -}}
{{- $mode := include "prom.probe.mode" .context -}}
{{- $enabled := list -}}
{{- range list "startup" "readiness" "liveness" -}}
{{- if (get $probes .).enabled -}}
{{- $enabled = append $enabled . -}}
{{- end -}}
{{- end -}}
{{- if $enabled -}}
{{- if and (eq $mode "httpGet") (include "prom.web.auth" .context) -}}
{{ .key }}.probes.mode: httpGet cannot show a password and gets 401; use {{ ternary "exec or tcpSocket" "tcpSocket" (eq .key "server") }}, or auto
{{ else if and (eq $mode "httpGet") (include "prom.web.needsCertificate" .context) -}}
{{ .key }}.probes.mode: httpGet cannot show a client certificate; use {{ ternary "exec or tcpSocket" "tcpSocket" (eq .key "server") }}, or auto
{{ end -}}
{{- if and (eq $mode "exec") (ne .key "server") -}}
{{ .key }}.probes.mode: exec runs promtool, which this image has not; use httpGet, tcpSocket or auto
{{ else if eq $mode "exec" -}}
{{- range $enabled -}}
{{- $probe := get $probes . -}}
{{- if not (has $probe.path (list "/-/ready" "/-/healthy")) -}}
{{ $.key }}.probes.{{ . }}.path: promtool asks for /-/ready or /-/healthy only, not for {{ $probe.path }}
{{ end -}}
{{- if and (kindIs "string" $probe.port) (ne $probe.port $.context.values.containerPort.name) -}}
{{ $.key }}.probes.{{ . }}.port: promtool needs a number, not a name
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
prom.guard.web.flags: the flag by which the process learns of all this. Takes the same.
*/}}
{{- define "prom.guard.web.flags" -}}
{{- $values := .context.values -}}
{{- $file := printf "%s/web-config.yml" (include "prom.web.directory" .) -}}
{{- if include "prom.web.active" .context -}}
{{- $given := get ($values.extraArgs | default dict) "web.config.file" -}}
{{- if and $given (ne (toString $given) $file) -}}
{{ .key }}.extraArgs.web.config.file: web has the configuration; drop one of them
{{ end -}}
{{- if and (not $values.defaultArgs) (not $given) (not (contains (printf "web.config.file=%s" $file) (join " " $values.args))) -}}
{{ .key }}.defaultArgs: without them the process does not learn of web; add --web.config.file={{ $file }} to {{ .key }}.args
{{ end -}}
{{- end -}}
{{- end -}}
