raw {% if %} {{ "{{" }} {# no comment #} {{ `}}` }} {{"{{ x }}"}}{{ print "a\tb" }}
