{{ 1 -2 +3 0x1F 0o17 017 0b101 1_000 0x1p60 1.5 .5 1e3 1+2i 'a' '\n' "a\"b" `raw
two lines` true false nil }}{{-1}}{{- 1 -}}
