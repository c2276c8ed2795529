{{/*
`helm test`: pods that ask the release what a user would ask it. Each is a script for curl
and a shell, the only programs that its image has to have.
*/}}

{{/*
prom.test.labels: the labels of the test pods, by which NetworkPolicies let them in.
Takes the root context.
*/}}
{{- define "prom.test.labels" -}}
{{- $test := dict "root" . "component" "test" "values" (dict "image" .Values.tests.image) -}}
{{- include "prom.labels" (list $test (mergeOverwrite (deepCopy (.Values.tests.labels | default dict)) (include "prom.selectorLabels" $test | fromYaml))) -}}
{{- end -}}

{{/*
prom.test.name: the name of a test pod. Takes a list: the root context, and the test.
*/}}
{{- define "prom.test.name" -}}
{{- $server := dict "root" (first .) "component" "server" "values" (first .).Values.server -}}
{{- printf "%s-test-%s" (include "prom.component.name" $server) (last .) -}}
{{- end -}}

{{/*
prom.test.annotations: the annotations of a test pod; a hook is what Helm runs only when it is
asked to. Takes the root context.
*/}}
{{- define "prom.test.annotations" -}}
{{- $hook := dict "helm.sh/hook" "test" "helm.sh/hook-delete-policy" "before-hook-creation" -}}
{{- mergeOverwrite $hook (.Values.commonAnnotations | default dict) (.Values.tests.annotations | default dict) | toYaml -}}
{{- end -}}

{{/*
prom.test.word: a text as one word of the shell, whatever is in it. Takes the text.
*/}}
{{- define "prom.test.word" -}}
{{- printf "'%s'" (replace "'" "'\\''" .) -}}
{{- end -}}

{{/*
prom.test.curl: a shell function `ask COMPONENT PATH [OPTION...]` for one component: curl with the
CA, the certificate and the password that the server itself uses. The password is read from
its file, and is no argument that others could see; curl reads it from its standard input, which
therefore can have nothing else. Takes a component.
*/}}
{{- define "prom.test.curl" -}}
{{- $web := include "prom.web" . | fromJson -}}
{{- $directory := printf "%s/client/%s" (include "prom.web.directory" .) .component -}}
{{- $options := list "--silent" "--show-error" "--fail" "--max-time 10" -}}
{{- if include "prom.web.tls" . -}}
{{- if $web.tls.keys.ca -}}
{{- $options = append $options (printf "--cacert %s/ca.crt" $directory) -}}
{{- end -}}
{{- if include "prom.web.clientSecret" . -}}
{{- $options = append $options (printf "--cert %s/tls.crt --key %s/tls.key" $directory $directory) -}}
{{- end -}}
{{- end -}}
{{- if include "prom.web.auth" . -}}
printf 'user = "%s:%s"\n' {{ include "prom.test.word" $web.basicAuth.scrape.username }} "$(cat {{ $directory }}/password)" |
  curl --config - {{ join " " $options }} "$@"
{{- else -}}
curl {{ join " " $options }} "$@"
{{- end -}}
{{- end -}}

{{/*
prom.test.url: the address of a component's Service by the name that is in its certificate,
with the route prefix. Takes a component.
*/}}
{{- define "prom.test.url" -}}
{{- $prefix := include "prom.component.pathPrefix" . -}}
{{- printf "%s://%s%s.%s.svc:%d%s" (include "prom.web.scheme" .) (include "prom.component.serviceName" .) (include "prom.shard.suffix" .) (include "prom.namespace" .root) (int .values.service.port) $prefix -}}
{{- end -}}

{{/*
prom.test.own: the jobs that have targets in every cluster where they are on, as a JSON list of
their names; an annotation may be on nothing, and an address may be away. Takes the root context.
*/}}
{{- define "prom.test.own" -}}
{{- $names := list -}}
{{- include "prom.jobs" . -}}
{{- range .promJobs -}}
{{- if has .preset (list "prometheus" "apiserver" "kubelet" "cadvisor" "pushgateway" "node-exporter") -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/*
prom.test.reviews: the rights of the server, as a JSON list of the attributes of a
SelfSubjectAccessReview: one for each verb and resource. Takes the root context.
*/}}
{{- define "prom.test.reviews" -}}
{{- $rights := include "prom.rbac" . | fromJson -}}
{{- $reviews := list -}}
{{- range $namespace, $rules := merge (dict "" $rights.cluster) $rights.namespaces -}}
{{- range $rule := $rules -}}
{{- range $verb := $rule.verbs -}}
{{- range $path := $rule.nonResourceURLs -}}
{{- $reviews = append $reviews (dict "nonResourceAttributes" (dict "path" $path "verb" $verb)) -}}
{{- end -}}
{{- range $group := $rule.apiGroups -}}
{{- range $resource := $rule.resources -}}
{{- range $name := $rule.resourceNames | default (list "") -}}
{{- $part := splitList "/" $resource -}}
{{- $attributes := dict "verb" $verb "group" $group "resource" (first $part) -}}
{{- range $field, $value := dict "namespace" $namespace "name" $name "subresource" (rest $part | join "/") -}}
{{- with $value -}}
{{- $_ := set $attributes $field . -}}
{{- end -}}
{{- end -}}
{{- $reviews = append $reviews (dict "resourceAttributes" $attributes) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $reviews -}}
{{- end -}}

{{/*
prom.test.podSpec: what the `spec` of each test pod begins with. Takes the root context.
*/}}
{{- define "prom.test.podSpec" -}}
restartPolicy: Never
enableServiceLinks: false
activeDeadlineSeconds: {{ add (int .Values.tests.timeoutSeconds) 60 }}
{{- with (.Values.global | default dict).imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "prom.securityContext" .Values.tests.podSecurityContext }}
securityContext:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.tests.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tests.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tests.priorityClassName }}
priorityClassName: {{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
prom.test.container: the fields of a test's container besides its script. Takes the root context.
*/}}
{{- define "prom.test.container" -}}
image: {{ include "prom.image" (dict "root" . "values" .Values.tests) | toYaml }}
imagePullPolicy: {{ .Values.tests.image.pullPolicy }}
{{- with .Values.tests.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "prom.securityContext" .Values.tests.containerSecurityContext }}
securityContext:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}
