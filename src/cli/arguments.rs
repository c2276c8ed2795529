//! The command line as Helm reads it: `-f -,x.yaml`, `--set -a=1`, `-nx`, `--no-hooks=false`, `--debug template`.
//!
//! Go's pflag and cobra parse Helm's flags by other rules than clap: a flag that needs a value takes the next argument
//! whatever it looks like, `-h=false` does not ask for help, and flags may precede the subcommand. The arguments are
//! therefore first rewritten to the one form that clap parses in the same way: the subcommand, `--flag=value` ...,
//! `--`, and the positional arguments.

use std::collections::VecDeque;
use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};

use super::preliminary::{self, SWITCHES};
use gostd::boolean;
use gostd::string as gostring;

const HELP: &str = "help";

/// The arguments of the process, with the program first, in the form that clap parses as Helm would. Bytes that are not
/// UTF-8 are escaped.
pub(super) fn canonical(command: &Command, arguments: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let text = |argument: OsString| gostring::encode(argument.as_encoded_bytes()).into_owned();
    let given: Vec<String> = arguments.into_iter().map(text).collect();
    let Some((program, rest)) = given.split_first() else {
        return given;
    };
    let mut levels = vec![command];
    let mut words = vec![program.clone()];
    let mut rest = rest.to_vec();
    while levels[levels.len() - 1].has_subcommands() {
        // clap reports an unknown subcommand, and prints help without one.
        let Some((at, subcommand)) = subcommand(&levels, &rest) else {
            return given;
        };
        levels.push(subcommand);
        words.push(rest.remove(at));
    }
    let is_helms = words.get(1).is_some_and(|name| name == "template");
    let mut reader = ArgumentReader {
        levels,
        flags: Vec::new(),
        others: Vec::new(),
        help: None,
    };
    reader.read(rest.into());
    if is_helms {
        reader.flags.splice(0..0, preliminary::flags(&given[1..]));
    }
    words.extend(reader.flags);
    words.extend(reader.help);
    if !reader.others.is_empty() {
        words.push("--".to_owned());
        words.extend(reader.others);
    }
    words
}

/// The first argument that is neither a flag nor the value of one, if it names a subcommand. Mirrors cobra's `stripFlags`.
fn subcommand<'a>(levels: &[&'a Command], arguments: &[String]) -> Option<(usize, &'a Command)> {
    let wants_next = |name: &str| {
        let known = find(levels, |argument| is_named(argument, name));
        !SWITCHES.contains(&name) && known.is_none_or(takes_value)
    };
    let mut at = 0;
    while let Some(argument) = arguments.get(at) {
        at += match &**argument {
            // These flags do not apply to subcommands here.
            "--" | "--help" | "--version" | "-h" | "-V" => return None,
            long if long.starts_with("--") => 1 + usize::from(!long.contains('=') && wants_next(&long[2..])),
            short if short.starts_with('-') => 1 + usize::from(short.len() == 2 && short != "-="),
            "" => 1,
            name => {
                let own = levels.last()?;
                return Some((at, own.find_subcommand(name)?));
            }
        };
    }
    None
}

fn is_named(argument: &Arg, name: &str) -> bool {
    argument.get_long() == Some(name) || argument.get_all_aliases().is_some_and(|names| names.contains(&name))
}

/// An argument of the innermost command, or a global one of its parents.
fn find<'a>(levels: &[&'a Command], wanted: impl Fn(&Arg) -> bool) -> Option<&'a Arg> {
    let is_here = |own: bool| move |argument: &&Arg| own || argument.is_global_set();
    let inner_first = levels.iter().rev().enumerate();
    inner_first
        .flat_map(|(above, command)| command.get_arguments().filter(is_here(above == 0)))
        .find(|argument| wanted(argument))
}

/// Parses flags. Mirrors `parseArgs` of pflag.
struct ArgumentReader<'a> {
    levels: Vec<&'a Command>,
    flags: Vec<String>,
    others: Vec<String>,
    /// The request for help, unless a later flag revokes it.
    help: Option<String>,
}

impl ArgumentReader<'_> {
    fn read(&mut self, mut arguments: VecDeque<String>) {
        while let Some(argument) = arguments.pop_front() {
            match argument.strip_prefix('-') {
                None | Some("") => self.others.push(argument),
                Some("-") => self.others.extend(arguments.drain(..)),
                Some(flags) => match flags.strip_prefix('-') {
                    Some(long) => self.long(long, &argument, &mut arguments),
                    None => self.short(flags, &mut arguments),
                },
            }
        }
    }

    fn long(&mut self, text: &str, whole: &str, rest: &mut VecDeque<String>) {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        if name == HELP {
            return self.help("--help", value);
        }
        match find(&self.levels, |argument| is_named(argument, name)) {
            // clap reports the error.
            None => self.flags.push(whole.to_owned()),
            Some(flag) if value.is_none() && takes_value(flag) => {
                let value = rest.pop_front();
                self.push(name, value);
            }
            Some(_) => self.push(name, value),
        }
    }

    /// One-letter flags, of which the last one may take a value: `-gn x`, `-nx`, `-n=x`.
    fn short(&mut self, letters: &str, rest: &mut VecDeque<String>) {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let text = letters.as_str();
            let attached = text.strip_prefix('=').filter(|value| !value.is_empty());
            let is_named = |argument: &Arg| argument.get_short() == Some(letter);
            let flag = find(&self.levels, is_named);
            let value = match flag {
                _ if attached.is_some() => attached.map(str::to_owned),
                Some(flag) if takes_value(flag) && text.is_empty() => rest.pop_front(),
                Some(flag) if takes_value(flag) => Some(text.to_owned()),
                _ => None,
            };
            let is_done = attached.is_some() || flag.is_some_and(takes_value);
            match flag.and_then(Arg::get_long) {
                Some(name) => self.push(name, value),
                None if letter == 'h' => self.help("-h", value),
                None => self.flags.push(format!("-{letter}")),
            }
            if is_done {
                return;
            }
        }
    }

    fn push(&mut self, name: &str, value: Option<String>) {
        self.flags.push(match value {
            Some(value) => format!("--{name}={value}"),
            None => format!("--{name}"),
        });
    }

    fn help(&mut self, flag: &str, value: Option<String>) {
        match value.as_deref().map(boolean::parse) {
            None | Some(Ok(true)) => self.help = Some(flag.to_owned()),
            Some(Ok(false)) => self.help = None,
            Some(Err(_)) => self.push(HELP, value),
        }
    }
}

fn takes_value(argument: &Arg) -> bool {
    let may_be_alone = argument.get_num_args().is_some_and(|count| count.min_values() == 0);
    matches!(argument.get_action(), ArgAction::Set | ArgAction::Append) && !may_be_alone
}
