{{ .Capabilities.APIVersions.Has "v1" }}{{ "v1" | .Capabilities.APIVersions.Has }}
{{ (index .list 0).name }}{{ (.Values.nope).x }}{{ .Files.Get "a" | b64enc }}
{{ printf "%s %d %v" "a" 1 1.5 }}{{ nil | default "x" }}{{ 'a' }}{{ 0x1p4 }}{{ -1 | add 2 }}
