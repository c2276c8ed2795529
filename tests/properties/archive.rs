//! Packaged charts: whatever the archive contains, nothing is written and no file gets a name outside of the chart.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use promchart::chart::{self, Chart};
use promchart::diagnostic::Report;
use promchart::source::Sources;
use promchart::system::{Entry, FileKind, Piped, System};

/// Helm's own limit, in bytes.
const MAX_CHART_SIZE: usize = 100 << 20;
const BLOCK: usize = 512;

pub(crate) fn check(bytes: &[u8]) {
    let packed = if bytes.starts_with(b"\x1F\x8B") {
        bytes.to_vec()
    } else {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(&with_checksums(bytes)).expect("memory to write to");
        encoder.finish().expect("memory to write to")
    };
    let system = OneFile(packed);
    let Ok(chart) = chart::load(&system, Path::new("c.tgz"), &Sources::new(), &mut Report::new()) else {
        return;
    };
    let mut total = 0;
    inside(&chart, &mut total);
    assert!(total <= MAX_CHART_SIZE, "{total} bytes");
}

/// The bytes as a tar with correct header checksums: files after a wrong one are not found.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut tar = bytes.to_vec();
    let mut at = 0;
    while let Some(header) = tar.get_mut(at..at + BLOCK) {
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let digits = header[124..136].iter().take_while(|byte| matches!(byte, b'0'..=b'7'));
        let size = digits.fold(0, |size, digit| size * 8 + usize::from(digit - b'0'));
        at += BLOCK + size.next_multiple_of(BLOCK);
    }
    tar.extend([0; 2 * BLOCK]);
    tar
}

fn inside(chart: &Chart, total: &mut usize) {
    for file in chart.templates.iter().chain(&chart.files).chain(&chart.schema) {
        *total += file.bytes().len();
        let name = &file.name;
        assert!(!name.is_empty() && !name.starts_with('/'), "{name:?}");
        assert!(name.split('/').all(|part| !matches!(part, "" | "." | "..")), "{name:?}");
    }
    for subchart in &chart.subcharts {
        inside(subchart, total);
    }
}

/// A system with one file, `c.tgz`. Any other access is a mistake.
struct OneFile(Vec<u8>);

impl System for OneFile {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        assert_eq!(path, Path::new("c.tgz"));
        Ok(self.0.clone())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        panic!("lists {}", path.display())
    }

    fn entry(&self, path: &Path) -> io::Result<Entry> {
        assert_eq!(path, Path::new("c.tgz"));
        let size = self.0.len() as u64;
        Ok(Entry {
            kind: FileKind::File,
            size,
            is_link: false,
            mode: None,
        })
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        assert_eq!(path, Path::new("c.tgz"));
        Ok(path.to_path_buf())
    }

    fn read_stdin(&self) -> io::Result<Vec<u8>> {
        panic!("reads the standard input")
    }

    fn make_folders(&self, path: &Path) -> io::Result<()> {
        panic!("makes {}", path.display())
    }

    fn write(&self, path: &Path, _: &[u8]) -> io::Result<()> {
        panic!("writes {}", path.display())
    }

    fn pipe(&self, program: &str, _: &[String], _: &[u8]) -> io::Result<Piped> {
        panic!("runs {program}")
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }

    fn memory_in_use(&self) -> Option<usize> {
        None
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}
