//! Elections held in a browser.

use std::io::Write;

use crate::phone::{DriverProcess, Phone};

/// Casting is to take 15 ms at most. A machine that builds and tests at the same time is slow, so what fails
/// here is only what is quite wrong; the time is printed.
const CAST_MS_MAX: f64 = 150.0;

/// Aim: a phone can do everything in an election: make keys, credentials and ballots, verify them all with and
/// without hints, decrypt and count, in both groups.
///
/// The page is the example `browser` of the ballot crate; `cargo xtask test` builds it and says where it is.
#[tokio::test]
async fn elections_are_held_in_a_browser() {
    if !crate::wanted() {
        return;
    }
    let page = std::env::var("CONCERTED_BALLOT_PAGE").expect("`cargo xtask test` sets it");
    let driver = DriverProcess::start();
    let phone = Phone::new(&driver, &format!("file://{page}")).await;
    let script = "const done = arguments[arguments.length - 1];
        ready.then(() => done({
            casting: JSON.parse(wasm_bindgen.casting()),
            ...JSON.parse(wasm_bindgen.elections()),
        })).catch(error => done({ error: String(error) }));";
    let figures = phone.browser.execute_async(script, Vec::new()).await.unwrap();
    let figures = figures.json();
    // Past the test harness, which keeps to itself what a passing test prints.
    let _ = writeln!(std::io::stderr(), "{figures}");
    assert_eq!(figures["error"], serde_json::Value::Null);
    assert_eq!(figures["ed25519"]["counts"], serde_json::json!([[7, 7, 6]]));
    assert_eq!(figures["belenios_2048"]["counts"], serde_json::json!([[1, 1, 0]]));
    let cast_ms = figures["casting"]["middle_ms"].as_f64().unwrap();
    assert!(cast_ms < CAST_MS_MAX, "casting takes {cast_ms} ms");
    phone.close().await;
}
