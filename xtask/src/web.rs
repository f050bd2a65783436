//! The web app: compiled to wasm, bound to JavaScript, published into one directory.
//!
//! The same source gives the same bytes and so the same bundle hash on every machine with the compiler that
//! `rust-toolchain.toml` names: paths of this machine are mapped to fixed ones, and nothing puts a time in.
//! That is what lets a member, or someone they trust, check the app that a server hands out.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::{Bindgen, Output};

use crate::bundle::{self, Files};
use crate::dist::{self, Sizes};
use crate::preflight;
use crate::workspace::{self, WASM};

/// The most that a first visit may transfer, icons apart: half a minute on a bad 2G line is already long.
const LOADED_BYTES_MAX: usize = 700 * 1024;

/// What a build is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speed {
    /// What members download.
    SmallToLoad,
    /// What somebody who works on the app wants to look at now.
    SoonBuilt,
}

impl Speed {
    fn profile(self) -> &'static str {
        match self {
            Speed::SmallToLoad => "wasm-release",
            Speed::SoonBuilt => "wasm-dev",
        }
    }

    fn directory(self) -> PathBuf {
        let web = workspace::target().join("web");
        match self {
            Speed::SmallToLoad => web.join("dist"),
            Speed::SoonBuilt => web.join("dev"),
        }
    }
}

/// `cargo xtask web`.
pub(crate) fn command(speed: Speed) -> Result<ExitCode> {
    preflight::check()?;
    let directory = build(speed)?;
    println!("the web app is in {}", directory.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds the web app and returns the directory that holds it.
pub(crate) fn build(speed: Speed) -> Result<PathBuf> {
    let module = compile(speed)?;
    let mut sources = dist::read(&workspace::root().join("crates/web/static"))?;
    sources.extend(bind(&module)?);
    let bundle = bundle::assemble(sources)?;
    let directory = speed.directory();
    let sizes = dist::write(&bundle, &directory)?;
    println!("{}", table(&sizes));
    println!("app {}", bundle.hash);
    let loaded = loaded(&sizes);
    if speed == Speed::SmallToLoad && loaded > LOADED_BYTES_MAX {
        bail!("a first visit loads {loaded} bytes of brotli; at most {LOADED_BYTES_MAX} are allowed");
    }
    Ok(directory)
}

/// Compiles the crate and returns where the module lies.
fn compile(speed: Speed) -> Result<PathBuf> {
    workspace::run(&mut cargo("build", &APP, speed)?)?;
    Ok(modules(speed).join("concerted_web.wasm"))
}

/// What Cargo calls the app.
pub(crate) const APP: [&str; 2] = ["--package", "concerted-web"];

/// Where Cargo puts what it compiles for browsers.
pub(crate) fn modules(speed: Speed) -> PathBuf {
    target().join(WASM).join(speed.profile())
}

/// A Cargo command for what runs in browsers alone, in a target directory of its own: the flags differ from
/// those of the host's build, and sharing one would compile everything anew at every change between the two.
pub(crate) fn cargo(subcommand: &str, of: &[&str], speed: Speed) -> Result<Command> {
    let mut command = workspace::cargo();
    command
        .arg(subcommand)
        .args(of)
        .args(["--target", WASM, "--profile", speed.profile()])
        .arg("--target-dir")
        .arg(target())
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", path_mappings()?);
    Ok(command)
}

fn target() -> PathBuf {
    workspace::target().join("web/build")
}

/// Compiler flags, divided by the unit separator, that replace this machine's paths in panic messages.
fn path_mappings() -> Result<OsString> {
    let rustc = || Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let sysroot = PathBuf::from(workspace::output(rustc().args(["--print", "sysroot"]))?);
    let version = workspace::output(rustc().arg("-vV"))?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    let mut mappings = vec![
        // Where several match, the last one counts.
        (workspace::root().to_owned(), "/concerted".to_owned()),
        (workspace::target(), "/concerted/target".to_owned()),
        // Where the `rust-src` component is installed the compiler names its files; elsewhere, this.
        (sysroot.join("lib/rustlib/src/rust"), format!("/rustc/{commit}")),
    ];
    mappings.extend(registries()?.into_iter().map(|path| (path, "/registry".to_owned())));
    let flags = mappings.into_iter().map(|(from, to)| {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(from);
        flag.push("=");
        flag.push(to);
        flag
    });
    Ok(flags.collect::<Vec<OsString>>().join(OsStr::new("\x1f")))
}

/// Where Cargo unpacks the sources of dependencies: one directory per registry, named after its address,
/// which is another one where a mirror is used.
fn registries() -> Result<Vec<PathBuf>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = home.context("no home directory; set CARGO_HOME")?.join("registry/src");
    // Where all dependencies are vendored there is none, and their paths are those of the workspace.
    let Ok(entries) = sources.read_dir() else { return Ok(Vec::new()) };
    let cannot = || format!("cannot list {}", sources.display());
    entries.map(|entry| Ok(entry.with_context(cannot)?.path())).collect()
}

/// Runs wasm-bindgen: the module as browsers load it, and the scripts that it imports.
fn bind(module: &Path) -> Result<Files> {
    let mut output = Bindgen::new()
        .input_path(module)
        .out_name("concerted")
        .web(true)?
        .typescript(false)
        // So that `init()` finds the module without being told where it is.
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("wasm-bindgen refused {}", module.display()))?;

    let mut scripts = Files::new();
    for (path, script) in output.local_modules() {
        scripts.insert(format!("snippets/{path}"), script.clone().into_bytes());
    }
    for (of_crate, inline) in output.snippets() {
        for (index, script) in inline.iter().enumerate() {
            scripts.insert(format!("snippets/{of_crate}/inline{index}.js"), script.clone().into_bytes());
        }
    }
    let glue = refer_by_placeholder(output.js(), scripts.keys())?;
    scripts.insert("concerted.js".to_owned(), glue.into_bytes());
    remove_stamps(&mut output);
    scripts.insert("concerted.wasm".to_owned(), output.wasm_mut().emit_wasm());
    Ok(scripts)
}

