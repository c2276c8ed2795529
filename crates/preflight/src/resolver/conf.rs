//! resolv.conf, parsed as the C library does.

use std::net::IpAddr;

use source::{FileId, Source, Span};

/// The maximum number of lines read.
const MAX_LINES: usize = 10_000;

/// The settings, with their places.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Conf {
    pub(super) servers: Vec<(IpAddr, Span)>,
    /// The search domains. Of `search` and `domain` the last one wins.
    pub(super) search: Vec<(String, Span)>,
    pub(super) ndots: Option<(u32, Span)>,
    /// Nameservers that are not addresses.
    pub(super) bad: Vec<(String, Span)>,
}

impl Conf {
    pub(super) fn parse(source: &Source, file: FileId) -> Self {
        let mut conf = Self::default();
        for number in 1..=source.line_count().min(MAX_LINES) {
            let start = source.line_range(number).map_or(0, |range| range.start);
            let line = source.line(number);
            if line.starts_with(['#', ';']) {
                continue;
            }
            let word = |word: &str| {
                let at = start + (word.as_ptr() as usize - line.as_ptr() as usize);
                (word.to_owned(), Span::new(file, at, at + word.len()))
            };
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => {
                    let Some((text, place)) = words.next().map(word) else {
                        continue;
                    };
                    // A zone such as %eth0 may follow.
                    match text.split('%').next().unwrap_or_default().parse() {
                        Ok(address) => conf.servers.push((address, place)),
                        Err(_) => conf.bad.push((text, place)),
                    }
                }
                Some("search") => conf.search = words.map(word).map(absolute).collect(),
                Some("domain") => conf.search = words.take(1).map(word).map(absolute).collect(),
                Some("options") => {
                    for (option, place) in words.map(word) {
                        if let Some(ndots) = option.strip_prefix("ndots:").and_then(|digits| digits.parse().ok()) {
                            conf.ndots = Some((ndots, place));
                        }
                    }
                }
                _ => {}
            }
        }
        conf
    }
}

fn absolute((name, place): (String, Span)) -> (String, Span) {
    (name.trim_end_matches('.').to_owned(), place)
}

#[cfg(test)]
mod tests {
    use super::Conf;
    use source::{Source, SourceKind, Sources};

    #[test]
    fn the_last_search_wins() {
        let text = "# nameserver 1.1.1.1\ndomain a.b\nnameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local. \
                    cluster.local\nnameserver fe80::1%eth0\nnameserver x\noptions edns0 ndots:5\nnameserver\n";
        let source = Source::new("resolv.conf", SourceKind::File, text.into());
        let file = Sources::new().add(Source::new("resolv.conf", SourceKind::File, Vec::new()));
        let conf = Conf::parse(&source, file);
        let search: Vec<&str> = conf.search.iter().map(|(name, _)| &**name).collect();
        assert_eq!(
            search,
            ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"]
        );
        assert_eq!(conf.servers.len(), 2);
        assert_eq!(conf.ndots.map(|(ndots, _)| ndots), Some(5));
        assert_eq!(conf.bad[0].0, "x");
        assert_eq!(&text[conf.search[1].1.range()], "svc.cluster.local.");
    }
}
