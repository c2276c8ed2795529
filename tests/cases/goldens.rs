//! Each profile of the chart renders to the bytes of Helm: `tests/goldens/chart`.

use libtest_mimic::Trial;

use crate::support::{Case, assert_same, names, profile_arguments, read};

pub(crate) fn cases() -> Vec<Trial> {
    let trial = |golden: String| {
        let profile = golden.trim_end_matches(".yaml").to_owned();
        Trial::test(format!("goldens::{profile}"), move || {
            let run = Case::new("template").args(profile_arguments(&profile)).run();
            assert_eq!(run.stderr, "", "{profile}");
            assert_same(&run.stdout(), &read(format!("tests/goldens/chart/{golden}")), &profile);
            Ok(())
        })
    };
    names("tests/goldens/chart").into_iter().map(trial).collect()
}
