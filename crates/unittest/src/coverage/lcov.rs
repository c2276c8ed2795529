//! lcov's tracefile, as described in `geninfo(1)`. Editors and coverage services read it.

use super::{Measured, MeasuredFile};

/// Writes the coverage of charts.
pub fn write(charts: &[Measured]) -> String {
    let mut out = String::new();
    for file in charts.iter().flat_map(|chart| &chart.files) {
        record(file, &mut out);
    }
    out
}

fn record(file: &MeasuredFile, out: &mut String) {
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line("TN:".to_owned());
    line(format!("SF:{}", file.path));
    for (name, start, _) in &file.definitions {
        line(format!("FN:{start},{name}"));
    }
    for (name, _, hits) in &file.definitions {
        line(format!("FNDA:{hits},{name}"));
    }
    let called = file.definitions.iter().filter(|(_, _, hits)| *hits > 0).count();
    line(format!("FNF:{}", file.definitions.len()));
    line(format!("FNH:{called}"));
    for branch in &file.branches {
        let taken = if branch.was_reached {
            branch.hits.to_string()
        } else {
            "-".to_owned()
        };
        let number = u8::from(branch.branch.is_else);
        line(format!("BRDA:{},{},{number},{taken}", branch.line, branch.decision));
    }
    let branches = file.branch_share();
    line(format!("BRF:{}", branches.all));
    line(format!("BRH:{}", branches.run));
    for (number, hits) in &file.lines {
        line(format!("DA:{number},{hits}"));
    }
    let lines = file.line_share();
    line(format!("LF:{}", lines.all));
    line(format!("LH:{}", lines.run));
    line("end_of_record".to_owned());
}
