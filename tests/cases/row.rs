//! Templates with Helm's results, one per line of a `*.jsonl` file.

use promchart::go::base64;
use promchart::go::string::decode;
use promchart::go::unicode::rune;

use crate::support::engine::{Engine, field, from_json, with_deep_stack};

/// The difference from a row of `template` and `out`, `out_base64` or `err`. A row that is `nondeterministic` in Helm
/// only has to render.
pub(crate) fn difference(engine: &Engine, row: &str) -> Option<String> {
    let row = &from_json(row);
    let text = |name| field(row, name).and_then(|value| value.as_str().map(str::to_owned));
    let template = text("template").expect("a template");
    let got = with_deep_stack(|| engine.render(&template));
    let random = field(row, "nondeterministic").is_some();
    let (out, encoded, err) = (text("out"), text("out_base64"), text("err"));
    let same = match &got {
        Ok(_) if random => err.is_none(),
        Ok(got) => match (&out, &encoded) {
            (Some(out), _) => decode(got) == decode(out),
            (_, Some(out)) => *decode(got) == base64::decode(out.as_bytes()).unwrap(),
            _ => false,
        },
        // In JSON, a byte that is not valid UTF-8 is U+FFFD.
        Err(got) => err.as_ref().is_some_and(|err| got.chars().map(rune).eq(err.chars())),
    };
    let short = |text: String| text.chars().take(1500).collect::<String>();
    (!same).then(|| {
        let want = format!("{:?}", err.map_or_else(|| Ok(out.or(encoded)), Err));
        format!(
            "{template}\n  want {}\n  got  {}",
            short(want),
            short(format!("{got:?}"))
        )
    })
}
