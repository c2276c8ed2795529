//! Threads that run files before their turn: the result is that of Helm, which runs one after the other.

use crate::support::{Case, assert_same, read, root, words};

/// Which files are run before their turn differs from run to run.
#[test]
fn files_run_before_their_turn_change_nothing() {
    for name in ["default", "fails", "fails-late"] {
        let case = format!("tests/conformance/order/{name}");
        let line = read(format!("{case}/args"));
        let wanted = read(format!("{case}/want.out"));
        for _ in 0..20 {
            let run = Case::new("template").args(words(&line)).dir(root().join(&case)).run();
            assert_same(&run.stdout, &wanted, name);
            if wanted.is_empty() {
                let error = read(format!("{case}/want.err"));
                assert_eq!(run.stderr.lines().next(), error.lines().next(), "{name}");
            }
        }
    }
}

/// The first file in order takes the first numbers of a seed, whoever runs it.
#[test]
fn a_seed_gives_the_same_numbers_in_each_run() {
    let line = read("tests/conformance/order/default/args");
    let run = || {
        let case = Case::new("template")
            .args(words(&line))
            .args(["--set", "random=true", "--seed", "7"]);
        case.dir(root().join("tests/conformance/order/default")).run().stdout
    };
    let first = run();
    assert_eq!(first.matches("\n  random: ").count(), 2);
    for _ in 0..20 {
        assert_same(&run(), &first, "the same seed");
    }
}
