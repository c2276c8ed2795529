//! Templates that need too many resources: each must fail quickly with an error.

use std::time::{Duration, Instant};

use crate::support::engine::{Engine, with_deep_stack};

const CYCLE: &str = r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}"#;
const DEEP_MAP: &str = r#"{{ $d := dict }}{{ range $i := until 20000 }}{{ $d = dict "d" $d }}{{ end }}"#;
const DEEP_LIST: &str = r"{{ $d := list }}{{ range $i := until 20000 }}{{ $d = list $d }}{{ end }}";

#[rustfmt::skip]
const TOO_MUCH: &[&str] = &[
    r#"{{ repeat 1000000000 "x" }}"#,
    r#"{{ repeat 9223372036854775807 "xx" }}"#,
    r"{{ until 999999999 }}",
    r"{{ until -999999999 }}",
    r"{{ untilStep 0 999999999 1 }}",
    r"{{ untilStep 0 -999999999 -1 }}",
    r"{{ seq 1 999999999 }}",
    r"{{ seq 999999999 -1 1 }}",
    r#"{{ range until 1000000 }}{{ printf "%1000000d" 1 }}{{ end }}"#,
    r#"{{ indent 1000000000 "x" }}"#,
    r#"{{ nindent 1000000000 "x" }}"#,
    r"{{ randAlphaNum 1000000000 }}",
    r"{{ randAlpha 1000000000 }}",
    r"{{ randNumeric 1000000000 }}",
    r"{{ randAscii 1000000000 }}",
    r"{{ randBytes 1000000000 }}",
    r#"{{ $x := "x" }}{{ range until 64 }}{{ $x = print $x $x }}{{ end }}"#,
    r#"{{ $x := "x" }}{{ range until 64 }}{{ $x = cat $x $x }}{{ end }}"#,
    r#"{{ $x := "x," }}{{ range until 64 }}{{ $x = replace "x" "xx" $x }}{{ end }}"#,
    r#"{{ $x := "x" }}{{ range until 64 }}{{ $x = regexReplaceAll "x" $x "xx" }}{{ end }}"#,
    r"{{ $x := list 1 }}{{ range until 64 }}{{ $x = concat $x $x }}{{ end }}",
    r"{{ $x := list 1 }}{{ range until 64 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}",
    r"{{ $x := list 1 }}{{ range until 64 }}{{ $x = list $x $x }}{{ end }}{{ toYaml $x }}",
    r"{{ $x := list 1 }}{{ range until 64 }}{{ $x = list $x $x }}{{ end }}{{ toString $x }}",
    r"{{ $x := list 1 }}{{ range until 64 }}{{ $x = list $x $x }}{{ end }}{{ deepCopy $x }}",
    r"{{ $x := list 1 }}{{ $y := list 1 }}{{ range until 64 }}{{ $x = list $x $x }}{{ $y = list $y $y }}{{ end }}{{ deepEqual $x $y }}",
    r#"{{ wrapWith 1 (repeat 1000000 "x") (repeat 1000000 "a ") }}"#,
    r#"{{ range until 100000 }}{{ $x := splitList "" (repeat 100000 "x") }}{{ end }}"#,
    r#"{{ range until 100000 }}{{ $x := repeat 1000000 "x" | b64enc | sha256sum }}{{ end }}"#,
    r"{{ range until 100000000 }}{{ end }}",
    r#"{{ range until 100000 }}{{ $x := derivePassword 1 "long" "p" "u" "s" }}{{ end }}"#,
    r#"{{ range until 100000 }}{{ $x := bcrypt "x" }}{{ end }}"#,
    r#"{{ range until 100000 }}{{ $x := genPrivateKey "rsa" }}{{ end }}"#,
    r#"{{ range until 100000 }}{{ $x := genCA "x" 1 }}{{ end }}"#,
];

