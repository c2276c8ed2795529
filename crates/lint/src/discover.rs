//! Searches for charts and values files: those below a folder, the chart around it, matches of a pattern.

use std::collections::VecDeque;
use std::io;
use std::path::{Component, Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobMatcher};

use diagnostics::{Diagnostic, Result};
use system::{Entry, FileKind, System};

/// The rule for settings that cannot be read, and for charts and files that are not found.
pub(super) const SETTINGS: &str = "settings";
/// The maximum number of folders that a search visits. A search of a home folder or a whole disk is a mistake.
const MAX_FOLDERS: usize = 100_000;
/// Folders of third-party files. Hidden folders are skipped too.
const SKIPPED: [&str; 1] = ["node_modules"];
/// The entries that mark the top of a repository. The search does not go above it.
const REPOSITORY: &str = ".git";

/// Path patterns as in `.gitignore`, but without negation: `*` does not match `/`, `**` does, a pattern without `/`
/// matches in any folder, and a pattern that matches a folder matches everything below it.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    globs: Vec<GlobMatcher>,
    /// The working folder.
    here: PathBuf,
}

impl Patterns {
    /// Parses patterns for files below a folder.
    ///
    /// # Errors
    /// An invalid pattern.
    pub fn read(system: &dyn System, folder: &Path, patterns: &[String]) -> Result<Self> {
        let folder = absolute(system, folder);
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
            here: absolute(system, Path::new(".")),
        })
    }

    /// Whether a pattern matches a path or one of its parent folders.
    pub fn fit(&self, path: &Path) -> bool {
        if self.globs.is_empty() {
            return false;
        }
        let path = clean(&self.here.join(path));
        path.ancestors()
            .any(|path| self.globs.iter().any(|glob| glob.is_match(path)))
    }
}

/// Whether a path contains pattern characters.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// The charts that match a pattern, sorted by name: folders with a Chart.yaml, and archives.
///
/// # Errors
/// A pattern that is invalid or matches no chart.
pub fn charts_like(system: &dyn System, pattern: &str) -> Result<Vec<PathBuf>> {
    let matching = |path: &Path, entry: &Entry| match entry.kind {
        FileKind::Folder => has_chart(system, path),
        FileKind::File => path.extension().is_some_and(|extension| extension == "tgz"),
        FileKind::Other => false,
    };
    like(system, pattern, "chart", &matching)
}

/// The files that match a pattern, sorted by name.
///
/// # Errors
/// A pattern that is invalid or matches no file.
pub fn files_like(system: &dyn System, pattern: &str) -> Result<Vec<PathBuf>> {
    like(system, pattern, "file", &|_, entry| entry.kind == FileKind::File)
}

