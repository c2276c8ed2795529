//! For programs. docs/diff.md describes it.

use serde_json::{Value as Json, json};

use crate::{Cause, Change, Diff, Ingredient, Kind, Shown, Spot};
use diagnostics::ObjectRef;

/// The version of the form; it changes when something in it does that is more than an addition.
const VERSION: u32 = 1;

/// The comparison as JSON.
pub fn json(diff: &Diff) -> String {
    let objects = diff.objects.iter().map(|object| {
        let mut out = reference(&object.reference);
        out["change"] = kind(object.kind).into();
        out["hook"] = object.hook.clone().into();
        out["crds"] = object.is_of_crds.into();
        out["cause"] = cause(object.cause.as_ref());
        out["renamed_from"] = object.renamed.as_ref().map(|(name, _)| name.clone()).into();
        out["content"] = object.content.clone().into();
        out["fields"] = object.changes.iter().map(change).collect();
        out
    });
    let harm = diff.harm.iter().map(|harm| {
        json!({
            "level": harm.level.as_str(),
            "rule": harm.rule,
            "object": reference(&harm.object),
            "path": harm.path,
            "message": harm.message,
            "help": harm.help,
            "with": harm.with,
            "cause": cause(harm.cause.as_ref()),
        })
    });
    let out = json!({
        "version": VERSION,
        "old": diff.old,
        "new": diff.new,
        "differs": !diff.is_empty(),
        "summary": {
            "added": diff.count(Kind::Added),
            "removed": diff.count(Kind::Removed),
            "changed": diff.count(Kind::Changed),
            "unchanged": diff.unchanged,
        },
        "effects": harm.collect::<Vec<_>>(),
        "objects": objects.collect::<Vec<_>>(),
        "notes": diff.notes,
    });
    serde_json::to_string_pretty(&out).unwrap_or_default() + "\n"
}

fn reference(of: &ObjectRef) -> Json {
    json!({"apiVersion": of.api_version, "kind": of.kind, "namespace": of.namespace, "name": of.name})
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Added => "added",
        Kind::Removed => "removed",
        Kind::Changed => "changed",
        Kind::Reordered => "reordered",
    }
}

fn change(change: &Change) -> Json {
    let lines = change.hunks.iter().map(|hunk| {
        let lines: Vec<String> = hunk.lines.iter().map(|(sign, line)| format!("{sign}{line}")).collect();
        json!({"old_line": hunk.old_line, "new_line": hunk.new_line, "lines": lines})
    });
    json!({
        "path": change.path,
        "change": kind(change.kind),
        "masked": change.is_masked,
        "old": shown(change.old.as_ref()),
        "new": shown(change.new.as_ref()),
        "lines": lines.collect::<Vec<_>>(),
    })
}

fn shown(shown: Option<&Shown>) -> Json {
    match shown {
        None => Json::Null,
        Some(shown) => json!({"value": shown.value, "cause": cause(shown.cause.as_ref())}),
    }
}

fn cause(cause: Option<&Cause>) -> Json {
    match cause {
        None => Json::Null,
        Some(cause) => json!({
            "template": spot(cause.template.as_ref()),
            "value": spot(cause.value.as_ref()),
            "certain": cause.is_certain,
            "made_of": cause.made_of.iter().map(made_of).collect::<Vec<_>>(),
        }),
    }
}

fn made_of(part: &Ingredient) -> Json {
    let mut out = spot(Some(&part.spot));
    out["key"] = part.key.clone().into();
    out
}

fn spot(spot: Option<&Spot>) -> Json {
    match spot {
        None => Json::Null,
        Some(spot) => {
            json!({"file": spot.file, "line": spot.line, "column": spot.line.map(|_| spot.column)})
        }
    }
}
