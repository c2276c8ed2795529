//! Runs of files before their turn, on helping threads.
//!
//! Helm runs one file after the other. A run that only reads what it shares with others has the same text whenever it takes place, so
//! helping threads run files from the last to the first. They may not write to maps that they have not made ([`govalue::writes`]): a run that
//! tries to has no result. When a run in its turn writes to such a map, the results of all runs that began before are dropped.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use minijinja::Environment;

use super::budget::Aside;
use super::context::TemplateFile;
use super::environment::environment;
use super::runtime::Runtime;
use crate::manifest::Documents;

/// How many files are rendered before other threads are told.
pub(super) const TOGETHER: usize = 8;

/// How many more runs without a result than with one there may be. Some charts write in each file.
const MAX_LOST: usize = 8;

/// The result of a run.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) text: String,
    /// The steps that it took.
    pub(super) steps: u64,
    /// The documents of the text, if they were read.
    pub(super) documents: Option<Documents>,
}

/// The state of a file. The numbers are [`Aside::writes`] at the beginning of the run.
#[derive(Debug)]
enum Turn {
    Open,
    Begun(usize),
    Done(usize, Box<Done>),
    /// There was no result.
    Lost(usize),
    /// The file's turn has come, or it is not run.
    Past,
}

#[derive(Debug, Default)]
struct State {
    turns: Vec<Turn>,
    /// The file whose turn is next.
    next: usize,
    /// How many runs had no result, or one that was dropped, less those with one.
    lost: usize,
    /// How many threads wait.
    waiting: usize,
    /// After so many writes, no file from this one on can be run.
    searched: (usize, usize),
}

impl State {
    /// The last file that can be run after so many writes.
    fn open(&mut self, after: usize) -> Option<usize> {
        if self.lost > MAX_LOST {
            return None;
        }
        if self.searched.0 != after {
            self.searched = (after, self.turns.len());
        }
        let is_open = |turn: &Turn| match turn {
            Turn::Open => true,
            Turn::Done(writes, _) | Turn::Lost(writes) => *writes != after,
            Turn::Begun(_) | Turn::Past => false,
        };
        let found = self.turns[..self.searched.1].iter().rposition(is_open);
        self.searched.1 = found.map_or(0, |at| at + 1);
        found
    }
}

/// The runs before their turn of one render.
#[derive(Debug, Default)]
pub(super) struct Early {
    aside: Arc<Aside>,
    state: Mutex<State>,
    changed: Condvar,
}

impl Early {
    /// For a list of files, each of which is run or not.
    pub(super) fn new(aside: &Arc<Aside>, is_run: impl Iterator<Item = bool>) -> Self {
        let turn = |is_run| if is_run { Turn::Open } else { Turn::Past };
        let turns: Vec<Turn> = is_run.map(turn).collect();
        let state = State {
            searched: (aside.writes(), turns.len()),
            turns,
            ..State::default()
        };
        Self {
            aside: Arc::clone(aside),
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes all threads that wait. Not asked for if there are none, since it costs a system call.
    fn wake(&self, state: MutexGuard<'_, State>) {
        if state.waiting > 0 {
            drop(state);
            self.changed.notify_all();
        }
    }

    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.waiting += 1;
        state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state
    }

    /// The last file that can be run now.
    fn open(&self, state: &mut State) -> Option<usize> {
        if self.aside.is_over() {
            return None;
        }
        state.open(self.aside.writes())
    }

    /// Runs a file, if there is one to run. Returns whether there was.
    /// `run` gets its number and [`Aside::writes`].
    pub(super) fn run(&self, run: impl FnOnce(usize, usize) -> Option<Done>) -> bool {
        let mut state = self.lock();
        let writes = self.aside.writes();
        let Some(at) = self.open(&mut state) else { return false };
        if let Turn::Done(..) = state.turns[at] {
            state.lost += 1;
        }
        state.turns[at] = Turn::Begun(writes);
        drop(state);
        let mut ended = Ended {
            early: self,
            at,
            done: None,
        };
        ended.done = run(at, writes);
        true
    }

    fn end(&self, at: usize, done: Option<Done>) {
        let mut state = self.lock();
        if let Turn::Begun(writes) = state.turns[at] {
            state.searched.1 = state.searched.1.max(at + 1);
            state.turns[at] = match done {
                Some(done) => {
                    state.lost = state.lost.saturating_sub(1);
                    Turn::Done(writes, Box::new(done))
                }
                None => {
                    state.lost += 1;
                    Turn::Lost(writes)
                }
            };
        }
        self.wake(state);
    }

    /// The turn of a file has come: returns the result of a run before, if there is one that counts. Waits for a run that has begun.
    pub(super) fn take(&self, at: usize) -> Option<Done> {
        let mut state = self.lock();
        let now = self.aside.writes();
        while matches!(state.turns[at], Turn::Begun(writes) if writes == now) && !self.aside.is_over() {
            state = self.wait(state);
        }
        match std::mem::replace(&mut state.turns[at], Turn::Past) {
            Turn::Done(writes, done) if writes == now => Some(*done),
            _ => None,
        }
    }

    /// The run of a file in its turn has ended.
    pub(super) fn pass(&self, at: usize, has_written: bool) {
        let mut state = self.lock();
        state.next = at + 1;
        if has_written {
            self.aside.write();
        }
        // Every wake-up costs the thread that goes through the files.
        if has_written || state.next.is_multiple_of(TOGETHER) || state.next == state.turns.len() {
            self.wake(state);
        }
    }

    /// Waits until the turn of a file is over or there is a file to run.
    pub(super) fn wait_for(&self, at: usize) {
        let mut state = self.lock();
        while state.next <= at && !self.aside.is_over() && self.open(&mut state).is_none() {
            state = self.wait(state);
        }
    }

    /// Whether the turn of a file is over.
    pub(super) fn is_past(&self, at: usize) -> bool {
        self.lock().next > at || self.aside.is_over()
    }

    /// Ends it: nothing more is run before its turn.
    pub(super) fn close(&self) {
        let state = self.lock();
        self.aside.stop();
        self.wake(state);
    }
}

/// Ends a run when dropped, even after a panic.
struct Ended<'a> {
    early: &'a Early,
    at: usize,
    done: Option<Done>,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.early.end(self.at, self.done.take());
    }
}

