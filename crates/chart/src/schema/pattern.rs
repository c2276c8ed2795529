//! The keyword `pattern`, read by Go's regular expressions as in Helm; the crate would read it as JavaScript does.

use std::sync::Arc;

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value as Json};

use super::message::quote;
use gostd::regexp::Regexp;

/// The name under which it is registered: see `rename_patterns`.
pub(super) const NAME: &str = "promchart:pattern";

struct Pattern {
    text: String,
    regexp: Arc<Regexp>,
}

/// Makes the keyword.
///
/// # Errors
/// If the pattern is none.
pub(super) fn keyword<'a>(
    _: &'a Map<String, Json>,
    value: &'a Json,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let text = value.as_str().unwrap_or_default().to_owned();
    let regexp = Regexp::compile(&text)
        .map_err(|error| ValidationError::custom(format!("{} is not valid regex: {error}", quote(&text))))?;
    Ok(Box::new(Pattern { text, regexp }))
}

impl<'i> Keyword<'i> for Pattern {
    fn validate(&self, instance: &'i Json) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            return Ok(());
        }
        let shown = instance.as_str().unwrap_or_default();
        Err(ValidationError::custom(format!(
            "{} does not match pattern {}",
            quote(shown),
            quote(&self.text)
        )))
    }

    fn is_valid(&self, instance: &'i Json) -> bool {
        instance.as_str().is_none_or(|text| self.regexp.is_match(text))
    }
}
