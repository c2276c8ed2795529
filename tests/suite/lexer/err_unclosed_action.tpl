a {{ .x
 b: }