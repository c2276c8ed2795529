//! URLs and DNS. Host names are not resolved.

use super::registry::{helm, sprig};
use super::strings::{bytes, text};
use super::{Call, Fault, Function, Outcome};
use gostd::string::decode;
use gostd::url::Url;
use govalue::Type::{Map as Dict, String as Str};
use govalue::{Entries, View, map, view};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    helm("getHostByName", &[Str], "string", get_host_by_name, "nothing: names are not looked up"),
    sprig("urlJoin", &[Dict], "string", url_join, "the URL of the parts that urlParse gives"),
    sprig("urlParse", &[Str], "map[string]interface {}", url_parse, "the parts of a URL: `scheme`, `userinfo`, `host`, `hostname`, `path`, `query`, `opaque`, `fragment`"),
];

#[expect(clippy::unnecessary_wraps, reason = "all functions of a table have one type")]
fn get_host_by_name(_: &mut Call<'_>) -> Outcome {
    Ok("".into())
}

fn url_parse(call: &mut Call<'_>) -> Outcome {
    call.charge_text(call.str(0).len().saturating_mul(4))?;
    let url = Url::parse(&bytes(call, 0)).map_err(|error| format!("unable to parse url: {error}"))?;
    let user = url
        .user
        .as_ref()
        .map(gostd::url::UserInfo::to_bytes)
        .unwrap_or_default();
    let parts: [(&str, &[u8]); 8] = [
        ("scheme", &url.scheme),
        ("host", &url.host),
        ("hostname", url.host_name()),
        ("path", &url.path),
        ("query", &url.query),
        ("opaque", &url.opaque),
        ("fragment", &url.fragment),
        ("userinfo", &user),
    ];
    let entries: Entries = parts
        .into_iter()
        .map(|(name, part)| (name.into(), text(part)))
        .collect();
    Ok(map(entries))
}

/// A component of the URL map; empty if the key is missing.
fn part(call: &Call<'_>, name: &str) -> Result<Vec<u8>, Fault> {
    let Some(value) = call.map(0).and_then(|map| map.get(name)) else {
        return Ok(Vec::new());
    };
    match view(&value) {
        View::String(text) => Ok(decode(text).into_owned()),
        View::Invalid | View::Nil => Err("runtime error: invalid memory address or nil pointer dereference".into()),
        found => Err(Fault::new(format!(
            "unable to parse {name} key, must be of type string, but {} found",
            found.kind_name()
        ))),
    }
}

fn url_join(call: &mut Call<'_>) -> Outcome {
    let mut url = Url {
        scheme: part(call, "scheme")?,
        host: part(call, "host")?,
        path: part(call, "path")?,
        raw_path: Vec::new(),
        query: part(call, "query")?,
        opaque: part(call, "opaque")?,
        fragment: part(call, "fragment")?,
        user: None,
    };
    let user = part(call, "userinfo")?;
    if !user.is_empty() {
        let around = [b"proto://", &user[..], b"@host"].concat();
        url.user = Url::parse(&around)
            .map_err(|error| format!("unable to parse userinfo in dict: {error}"))?
            .user;
    }
    let size = url.path.len() + url.host.len() + url.fragment.len() + url.query.len();
    call.charge_text(size.saturating_mul(3))?;
    Ok(text(&url.to_bytes()))
}
