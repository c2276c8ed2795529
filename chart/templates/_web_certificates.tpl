{{/*
Certificates that are made for the web interfaces: by cert-manager, or by Helm itself.
*/}}

{{/*
prom.web.dnsNames: the host names in the certificate that is made for a component, as a
JSON list. Takes a component.
*/}}
{{- define "prom.web.dnsNames" -}}
{{- $tls := (include "prom.web" . | fromJson).tls -}}
{{- $names := list -}}
{{- if $tls.serviceNames -}}
{{- $services := list -}}
{{- range $shard := until (int (.values.shards | default 1)) -}}
{{- $part := merge (dict "shard" $shard) $ -}}
{{- $services = append $services (printf "%s%s" (include "prom.component.serviceName" $part) (include "prom.shard.suffix" $part)) -}}
{{- if eq (include "prom.workload.kind" $part) "StatefulSet" -}}
{{- $headless := include "prom.server.headlessName" $part -}}
{{- $services = concat $services (list $headless (printf "*.%s" $headless)) -}}
{{- end -}}
{{- end -}}
{{- $names = list "localhost" -}}
{{- $namespace := include "prom.namespace" .root -}}
{{- $domain := include "prom.clusterDomain" .root -}}
{{- range $services -}}
{{- $names = concat $names (list . (printf "%s.%s" . $namespace) (printf "%s.%s.svc" . $namespace) (printf "%s.%s.svc.%s" . $namespace $domain)) -}}
{{- end -}}
{{- $host := regexReplaceAll ":[0-9]+$" (get (urlParse (.values.externalUrl | default "")) "host") "" -}}
{{- if regexMatch "^[A-Za-z0-9.-]*[A-Za-z][A-Za-z0-9.-]*$" $host -}}
{{- $names = append $names (lower $host) -}}
{{- end -}}
{{- end -}}
{{- concat $names ($tls.dnsNames | default list) | uniq | toJson -}}
{{- end -}}

{{/*
prom.web.ipAddresses: the addresses in that certificate, as a JSON list. Takes a component.
*/}}
{{- define "prom.web.ipAddresses" -}}
{{- $tls := (include "prom.web" . | fromJson).tls -}}
{{- $own := ternary (list "127.0.0.1") list $tls.serviceNames -}}
{{- concat $own ($tls.ipAddresses | default list) | uniq | toJson -}}
{{- end -}}

{{/*
prom.web.issuers: the components whose certificate cert-manager makes: a JSON map from their
name to the text of their issuerRef. Those that ask for the chart's own client certificate
are in `clients`, all of them in `servers`. Takes the root context.
*/}}
{{- define "prom.web.issuers" -}}
{{- $servers := dict -}}
{{- $clients := dict -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $context := dict "root" $ "component" $component "values" (get $.Values $key) -}}
{{- $tls := (include "prom.web" $context | fromJson).tls -}}
{{- if eq $tls.mode "certManager" -}}
{{- $_ := set $servers $component $tls.certManager.issuerRef -}}
{{- if and (include "prom.web.needsCertificate" $context) (not $tls.clientAuth.clientSecret) -}}
{{- $_ := set $clients $component $tls.certManager.issuerRef -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson (dict "servers" $servers "clients" $clients) -}}
{{- end -}}

{{/*
prom.web.certificateTerm: how long a certificate of cert-manager is valid, and its key, as
YAML. Takes the block `certManager`.
*/}}
{{- define "prom.web.certificateTerm" -}}
{{- with .duration -}}
duration: {{ . }}
{{ end -}}
{{- with .renewBefore -}}
renewBefore: {{ . }}
{{ end -}}
privateKey:
  {{- $key := .privateKey | default dict }}
  algorithm: {{ $key.algorithm | default "ECDSA" }}
  {{- with $key.size }}
  size: {{ int . }}
  {{- end }}
  rotationPolicy: {{ $key.rotationPolicy | default "Always" }}
{{- end -}}

{{/*
prom.web.generated: the certificates that Helm makes, for `generate`: a dict of Secret name
to its files, kept by the root context as .promGenerated. They differ with each render. All
are signed by one CA, whose key is kept nowhere. Prints nothing. Takes the root context.
*/}}
{{- define "prom.web.generated" -}}
{{- if not (hasKey . "promGenerated") -}}
{{- $made := dict -}}
{{- $components := list -}}
{{- $days := 0 -}}
{{- range $component, $key := include "prom.components" . | fromJson -}}
{{- $context := dict "root" $ "component" $component "values" (get $.Values $key) -}}
{{- $tls := (include "prom.web" $context | fromJson).tls -}}
{{- if eq $tls.mode "generate" -}}
{{- $components = append $components $context -}}
{{- $days = max $days (int $tls.generate.days) -}}
{{- end -}}
{{- end -}}
{{- if $components -}}
{{- $ca := genCAWithKey (printf "%s CA" (include "prom.fullname" .)) (int $days) (genPrivateKey "ecdsa") -}}
{{- range $components -}}
{{- $name := include "prom.component.serviceName" . -}}
{{- $age := int (include "prom.web" . | fromJson).tls.generate.days -}}
{{- $names := include "prom.web.dnsNames" . | fromJsonArray -}}
{{- $addresses := include "prom.web.ipAddresses" . | fromJsonArray -}}
{{- $certificate := genSignedCertWithKey $name $addresses $names $age $ca (genPrivateKey "ecdsa") -}}
{{- $_ := set $made (include "prom.web.certificateSecret" .) (dict "component" . "ca" $ca.Cert "cert" $certificate.Cert "key" $certificate.Key) -}}
{{- $client := include "prom.web.clientSecret" . -}}
{{- if and $client (not (include "prom.web" . | fromJson).tls.clientAuth.clientSecret) -}}
{{- $san := include "prom.web.clientSan" $ -}}
{{- $certificate = genSignedCertWithKey ($san | trunc 64) list (list $san) $age $ca (genPrivateKey "ecdsa") -}}
{{- $server := dict "root" $ "component" "server" "values" $.Values.server -}}
{{- $_ := set $made $client (dict "component" $server "ca" $ca.Cert "cert" $certificate.Cert "key" $certificate.Key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "promGenerated" $made -}}
{{- end -}}
{{- end -}}
