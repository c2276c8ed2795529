//! The keywords for each type of value, and those that apply other schemas.

use serde_json::{Map, Number, Value as Json};

use super::super::fault::What;
use super::super::number;
use super::super::program::{Dependency, Rest as More, Schema};
use super::{Frame, Walker, equal};

impl Walker<'_> {
    fn count(&self, frame: &mut Frame<'_>, schema: &Schema, keyword: &'static str, got: usize) {
        let Some(&want) = schema.counts.get(keyword) else {
            return;
        };
        let size = i64::try_from(got).unwrap_or(i64::MAX);
        let is_wrong = if keyword.starts_with("min") {
            size < want
        } else {
            size > want
        };
        if is_wrong {
            self.push(frame, || What::Count { keyword, got, want });
        }
    }

    pub(super) fn object(&mut self, frame: &mut Frame<'_>, schema: &Schema, map: &Map<String, Json>) {
        let missing = |names: &[String]| -> Vec<String> {
            names.iter().filter(|name| !map.contains_key(*name)).cloned().collect()
        };
        self.count(frame, schema, "minProperties", map.len());
        self.count(frame, schema, "maxProperties", map.len());
        let absent = missing(&schema.required);
        if !absent.is_empty() {
            self.push(frame, || What::Missing(absent));
        }
        if frame.is_decided() {
            return;
        }
        for (key, dependency) in schema.dependencies.iter().filter(|(key, _)| map.contains_key(key)) {
            match dependency {
                Dependency::Keys(names) => self.dependent(frame, key, missing(names)),
                Dependency::Schema(id) => {
                    let found = self.apply(frame, *id, "", false);
                    frame.faults.extend(found.err());
                }
            }
        }
        self.entries(frame, schema, map);
        if let Some(id) = schema.names {
            for key in sorted(map) {
                let name = Json::String(key.clone());
                if let Err(mut fault) = self.root(id, &name, frame.how) {
                    if *fault.what != What::Group || fault.causes.is_empty() {
                        fault = super::Fault {
                            causes: vec![fault.clone()],
                            ..fault
                        };
                    }
                    *fault.what = What::PropertyName(key.clone());
                    fault.at = self.pointer();
                    frame.faults.push(fault);
                }
            }
        }
        for (key, id) in schema.dependent_schemas.iter().filter(|(key, _)| map.contains_key(key)) {
            let _ = key;
            let found = self.apply(frame, *id, "", false);
            frame.faults.extend(found.err());
        }
        for (key, names) in schema
            .dependent_required
            .iter()
            .filter(|(key, _)| map.contains_key(key))
        {
            self.dependent(frame, key, missing(names));
        }
    }

    fn dependent(&self, frame: &mut Frame<'_>, by: &str, missing: Vec<String>) {
        if !missing.is_empty() {
            self.push(frame, || What::Dependent {
                by: by.to_owned(),
                missing,
            });
        }
    }

    fn entries(&mut self, frame: &mut Frame<'_>, schema: &Schema, map: &Map<String, Json>) {
        let mut additional = Vec::new();
        for key in sorted(map) {
            if frame.is_decided() {
                return;
            }
            let value = &map[key];
            let own = schema
                .properties
                .iter()
                .filter(|(name, _)| name == key)
                .map(|(_, id)| *id);
            let matching = schema
                .patterns
                .iter()
                .filter(|(pattern, _)| pattern.regexp.is_match(key));
            let mut ids: Vec<usize> = own.chain(matching.map(|(_, id)| *id)).collect();
            let mut is_evaluated = !ids.is_empty();
            if !is_evaluated {
                is_evaluated = schema.additional.is_some();
                match schema.additional {
                    Some(More::Schema(id)) => ids.push(id),
                    Some(More::Allowed(false)) => additional.push(key.clone()),
                    Some(More::Allowed(true)) | None => {}
                }
            }
            for id in ids {
                let found = self.apply_to(frame, id, value, key.clone());
                frame.faults.extend(found.err());
            }
            if is_evaluated {
                frame.rest.properties.remove(key);
            }
        }
        if !additional.is_empty() {
            self.push(frame, || What::Additional(additional));
        }
    }

    pub(super) fn array(&mut self, frame: &mut Frame<'_>, schema: &Schema, items: &[Json]) {
        self.count(frame, schema, "minItems", items.len());
        self.count(frame, schema, "maxItems", items.len());
        if schema.unique_items
            && let Some((first, second)) = duplicates(items)
        {
            self.push(frame, || What::Unique(first, second));
        }
        let first = schema.first_items.len().min(items.len());
        for (at, id) in schema.first_items.iter().take(first).enumerate() {
            self.item(frame, *id, items, at);
        }
        // `items` applies to all items before draft 2020-12 and to the remaining ones since then; it is never both.
        let rest = match (&schema.items, &schema.additional_items) {
            (Some(id), _) | (None, Some(More::Schema(id))) => Some(id),
            (None, Some(More::Allowed(false))) if first < items.len() => {
                self.push(frame, || What::AdditionalItems(items.len() - first));
                None
            }
            _ => None,
        };
        if let Some(&id) = rest {
            (first..items.len()).for_each(|at| self.item(frame, id, items, at));
        }
        if let Some(id) = schema.contains {
            self.contains(frame, schema, id, items);
        }
    }

    fn item(&mut self, frame: &mut Frame<'_>, id: usize, items: &[Json], at: usize) {
        let found = self.apply_to(frame, id, &items[at], at.to_string());
        frame.faults.extend(found.err());
    }

    fn contains(&mut self, frame: &mut Frame<'_>, schema: &Schema, id: usize, items: &[Json]) {
        let (mut matching, mut faults) = (Vec::new(), Vec::new());
        for (at, item) in items.iter().enumerate() {
            match self.apply_to(frame, id, item, at.to_string()) {
                Ok(()) => {
                    matching.push(at);
                    if schema.draft >= 2020 {
                        frame.rest.items.remove(&at);
                    }
                }
                Err(fault) => faults.push(fault),
            }
        }
        let count = i64::try_from(matching.len()).unwrap_or(i64::MAX);
        let what = match schema.counts.get("minContains") {
            Some(&want) if count < want => Some(What::MinContains {
                got: matching.clone(),
                want,
            }),
            None if matching.is_empty() => Some(What::Contains),
            _ => None,
        };
        if let Some(what) = what {
            let mut fault = self.fault(frame, || what);
            fault.causes = faults;
            frame.faults.push(fault);
        }
        if let Some(&want) = schema.counts.get("maxContains").filter(|want| count > **want) {
            self.push(frame, || What::MaxContains { got: matching, want });
        }
    }

    pub(super) fn string(&self, frame: &mut Frame<'_>, schema: &Schema, text: &str) {
        let length = text.chars().count();
        self.count(frame, schema, "minLength", length);
        self.count(frame, schema, "maxLength", length);
        if let Some(pattern) = schema.pattern.as_ref().filter(|pattern| !pattern.regexp.is_match(text)) {
            self.push(frame, || What::Pattern {
                got: text.to_owned(),
                want: pattern.text.clone(),
            });
        }
    }

    pub(super) fn number(&self, frame: &mut Frame<'_>, schema: &Schema, got: &Number) {
        for keyword in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] {
            let Some(want) = schema.bounds.get(keyword) else {
                continue;
            };
            let order = number::compare(got, want);
            let is_met = match keyword {
                "minimum" => order.is_ge(),
                "maximum" => order.is_le(),
                "exclusiveMinimum" => order.is_gt(),
                _ => order.is_lt(),
            };
            if !is_met {
                self.bound(frame, keyword, got, want);
            }
        }
        if let Some(want) = schema.multiple_of.as_ref().filter(|of| !number::is_multiple(got, of)) {
            self.bound(frame, "multipleOf", got, want);
        }
    }

    fn bound(&self, frame: &mut Frame<'_>, keyword: &'static str, got: &Number, want: &Number) {
        self.push(frame, || What::Bound {
            keyword,
            got: got.clone(),
            want: want.clone(),
        });
    }

    pub(super) fn conditions(&mut self, frame: &mut Frame<'_>, schema: &Schema) {
        if let Some(id) = schema.not
            && self.apply(frame, id, "", true).is_ok()
        {
            self.push(frame, || What::Not);
        }
        let mut faults = Vec::new();
        for id in &schema.all_of {
            faults.extend(self.apply(frame, *id, "", false).err());
            if frame.how.is_quiet && !faults.is_empty() {
                break;
            }
        }
        if !faults.is_empty() {
            self.choice(frame, What::AllOf, faults);
        }
        self.any_of(frame, schema);
        self.one_of(frame, schema);
        if let Some(id) = schema.condition {
            let holds = self.apply(frame, id, "", true).is_ok();
            let branch = if holds { schema.then } else { schema.otherwise };
            if let Some(branch) = branch {
                let found = self.apply(frame, branch, "", false);
                frame.faults.extend(found.err());
            }
        }
    }

    fn choice(&self, frame: &mut Frame<'_>, what: What, causes: Vec<super::Fault>) {
        let mut fault = self.fault(frame, || what);
        fault.causes = causes;
        frame.faults.push(fault);
    }

    fn any_of(&mut self, frame: &mut Frame<'_>, schema: &Schema) {
        let (mut matches, mut faults) = (schema.any_of.is_empty(), Vec::new());
        for id in &schema.any_of {
            match self.apply(frame, *id, "", false) {
                Ok(()) => {
                    matches = true;
                    // All branches must be evaluated if unevaluated properties or items matter.
                    if frame.rest.is_empty() {
                        break;
                    }
                }
                Err(fault) => faults.push(fault),
            }
        }
        if !matches {
            self.choice(frame, What::AnyOf, faults);
        }
    }

    fn one_of(&mut self, frame: &mut Frame<'_>, schema: &Schema) {
        let (mut matching, mut faults) = (None, Vec::new());
        for (at, id) in schema.one_of.iter().enumerate() {
            match (self.apply(frame, *id, "", matching.is_some()), matching) {
                (Ok(()), None) => matching = Some(at),
                (Ok(()), Some(first)) => {
                    self.push(frame, || What::OneOf(Some((first, at))));
                    break;
                }
                (Err(fault), None) => faults.push(fault),
                (Err(_), Some(_)) => {}
            }
        }
        if matching.is_none() && !schema.one_of.is_empty() {
            self.choice(frame, What::OneOf(None), faults);
        }
    }

    pub(super) fn unevaluated(&mut self, frame: &mut Frame<'_>, schema: &Schema) {
        if let (Json::Object(map), Some(id)) = (frame.value, schema.unevaluated_properties) {
            for key in std::mem::take(&mut frame.rest.properties) {
                if let Some(value) = map.get(&key) {
                    let found = self.apply_to(frame, id, value, key);
                    frame.faults.extend(found.err());
                }
            }
        }
        if let (Json::Array(items), Some(id)) = (frame.value, schema.unevaluated_items) {
            for at in std::mem::take(&mut frame.rest.items) {
                self.item(frame, id, items, at);
            }
        }
    }
}

fn sorted(map: &Map<String, Json>) -> Vec<&String> {
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort();
    keys
}

/// Returns the first two items that are equal, in the order in which the Go function `duplicates` searches.
fn duplicates(items: &[Json]) -> Option<(usize, usize)> {
    (1..items.len()).find_map(|at| {
        (0..at)
            .find(|before| equal(&items[at], &items[*before]))
            .map(|before| (before, at))
    })
}
