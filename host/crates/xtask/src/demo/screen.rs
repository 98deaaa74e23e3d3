//! How the demo looks.

use std::cell::Cell;
use std::io::{IsTerminal as _, stdout};

use super::history::History;

/// A terminal, or a file that gets no colours.
pub(crate) struct Screen {
    colours: bool,
    steps: Cell<u32>,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self {
            colours: stdout().is_terminal(),
            steps: Cell::new(0),
        }
    }

    pub(crate) fn title(&self, text: &str) {
        println!("{}", self.bold(text));
    }

    pub(crate) fn step(&self, text: &str) {
        self.steps.set(self.steps.get() + 1);
        println!("\n{:>2}  {}", self.steps.get(), self.bold(text));
    }

    #[expect(clippy::unused_self, reason = "whoever prints has a screen")]
    pub(crate) fn line(&self, text: &str) {
        println!("    {text}");
    }

    /// All events, with a rule where the host was killed.
    pub(crate) fn history(&self, history: &History, before_kill: usize) {
        for (index, (id, time, kind, rest)) in history.rows().enumerate() {
            if index == before_kill {
                self.line(&self.bold("--- SIGKILL ---"));
            }
            self.line(&format!("{id:>3}  {time}  {kind:<18}  {rest}"));
        }
    }

    fn bold(&self, text: &str) -> String {
        if self.colours {
            format!("\u{1b}[1m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
