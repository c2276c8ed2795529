//! Container images.

use super::super::Context;
use diagnostics::{Diagnostic, Report};
use source::Span;

const LATEST: &str = "latest-image-tag";

/// The last occurrence of a text in a scalar.
fn part(context: &Context<'_>, scalar: Span, text: &str) -> Span {
    let source = context.sources.get(scalar.file);
    let written = source.text().get(scalar.range()).unwrap_or_default();
    written.rfind(text).map_or(scalar, |at| {
        let start = scalar.range().start + at;
        Span::new(scalar.file, start, start + text.len())
    })
}

/// Reports images without a fixed version.
pub(in super::super) fn images(context: &Context<'_>, report: &mut Report) {
    for pod in context.objects.pods() {
        for container in pod.containers() {
            let (Some(shown), Some(image)) = (container.spec.image.as_deref(), container.node.get("image")) else {
                continue;
            };
            let (name, digest) = shown
                .split_once('@')
                .map_or((shown, None), |(name, digest)| (name, Some(digest)));
            let (repository, tag) = match name.rsplit_once(':') {
                Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
                _ => (name, None),
            };
            if !repository.is_empty() && digest.is_none() && tag.is_none_or(|tag| tag == "latest") {
                let message = format!("the image {shown} is whatever was pushed last");
                let diagnostic = Diagnostic::warning(LATEST, message);
                // The tag may come from another place than the name.
                let span = tag.map_or(image.span, |tag| part(context, image.span, tag));
                report.push(pod.owner.fault(diagnostic, span).help("name a version"));
            }
        }
    }
}