/// Templates whose work is mostly in statements, calls and values that a trace records.
#[rustfmt::skip]
const TOO_MUCH_TO_TRACE: &[&str] = &[
    r"{{ range until 100000000 }}{{ end }}",
    r"{{ range until 1000000 }}{{ . }}{{ end }}",
    r#"{{ $d := dict "a" 1 }}{{ range until 1000000 }}{{ $d.a }}{{ end }}"#,
    r#"{{ range until 1000000 }}{{ $x := dict "a" (dict "b" .) }}{{ $x.a.b }}{{ end }}"#,
    r#"{{ range until 1000000 }}{{ $x := fromYaml "{a: {b: [1, 2, {c: 3}]}}" }}{{ toYaml $x }}{{ end }}"#,
    r#"{{ range until 1000000 }}{{ tpl (printf "{{ . }}%d" .) $ }}{{ end }}"#,
    r"{{ $d := dict }}{{ range until 1000000 }}{{ $d = merge (dict (toString .) .) $d }}{{ end }}",
    r#"{{ define "a" }}{{ include "a" . }}{{ include "a" . }}{{ end }}{{ range until 1000 }}{{ include "a" $ }}{{ end }}"#,
    r#"{{ range until 1000000 }}{{ printf "%1000000d" 1 }}{{ end }}"#,
    r#"{{ $x := "x" }}{{ range until 64 }}{{ $x = print $x $x }}{{ $x }}{{ end }}"#,
];

#[rustfmt::skip]
const UNREADABLE: &[&str] = &[
    r#"{{ regexMatch "((((a{1000}){1000}){1000}){1000})" "x" }}"#,
    r#"{{ regexMatch "(\\pL{1000}){1000}" "x" }}"#,
    r#"{{ fromJson (repeat 20000000 "[") }}"#,
    r#"{{ fromYaml (repeat 20000000 "[") }}"#,
    r#"{{ fromToml (print "a = " (repeat 20000000 "[")) }}"#,
];

#[rustfmt::skip]
const NESTED: &[&str] = &[
    "{{ $d }}",
    "{{ print $d }}",
    r#"{{ printf "%v %#v %T %+v %s %d" $d $d $d $d $d $d }}"#,
    "{{ println $d $d }}",
    "{{ toString $d }}",
    "{{ quote $d }}",
    "{{ squote $d }}",
    "{{ html $d }}",
    "{{ js $d }}",
    "{{ urlquery $d }}",
    "{{ cat $d }}",
    "{{ toStrings (list $d) }}",
    "{{ join \",\" (list $d) }}",
    "{{ toJson $d }}",
    "{{ mustToJson $d }}",
    "{{ toPrettyJson $d }}",
    "{{ mustToPrettyJson $d }}",
    "{{ toRawJson $d }}",
    "{{ mustToRawJson $d }}",
    "{{ toYaml $d }}",
    "{{ mustToYaml $d }}",
    "{{ toYamlPretty $d }}",
    "{{ toToml $d }}",
    "{{ mustToToml $d }}",
    "{{ deepCopy $d }}",
    "{{ mustDeepCopy $d }}",
    "{{ deepEqual $d (deepCopy $d) }}",
    "{{ deepEqual $d $d }}",
    "{{ merge (dict) (dict \"d\" $d) }}",
    "{{ merge $d (dict \"d\" $d) }}",
    "{{ mergeOverwrite (dict) (dict \"d\" $d) }}",
    "{{ mustMerge $d $d }}",
    "{{ mustMergeOverwrite $d (dict \"d\" (dict \"d\" $d)) }}",
    "{{ has $d (list $d) }}",
    "{{ uniq (list $d $d) }}",
    "{{ without (list $d $d) $d }}",
    "{{ eq $d $d }}",
    "{{ ne $d 1 }}",
    "{{ lt $d $d }}",
    "{{ empty $d }}",
    "{{ default 1 $d }}",
    "{{ coalesce $d }}",
    "{{ ternary $d 1 true }}",
    "{{ fail $d }}",
    "{{ required \"x\" $d }}",
    "{{ len $d }}",
    "{{ kindOf $d }} {{ typeOf $d }} {{ typeIs \"x\" $d }}",
    "{{ keys $d }}",
    "{{ values $d }}",
    "{{ pluck \"d\" $d }}",
    "{{ pick $d \"d\" }}",
    "{{ omit $d }}",
    "{{ dig \"d\" \"d\" 1 $d }}",
    "{{ dig \"x\" \"d\" $d $d }}",
    "{{ range $k, $v := $d }}{{ $v }}{{ end }}",
    "{{ index $d \"d\" }}",
    "{{ index $d \"d\" \"d\" \"d\" \"d\" }}",
    "{{ $d.d.d.d }}",
    "{{ int $d }} {{ add $d 1 }} {{ float64 $d }} {{ toDecimal $d }} {{ max $d 1 }}",
    "{{ atoi $d }}",
    "{{ date \"2006\" $d }}",
    "{{ tpl \"{{ . }}\" $d }}",
    "{{ include \"x\" $d }}",
    "{{ first (list $d) }}",
    "{{ mustAppend (list $d) $d }}",
    "{{ sortAlpha (list $d \"a\") }}",
    "{{ chunk 1 (list $d) }}",
    "{{ compact (list $d) }}",
    "{{ reverse (list $d) }}",
    "{{ urlJoin $d }}",
    "{{ splitList \",\" (print $d) }}",
    "{{ list $d | toYaml | fromYaml }}",
    "{{ lookup \"v1\" \"x\" \"y\" (print $d) }}",
    "{{ call $d }}",
    "{{ and $d $d }}",
    "{{ not $d }}",
    "{{ if $d }}x{{ end }}",
    "{{ with $d }}{{ . }}{{ end }}",
    "{{ slice (list $d) 0 1 }}",
    "{{ mustToDuration $d }}",
    "{{ duration $d }}",
    "{{ ago $d }}",
    "{{ semverCompare \"1\" (print $d) }}",
    "{{ unset $d \"d\" }}",
    "{{ set $d \"x\" $d }}",
];

