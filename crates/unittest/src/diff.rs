//! Line-based unified diffs as Python's difflib computes them (Ratcliff and Obershelp: the longest common block first,
//! then the parts before and after it), with one line of context.

use std::collections::BTreeMap;

/// The number of context lines.
const CONTEXT: usize = 1;
/// Texts with more lines are not compared line by line.
const MAX_LINES: usize = 20_000;

/// Ranges of both texts that are equal or different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    same: bool,
    a: (usize, usize),
    b: (usize, usize),
}

/// The difference between the expected and the actual text; empty if they are equal.
pub(super) fn unified(expected: &str, actual: &str) -> String {
    let (a, b) = (lines(expected), lines(actual));
    if a.len().max(b.len()) > MAX_LINES {
        return String::new();
    }
    let mut out = String::new();
    for group in groups(blocks(&a, &b)) {
        if out.is_empty() {
            out.push_str("--- Expected\n+++ Actual\n");
        }
        let (first, last) = (group[0], group[group.len() - 1]);
        out.push_str(&format!(
            "@@ -{} +{} @@\n",
            range(first.a.0, last.a.1),
            range(first.b.0, last.b.1)
        ));
        for block in group {
            let mut put = |sign: char, lines: &[&str]| {
                for line in lines {
                    out.push(sign);
                    out.push_str(line);
                    out.push('\n');
                }
            };
            if block.same {
                put(' ', &a[block.a.0..block.a.1]);
            } else {
                put('-', &a[block.a.0..block.a.1]);
                put('+', &b[block.b.0..block.b.1]);
            }
        }
    }
    out
}

fn lines(text: &str) -> Vec<&str> {
    text.split('\n').collect()
}

fn range(start: usize, stop: usize) -> String {
    match stop - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

/// The positions of lines in the second text. As in difflib, lines that are frequent in a long text are left out.
fn places<'t>(b: &[&'t str]) -> BTreeMap<&'t str, Vec<usize>> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, line) in b.iter().enumerate() {
        places.entry(line).or_default().push(at);
    }
    if b.len() >= 200 {
        let most = b.len() / 100 + 1;
        places.retain(|_, found| found.len() <= most);
    }
    places
}

/// The longest common block of two ranges; the first of several.
fn longest(
    a: &[&str],
    b: &[&str],
    places: &BTreeMap<&str, Vec<usize>>,
    (a_start, a_end): (usize, usize),
    (b_start, b_end): (usize, usize),
) -> (usize, usize, usize) {
    let (mut best_a, mut best_b, mut size) = (a_start, b_start, 0);
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, line) in a.iter().enumerate().take(a_end).skip(a_start) {
        let mut next = BTreeMap::new();
        for &place in places.get(line).into_iter().flatten() {
            if place < b_start {
                continue;
            }
            if place >= b_end {
                break;
            }
            let before = place.checked_sub(1).and_then(|before| lengths.get(&before));
            let length = before.copied().unwrap_or_default() + 1;
            next.insert(place, length);
            if length > size {
                (best_a, best_b, size) = (at + 1 - length, place + 1 - length, length);
            }
        }
        lengths = next;
    }
    while best_a > a_start && best_b > b_start && a[best_a - 1] == b[best_b - 1] {
        (best_a, best_b, size) = (best_a - 1, best_b - 1, size + 1);
    }
    while best_a + size < a_end && best_b + size < b_end && a[best_a + size] == b[best_b + size] {
        size += 1;
    }
    (best_a, best_b, size)
}

fn blocks(a: &[&str], b: &[&str]) -> Vec<Block> {
    let places = places(b);
    let mut matches = Vec::new();
    let mut open = vec![((0, a.len()), (0, b.len()))];
    while let Some((in_a, in_b)) = open.pop() {
        let (at_a, at_b, size) = longest(a, b, &places, in_a, in_b);
        if size == 0 {
            continue;
        }
        matches.push((at_a, at_b, size));
        if in_a.0 < at_a && in_b.0 < at_b {
            open.push(((in_a.0, at_a), (in_b.0, at_b)));
        }
        if at_a + size < in_a.1 && at_b + size < in_b.1 {
            open.push(((at_a + size, in_a.1), (at_b + size, in_b.1)));
        }
    }
    matches.sort_unstable();
    let mut blocks: Vec<Block> = Vec::new();
    let (mut done_a, mut done_b) = (0, 0);
    for (at_a, at_b, size) in matches.into_iter().chain([(a.len(), b.len(), 0)]) {
        if done_a < at_a || done_b < at_b {
            blocks.push(Block {
                same: false,
                a: (done_a, at_a),
                b: (done_b, at_b),
            });
        }
        if size > 0 {
            let (a, b) = ((at_a, at_a + size), (at_b, at_b + size));
            match blocks.last_mut() {
                Some(last) if last.same => (last.a.1, last.b.1) = (a.1, b.1),
                _ => blocks.push(Block { same: true, a, b }),
            }
        }
        (done_a, done_b) = (at_a + size, at_b + size);
    }
    blocks
}

/// Changes with their context lines, grouped if they are near each other.
fn groups(mut blocks: Vec<Block>) -> Vec<Vec<Block>> {
    if blocks.iter().all(|block| block.same) {
        return Vec::new();
    }
    if let Some(first) = blocks.first_mut().filter(|first| first.same) {
        first.a.0 = first.a.0.max(first.a.1.saturating_sub(CONTEXT));
        first.b.0 = first.b.0.max(first.b.1.saturating_sub(CONTEXT));
    }
    if let Some(last) = blocks.last_mut().filter(|last| last.same) {
        last.a.1 = last.a.1.min(last.a.0 + CONTEXT);
        last.b.1 = last.b.1.min(last.b.0 + CONTEXT);
    }
    let mut groups = vec![Vec::new()];
    for block in blocks {
        let far = block.same && block.a.1 - block.a.0 > 2 * CONTEXT;
        let group = groups.len() - 1;
        if far {
            groups[group].push(Block {
                same: true,
                a: (block.a.0, block.a.0 + CONTEXT),
                b: (block.b.0, block.b.0 + CONTEXT),
            });
            groups.push(vec![Block {
                same: true,
                a: (block.a.1 - CONTEXT, block.a.1),
                b: (block.b.1 - CONTEXT, block.b.1),
            }]);
        } else {
            groups[group].push(block);
        }
    }
    groups.retain(|group| group.iter().any(|block| !block.same));
    groups
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn changes_with_a_line_around() {
        assert_eq!(
            unified("a: 1\nb: 2\nc: 3\n", "a: 1\nb: 4\nc: 3\n"),
            "--- Expected\n+++ Actual\n@@ -1,3 +1,3 @@\n a: 1\n-b: 2\n+b: 4\n c: 3\n"
        );
        assert_eq!(unified("a\n", "a\n"), "");
        assert_eq!(
            unified("a\n", "b\n"),
            "--- Expected\n+++ Actual\n@@ -1,2 +1,2 @@\n-a\n+b\n \n"
        );
    }
}
