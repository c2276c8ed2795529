//! The lowering: the instructions of every valid Go template are sound. minijinja does not check instructions; it would
//! panic at a missing value, or run on after a jump into nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::machinery::{Instruction, Instructions};
use promchart::functions;
use promchart::go::string::encode;
use promchart::lower::lower;
use promchart::source::{Source, SourceKind, Sources};
use promchart::template::parse;

pub(crate) fn check(bytes: &[u8]) {
    let text = encode(bytes);
    let file = Sources::new().add(Source::new("t", SourceKind::Made, Vec::new()));
    let Ok(template) = parse(&text, file, "t", &|name| functions::find(name).is_some()) else {
        return;
    };
    for tree in template.trees.into_iter().map(Arc::new) {
        let lowered = lower(&tree);
        if let Err(problem) = verify(lowered.instructions()) {
            panic!("{text:?}: {problem}\n{lowered}");
        }
    }
}

/// The values on the stack and the loops around an instruction.
type Heights = (usize, usize);

/// Follows each way through the instructions: the stack and the loops are as high on every way that leads to an
/// instruction, an instruction finds the values and the loop that it takes, and nothing is left at the end.
fn verify(instructions: &Instructions<'_>) -> Result<(), String> {
    let len = (0..=u32::MAX).find(|at| instructions.get(*at).is_none()).unwrap_or(0);
    let mut seen: BTreeMap<u32, Heights> = BTreeMap::new();
    let mut ways: Vec<(u32, Heights)> = vec![(0, (0, 0))];
    while let Some((at, heights)) = ways.pop() {
        if at > len {
            return Err(format!("a jump to {at}, behind the last of {len} instructions"));
        }
        match seen.insert(at, heights) {
            Some(before) if before == heights => continue,
            Some(before) => return Err(format!("{at} is reached with {before:?} and with {heights:?}")),
            None => {}
        }
        let Some(instruction) = instructions.get(at) else {
            if heights != (0, 0) {
                return Err(format!("{heights:?} values and loops are left at the end"));
            }
            continue;
        };
        for (next, heights) in after(at, instruction, heights).ok_or_else(|| format!("{at} lacks a value or a loop"))? {
            ways.push((next, heights));
        }
    }
    Ok(())
}

/// The instructions that may follow an instruction, with the heights there. `None` if it lacks a value or a loop.
fn after(at: u32, instruction: &Instruction<'_>, (stack, loops): Heights) -> Option<Vec<(u32, Heights)>> {
    let next = at + 1;
    let on = |taken: usize, left: usize| Some(vec![(next, (stack.checked_sub(taken)? + left, loops))]);
    match instruction {
        Instruction::EmitRaw(_) => on(0, 0),
        Instruction::Lookup(_) | Instruction::LoadConst(_) => on(0, 1),
        Instruction::StoreLocal(_) | Instruction::DiscardTop | Instruction::Emit => on(1, 0),
        Instruction::GetAttr(_) | Instruction::Not => on(1, 1),
        Instruction::DupTop => on(1, 2),
        Instruction::UnpackList(count) => on(1, *count),
        Instruction::ApplyFilter(_, Some(arguments), _) => on(usize::from(*arguments), 1),
        // The number of arguments is not known here; the text of a test has not as many.
        Instruction::ApplyFilter(..) => Some(Vec::new()),
        Instruction::PushLoop(_) => Some(vec![(next, (stack.checked_sub(1)?, loops + 1))]),
        Instruction::Iterate(end) if loops > 0 => Some(vec![(next, (stack + 1, loops)), (*end, (stack, loops))]),
        Instruction::PushDidNotIterate if loops > 0 => on(0, 1),
        Instruction::PopLoopFrame => Some(vec![(next, (stack, loops.checked_sub(1)?))]),
        Instruction::Jump(to) => Some(vec![(*to, (stack, loops))]),
        Instruction::JumpIfFalse(to) => {
            let heights = (stack.checked_sub(1)?, loops);
            Some(vec![(next, heights), (*to, heights)])
        }
        Instruction::JumpIfFalseOrPop(to) | Instruction::JumpIfTrueOrPop(to) => {
            Some(vec![(next, (stack.checked_sub(1)?, loops)), (*to, (stack, loops))])
        }
        _ => None,
    }
}
