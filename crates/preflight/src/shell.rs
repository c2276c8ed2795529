//! The commands of a shell script. Manifests made by cluster scripts run `sh -c "exec kube-apiserver ... 1>>log 2>&1"`.
//!
//! Supports enough of the shell to find the arguments of a program: quotes, backslashes, line continuations, comments,
//! redirections and the operators between commands. Variables are not expanded.

/// A word of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ShellWord {
    /// The text without quotes.
    pub(super) text: String,
    /// Its bytes in the script.
    pub(super) range: std::ops::Range<usize>,
    /// Whether it contains a variable or a command substitution.
    pub(super) is_open: bool,
}

/// The words of each command of a script, without redirections.
pub(super) fn commands(script: &str) -> Vec<Vec<ShellWord>> {
    let mut reader = ShellReader {
        script,
        at: 0,
        commands: vec![Vec::new()],
        word: None,
        skips_next: false,
    };
    reader.run();
    reader.commands.retain(|command| !command.is_empty());
    reader.commands
}

struct ShellReader<'s> {
    script: &'s str,
    at: usize,
    commands: Vec<Vec<ShellWord>>,
    word: Option<ShellWord>,
    /// Whether the next word is the file of a redirection.
    skips_next: bool,
}

impl ShellReader<'_> {
    fn peek(&self) -> Option<char> {
        self.script[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn word(&mut self, start: usize) -> &mut ShellWord {
        self.word.get_or_insert_with(|| ShellWord {
            range: start..start,
            ..ShellWord::default()
        })
    }

    fn end_word(&mut self, end: usize) {
        if let Some(mut word) = self.word.take() {
            word.range.end = end;
            if std::mem::take(&mut self.skips_next) {
                return;
            }
            if let Some(command) = self.commands.last_mut() {
                command.push(word);
            }
        }
    }

    fn run(&mut self) {
        loop {
            let start = self.at;
            let Some(next) = self.next() else { break };
            match next {
                '\\' => {
                    // A backslash at the end of a line continues it.
                    if let Some(escaped) = self.next().filter(|&escaped| escaped != '\n') {
                        self.word(start).text.push(escaped);
                    }
                }
                '\'' => self.single(start),
                '"' => self.double(start),
                '$' | '`' => {
                    let word = self.word(start);
                    word.is_open = true;
                    word.text.push(next);
                }
                '#' if self.word.is_none() => {
                    while self.peek().is_some_and(|next| next != '\n') {
                        self.next();
                    }
                }
                '<' | '>' => {
                    // A number before the redirection is a file descriptor.
                    if self
                        .word
                        .as_ref()
                        .is_some_and(|word| word.text.bytes().all(|byte| byte.is_ascii_digit()))
                    {
                        self.word = None;
                    }
                    self.end_word(start);
                    while matches!(self.peek(), Some('<' | '>' | '&' | '|')) {
                        self.next();
                    }
                    self.skips_next = true;
                }
                ';' | '|' | '&' | '\n' | '(' | ')' => {
                    self.end_word(start);
                    self.skips_next = false;
                    self.commands.push(Vec::new());
                }
                space if space.is_whitespace() => self.end_word(start),
                plain => self.word(start).text.push(plain),
            }
        }
        self.end_word(self.script.len());
    }

    fn single(&mut self, start: usize) {
        self.word(start);
        while let Some(next) = self.next().filter(|&next| next != '\'') {
            self.word(start).text.push(next);
        }
    }

    fn double(&mut self, start: usize) {
        self.word(start);
        while let Some(next) = self.next().filter(|&next| next != '"') {
            let word = self.word(start);
            match next {
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(escaped @ ('"' | '\\' | '$' | '`')) => self.word(start).text.push(escaped),
                    Some(other) => self.word(start).text.extend(['\\', other]),
                },
                '$' | '`' => {
                    word.is_open = true;
                    word.text.push(next);
                }
                plain => word.text.push(plain),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::commands;

    fn texts(script: &str) -> Vec<Vec<String>> {
        let command = |words: Vec<super::ShellWord>| words.into_iter().map(|word| word.text).collect();
        commands(script).into_iter().map(command).collect()
    }

    #[test]
    fn quotes_and_continuations() {
        assert_eq!(
            texts("exec a --b=\"c d\" 'e''f' \\\n g\\ h"),
            [["exec", "a", "--b=c d", "ef", "g h"]]
        );
        assert_eq!(texts("a \"\" b"), [["a", "", "b"]]);
    }

    #[test]
    fn redirections_are_no_arguments() {
        assert_eq!(texts("a b 1>>/var/log/x.log 2>&1"), [["a", "b"]]);
        assert_eq!(texts("a >x b < y"), [["a", "b"]]);
    }

    #[test]
    fn commands_end_at_operators() {
        assert_eq!(
            texts("a b && c; d | e # f\ng"),
            [vec!["a", "b"], vec!["c"], vec!["d"], vec!["e"], vec!["g"]]
        );
    }

    #[test]
    fn variables_are_open() {
        let found = commands("a --b=$C \"${D}\" '$E'");
        assert_eq!(
            found[0].iter().map(|word| word.is_open).collect::<Vec<_>>(),
            [false, true, true, false]
        );
        assert_eq!(found[0][1].range, 2..8);
    }

    #[test]
    fn what_does_not_end_is_read_to_the_end() {
        assert_eq!(texts("a 'b"), [["a", "b"]]);
        assert_eq!(texts("a \"b\\"), [["a", "b"]]);
        assert_eq!(texts("\\"), Vec::<Vec<String>>::new());
    }
}