/// Removes the one thing in the module that depends on the machine: an export that nobody imports, whose name
/// Leptos' code splitting makes from the place where Cargo keeps sources.
fn remove_stamps(output: &mut Output) {
    let exports = &mut output.wasm_mut().exports;
    let is_stamp = |name: &str| name.starts_with("_WASM_SPLIT_MARKER_");
    let stamps: Vec<_> =
        exports.iter().filter(|export| is_stamp(&export.name)).map(|export| export.id()).collect();
    for stamp in stamps {
        exports.delete(stamp);
    }
}

/// Replaces the addresses that wasm-bindgen writes into its script by placeholders for the published ones.
fn refer_by_placeholder<'a>(glue: &str, snippets: impl Iterator<Item = &'a String>) -> Result<String> {
    let module = "new URL('concerted_bg.wasm', import.meta.url)";
    if glue.matches(module).count() != 1 {
        bail!("wasm-bindgen's script no longer loads the module by `{module}`; adapt xtask/src/web.rs");
    }
    let mut glue = glue.replace(module, "new URL('{{asset:concerted.wasm}}', import.meta.url)");
    for snippet in snippets {
        for quote in ["'", "\""] {
            let address = format!("{quote}./{snippet}{quote}");
            glue = glue.replace(&address, &format!("{quote}{{{{asset:{snippet}}}}}{quote}"));
        }
    }
    Ok(glue)
}

fn loaded(sizes: &[Sizes]) -> usize {
    let is_icon = |name: &str| [".png", ".ico", ".svg", ".webp"].iter().any(|end| name.ends_with(end));
    sizes.iter().filter(|sizes| !is_icon(&sizes.name)).map(|sizes| sizes.brotli).sum()
}

fn table(sizes: &[Sizes]) -> String {
    let mut lines = vec![format!("{:>10} {:>10} {:>10}  file", "raw", "gzip", "brotli")];
    for Sizes { name, raw, gzip, brotli } in sizes {
        lines.push(format!("{raw:>10} {gzip:>10} {brotli:>10}  {name}"));
    }
    let loaded = loaded(sizes);
    lines.push(format!("{:>32}  loaded by a first visit, of at most {LOADED_BYTES_MAX}", loaded));
    lines.join("\n")
}

/// The environment variable through which the server's build finds the web app.
pub(crate) const DIST_VARIABLE: &str = "CONCERTED_WEB_DIST";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_the_glue_become_placeholders() {
        let glue = "import { a } from './snippets/x-1/inline0.js';\n\
                    module_or_path = new URL('concerted_bg.wasm', import.meta.url);";
        let snippet = "snippets/x-1/inline0.js".to_owned();
        assert_eq!(
            refer_by_placeholder(glue, [snippet].iter()).expect("the module is loaded once"),
            "import { a } from '{{asset:snippets/x-1/inline0.js}}';\n\
             module_or_path = new URL('{{asset:concerted.wasm}}', import.meta.url);"
        );
        let error = refer_by_placeholder("", [].iter()).expect_err("nothing loads the module");
        assert!(error.to_string().contains("no longer loads the module"));
    }

    #[test]
    fn icons_are_not_loaded_by_a_first_visit() {
        let file = |name: &str, brotli| Sizes { name: name.to_owned(), raw: 100, gzip: 50, brotli };
        assert_eq!(loaded(&[file("a.js", 7), file("icon.png", 90), file("index.html", 4)]), 11);
    }
}
