//! Every store passes the same suite.

use concerted_relay::memory::MemoryStore;

#[test]
fn the_store_in_memory_conforms() {
    crate::support::conformance::check(MemoryStore::new);
}

#[cfg(feature = "server")]
#[test]
fn the_store_on_disk_conforms() {
    use concerted_relay::sqlite::SqliteStore;
    let mut dirs = Vec::new();
    crate::support::conformance::check(|| {
        dirs.push(crate::support::TestDir::new());
        let dir = dirs.last().unwrap();
        SqliteStore::open(dir.path(), Box::new(drop)).unwrap()
    });
}
