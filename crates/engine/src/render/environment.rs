//! minijinja's environment with Go's printing and functions.

use std::sync::Arc;

use minijinja::{Environment, UndefinedBehavior};

use super::fault::Failure;
use super::helpers;
use super::runtime::Runtime;
use govalue::{Limit, Meter, try_print};

/// Creates a minijinja environment that prints as Go does and has Go's functions.
pub(super) fn environment(runtime: &Arc<Runtime>) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    // minijinja's own reports are not shown.
    environment.set_debug(false);
    let printing = Arc::clone(runtime);
    environment.set_formatter(move |out, _, value| {
        let limit = |text| minijinja::Error::from(Failure::Limit(text));
        if let Some(text) = value.as_str() {
            if text.len() >= 100 {
                printing.charge(text.len() / 100).map_err(limit)?;
            }
            out.write_str(text)?;
            if let Some(recorder) = &printing.recorder {
                recorder.emit(text.len());
            }
        } else {
            let mut text = String::new();
            let mut pay = |steps| printing.charge(steps).map_err(Limit);
            try_print(value, &mut text, &mut Meter::new(&mut pay)).map_err(|Limit(text)| limit(text))?;
            out.write_str(&text)?;
            if let Some(recorder) = &printing.recorder {
                recorder.emit(text.len());
            }
        }
        Ok(())
    });
    helpers::register(&mut environment, runtime);
    environment
}
