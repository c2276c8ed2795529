//! Images.

use super::super::Context;
use super::super::object::text;
use super::selectors::pods;
use crate::diagnostic::{Diagnostic, Report};

const LATEST: &str = "latest-image-tag";

/// Images that are whatever was pushed last.
pub(in super::super) fn images(context: &Context<'_>, report: &mut Report) {
    for pod in pods(context) {
        for container in pod.containers() {
            let Some(image) = container.get("image").filter(|image| image.as_str().is_some()) else {
                continue;
            };
            let shown = text(Some(image));
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
                report.push(pod.owner.fault(diagnostic, image.span).help("name a version"));
            }
        }
    }
}
