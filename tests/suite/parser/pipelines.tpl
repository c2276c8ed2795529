{{ $a := 1 }}{{ $a = add $a 2 | mul 3 }}
{{ (index .list 0).name.first | printf "%s-%d" "x" }}
{{ .Capabilities.APIVersions.Has "apps/v1" }}
{{ include (printf "%s.labels" .Chart.Name) (dict "a" 1 "b" (list 1 2.5 "c" nil true)) | nindent 4 }}
{{ $.Values.x }}{{ $ }}{{ . }}{{ "text" }}{{ `raw` }}{{ 'c' }}
