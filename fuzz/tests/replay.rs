//! Every input that is kept, through its target; and the targets that this crate lists are those that can be
//! fuzzed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use concerted_fuzz::TARGETS;

#[test]
fn every_seed_is_taken() {
    for target in TARGETS {
        let seeds = target.seeds();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        for (number, seed) in seeds.iter().enumerate() {
            eprintln!("{}, seed {number}", target.name);
            target.run(seed);
        }
    }
}

#[test]
fn every_kept_input_is_taken() {
    for target in TARGETS {
        for file in ["corpus", "cases"].iter().flat_map(|kind| files(&root().join(kind).join(target.name))) {
            eprintln!("{}", file.display());
            target.run(&fs::read(&file).expect("it was listed"));
        }
    }
}

#[test]
fn every_target_has_a_program_and_every_directory_a_target() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let names = |directory: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root().join(directory)).into_iter().flatten().flatten();
        let stem = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        entries.filter_map(|entry| stem(entry.path())).filter(|name| name != "README").collect()
    };
    assert_eq!(names("src/bin"), targets);
    for kept in ["corpus", "cases"] {
        assert!(names(kept).is_subset(&targets), "{kept}: {:?}", names(kept));
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// None where there is no such directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}
