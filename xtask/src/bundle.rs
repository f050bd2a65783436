//! The files of the web app under their published names, and the one hash that stands for all of them.
//!
//! Scripts, styles, fonts and the wasm module are published as `stem.<16 hex digits>.ext`, the digits being
//! the beginning of the SHA-256 of their content, so they may be cached for ever. The few files whose address
//! others must know beforehand (pages, the service worker, the manifest, icons) keep their names.
//!
//! Text files refer to each other through placeholders:
//!
//! | written | becomes |
//! | --- | --- |
//! | `{{asset:NAME}}` | the path from which NAME is served, for instance `/boot.0123456789abcdef.js` |
//! | `{{asset-list}}` | a JSON array of the paths of all files except the service worker |
//! | `{{bundle-hash}}` | the bundle hash, 64 hex digits |
//!
//! The last two depend on everything else, so they may stand only in files that keep their names.
//!
//! **Bundle hash.** The SHA-256 of one line per file, `<SHA-256 in hex>  <name>\n`, sorted by name: what
//! `sha256sum` prints. Where a file contains the bundle hash itself, it is counted with `{{bundle-hash}}` in
//! that place. So the hash covers every byte that is served, the first page included, and anyone can compute
//! it again from a download.
//!
//! Everything here is a function of the given bytes; nothing is read or written.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

/// Files by name; `/` separates directories, whatever the machine.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The file that must never be fetched from a cache, since it decides what caches hold.
const SERVICE_WORKER: &str = "sw.js";

const ASSET: &str = "{{asset:";
const ASSET_LIST: &str = "{{asset-list}}";
const BUNDLE_HASH: &str = "{{bundle-hash}}";

/// What is served: files under their published names.
pub(crate) struct Bundle {
    pub(crate) files: Files,
    /// 64 hex digits; the module documentation says of what.
    pub(crate) hash: String,
}

/// Gives every file its published name and fills in the placeholders.
///
/// Fails if a placeholder names no file, if hashed files refer to each other in a circle, if a file that
/// needs a placeholder to be found is referred to by none, or if a placeholder stands where it may not.
pub(crate) fn assemble(sources: Files) -> Result<Bundle> {
    let mut assembly =
        Assembly { sources, published: BTreeMap::new(), files: Files::new(), open: Vec::new() };
    let names: Vec<String> = assembly.sources.keys().cloned().collect();
    for name in &names {
        check_name(name)?;
        assembly.publish(name)?;
    }
    assembly.check_all_are_referred_to()?;
    let list = asset_list(assembly.files.keys());
    let files = assembly.files.into_iter().map(|(name, bytes)| {
        let bytes = substitute(&name, bytes, ASSET_LIST, &list);
        (name, bytes)
    });
    Ok(seal(files.collect()))
}

/// Computes the bundle hash and writes it where it is wanted.
fn seal(files: Files) -> Bundle {
    let mut lines = Sha256::new();
    for (name, bytes) in &files {
        lines.update(format!("{}  {name}\n", sha256_hex(bytes)));
    }
    let hash = hex(&lines.finalize());
    let files = files.into_iter().map(|(name, bytes)| {
        let bytes = substitute(&name, bytes, BUNDLE_HASH, &hash);
        (name, bytes)
    });
    Bundle { files: files.collect(), hash }
}

/// Whether a file is published under a name made from its content.
fn is_hashed(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    name != SERVICE_WORKER && matches!(extension, Some("wasm" | "js" | "css" | "woff2"))
}

fn is_text(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    matches!(extension, Some("html" | "js" | "css" | "svg" | "json" | "webmanifest" | "txt"))
}

/// Names are written into JSON, CSS, HTML and Rust, so they hold nothing that any of these would escape.
fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !name.chars().all(plain) {
        bail!("{name}: use only ASCII letters, digits, `.`, `_` and `-` in the names of web files");
    }
    Ok(())
}

