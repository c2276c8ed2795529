"""Charts that bench and scale make, of any size."""

SUBCHART = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "sub.name" . }}
  labels:
    {{- include "sub.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas | int }}
  selector:
    matchLabels: {app: {{ .Chart.Name }}}
  template:
    metadata:
      labels: {app: {{ .Chart.Name }}}
    spec:
      containers:
        - name: main
          image: "{{ .Values.global.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          env:
            {{- range $name, $value := .Values.env }}
            - {name: {{ $name }}, value: {{ $value | quote }}}
            {{- end }}
"""
HELPERS = """{{- define "sub.name" -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end }}
{{- define "sub.labels" -}}
app: {{ .Chart.Name }}
release: {{ .Release.Name }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}
"""
VALUES = """replicas: 2
image: {repository: team/app, tag: ""}
labels: {tier: backend, team: payments}
resources: {limits: {memory: 128Mi}, requests: {cpu: 10m, memory: 64Mi}}
env: {LOG_LEVEL: info, REGION: eu, MODE: fast, QUEUE: orders}
"""


# The objects of one application, a template for each: what a well kept chart of a team has, so that all rules are content.
OBJECTS = {
    "deployment": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "many.name" (list $ $name) }}
  labels:
    {{- include "many.labels" (list $ $name) | nindent 4 }}
spec:
  selector:
    matchLabels:
      {{- include "many.selector" (list $ $name) | nindent 6 }}
  template:
    metadata:
      annotations:
        checksum/config: {{ toYaml $app.config | sha256sum }}
      labels:
        {{- include "many.labels" (list $ $name) | nindent 8 }}
    spec:
      serviceAccountName: {{ include "many.name" (list $ $name) }}
      priorityClassName: {{ $.Values.priorityClass }}
      securityContext:
        {{- toYaml $.Values.podSecurityContext | nindent 8 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "many.selector" (list $ $name) | nindent 14 }}
      containers:
        - name: main
          image: "{{ $.Values.registry }}/{{ $app.image.repository }}:{{ $app.image.tag | default $.Chart.AppVersion }}"
          securityContext:
            {{- toYaml $.Values.securityContext | nindent 12 }}
          ports:
            - {name: http, containerPort: {{ $app.port }}, protocol: TCP}
            - {name: metrics, containerPort: 9100, protocol: TCP}
          env:
            {{- range $key, $value := $app.env }}
            - {name: {{ $key }}, value: {{ $value | quote }}}
            {{- end }}
            - name: MODE
              valueFrom:
                configMapKeyRef: {name: {{ include "many.name" (list $ $name) }}, key: mode}
          livenessProbe:
            httpGet: {path: /live, port: http}
          readinessProbe:
            httpGet: {path: /ready, port: http}
          resources:
            {{- toYaml $app.resources | nindent 12 }}
          volumeMounts:
            - {name: config, mountPath: /etc/app}
      volumes:
        - name: config
          configMap: {name: {{ include "many.name" (list $ $name) }}}
""",
    "service": """apiVersion: v1
kind: Service
metadata:
  name: {{ include "many.name" (list $ $name) }}
  labels:
    {{- include "many.labels" (list $ $name) | nindent 4 }}
spec:
  selector:
    {{- include "many.selector" (list $ $name) | nindent 4 }}
  ports:
    - {name: http, port: 80, targetPort: http}
    - {name: metrics, port: 9100, targetPort: metrics}
""",
    "configmap": """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "many.name" (list $ $name) }}
data:
  {{- toYaml $app.config | nindent 2 }}
""",
    "serviceaccount": """apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "many.name" (list $ $name) }}
""",
    "role": """apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ include "many.name" (list $ $name) }}
rules:
  - apiGroups: [""]
    resources: [configmaps]
    verbs: [get, list, watch]
""",
    "rolebinding": """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ include "many.name" (list $ $name) }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ include "many.name" (list $ $name) }}}
subjects:
  - {kind: ServiceAccount, name: {{ include "many.name" (list $ $name) }}, namespace: {{ $.Release.Namespace }}}
""",
    "ingress": """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "many.name" (list $ $name) }}
spec:
  rules:
    - host: {{ $name }}.{{ $.Values.domain }}
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: {{ include "many.name" (list $ $name) }}, port: {name: http}}}}
""",
    "autoscaler": """apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "many.name" (list $ $name) }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "many.name" (list $ $name) }}}
  minReplicas: {{ $app.replicas.min }}
  maxReplicas: {{ $app.replicas.max }}
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
""",
    "budget": """apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "many.name" (list $ $name) }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "many.selector" (list $ $name) | nindent 6 }}
""",
    "networkpolicy": """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "many.name" (list $ $name) }}
spec:
  podSelector:
    matchLabels:
      {{- include "many.selector" (list $ $name) | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - ports: [{port: http}, {port: metrics}]
""",
    "servicemonitor": """apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "many.name" (list $ $name) }}
spec:
  selector:
    matchLabels:
      {{- include "many.selector" (list $ $name) | nindent 6 }}
  endpoints:
    - {port: metrics, interval: 30s, scrapeTimeout: 10s}
""",
    "prometheusrule": """apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ include "many.name" (list $ $name) }}
spec:
  groups:
    - name: {{ $name }}
      rules:
        - alert: Errors
          expr: sum by (pod) (rate(http_requests_total{job="{{ $name }}",code=~"5.."}[5m])) / sum by (pod) (rate(http_requests_total{job="{{ $name }}"}[5m])) > 0.05
          for: 10m
          labels: {severity: page}
          annotations: {summary: {{ printf "%s answers {{ $value | humanizePercentage }} with errors" $name | quote }}}
        - record: job:http_requests:rate5m
          expr: sum by (job) (rate(http_requests_total{job="{{ $name }}"}[5m]))
""",
}
# What makes about as many findings as there are objects: in templates, and below in the values.
FAULTS = [
    ("deployment", "image: ", "imagePullPolicyy: Always\n          image: "),
    ("deployment", "containerPort: 9100", 'containerPort: "9100"'),
    ("deployment", "port: http}\n          readiness", "port: htp}\n          readiness"),
    ("service", "targetPort: metrics", "targetPort: metric"),
    ("ingress", "port: {name: http}", "port: {name: web}"),
    ("networkpolicy", "policyTypes", "policyType"),
    ("prometheusrule", "sum by (job) (rate", "sum by (job) (rat"),
    ("servicemonitor", "interval: 30s", "interval: 30"),
]
MANY_HELPERS = """{{- define "many.name" -}}{{ printf "%s-%s" (index . 0).Release.Name (index . 1) | trunc 63 | trimSuffix "-" }}{{- end }}
{{- define "many.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}
{{- define "many.labels" -}}
{{ include "many.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- end }}
"""
MANY_VALUES = """registry: registry.example.com
domain: example.com
priorityClass: standard
podSecurityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
apps:
"""
APP = """  app%04d:
    image: {repository: team/app, tag: 1.4.2}
    port: 8080
    replicas: {min: 2, max: 6}
    resources: {limits: {memory: 128Mi}, requests: {cpu: 10m, memory: %s}}
    env: {LOG_LEVEL: info, REGION: eu, QUEUE: orders}
    config:
      mode: fast
      app.yaml: |
        listen: ":8080"
        timeout: 10s
"""


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def umbrella(folder, count):
    names = ["sub%04d" % number for number in range(count)]
    dependencies = "".join("  - {name: %s, version: 0.1.0}\n" % name for name in names)
    write(folder, "Chart.yaml", "apiVersion: v2\nname: umbrella\nversion: 0.1.0\ndependencies:\n" + dependencies)
    write(folder, "values.yaml", "global: {registry: registry.example.com}\n")
    for name in names:
        write(folder, f"charts/{name}/Chart.yaml", f"apiVersion: v2\nname: {name}\nversion: 0.1.0\nappVersion: 1.2.3\n")
        write(folder, f"charts/{name}/values.yaml", VALUES)
        write(folder, f"charts/{name}/templates/deployment.yaml", SUBCHART)
        write(folder, f"charts/{name}/templates/_helpers.tpl", HELPERS)


def objects(folder, count, faults=()):
    """A chart of `count` applications, each of twelve objects."""
    chart = "apiVersion: v2\nname: many\nversion: 0.1.0\nappVersion: 1.2.3\nicon: https://example.org/icon.svg\n"
    write(folder, "Chart.yaml", chart)
    memory = "64Mii" if faults else "64Mi"
    write(folder, "values.yaml", MANY_VALUES + "".join(APP % (number, memory) for number in range(count)))
    write(folder, "templates/_helpers.tpl", MANY_HELPERS)
    write(folder, "templates/NOTES.txt", "done\n")
    for name, text in OBJECTS.items():
        for kind, old, new in faults:
            if kind == name:
                assert old in text, old
                text = text.replace(old, new, 1)
        write(folder, f"templates/{name}.yaml", "{{- range $name, $app := .Values.apps }}\n---\n%s{{- end }}\n" % text)


def faulty(folder, count):
    objects(folder, count, FAULTS)


def many_tpl(folder, count):
    write(folder, "Chart.yaml", "apiVersion: v2\nname: tpl\nversion: 0.1.0\n")
    write(folder, "values.yaml", 'text: "{{ .Values.name }}-{{ .Release.Name }}"\nname: x\n')
    write(folder, "templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
          '{{- range $i := until %d }}\n  k{{ $i }}: {{ tpl (printf "%%s-%%d" $.Values.text $i) $ }}\n{{- end }}\n' % count)


def one_configmap(folder):
    write(folder, "Chart.yaml", "apiVersion: v2\nname: one\nversion: 0.1.0\n")
    write(folder, "templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n")
