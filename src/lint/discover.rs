//! Charts and values files that nobody names one by one: those below a folder, the one around it, those that a pattern fits.

use std::collections::VecDeque;
use std::io;
use std::path::{Component, Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobMatcher};

use super::settings::SETTINGS;
use crate::diagnostic::{Diagnostic, Result};
use crate::world::{Entry, FileKind, World};

/// How many folders are looked into for charts: a home folder or a whole disk is asked for by mistake.
const MAX_FOLDERS: usize = 100_000;
/// Folders of other people's files. Hidden ones are left out too.
const SKIPPED: [&str; 1] = ["node_modules"];
/// What makes a folder the top of a repository: nothing is looked for above it.
const REPOSITORY: &str = ".git";

/// Patterns of paths, as in `.gitignore` but without negation: `*` stays within a folder, `**` does not, a pattern without `/` fits in
/// any folder, and one that fits a folder fits all below it.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    globs: Vec<GlobMatcher>,
    /// The working folder.
    here: PathBuf,
}

impl Patterns {
    /// Reads patterns that are about the files below a folder.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn read(world: &dyn World, folder: &Path, patterns: &[String]) -> Result<Self> {
        let folder = absolute(world, folder);
        let top = PathBuf::from(globset::escape(&folder.display().to_string()));
        let globs = patterns.iter().map(|pattern| {
            let bare = pattern.trim_start_matches("./").trim_end_matches('/');
            let whole = if bare.contains('/') {
                top.join(bare)
            } else {
                top.join("**").join(bare)
            };
            Ok(glob(&whole.display().to_string(), pattern)?.compile_matcher())
        });
        Ok(Self {
            globs: globs.collect::<Result<_>>()?,
            here: absolute(world, Path::new(".")),
        })
    }

    /// Whether a pattern fits a path, or a folder that it is in.
    pub fn fit(&self, path: &Path) -> bool {
        if self.globs.is_empty() {
            return false;
        }
        let path = clean(&self.here.join(path));
        path.ancestors()
            .any(|path| self.globs.iter().any(|glob| glob.is_match(path)))
    }
}

/// Whether a path is a pattern.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// The charts that a pattern fits, in the order of their names: folders with a Chart.yaml, and archives.
///
/// # Errors
/// A pattern that is none or that fits no chart.
pub fn charts_like(world: &dyn World, pattern: &str) -> Result<Vec<PathBuf>> {
    let matching = |path: &Path, entry: &Entry| match entry.kind {
        FileKind::Folder => has_chart(world, path),
        FileKind::File => path.extension().is_some_and(|extension| extension == "tgz"),
        FileKind::Other => false,
    };
    like(world, pattern, "chart", &matching)
}

/// The files that a pattern fits, in the order of their names.
///
/// # Errors
/// A pattern that is none or that fits no file.
pub fn files_like(world: &dyn World, pattern: &str) -> Result<Vec<PathBuf>> {
    like(world, pattern, "file", &|_, entry| entry.kind == FileKind::File)
}

fn like(
    world: &dyn World,
    pattern: &str,
    what: &str,
    is_wanted: &dyn Fn(&Path, &Entry) -> bool,
) -> Result<Vec<PathBuf>> {
    let bare = pattern.trim_start_matches("./").trim_end_matches('/');
    let matcher = glob(bare, pattern)?.compile_matcher();
    // What stands before the first part that is a pattern is where the search begins.
    let fixed = Path::new(bare).components().take_while(|part| {
        let part = part.as_os_str().to_string_lossy();
        !is_pattern(&part)
    });
    let start: PathBuf = fixed.collect();
    let mut found = Vec::new();
    let walked = walk(world, &start, &mut |path, entry| {
        if matcher.is_match(path) && is_wanted(path, entry) {
            found.push(path.to_path_buf());
        }
        true
    });
    walked.map_err(|error| unreadable(&start, &error))?;
    if found.is_empty() {
        return Err(Diagnostic::error(SETTINGS, format!("no {what} is like {pattern}")).into());
    }
    found.sort();
    Ok(found)
}

/// The charts at and below a folder, in the order of their names: without the subcharts of charts, hidden folders, links and what is
/// excluded.
///
/// # Errors
/// A folder that cannot be read, or that holds more folders than any repository.
pub fn charts_below(world: &dyn World, folder: &Path, excluded: &Patterns) -> Result<Vec<PathBuf>> {
    if has_chart(world, folder) {
        return Ok(vec![folder.to_path_buf()]);
    }
    let mut found = Vec::new();
    let walked = walk(world, folder, &mut |path, entry| {
        if entry.kind != FileKind::Folder || excluded.fit(path) {
            return false;
        }
        let is_chart = has_chart(world, path);
        if is_chart {
            found.push(path.to_path_buf());
        }
        !is_chart
    });
    walked.map_err(|error| unreadable(folder, &error))?;
    found.sort();
    Ok(found)
}

/// The folder of the chart that the working folder is in, if it is in one: `.`, `..`, `../..`.
pub fn chart_around(world: &dyn World) -> Option<PathBuf> {
    upwards(world).into_iter().find(|folder| has_chart(world, folder))
}

