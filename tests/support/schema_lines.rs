//! Helm's messages about values that a schema refuses; used by the tests and by xtask. Helm's maps have no order, so
//! the order of the lines is ignored.

/// The lines with their nested lines, sorted, and the names in each sorted.
pub(crate) fn sorted(lines: &[String]) -> Vec<String> {
    let indent = |line: &String| line.len() - line.trim_start().len();
    let Some(least) = lines.iter().map(indent).min() else {
        return Vec::new();
    };
    let mut parts: Vec<Vec<String>> = Vec::new();
    for line in lines {
        match parts.last_mut() {
            Some(part) if indent(line) > least => part.push(line.clone()),
            _ => parts.push(vec![names_sorted(line)]),
        }
    }
    for part in &mut parts {
        let below = sorted(&part[1..]);
        part.truncate(1);
        part.extend(below);
    }
    parts.sort();
    parts.concat()
}

fn names_sorted(line: &str) -> String {
    let Some((before, rest)) = line.split_once("additional properties ") else {
        return line.to_owned();
    };
    let mut names: Vec<&str> = rest.trim_end_matches(" not allowed").split(", ").collect();
    names.sort_unstable();
    format!("{before}additional properties {}", names.join(", "))
}
