//! Regular expressions, in Go's syntax.

use std::sync::Arc;

use super::registry::sprig;
use super::{Call, Fault, Function, Outcome};
use gostd::regexp::{Regexp, must_quote, quote_meta};
use gostd::string::normalize;
use govalue::Type::{Int, String as Str};
use govalue::{Element, Value, nil_list, strings};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("mustRegexFind", &[Str, Str], TEXT_OR_ERROR, must_find, "the first match of the expression in the text"),
    sprig("mustRegexFindAll", &[Str, Str, Int], LIST_OR_ERROR, must_find_all, "at most so many matches"),
    sprig("mustRegexMatch", &[Str, Str], "(bool, error)", must_match, "whether the text has a match; fails where the expression is none"),
    sprig("mustRegexReplaceAll", &[Str, Str, Str], TEXT_OR_ERROR, must_replace_all, "the text with all matches replaced"),
    sprig("mustRegexReplaceAllLiteral", &[Str, Str, Str], TEXT_OR_ERROR, must_replace_all_literal, "the text with all matches replaced; `$` is nothing special"),
    sprig("mustRegexSplit", &[Str, Str, Int], LIST_OR_ERROR, must_split, "at most so many pieces of the text between matches"),
    sprig("regexFind", &[Str, Str], "string", find, "the first match of the expression in the text"),
    sprig("regexFindAll", &[Str, Str, Int], "[]string", find_all, "at most so many matches; all with -1"),
    sprig("regexMatch", &[Str, Str], "bool", matches, "whether the text has a match of the expression"),
    sprig("regexQuoteMeta", &[Str], "string", quote, "an expression that matches the string itself"),
    sprig("regexReplaceAll", &[Str, Str, Str], "string", replace_all, "the text (second) with all matches replaced by the third, in which `${1}` is a group"),
    sprig("regexReplaceAllLiteral", &[Str, Str, Str], "string", replace_all_literal, "the text with all matches replaced; `$` is nothing special"),
    sprig("regexSplit", &[Str, Str, Int], "[]string", split, "at most so many pieces of the text between matches; all with -1"),
];

const TEXT_OR_ERROR: &str = "(string, error)";
const LIST_OR_ERROR: &str = "([]string, error)";

/// How a function reports an invalid expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// As a returned error.
    Must,
    /// As a panic, like `regexp.MustCompile`.
    Panic,
}

fn compiled(call: &mut Call<'_>, manner: Manner) -> Result<Arc<Regexp>, Fault> {
    call.host.charge(call.arguments.len() + 10)?;
    let expression = call.str(0);
    let regexp = Regexp::compile(expression).map_err(|text| match manner {
        Manner::Must => Fault::Failed(text),
        Manner::Panic => Fault::new(format!("regexp: Compile({}): {text}", must_quote(expression))),
    })?;
    // The cost of compiling the expression and of running it over the text.
    let text = call.str(1);
    let Some(size) = regexp.prepare(text) else {
        return Err(Fault::Limit("the regular expression is too large".to_owned()));
    };
    let length = text.len();
    call.host.charge(size / 1000 + length / 50)?;
    Ok(regexp)
}

fn must_match(call: &mut Call<'_>) -> Outcome {
    Ok(compiled(call, Manner::Must)?.is_match(call.str(1)).into())
}

fn matches(call: &mut Call<'_>) -> Outcome {
    match must_match(call) {
        Err(Fault::Failed(_)) => Ok(false.into()),
        outcome => outcome,
    }
}

fn found(call: &mut Call<'_>, manner: Manner) -> Outcome {
    Ok(compiled(call, manner)?.find(call.str(1)).unwrap_or_default().into())
}

fn find(call: &mut Call<'_>) -> Outcome {
    found(call, Manner::Panic)
}

fn must_find(call: &mut Call<'_>) -> Outcome {
    found(call, Manner::Must)
}

/// The count argument; none (no limit) for a negative number.
fn limit(call: &Call<'_>) -> Option<usize> {
    usize::try_from(call.int(2)).ok()
}

fn all_found(call: &mut Call<'_>, manner: Manner) -> Outcome {
    let regexp = compiled(call, manner)?;
    let limit = limit(call);
    call.charge_items(call.str(1).len().min(limit.unwrap_or(usize::MAX)) / 8)?;
    let text = call.str(1);
    let found = regexp.find_all(text, limit);
    if found.is_empty() {
        return Ok(nil_list(Element::String));
    }
    Ok(strings(found.into_iter().map(|(start, end)| &text[start..end])))
}

fn find_all(call: &mut Call<'_>) -> Outcome {
    all_found(call, Manner::Panic)
}

fn must_find_all(call: &mut Call<'_>) -> Outcome {
    all_found(call, Manner::Must)
}

fn pieces(call: &mut Call<'_>, manner: Manner) -> Outcome {
    let regexp = compiled(call, manner)?;
    let limit = limit(call);
    if limit == Some(0) {
        return Ok(nil_list(Element::String));
    }
    call.charge_items(call.str(1).len().min(limit.unwrap_or(usize::MAX)) / 8)?;
    Ok(strings(regexp.split(call.str(1), limit)))
}

fn split(call: &mut Call<'_>) -> Outcome {
    pieces(call, Manner::Panic)
}

fn must_split(call: &mut Call<'_>) -> Outcome {
    pieces(call, Manner::Must)
}

fn replaced(call: &mut Call<'_>, manner: Manner, literal: bool) -> Outcome {
    let regexp = compiled(call, manner)?;
    let (arguments, host) = (&call.arguments, &mut *call.host);
    let text = |index: usize| arguments.get(index).and_then(Value::as_str).unwrap_or_default();
    let pay = |bytes: usize| host.charge(bytes / 100 + 1);
    let out = if literal {
        regexp.replace_all_literal(text(1), text(2), pay)?
    } else {
        regexp.replace_all(text(1), text(2), pay)?
    };
    Ok(normalize(out).into())
}

fn replace_all(call: &mut Call<'_>) -> Outcome {
    replaced(call, Manner::Panic, false)
}

fn must_replace_all(call: &mut Call<'_>) -> Outcome {
    replaced(call, Manner::Must, false)
}

fn replace_all_literal(call: &mut Call<'_>) -> Outcome {
    replaced(call, Manner::Panic, true)
}

fn must_replace_all_literal(call: &mut Call<'_>) -> Outcome {
    replaced(call, Manner::Must, true)
}

fn quote(call: &mut Call<'_>) -> Outcome {
    Ok(quote_meta(call.str(0)).into())
}
