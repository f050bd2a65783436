//! The page on which ballots are tested in a browser: the example `browser` of the ballot crate, all of it in
//! one HTML file, so that no server is needed.
//!
//! It is compiled as the web app is, but nothing of it is in the app.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use base64ct::{Base64, Encoding};
use wasm_bindgen_cli_support::Bindgen;

use crate::compress;
use crate::web::{self, Speed};
use crate::workspace;

/// What Cargo calls it.
pub(crate) const EXAMPLE: [&str; 4] = ["--package", "concerted-ballot", "--example", "browser"];

/// Builds the page and returns where it is.
pub(crate) fn build() -> Result<PathBuf> {
    workspace::run(&mut web::cargo("build", &EXAMPLE, Speed::SmallToLoad)?)?;
    let module = web::modules(Speed::SmallToLoad).join("examples/browser.wasm");
    let mut output = Bindgen::new()
        .input_path(&module)
        .no_modules(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("wasm-bindgen refused {}", module.display()))?;
    let wasm = output.wasm_mut().emit_wasm();
    println!("the ballot module: {} bytes, brotli {}", wasm.len(), compress::brotli(&wasm)?.len());
    let path = workspace::target().join("web/ballot.html");
    fs::write(&path, html(output.js(), &wasm)).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// `ready` is a promise of the module, whose exports are in `wasm_bindgen`.
fn html(glue: &str, wasm: &[u8]) -> String {
    format!(
        "<!doctype html><meta charset=\"utf-8\"><title>Ballots</title>\n<script>{glue}</script>\n<script>\
         const bytes = Uint8Array.from(atob(\"{}\"), character => character.charCodeAt(0));\n\
         const ready = wasm_bindgen({{ module_or_path: bytes }});</script>\n",
        Base64::encode_string(wasm),
    )
}