/// The working folder and those above it, up to the top of the repository: `.`, `..`, `../..`.
pub fn upwards(world: &dyn World) -> Vec<PathBuf> {
    let depth = absolute(world, Path::new(".")).components().count();
    let mut folders = vec![PathBuf::from(".")];
    let mut folder = PathBuf::new();
    for _ in 1..depth {
        let last = folders.last().map_or(Path::new("."), PathBuf::as_path);
        if world.entry(&last.join(REPOSITORY)).is_ok() {
            break;
        }
        folder.push("..");
        folders.push(folder.clone());
    }
    folders
}

/// Whether a folder is that of a chart.
pub fn has_chart(world: &dyn World, folder: &Path) -> bool {
    world.entry(&folder.join("Chart.yaml")).is_ok()
}

/// A path from the root on, without `.`, `..` and, as far as it exists, links.
pub fn absolute(world: &dyn World, path: &Path) -> PathBuf {
    world.resolve(path).unwrap_or_else(|_| {
        let here = world.resolve(Path::new(".")).unwrap_or_default();
        clean(&here.join(path))
    })
}

/// A path without `.` and `..`.
fn clean(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                path.pop();
            }
            part => path.push(part),
        }
        path
    })
}

/// Shows all that is in a folder, folder by folder; `visit` says whether to go into what it is shown.
fn walk(world: &dyn World, start: &Path, visit: &mut dyn FnMut(&Path, &Entry) -> bool) -> io::Result<()> {
    let mut folders = VecDeque::from([start.to_path_buf()]);
    let mut seen = 0;
    while let Some(folder) = folders.pop_front() {
        seen += 1;
        if seen > MAX_FOLDERS {
            return Err(io::Error::other(format!(
                "more than {MAX_FOLDERS} folders are below it"
            )));
        }
        let is_here = folder.as_os_str().is_empty() || folder == Path::new(".");
        for name in world.list(if is_here { Path::new(".") } else { &folder })? {
            if name.starts_with('.') || SKIPPED.contains(&&*name) {
                continue;
            }
            let path = if is_here {
                PathBuf::from(name)
            } else {
                folder.join(name)
            };
            // What cannot be looked at, such as a link to nowhere, is no chart. Links to folders may lead round in a circle.
            let Ok(entry) = world.entry(&path) else { continue };
            let is_folder = entry.kind == FileKind::Folder;
            if visit(&path, &entry) && is_folder && !entry.is_link {
                folders.push_back(path);
            }
        }
    }
    Ok(())
}

fn glob(text: &str, shown: &str) -> Result<Glob> {
    GlobBuilder::new(text).literal_separator(true).build().map_err(|error| {
        let message = format!("{shown} is no pattern: {}", error.kind());
        Diagnostic::error(SETTINGS, message).into()
    })
}

fn unreadable(folder: &Path, error: &io::Error) -> Box<Diagnostic> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    Diagnostic::error(
        SETTINGS,
        format!("cannot look for charts in {}: {error}", folder.display()),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;

    fn world() -> Memory {
        [
            "charts/a/Chart.yaml",
            "charts/a/charts/sub/Chart.yaml",
            "charts/b/Chart.yaml",
            "vendored/c/Chart.yaml",
            ".hidden/d/Chart.yaml",
            "node_modules/e/Chart.yaml",
            "values/one.yaml",
            "values/two.yaml",
        ]
        .into_iter()
        .fold(Memory::new(), |world, path| world.with_file(path, ""))
    }

    fn shown(found: Result<Vec<PathBuf>>) -> Vec<String> {
        let found = found.unwrap_or_else(|error| panic!("{}", error.message));
        found.iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn charts_are_found_below_a_folder() {
        let world = world();
        let all = charts_below(&world, Path::new("."), &Patterns::default());
        assert_eq!(shown(all), ["charts/a", "charts/b", "vendored/c"]);
        let excluded = Patterns::read(&world, Path::new(""), &["vendored".to_owned()]).expect("patterns");
        let some = charts_below(&world, Path::new("."), &excluded);
        assert_eq!(shown(some), ["charts/a", "charts/b"]);
        let itself = charts_below(&world, Path::new("charts/a"), &Patterns::default());
        assert_eq!(shown(itself), ["charts/a"]);
    }

    #[test]
    fn patterns_find_charts_and_files() {
        let world = world();
        assert_eq!(shown(charts_like(&world, "charts/*")), ["charts/a", "charts/b"]);
        assert_eq!(shown(charts_like(&world, "./*/c/")), ["vendored/c"]);
        assert_eq!(
            shown(files_like(&world, "values/*.yaml")),
            ["values/one.yaml", "values/two.yaml"]
        );
        assert!(charts_like(&world, "no/*").is_err());
        assert!(charts_like(&world, "charts/[").is_err());
    }

    #[test]
    fn patterns_fit_as_in_gitignore() {
        let patterns = ["vendored", "charts/*/crds/**"].map(str::to_owned);
        let patterns = Patterns::read(&world(), Path::new(""), &patterns).expect("patterns");
        for (path, fits) in [
            ("vendored/c/Chart.yaml", true),
            ("x/vendored", true),
            ("./charts/a/../a/crds/x.yaml", true),
            ("charts/a/b/crds/x.yaml", false),
            ("charts/a/values.yaml", false),
        ] {
            assert_eq!(patterns.fit(Path::new(path)), fits, "{path}");
        }
    }
}