/// Whether an error reports an exceeded limit.
fn refused(error: &str) -> bool {
    [
        "is too long",
        "steps (--max-steps)",
        "is nested more than",
        "output length overflow",
    ]
    .iter()
    .any(|text| error.contains(text))
}

fn engine() -> Engine {
    let helper = "{{ define \"x\" }}{{ . }}{{ end }}";
    Engine::new([
        ("Chart.yaml", "apiVersion: v2\nname: t\nversion: 1.0.0\n"),
        ("templates/_x.tpl", helper),
    ])
}

/// Renders with a limit of one minute, which no case reaches even without optimisation on a busy machine.
fn soon(engine: &Engine, template: &str) -> Result<String, String> {
    let start = Instant::now();
    let result = with_deep_stack(|| engine.render(template));
    assert!(
        start.elapsed() < Duration::from_mins(1),
        "{template}: {:?}",
        start.elapsed()
    );
    result
}

#[test]
fn too_much_is_refused() {
    let engine = engine().with_steps(1_000_000);
    for template in TOO_MUCH {
        let error = soon(&engine, template).expect_err(template);
        assert!(refused(&error), "{template}: {error}");
    }
}

/// A trace must not raise the limits of a render.
#[test]
fn too_much_is_refused_when_traced() {
    let plain = engine().with_steps(1_000_000);
    let traced = engine().with_steps(1_000_000).traced();
    for template in TOO_MUCH_TO_TRACE {
        let error = soon(&traced, template).expect_err(template);
        assert_eq!(Err(error), soon(&plain, template), "{template}");
    }
}

/// As in Helm, functions that cannot parse their input return what they return for any invalid input.
#[test]
fn what_nests_too_deeply_is_not_read() {
    let engine = engine();
    for template in UNREADABLE {
        let result = soon(&engine, template);
        assert!(
            result.as_ref().is_ok_and(|text| text.len() < 100) || result.is_err_and(|error| refused(&error)),
            "{template}"
        );
    }
}

#[test]
fn maps_that_contain_themselves_end() {
    let engine = engine();
    for template in NESTED {
        // The result is either one that does not need the inner value, or an error.
        if let Ok(text) = soon(&engine, &format!("{CYCLE}{template}")) {
            assert!(text.len() < 1000, "{template}");
        }
    }
    for printing in [
        "{{ $d }}",
        "{{ toToml $d }}",
        "{{ deepCopy $d }}",
        "{{ printf \"%#v\" $d }}",
    ] {
        let error = soon(&engine, &format!("{CYCLE}{printing}")).expect_err(printing);
        assert!(refused(&error), "{printing}: {error}");
    }
    // Helm's toYaml converts by way of JSON, which detects the cycle; it ignores errors.
    let text = soon(&engine, &format!("{CYCLE}{{{{ toYaml $d }}}}"));
    assert_eq!(text.as_deref(), Ok(""));
}

#[test]
fn deep_values_end() {
    let engine = engine();
    for before in [DEEP_MAP, DEEP_LIST] {
        for template in NESTED {
            if let Ok(text) = soon(&engine, &format!("{before}{template}")) {
                assert!(text.len() < 1000, "{template}");
            }
        }
    }
}
