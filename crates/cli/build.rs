//! Puts the web app into the binary: writes the table of assets that `src/embedded.rs` includes.
//!
//! `CONCERTED_WEB_DIST` names the directory that `cargo xtask` has filled. Without it the table is empty, so
//! a plain `cargo build` needs no web app, and the server says how to get one.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const DIST_VARIABLE: &str = "CONCERTED_WEB_DIST";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={DIST_VARIABLE}");
    let mut table = String::from("&[\n");
    if let Some(dist) = env::var_os(DIST_VARIABLE).map(PathBuf::from) {
        // For a directory, Cargo compares the times of everything in it.
        println!("cargo::rerun-if-changed={}", dist.display());
        for file in files_below(&dist)? {
            write_asset(&mut table, &dist, &file)?;
        }
    }
    table.push(']');
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("assets.rs"), table)?;
    Ok(())
}

fn write_asset(table: &mut String, dist: &Path, file: &Path) -> Result<(), Box<dyn Error>> {
    let parts: Vec<_> = file.strip_prefix(dist)?.iter().map(|part| part.to_string_lossy()).collect();
    let name = parts.join("/");
    let bytes = |path: &Path| match path.is_file() {
        true => format!("include_bytes!({path:?})"),
        false => "&[]".to_owned(),
    };
    writeln!(table, "Asset {{")?;
    writeln!(table, "    path: {name:?},")?;
    writeln!(table, "    content_type: {:?},", content_type(&name))?;
    writeln!(table, "    br: {},", bytes(&encoded(file, "br")))?;
    writeln!(table, "    gzip: {},", bytes(&encoded(file, "gz")))?;
    writeln!(table, "    identity: {},", bytes(file))?;
    writeln!(table, "    immutable: {},", has_content_hash(&name))?;
    writeln!(table, "}},")?;
    Ok(())
}

/// All files except the encodings of others, in order of their paths.
fn files_below(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(directory)
        .map_err(|error| format!("{DIST_VARIABLE}: cannot list {}: {error}", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else if !is_encoding(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_encoding(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "br" || extension == "gz")
}

fn encoded(path: &Path, encoding: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(encoding);
    name.into()
}

/// Whether the name is `stem.<16 hex digits>.ext`, so that what it names can never change.
fn has_content_hash(name: &str) -> bool {
    let mut parts = name.rsplit('.').skip(1);
    let digits = parts.next().unwrap_or_default();
    parts.next().is_some() && digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
