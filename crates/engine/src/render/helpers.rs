//! The filters that lowered templates call; [`crate::lower`] shows how they are used.

use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Environment, Error, State};

use super::fault::Failure;
use super::field::{self, Receiver};
use super::origin::record::Recorder;
use super::runtime::{Run, Runtime};
use crate::lower::Callee;
use govalue::{IntType, MapType, Value, View, int_of, sprint, uint_of, view};
use sprig::Call;

/// A variable that is assigned somewhere. Go's `=` changes it in whichever scope declared it.
#[derive(Debug)]
struct Cell(Mutex<Value>);

impl Object for Cell {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        (key == "value").then(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn store(cell: &Value, value: Value) {
    if let Some(cell) = cell.downcast_object_ref::<Cell>() {
        *cell.0.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

/// Registers the helpers in an environment.
pub(super) fn register(environment: &mut Environment<'_>, runtime: &Arc<Runtime>) {
    if runtime.counters.is_some() {
        let of = Arc::clone(runtime);
        environment.add_filter("hit", move |counter: usize| {
            of.counters.iter().for_each(|counters| counters.hit(counter));
            true
        });
    }

    // Functions.
    let of = Arc::clone(runtime);
    environment.add_filter(
        "call",
        move |state: &mut State<'_, '_>, arguments: &[Value]| match arguments.split_last() {
            Some((callee, arguments)) => match callee.downcast_object_ref::<Callee>() {
                Some(callee) => of.call(callee.function, state, arguments, callee.is_piped),
                None => Ok(Value::UNDEFINED),
            },
            None => Ok(Value::UNDEFINED),
        },
    );

    // Fields and methods.
    if runtime.recorder.is_some() {
        register_traced(environment, runtime);
    }
    let of = Arc::clone(runtime);
    environment.add_filter("field", move |receiver: &Value, path: &str| {
        read(&of, &Receiver::of(receiver), path)
    });
    let of = Arc::clone(runtime);
    environment.add_filter("path", move |receiver: &Value, path: &str| {
        read(&of, &Receiver::of(receiver), path).map(elem)
    });
    let of = Arc::clone(runtime);
    environment.add_filter(
        "item_field",
        move |state: &State<'_, '_>, item: &Value, path: &str, number: u32| {
            read(&of, &of.typed_loops.item(state.name(), number, item), path)
        },
    );
    let of = Arc::clone(runtime);
    environment.add_filter(
        "item_path",
        move |state: &State<'_, '_>, item: &Value, path: &str, number: u32| {
            read(&of, &of.typed_loops.item(state.name(), number, item), path).map(elem)
        },
    );
    let of = Arc::clone(runtime);
    environment.add_filter(
        "method",
        move |_: &mut State<'_, '_>, arguments: &[Value]| match arguments {
            [receiver, path, arguments @ ..] => method(&of, &Receiver::of(receiver), path, arguments),
            _ => Ok(Value::UNDEFINED),
        },
    );
    let of = Arc::clone(runtime);
    environment.add_filter(
        "item_method",
        move |state: &mut State<'_, '_>, arguments: &[Value]| match arguments {
            [item, path, number, arguments @ ..] => {
                let number = u32::try_from(number.clone()).unwrap_or_default();
                method(&of, &of.typed_loops.item(state.name(), number, item), path, arguments)
            }
            _ => Ok(Value::UNDEFINED),
        },
    );
    let with_piped = |piped: &Value, arguments: &[Value]| [arguments, std::slice::from_ref(piped)].concat();
    let of = Arc::clone(runtime);
    environment.add_filter(
        "piped_method",
        move |_: &mut State<'_, '_>, arguments: &[Value]| match arguments {
            [piped, receiver, path, arguments @ ..] => {
                method(&of, &Receiver::of(receiver), path, &with_piped(piped, arguments))
            }
            _ => Ok(Value::UNDEFINED),
        },
    );
    let of = Arc::clone(runtime);
    environment.add_filter(
        "piped_item_method",
        move |state: &mut State<'_, '_>, arguments: &[Value]| match arguments {
            [piped, item, path, number, arguments @ ..] => {
                let number = u32::try_from(number.clone()).unwrap_or_default();
                let item = of.typed_loops.item(state.name(), number, item);
                method(&of, &item, path, &with_piped(piped, arguments))
            }
            _ => Ok(Value::UNDEFINED),
        },
    );
    environment.add_filter("elem", |value: Value| elem(value));

    // Variables.
    environment.add_filter("cell", |value: Value| Value::from_object(Cell(Mutex::new(value))));
    environment.add_filter("keep", |value: Value, cell: &Value| {
        store(cell, value.clone());
        value
    });
    // Loops.
    let runtime_of_items = Arc::clone(runtime);
    environment.add_filter(
        "items",
        move |state: &State<'_, '_>, value: &Value, cost: usize, item: u32| {
            runtime_of_items.typed_loops.begin(state.name(), item, value);
            turns(&runtime_of_items, value, cost, false)
        },
    );
    let runtime_of_pairs = Arc::clone(runtime);
    environment.add_filter(
        "pairs",
        move |state: &State<'_, '_>, value: &Value, cost: usize, item: u32| {
            runtime_of_pairs.typed_loops.begin(state.name(), item, value);
            turns(&runtime_of_pairs, value, cost, true)
        },
    );

    // Errors.
    environment.add_filter(
        "fault",
        |_: &mut State<'_, '_>, arguments: &[Value]| -> Result<Value, Error> {
            let message = arguments.last().and_then(Value::as_str).unwrap_or_default();
            Err(Failure::Node(message.to_owned()).into())
        },
    );
    environment.add_filter("argument", |value: Value, function: &str, index: usize| {
        argument(value, function, index)
    });

    // Templates.
    let runtime_of_defined = Arc::clone(runtime);
    environment.add_filter("defined", move |name: &str| match runtime_of_defined.find(name) {
        Some(_) => Ok(Value::from(name)),
        None => Err(Error::from(undefined_template(name))),
    });
    let runtime_of_template = Arc::clone(runtime);
    environment.add_filter("template", move |state: &mut State<'_, '_>, arguments: &[Value]| {
        let [name, dot] = arguments else {
            return Ok(Value::UNDEFINED);
        };
        let name = name.as_str().unwrap_or_default();
        let id = runtime_of_template.find(name).ok_or_else(|| undefined_template(name))?;
        runtime_of_template
            .run(state.env(), id, dot.clone(), Run::default())
            .map(Value::from)
    });
}

/// Reads a field path of a value, and records it in a traced render.
fn read(runtime: &Runtime, receiver: &Receiver<'_>, path: &str) -> Result<Value, Error> {
    let value = field::chain(receiver, path)?;
    if let Some(recorder) = &runtime.recorder {
        match path.rsplit_once('.') {
            None => recorder.read(receiver.value, path, &value),
            Some((fields, name)) => recorder.read(&field::chain(receiver, fields)?, name, &value),
        }
    }
    Ok(value)
}

/// Registers the helpers that only traced templates call; see `lower::tracing`.
fn register_traced(environment: &mut Environment<'_>, runtime: &Arc<Runtime>) {
    let own = || Arc::clone(runtime);
    let tell = |tell: fn(&Recorder, u32)| {
        let runtime = own();
        move |value: Value, slot: u32| {
            runtime.recorder.iter().for_each(|recorder| tell(recorder, slot));
            value
        }
    };
    environment.add_filter("trace_set", tell(Recorder::note));
    environment.add_filter("trace_read", tell(Recorder::seen));
    let of = own();
    environment.add_filter("trace_range", move |value: Value, slot: u32| {
        of.recorder.iter().for_each(|recorder| recorder.ranged(slot, &value));
        value
    });
    let of = own();
    environment.add_filter("mark", move |number: usize| {
        of.recorder.iter().for_each(|recorder| recorder.mark(number));
    });
    let of = own();
    environment.add_filter("copied", move |number: usize, length: usize| {
        of.recorder.iter().for_each(|recorder| recorder.copied(number, length));
    });
    let of = own();
    environment.add_filter("trace_iteration", move |element: u32, key: u32, index: usize| {
        of.recorder
            .iter()
            .for_each(|recorder| recorder.iteration(element, key, index));
    });
}

fn undefined_template(name: &str) -> Failure {
    Failure::NoTemplate(name.to_owned())
}

/// Takes a value out of an interface: nil becomes no value.
fn elem(value: Value) -> Value {
    if value.is_none() { Value::UNDEFINED } else { value }
}

fn method(runtime: &Runtime, receiver: &Receiver<'_>, path: &Value, arguments: &[Value]) -> Result<Value, Error> {
    let path = path.as_str().unwrap_or_default();
    let (value, owner) = field::call(receiver, path, arguments)?;
    let value = elem(value);
    let name = path.rsplit('.').next().unwrap_or_default();
    if let (View::Map(files), "Get", [Some(file)]) = (view(&owner), name, &[arguments.first().and_then(Value::as_str)])
        && files.map_type() == MapType::Files
        && files.contains_key(file)
    {
        runtime.read_file(file, &value);
    }
    Ok(value)
}

/// Checks one argument of a call before the next one is evaluated.
fn argument(value: Value, function: &str, index: usize) -> Result<Value, Error> {
    match sprig::find(function).and_then(|function| function.signature.parameter(index)) {
        Some(parameter) => {
            Call::validate_one(parameter, index, &value).map_err(Failure::Argument)?;
            Ok(value)
        }
        None => Ok(value),
    }
}

/// The iterations of a `range`: an object that minijinja's `for` iterates over.
#[derive(Debug)]
struct Iterations {
    runtime: Arc<Runtime>,
    what: What,
    with_keys: bool,
    cost: usize,
}

#[derive(Debug)]
enum What {
    Values(Vec<Value>),
    Entries(Vec<(Arc<str>, Value)>),
    Count(IntType, i64),
}

impl Object for Iterations {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.iteration(0).is_some()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let turns = Arc::clone(self);
        let mut at = 0;
        Enumerator::Iter(Box::new(std::iter::from_fn(move || {
            let iteration = turns.iteration(at)?;
            at += 1;
            // Every iteration is charged, so that an endless loop stops here.
            Some(match turns.runtime.charge(turns.cost + 3) {
                Ok(()) => iteration,
                Err(text) => Value::from(Error::from(Failure::Limit(text))),
            })
        })))
    }
}

impl Iterations {
    fn iteration(&self, at: usize) -> Option<Value> {
        let (key, value) = match &self.what {
            What::Values(values) => (
                Value::from(i64::try_from(at).unwrap_or(i64::MAX)),
                values.get(at)?.clone(),
            ),
            What::Entries(entries) => {
                let (key, value) = entries.get(at)?;
                (Value::from(Arc::clone(key)), value.clone())
            }
            What::Count(int_type, end) => {
                let at = i64::try_from(at).ok().filter(|at| at < end)?;
                return Some(int_of(*int_type, at));
            }
        };
        Some(if self.with_keys {
            Value::from(vec![key, value])
        } else {
            value
        })
    }
}

fn turns(runtime: &Arc<Runtime>, value: &Value, cost: usize, with_keys: bool) -> Result<Value, Error> {
    let what = match view(value) {
        View::Invalid | View::Nil => What::Values(Vec::new()),
        View::List(list) => What::Values(list.items.clone()),
        View::Bytes(bytes) => What::Values(
            bytes
                .iter()
                .map(|&byte| uint_of(govalue::UintType::Uint8, byte.into()))
                .collect(),
        ),
        View::Map(map) => What::Entries(map.snapshot()),
        View::Int(..) | View::Uint(..) if with_keys => {
            let text = format!("can't use {} to iterate over more than one variable", sprint(value));
            return Err(Failure::Range(text).into());
        }
        View::Int(int_type, count) => What::Count(int_type, count),
        View::Uint(_, count) => What::Count(IntType::Int, i64::try_from(count).unwrap_or(i64::MAX)),
        _ => return Err(Failure::Range(format!("range can't iterate over {}", sprint(value))).into()),
    };
    Ok(Value::from_object(Iterations {
        runtime: Arc::clone(runtime),
        what,
        with_keys,
        cost,
    }))
}
