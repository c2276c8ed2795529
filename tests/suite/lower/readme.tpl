{{ range $name, $port := .Values.ports }}
- name: {{ $name | quote }}
  port: {{ $port | int }}
{{ end }}
