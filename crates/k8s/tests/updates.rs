//! `tests/updates/cases.yaml`: updates of objects, and what a real API server says of them (`verdicts.json`, made by `record.py` there).
//! Anyone can add cases.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "reads the cases, and fails if it cannot"
)]

use std::path::Path;

use promchart_k8s::{Effect, Outcome, Way, update};
use serde_json::{Map, Value};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/updates").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn place<'v>(value: &'v mut Value, pointer: &str) -> (&'v mut Value, String) {
    let mut steps: Vec<&str> = pointer.split('/').skip(1).collect();
    let last = steps.pop().unwrap().to_owned();
    let place = steps.into_iter().fold(value, |value, step| match value {
        Value::Array(items) => &mut items[step.parse::<usize>().unwrap()],
        value => {
            if !value.is_object() {
                *value = Value::Object(Map::new());
            }
            value.as_object_mut().unwrap().entry(step).or_insert(Value::Null)
        }
    });
    (place, last)
}

fn change(object: &mut Value, sets: &Value, removes: &Value) {
    for (pointer, new) in sets.as_object().into_iter().flatten() {
        match place(object, pointer) {
            (Value::Array(items), last) => {
                let index: usize = last.parse().unwrap();
                items.truncate(index.max(items.len().min(index)));
                items.insert(index, new.clone());
            }
            (value, last) => {
                if !value.is_object() {
                    *value = Value::Object(Map::new());
                }
                let map = value.as_object_mut().unwrap();
                if new.is_null() {
                    map.shift_remove(&last);
                } else {
                    map.insert(last, new.clone());
                }
            }
        }
    }
    for pointer in removes.as_array().into_iter().flatten() {
        match place(object, pointer.as_str().unwrap()) {
            (Value::Array(items), last) => drop(items.remove(last.parse().unwrap())),
            (value, last) => drop(value.as_object_mut().unwrap().shift_remove(&last)),
        }
    }
}

/// Compares our verdict on one way of updating with the server's.
fn judge(effects: &[Effect], way: Way, recorded: &Value) -> Option<String> {
    let here = |effect: &&Effect| effect.way.is_none_or(|own| own == way);
    let said: Vec<&Effect> = effects.iter().filter(here).collect();
    let verdict = recorded["verdict"].as_str().unwrap();
    let refused = said.iter().any(|effect| effect.outcome == Outcome::Refused);
    // What depends on more than the objects may be either.
    let open = said.iter().any(|effect| effect.outcome == Outcome::Depends);
    // A merge that goes wrong may end in an object that is refused.
    let other = said
        .iter()
        .any(|effect| effect.outcome == Outcome::Other && way == Way::Merge);
    if refused != verdict.is_empty() || (verdict.is_empty() && !refused) || open || other {
        return None;
    }
    Some(format!("the server says {verdict:?}, we say {said:?}"))
}

#[test]
fn verdicts_are_those_of_a_server() {
    let bases: Value = serde_yaml::from_str(&read("bases.yaml")).unwrap();
    let cases: Vec<Value> = serde_yaml::from_str(&read("cases.yaml")).unwrap();
    let verdicts: Vec<Value> = serde_json::from_str(&read("verdicts.json")).unwrap();
    assert_eq!(cases.len(), verdicts.len(), "run record.py");
    let mut wrong = Vec::new();
    let mut refused = 0;
    for (case, recorded) in cases.iter().zip(&verdicts) {
        let mut old = bases[case["base"].as_str().unwrap()].clone();
        change(&mut old, &case["old"], &Value::Null);
        let mut new = old.clone();
        change(&mut new, &case["set"], &case["remove"]);
        let effects = update(&old, &new);
        for (way, name) in [(Way::Apply, "apply"), (Way::Merge, "merge")] {
            refused += usize::from(recorded[name]["verdict"] != "");
            if let Some(why) = judge(&effects, way, &recorded[name]) {
                wrong.push(format!("{name} {case}: {why}"));
            }
        }
        // The place that is looked at is as the new object says, unless we say otherwise.
        if let Some(pointer) = case["see"].as_str() {
            let told = |way: Way| {
                effects
                    .iter()
                    .any(|effect| effect.outcome == Outcome::Other && effect.way.is_none_or(|own| own == way))
            };
            let differs = recorded["apply"]["see"] != recorded["merge"]["see"];
            if differs != (told(Way::Merge) && !told(Way::Apply)) && recorded["merge"]["verdict"] == "" {
                wrong.push(format!(
                    "{case}: {pointer} is {recorded} afterwards, we say {effects:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 100, "{refused}");
}

/// A merge that goes wrong is told, and so are fields that stay although nobody sets them any more.
#[test]
fn what_is_otherwise_afterwards_is_told() {
    let object = |text: &str| -> Value { serde_yaml::from_str(text).unwrap() };
    let old = object("{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: x, b: y}}");
    let new = object("{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: x}}");
    let effects = update(&old, &new);
    assert_eq!(effects.len(), 1, "{effects:?}");
    assert_eq!((effects[0].outcome, effects[0].way), (Outcome::Other, None));
    assert!(update(&new, &old).is_empty());
}
