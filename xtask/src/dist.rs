//! The bundle on disk: every file, and beside it its `.br` and `.gz` where those are smaller.
//!
//! The server embeds this directory. A file that has not changed is not written again, so that the server is
//! rebuilt exactly when the web app differs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::bundle::{Bundle, Files};
use crate::compress;

/// Lengths of one file in bytes, as served in each encoding.
pub(crate) struct Sizes {
    pub(crate) name: String,
    pub(crate) raw: usize,
    pub(crate) gzip: usize,
    pub(crate) brotli: usize,
}

/// Makes the directory hold exactly the bundle, and says how large it is.
pub(crate) fn write(bundle: &Bundle, directory: &Path) -> Result<Vec<Sizes>> {
    let mut wanted = BTreeSet::new();
    let mut sizes = Vec::new();
    for (name, bytes) in &bundle.files {
        let path = directory.join(name);
        let brotli = beside(&path, "br");
        let gzip = beside(&path, "gz");
        if !fs::read(&path).is_ok_and(|old| old == *bytes) {
            write_with_encodings(&path, bytes)?;
        }
        let length = |of: &Path| fs::metadata(of).map_or(bytes.len(), |data| data.len() as usize);
        let name = name.clone();
        sizes.push(Sizes { name, raw: bytes.len(), gzip: length(&gzip), brotli: length(&brotli) });
        wanted.extend([path, brotli, gzip]);
    }
    for path in files_below(directory)?.into_iter().filter(|path| !wanted.contains(path)) {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(sizes)
}

/// Replaces a file and its encodings. The file itself goes first and comes last, so that where it is found
/// with the expected content, its encodings are of that content too, even if a build was broken off.
fn write_with_encodings(path: &Path, bytes: &[u8]) -> Result<()> {
    let parent = path.parent().expect("a file lies in a directory");
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    let all = [path.to_owned(), beside(path, "br"), beside(path, "gz")];
    for stale in all.iter().filter(|path| path.exists()) {
        fs::remove_file(stale).with_context(|| format!("cannot remove {}", stale.display()))?;
    }
    for (encoded, path) in [(compress::brotli(bytes)?, &all[1]), (compress::gzip(bytes)?, &all[2])] {
        if encoded.len() < bytes.len() {
            fs::write(path, encoded).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn beside(path: &Path, encoding: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(encoding);
    name.into()
}

/// All files of a directory by their path below it; none if there is no such directory.
pub(crate) fn read(directory: &Path) -> Result<Files> {
    let mut files = Files::new();
    for path in files_below(directory)? {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let below = path.strip_prefix(directory).expect("the walk began there");
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        files.insert(parts.join("/"), bytes);
    }
    Ok(files)
}

fn files_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        if !directory.is_dir() {
            continue;
        }
        let cannot = || format!("cannot list {}", directory.display());
        for entry in fs::read_dir(&directory).with_context(cannot)? {
            let path = entry.with_context(cannot)?.path();
            if path.is_dir() { directories.push(path) } else { found.push(path) }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(of: &[(&str, &str)]) -> Bundle {
        let files = of.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
        Bundle { files: files.collect(), hash: String::new() }
    }

    #[test]
    fn the_directory_holds_the_bundle_and_nothing_else() {
        let directory = std::env::temp_dir().join(format!("concerted-dist-{}", std::process::id()));
        let long = "solidarity ".repeat(100);

        let sizes =
            write(&bundle(&[("a.js", &long), ("icons/b", "x")]), &directory).expect("it can be written");
        let names = |files: Files| files.into_keys().collect::<Vec<String>>();
        let held = names(read(&directory).expect("it can be read"));
        assert_eq!(held, ["a.js", "a.js.br", "a.js.gz", "icons/b"], "one byte is not made smaller");
        assert!(sizes[0].brotli < sizes[0].gzip && sizes[0].gzip < sizes[0].raw);
        assert_eq!((sizes[1].brotli, sizes[1].gzip, sizes[1].raw), (1, 1, 1));

        let written = |name: &str| fs::metadata(directory.join(name)).and_then(|data| data.modified()).ok();
        let before = written("a.js");
        write(&bundle(&[("a.js", &long)]), &directory).expect("it can be written");
        assert_eq!(written("a.js"), before, "an unchanged file is left alone");
        assert_eq!(names(read(&directory).expect("it can be read")), ["a.js", "a.js.br", "a.js.gz"]);

        fs::remove_dir_all(&directory).expect("the test made it");
    }
}
