//! `promchart completions` and `promchart man`: what shells and `man` want to know, made of the command line itself.

use std::io;

use clap_complete::Shell;
use clap_mangen::Man;

use super::args::{self, Completions, ManPage};
use super::output::Output;
use super::{Exit, request};
use diagnostics::Report;
use source::Sources;

/// The name of the program in shells.
const NAME: &str = "promchart";

/// Prints the completions of a shell.
pub(super) fn completions(arguments: &Completions) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(Shell::from(arguments.shell), &mut args::command(), NAME, &mut script);
    Output::result(&script);
    Exit::Clean
}

/// Prints the manual page of the program or of one of its commands.
pub(super) fn man(arguments: &ManPage, output: Output) -> Exit {
    match page(&arguments.command) {
        Ok(text) => {
            Output::result(&text);
            Exit::Clean
        }
        Err(message) => {
            output.errors(&Report::from(request::usage(message)), &Sources::new(), "");
            Exit::Usage
        }
    }
}

fn page(path: &[String]) -> Result<Vec<u8>, String> {
    let mut program = args::command();
    program.build();
    let mut command = &program;
    let mut name = NAME.to_owned();
    for word in path {
        let Some(inner) = command.find_subcommand(word) else {
            let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            return Err(format!("`{name}` has no command `{word}`: it has {}", known.join(", ")));
        };
        name = format!("{name}-{word}");
        command = inner;
    }
    let mut text = Vec::new();
    let rendered: io::Result<()> = Man::new(command.clone()).render(&mut text);
    rendered.map_err(|error| error.to_string())?;
    Ok(text)
}