/// The work of giving names: a file's name depends on its content, which depends on other files' names.
struct Assembly {
    sources: Files,
    /// Published name by source name, for those done.
    published: BTreeMap<String, String>,
    files: Files,
    /// Hashed files whose content is being determined, outermost first.
    open: Vec<String>,
}

impl Assembly {
    /// Determines content and name of one file, after all that it refers to.
    fn publish(&mut self, name: &str) -> Result<()> {
        if self.published.contains_key(name) {
            return Ok(());
        }
        if self.open.iter().any(|open| open == name) {
            bail!("hashed files refer to each other in a circle: {} -> {name}", self.open.join(" -> "));
        }
        let bytes = self.sources[name].clone();
        self.open.push(name.to_owned());
        let bytes = if is_text(name) { self.fill_in(name, &bytes)?.into_bytes() } else { bytes };
        self.open.pop();
        let published = if is_hashed(name) { hashed_name(name, &bytes) } else { name.to_owned() };
        self.files.insert(published.clone(), bytes);
        self.published.insert(name.to_owned(), published);
        Ok(())
    }

    fn fill_in(&mut self, name: &str, bytes: &[u8]) -> Result<String> {
        let text = std::str::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
        for late in [ASSET_LIST, BUNDLE_HASH] {
            if is_hashed(name) && text.contains(late) {
                bail!("{name}: {late} may stand only in files whose name is not hashed");
            }
        }
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(ASSET) {
            let (wanted, after) =
                after.split_once("}}").with_context(|| format!("{name}: {ASSET} has no end"))?;
            if before.ends_with('/') {
                bail!("{name}: {ASSET}{wanted}}}}} already begins with a slash; remove the one before it");
            }
            filled.push_str(before);
            filled.push('/');
            filled.push_str(&self.published_name(name, wanted)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn published_name(&mut self, by: &str, wanted: &str) -> Result<String> {
        if !self.sources.contains_key(wanted) {
            let known: Vec<&str> = self.sources.keys().map(String::as_str).collect();
            bail!("{by}: {ASSET}{wanted}}}}} names no file; there are {}", known.join(", "));
        }
        if !is_hashed(wanted) {
            return Ok(wanted.to_owned());
        }
        self.publish(wanted)?;
        Ok(self.published[wanted].clone())
    }

    /// A hashed file that nobody refers to cannot be loaded: someone wrote its plain name.
    fn check_all_are_referred_to(&self) -> Result<()> {
        for (name, published) in self.published.iter().filter(|(name, _)| is_hashed(name)) {
            let is_named_in = |(other, bytes): (&String, &Vec<u8>)| {
                other != published && is_text(other) && contains(bytes, published.as_bytes())
            };
            if !self.files.iter().any(is_named_in) {
                bail!("{name} is referred to by no file; write {ASSET}{name}}}}} where it is loaded");
            }
        }
        Ok(())
    }
}

fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let (stem, extension) = name.rsplit_once('.').expect("is_hashed asks for an extension");
    format!("{stem}.{}.{extension}", &sha256_hex(bytes)[..16])
}

fn asset_list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let paths = names.filter(|name| *name != SERVICE_WORKER).map(|name| format!("\"/{name}\""));
    format!("[{}]", paths.collect::<Vec<String>>().join(","))
}

fn substitute(name: &str, bytes: Vec<u8>, placeholder: &str, value: &str) -> Vec<u8> {
    if !is_text(name) {
        return bytes;
    }
    String::from_utf8(bytes)
        .expect("text files were checked when read")
        .replace(placeholder, value)
        .into_bytes()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of: &[(&str, &str)]) -> Files {
        of.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn text<'a>(bundle: &'a Bundle, name: &str) -> &'a str {
        std::str::from_utf8(&bundle.files[name]).expect("the tests' files are text")
    }

    fn app() -> Files {
        files(&[
            ("index.html", "<meta content={{bundle-hash}}><script src={{asset:boot.js}}>{{asset:icon.png}}"),
            ("boot.js", "import '{{asset:app.js}}'; load('{{asset:app.wasm}}')"),
            ("app.js", "fetch('{{asset:app.wasm}}')"),
            ("app.wasm", "\0asm"),
            ("icon.png", "png"),
            ("sw.js", "const all = {{asset-list}}, version = '{{bundle-hash}}';"),
        ])
    }

    #[test]
    fn names_come_from_contents_and_reach_every_reference() {
        let bundle = assemble(app()).expect("the app is complete");
        let wasm = format!("app.{}.wasm", &sha256_hex(b"\0asm")[..16]);
        let app = hashed_name("app.js", format!("fetch('/{wasm}')").as_bytes());
        let boot = hashed_name("boot.js", format!("import '/{app}'; load('/{wasm}')").as_bytes());
        let hash = &bundle.hash;
        assert_eq!(
            text(&bundle, "index.html"),
            format!("<meta content={hash}><script src=/{boot}>/icon.png")
        );
        assert_eq!(
            text(&bundle, "sw.js"),
            format!(
                "const all = [\"/{app}\",\"/{wasm}\",\"/{boot}\",\"/icon.png\",\"/index.html\"], \
                 version = '{hash}';"
            )
        );
        assert_eq!(bundle.files.len(), 6);
    }

    #[test]
    fn the_bundle_hash_can_be_computed_from_a_download() {
        let bundle = assemble(app()).expect("the app is complete");
        let mut lines = String::new();
        for (name, bytes) in &bundle.files {
            let text = String::from_utf8_lossy(bytes).replace(&bundle.hash, BUNDLE_HASH);
            lines.push_str(&format!("{}  {name}\n", sha256_hex(text.as_bytes())));
        }
        assert_eq!(sha256_hex(lines.as_bytes()), bundle.hash);
    }

    #[test]
    fn every_file_changes_the_bundle_hash() {
        let before = assemble(app()).expect("the app is complete").hash;
        for name in app().keys() {
            let mut changed = app();
            changed.get_mut(name).expect("a name of the app").push(b' ');
            assert_ne!(assemble(changed).expect("the app is complete").hash, before, "{name}");
        }
    }

    #[test]
    fn files_that_keep_their_names_may_refer_to_each_other() {
        let sources = files(&[("a.html", "{{asset:b.html}}"), ("b.html", "{{asset:a.html}}")]);
        assert_eq!(text(&assemble(sources).expect("no name depends on another"), "a.html"), "/b.html");
    }

    #[test]
    fn mistakes_are_named() {
        let cases: &[(&[(&str, &str)], &str)] = &[
            (
                &[("a.js", "{{asset:b.js}}"), ("b.js", "{{asset:a.js}}")],
                "hashed files refer to each other in a circle: a.js -> b.js -> a.js",
            ),
            (&[("a.html", "{{asset:b.js}}")], "a.html: {{asset:b.js}} names no file; there are a.html"),
            (&[("a.html", "{{asset:b.js")], "a.html: {{asset: has no end"),
            (
                &[("a.html", "src=\"/{{asset:a.html}}\"")],
                "a.html: {{asset:a.html}} already begins with a slash; remove the one before it",
            ),
            (
                &[("a.html", "src=\"/b.js\""), ("b.js", "")],
                "b.js is referred to by no file; write {{asset:b.js}} where it is loaded",
            ),
            (
                &[("a.html", "{{asset:b.js}}"), ("b.js", "{{bundle-hash}}")],
                "b.js: {{bundle-hash}} may stand only in files whose name is not hashed",
            ),
            (
                &[("a.html", "{{asset:b.js}}"), ("b.js", "{{asset-list}}")],
                "b.js: {{asset-list}} may stand only in files whose name is not hashed",
            ),
            (
                &[("a b.html", "")],
                "a b.html: use only ASCII letters, digits, `.`, `_` and `-` in the names of web files",
            ),
        ];
        for (sources, message) in cases {
            let error = assemble(files(sources)).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some(*message));
        }
    }
}
