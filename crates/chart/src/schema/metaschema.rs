//! The metaschemas, and the validation of schemas against them.
//!
//! They come from the crate jsonschema and are adjusted where those of santhosh-tekuri/jsonschema differ.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use referencing::meta;
use serde_json::{Value as Json, json};

use super::address::encode;
use super::documents::{Documents, Refusal, Root};
use super::fault::{self, Fault};
use super::message::quote;
use super::program::{Id, Program};
use super::walk::{Outcome, Walker};
use gostd::quote::quote as quote_go;

/// The drafts and the URLs of their metaschemas, without a scheme, because http and https are equivalent.
const DRAFTS: [(u16, &str, &str); 6] = [
    (
        2020,
        "json-schema.org/draft/2020-12/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ),
    (
        2019,
        "json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2019-09/schema",
    ),
    (
        7,
        "json-schema.org/draft-07/schema",
        "http://json-schema.org/draft-07/schema",
    ),
    (
        6,
        "json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-06/schema",
    ),
    (
        4,
        "json-schema.org/draft-04/schema",
        "http://json-schema.org/draft-04/schema",
    ),
    (
        2020,
        "json-schema.org/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ),
];

const VOCABULARIES: [(u16, &[&str]); 2] = [
    (
        2019,
        &["core", "applicator", "validation", "meta-data", "format", "content"],
    ),
    (
        2020,
        &[
            "core",
            "applicator",
            "unevaluated",
            "validation",
            "meta-data",
            "format-annotation",
            "format-assertion",
            "content",
        ],
    ),
];

fn bare(address: &str) -> &str {
    let bare = address.strip_prefix("http://");
    bare.or_else(|| address.strip_prefix("https://")).unwrap_or(address)
}

/// Returns the draft of a metaschema URL. Mirrors `draftFromURL` of santhosh-tekuri/jsonschema's `draft.go`.
pub(super) fn draft(address: &str) -> Option<u16> {
    let address = address.strip_suffix('#').unwrap_or(address);
    let found = DRAFTS.iter().find(|(_, name, _)| *name == bare(address));
    found.map(|(draft, _, _)| *draft)
}

/// Returns the name of a vocabulary in a draft.
pub(super) fn vocabulary(draft: u16, address: &str) -> Option<&'static str> {
    let prefix = match draft {
        2019 => "https://json-schema.org/draft/2019-09/vocab/",
        _ => "https://json-schema.org/draft/2020-12/vocab/",
    };
    let name = address.strip_prefix(prefix)?;
    let (_, known) = VOCABULARIES.iter().find(|(of, _)| *of == draft)?;
    known.iter().find(|known| **known == name).copied()
}

/// The metaschema files by URL, without the scheme.
static DOCUMENTS: LazyLock<BTreeMap<String, Json>> = LazyLock::new(|| {
    let own = |document: &Json| document.clone();
    // An `enum` must have at least one option and no duplicates.
    let with_options = |document: &Json| {
        let mut document = document.clone();
        if let Some(options) = document.pointer_mut("/properties/enum").and_then(Json::as_object_mut) {
            options.insert("minItems".to_owned(), json!(1));
            options.insert("uniqueItems".to_owned(), json!(true));
        }
        document
    };
    let mut draft_4 = with_options(&meta::DRAFT4);
    if let Some(properties) = draft_4.pointer_mut("/properties").and_then(Json::as_object_mut) {
        properties.insert("$ref".to_owned(), json!({"type": "string"}));
        properties.insert("$schema".to_owned(), json!({"type": "string", "format": "uri"}));
    }
    let mut draft_6 = with_options(&meta::DRAFT6);
    if let Some(patterns) = draft_6
        .pointer_mut("/properties/patternProperties")
        .and_then(Json::as_object_mut)
    {
        patterns.shift_remove("propertyNames");
    }
    if let Some(properties) = draft_6.pointer_mut("/properties").and_then(Json::as_object_mut) {
        properties.shift_remove("examples");
    }
    let draft_7 = with_options(&meta::DRAFT7);
    let files = [
        ("draft-04/schema", draft_4),
        ("draft-06/schema", draft_6),
        ("draft-07/schema", draft_7),
        ("draft/2019-09/schema", own(&meta::DRAFT201909)),
        ("draft/2019-09/meta/applicator", own(&meta::DRAFT201909_APPLICATOR)),
        ("draft/2019-09/meta/content", own(&meta::DRAFT201909_CONTENT)),
        ("draft/2019-09/meta/core", own(&meta::DRAFT201909_CORE)),
        ("draft/2019-09/meta/format", own(&meta::DRAFT201909_FORMAT)),
        ("draft/2019-09/meta/meta-data", own(&meta::DRAFT201909_META_DATA)),
        ("draft/2019-09/meta/validation", own(&meta::DRAFT201909_VALIDATION)),
        ("draft/2020-12/schema", own(&meta::DRAFT202012)),
        ("schema", own(&meta::DRAFT202012)),
        ("draft/2020-12/meta/applicator", own(&meta::DRAFT202012_APPLICATOR)),
        ("draft/2020-12/meta/content", own(&meta::DRAFT202012_CONTENT)),
        ("draft/2020-12/meta/core", own(&meta::DRAFT202012_CORE)),
        (
            "draft/2020-12/meta/format-annotation",
            own(&meta::DRAFT202012_FORMAT_ANNOTATION),
        ),
        (
            "draft/2020-12/meta/format-assertion",
            own(&meta::DRAFT202012_FORMAT_ASSERTION),
        ),
        ("draft/2020-12/meta/meta-data", own(&meta::DRAFT202012_META_DATA)),
        ("draft/2020-12/meta/unevaluated", own(&meta::DRAFT202012_UNEVALUATED)),
        ("draft/2020-12/meta/validation", own(&meta::DRAFT202012_VALIDATION)),
    ];
    files
        .into_iter()
        .map(|(name, document)| (format!("json-schema.org/{name}"), document))
        .collect()
});

/// Returns the file of a metaschema.
pub(super) fn document(address: &str) -> Option<&'static Json> {
    address
        .starts_with("http")
        .then(|| DOCUMENTS.get(bare(address)))
        .flatten()
}