fn like(
    system: &dyn System,
    pattern: &str,
    what: &str,
    is_wanted: &dyn Fn(&Path, &Entry) -> bool,
) -> Result<Vec<PathBuf>> {
    let bare = pattern.trim_start_matches("./").trim_end_matches('/');
    let matcher = glob(bare, pattern)?.compile_matcher();
    // The search begins at the part of the path before the first pattern.
    let fixed = Path::new(bare).components().take_while(|part| {
        let part = part.as_os_str().to_string_lossy();
        !is_pattern(&part)
    });
    let start: PathBuf = fixed.collect();
    let mut found = Vec::new();
    let walked = walk(system, &start, &mut |path, entry| {
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

/// The charts at and below a folder, sorted by name, without subcharts, hidden folders, links and excluded paths.
///
/// # Errors
/// A folder that cannot be read, or that contains more folders than a repository plausibly has.
pub fn charts_below(system: &dyn System, folder: &Path, excluded: &Patterns) -> Result<Vec<PathBuf>> {
    if has_chart(system, folder) {
        return Ok(vec![folder.to_path_buf()]);
    }
    let mut found = Vec::new();
    let walked = walk(system, folder, &mut |path, entry| {
        if entry.kind != FileKind::Folder || excluded.fit(path) {
            return false;
        }
        let is_chart = has_chart(system, path);
        if is_chart {
            found.push(path.to_path_buf());
        }
        !is_chart
    });
    walked.map_err(|error| unreadable(folder, &error))?;
    found.sort();
    Ok(found)
}

/// The folder of the chart that contains the working folder, if any: `.`, `..`, `../..`.
pub fn chart_around(system: &dyn System) -> Option<PathBuf> {
    upwards(system).into_iter().find(|folder| has_chart(system, folder))
}

/// The working folder and its parents up to the top of the repository: `.`, `..`, `../..`.
pub fn upwards(system: &dyn System) -> Vec<PathBuf> {
    let depth = absolute(system, Path::new(".")).components().count();
    let mut folders = vec![PathBuf::from(".")];
    let mut folder = PathBuf::new();
    for _ in 1..depth {
        let last = folders.last().map_or(Path::new("."), PathBuf::as_path);
        if system.entry(&last.join(REPOSITORY)).is_ok() {
            break;
        }
        folder.push("..");
        folders.push(folder.clone());
    }
    folders
}

/// Whether a folder is a chart.
pub fn has_chart(system: &dyn System, folder: &Path) -> bool {
    system.entry(&folder.join("Chart.yaml")).is_ok()
}

/// The absolute path without `.`, `..` and, as far as it exists, links.
pub fn absolute(system: &dyn System, path: &Path) -> PathBuf {
    system.resolve(path).unwrap_or_else(|_| {
        let here = system.resolve(Path::new(".")).unwrap_or_default();
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

/// Calls `visit` for all entries of a folder, recursively; `visit` returns whether to descend into an entry.
fn walk(system: &dyn System, start: &Path, visit: &mut dyn FnMut(&Path, &Entry) -> bool) -> io::Result<()> {
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
        for name in system.list(if is_here { Path::new(".") } else { &folder })? {
            if name.starts_with('.') || SKIPPED.contains(&&*name) {
                continue;
            }
            let path = if is_here {
                PathBuf::from(name)
            } else {
                folder.join(name)
            };
            // An entry that cannot be read, such as a dangling link, is not a chart. Links to folders may be circular.
            let Ok(entry) = system.entry(&path) else { continue };
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
    use system::Memory;

    fn system() -> Memory {
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
        .fold(Memory::new(), |system, path| system.with_file(path, ""))
    }

    fn shown(found: Result<Vec<PathBuf>>) -> Vec<String> {
        let found = found.unwrap_or_else(|error| panic!("{}", error.message));
        found.iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn charts_are_found_below_a_folder() {
        let system = system();
        let all = charts_below(&system, Path::new("."), &Patterns::default());
        assert_eq!(shown(all), ["charts/a", "charts/b", "vendored/c"]);
        let excluded = Patterns::read(&system, Path::new(""), &["vendored".to_owned()]).expect("patterns");
        let some = charts_below(&system, Path::new("."), &excluded);
        assert_eq!(shown(some), ["charts/a", "charts/b"]);
        let itself = charts_below(&system, Path::new("charts/a"), &Patterns::default());
        assert_eq!(shown(itself), ["charts/a"]);
    }

    #[test]
    fn patterns_find_charts_and_files() {
        let system = system();
        assert_eq!(shown(charts_like(&system, "charts/*")), ["charts/a", "charts/b"]);
        assert_eq!(shown(charts_like(&system, "./*/c/")), ["vendored/c"]);
        assert_eq!(
            shown(files_like(&system, "values/*.yaml")),
            ["values/one.yaml", "values/two.yaml"]
        );
        assert!(charts_like(&system, "no/*").is_err());
        assert!(charts_like(&system, "charts/[").is_err());
    }

    #[test]
    fn patterns_fit_as_in_gitignore() {
        let patterns = ["vendored", "charts/*/crds/**"].map(str::to_owned);
        let patterns = Patterns::read(&system(), Path::new(""), &patterns).expect("patterns");
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
