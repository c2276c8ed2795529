//! Instructions as text, for `promchart lower`.

use std::fmt;

use gostd::quote::quote;
use gotemplate::trace::find;
use minijinja::machinery::Instruction;

use super::Lowered;

/// The width of the column of instructions; the nodes follow.
const WIDTH: usize = 44;

/// One line for each instruction: its number, its name in minijinja with its operand, and the node of the template that
/// its failure is attributed to. `ApplyFilter name/2` replaces the two topmost values. The number after a jump is that of
/// the instruction that it leads to.
impl fmt::Display for Lowered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instructions = self.instructions();
        let mut number = 0;
        while let Some(instruction) = instructions.get(number) {
            let mut line = format!("{number:>5}  ");
            write_instruction(instruction, &mut line)?;
            let span = instructions.get_span(number);
            let node = span.and_then(|span| Self::node(span.start_offset as usize));
            if let Some(node) = node.and_then(|node| find(self.tree(), node)) {
                let text = node.text();
                let first = text.lines().next().unwrap_or_default();
                line = format!("{line:<WIDTH$}  {first}");
            }
            writeln!(f, "{}", line.trim_end())?;
            number += 1;
        }
        Ok(())
    }
}

fn write_instruction(instruction: &Instruction<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    match instruction {
        Instruction::EmitRaw(text) => write!(out, "EmitRaw {}", quote(text)),
        Instruction::Lookup(name) => write!(out, "Lookup {name}"),
        Instruction::StoreLocal(name) => write!(out, "StoreLocal {name}"),
        Instruction::GetAttr(name) => write!(out, "GetAttr {name}"),
        Instruction::LoadConst(value) => match value.as_str() {
            Some(text) => write!(out, "LoadConst {}", quote(text)),
            None => write!(out, "LoadConst {value:?}"),
        },
        Instruction::ApplyFilter(name, Some(arguments), _) => write!(out, "ApplyFilter {name}/{arguments}"),
        Instruction::ApplyFilter(name, None, _) => write!(out, "ApplyFilter {name}/..."),
        Instruction::UnpackList(count) => write!(out, "UnpackList {count}"),
        Instruction::Iterate(target) => write!(out, "Iterate {target}"),
        Instruction::Jump(target) => write!(out, "Jump {target}"),
        Instruction::JumpIfFalse(target) => write!(out, "JumpIfFalse {target}"),
        Instruction::JumpIfFalseOrPop(target) => write!(out, "JumpIfFalseOrPop {target}"),
        Instruction::JumpIfTrueOrPop(target) => write!(out, "JumpIfTrueOrPop {target}"),
        Instruction::PushLoop(_) => write!(out, "PushLoop"),
        other => write!(out, "{other:?}"),
    }
}