/// The compiled metaschemas of all drafts. Formats are asserted in them.
struct Compiled {
    program: Program,
    roots: BTreeMap<u16, Id>,
}

static COMPILED: LazyLock<Option<Compiled>> = LazyLock::new(|| {
    let mut documents = Documents::new(None);
    let mut program = Program::default();
    let mut roots = BTreeMap::new();
    for (draft, _, address) in &DRAFTS[..5] {
        let id = program.compile(&mut documents, address, true).ok()?;
        roots.insert(*draft, id);
    }
    Some(Compiled { program, roots })
});

/// Returns the compiled metaschema of a draft.
pub(super) fn root_of(draft: u16) -> Option<Id> {
    COMPILED.as_ref()?.roots.get(&draft).copied()
}

/// Validates a part of a file against the metaschema of its draft.
///
/// # Errors
/// The faults, in Helm's words.
pub(super) fn check(root: &Root, pointer: &str) -> Result<(), Refusal> {
    let draft = root.resource(pointer).dialect.draft;
    let (Some(compiled), Some(meta)) = (COMPILED.as_ref(), root_of(draft)) else {
        return Ok(());
    };
    let Some(part) = root.document.pointer(pointer) else {
        return Ok(());
    };
    let mut walker = Walker::new(&compiled.program).of_schemas(&root.resources);
    let faults = match walker.run(meta, part) {
        Outcome::Faults(faults) => faults,
        Outcome::Valid | Outcome::TooMuch => return Ok(()),
    };
    let place = quote_go(&format!("{}#{}", root.address, encode(pointer)));
    let location = quote(&compiled.program.location(meta));
    let lines = fault::lines(&faults).join("\n");
    let deepest = deepest(&faults);
    let shown = deepest.map_or_else(String::new, |fault| fault.what.text());
    let inside = deepest.map_or("", |fault| &*fault.at);
    Err(Refusal {
        helm: format!("{place} is not valid against metaschema: jsonschema validation failed with {location}\n{lines}"),
        message: shown,
        address: root.address.clone(),
        pointer: format!("{pointer}{inside}"),
    })
}

/// Returns the most specific fault: the first one without causes.
fn deepest(faults: &[Fault]) -> Option<&Fault> {
    let first = faults.first()?;
    let is_choice = matches!(*first.what, fault::What::AnyOf | fault::What::OneOf(_));
    let inner = if is_choice {
        first.causes.last()
    } else {
        first.causes.first()
    };
    match inner {
        Some(_) if is_choice => deepest(&first.causes[first.causes.len() - 1..]),
        Some(_) => deepest(&first.causes),
        None => Some(first),
    }
}
