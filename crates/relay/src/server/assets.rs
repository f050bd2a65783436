//! The web app's files: negotiated encoding, caching, and headers that confine the
//! page to what it needs.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use concerted_log::hash::hash;

use crate::server::config::{Asset, StaticApp};

/// Scripts, styles, fonts and images from the own origin only; connections to any
/// relay, since a member's bodies may live on several.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    font-src 'self'; img-src 'self' data: blob:; connect-src 'self' http: https: ws: wss:; \
    manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_FOUND: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Not found</title>\
    <p>There is nothing here.</p>";

/// The files by path.
pub(super) struct Assets {
    files: BTreeMap<&'static str, File>,
    /// Whether browsers are told to use https only.
    https: bool,
}

struct File {
    asset: &'static Asset,
    etag: String,
}

impl Assets {
    pub(super) fn new(app: StaticApp, https: bool) -> Self {
        let files = app.0.iter().map(|asset| (name(asset.path), File { asset, etag: etag(asset.identity) }));
        Self { files: files.collect(), https }
    }

    /// Answers a GET or HEAD of `path`, which begins with a slash.
    pub(super) fn answer(&self, path: &str, headers: &HeaderMap) -> Response {
        let mut response = match self.files.get(name(path.trim_start_matches('/'))) {
            Some(file) => file.answer(headers),
            None => page(StatusCode::NOT_FOUND, NOT_FOUND),
        };
        secure(response.headers_mut(), self.https);
        response
    }
}

impl File {
    fn answer(&self, headers: &HeaderMap) -> Response {
        let seen = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        if seen.is_some_and(|seen| seen.split(',').any(|tag| same_tag(tag, &self.etag))) {
            return (StatusCode::NOT_MODIFIED, self.caching()).into_response();
        }
        let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
        let Asset { br, gzip, identity, content_type, .. } = *self.asset;
        let compressed = [("br", br), ("gzip", gzip)];
        let best = compressed.iter().find(|(coding, bytes)| !bytes.is_empty() && accepts(accepted, coding));
        let (encoding, bytes) = best.map_or((None, identity), |(coding, bytes)| (Some(*coding), *bytes));
        let mut response = (self.caching(), Body::from(bytes)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn caching(&self) -> [(HeaderName, String); 3] {
        let control = match self.asset.immutable {
            true => "public, max-age=31536000, immutable",
            false => "no-cache",
        };
        [(CACHE_CONTROL, control.to_owned()), (ETAG, self.etag.clone()), (VARY, "Accept-Encoding".to_owned())]
    }
}

/// A small page of our own.
pub(super) fn page(status: StatusCode, html: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")], html).into_response()
}

fn secure(headers: &mut HeaderMap, https: bool) {
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, "no-referrer");
    set(opener, "same-origin");
    if https {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

fn name(path: &str) -> &str {
    if path == "index.html" { "" } else { path }
}

fn etag(bytes: &[u8]) -> String {
    let hash = hash("concerted relay asset", &[bytes]);
    let digits: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

fn same_tag(tag: &str, etag: &str) -> bool {
    let tag = tag.trim();
    tag == "*" || tag.trim_start_matches("W/") == etag
}

/// Whether an `Accept-Encoding` header (RFC 9110, section 12.5.3) allows a coding.
fn accepts(header: &str, coding: &str) -> bool {
    let quality = |wanted: &str| {
        header.split(',').find_map(|part| {
            let mut fields = part.split(';').map(str::trim);
            if !fields.next()?.eq_ignore_ascii_case(wanted) {
                return None;
            }
            let quality = fields.find_map(|field| field.strip_prefix("q="));
            Some(quality.and_then(|q| q.parse::<f32>().ok()).unwrap_or(1.0))
        })
    };
    quality(coding).or_else(|| quality("*")).is_some_and(|quality| quality > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_negotiated() {
        let cases = [
            ("br", "br", true),
            ("gzip, deflate, br", "br", true),
            ("gzip;q=1.0, br;q=0", "br", false),
            ("", "br", false),
            ("*", "br", true),
            ("*;q=0", "br", false),
            ("BR;q=0.5", "br", true),
            ("brotli", "br", false),
        ];
        for (header, coding, expected) in cases {
            assert_eq!(accepts(header, coding), expected, "{header}");
        }
    }
}