/// What a thread needs to run files beside the thread that runs them in their order.
#[derive(Debug)]
pub(super) struct Worker {
    runtime: Arc<Runtime>,
    environment: Environment<'static>,
}

impl Worker {
    /// For the render that has begun.
    pub(super) fn new(runtime: &Runtime) -> Self {
        let runtime = Arc::new(runtime.beside());
        let environment = environment(&runtime);
        Self { runtime, environment }
    }

    /// Runs a file after so many [`Aside::writes`]. `None` if it fails, or would write to shared maps.
    pub(super) fn run(&self, file: &TemplateFile, writes: usize) -> Option<(String, u64)> {
        let id = self.runtime.find(&file.name)?;
        let dot = file.own_dot()?;
        self.runtime.budget.aside(writes, || {
            let (text, has_written) = self.runtime.run_file(&self.environment, (file, id), dot, false);
            text.ok().filter(|_| !has_written)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn early(count: usize) -> Early {
        Early::new(&Arc::default(), (0..count).map(|_| true))
    }

    fn done(text: &str) -> Option<Done> {
        Some(Done {
            text: text.to_owned(),
            steps: 1,
            documents: None,
        })
    }

    fn text(done: Option<Done>) -> Option<String> {
        done.map(|done| done.text)
    }

    #[test]
    fn files_are_run_once_from_the_last_to_the_first() {
        let early = Early::new(&Arc::default(), [true, false, true].into_iter());
        let mut order = Vec::new();
        while early.run(|at, _| {
            order.push(at);
            done("text")
        }) {}
        assert_eq!(order, [2, 0]);
        assert_eq!(text(early.take(2)).as_deref(), Some("text"));
        assert!(early.take(1).is_none() && early.take(2).is_none());
    }

    #[test]
    fn a_write_drops_what_began_before_it() {
        let early = early(3);
        assert!(early.run(|_, _| done("before")));
        let lost = early.run(|at, writes| {
            early.pass(0, true);
            assert_eq!((at, writes), (1, 0));
            done("meanwhile")
        });
        assert!(lost && early.take(1).is_none());
        assert!(early.run(|_, writes| done(&writes.to_string())));
        assert_eq!(text(early.take(2)).as_deref(), Some("1"));
    }

    #[test]
    fn what_had_no_result_is_run_again_only_after_a_write() {
        let early = early(1);
        assert!(early.run(|_, _| None));
        assert!(!early.run(|_, _| done("too early")));
        early.pass(0, true);
        assert!(early.run(|_, _| done("again")));
        assert_eq!(text(early.take(0)).as_deref(), Some("again"));
    }

    #[test]
    fn a_chart_that_always_writes_is_given_up() {
        let early = early(100);
        let mut runs = 0;
        while early.run(|_, _| None) {
            runs += 1;
            early.pass(0, true);
        }
        assert_eq!(runs, MAX_LOST + 1);
    }

    #[test]
    fn a_run_that_has_begun_is_waited_for() {
        for result in [Some("text"), None] {
            let early = early(1);
            let (begun, go) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
            thread::scope(|scope| {
                scope.spawn(|| {
                    early.run(|_, _| {
                        begun.wait();
                        go.wait();
                        result.and_then(done)
                    })
                });
                begun.wait();
                let taken = scope.spawn(|| early.take(0));
                while early.lock().waiting == 0 {
                    thread::yield_now();
                }
                go.wait();
                assert_eq!(text(taken.join().unwrap_or_default()).as_deref(), result);
            });
        }
    }

    #[test]
    fn a_run_that_panics_has_no_result() {
        let early = early(1);
        let run = || early.run(|_, _| panic!("on purpose"));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
        assert!(early.take(0).is_none());
    }

    #[test]
    fn the_end_wakes_those_who_wait() {
        let early = early(1);
        assert!(early.run(|_, _| done("text")));
        thread::scope(|scope| {
            scope.spawn(|| early.wait_for(0));
            while early.lock().waiting == 0 {
                thread::yield_now();
            }
            early.close();
        });
        assert!(early.is_past(0) && !early.run(|_, _| done("more")));
    }
}
