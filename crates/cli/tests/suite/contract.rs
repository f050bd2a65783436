//! The contract of the command line: exit statuses, options, `--json`, bylaws.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Home, Process, Relay, TempDir, binary, failed, rows_of, run, succeeded, text};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn wrong_usage_ends_with_2_and_says_how() {
    let home = Home::begun().0;
    let wrong: [(&[&str], &str); 12] = [
        (&[], "Usage: concerted"),
        (&["frobnicate"], "unrecognized subcommand"),
        (&["talk"], "<TEXT>"),
        (&["show", "body", "--loud"], "unexpected argument '--loud'"),
        (&["found", "--name", "X", "--as", "Y"], "--relay <URL>"),
        (
            &["found", "--relay", "http://x", "--name", "X", "--as", "Y", "--template", "guild"],
            "no template is called",
        ),
        (&["bylaws", "template", "guild"], "no template is called"),
        (&["sync", "--wait", "soon"], "--wait <SECONDS>"),
        (&["serve", "--listen", "everywhere"], "--listen <ADDR:PORT>"),
        (&["device", "add"], "--relay <URL>"),
        (&["device", "revoke"], "required"),
        (&["device", "revoke", "body"], "<DEVICE>"),
    ];
    for (arguments, reason) in wrong {
        home.fails(arguments, 2, reason);
    }
    for arguments in [["--help"], ["--version"], ["help"]] {
        assert!(succeeded(run(binary().args(arguments), b"")).contains("oncerted"));
    }
}

#[test]
fn what_is_refused_ends_with_1_and_the_reason() {
    let relay = Relay::start();
    let nowhere = Relay::absent().url();
    let ((ana, words), new) = (Home::begun(), Home::new());
    let url = relay.url();
    let body = ana.found(&relay, "Twins", "Ana");
    let other = ana.found(&relay, "Twins", "Ana");
    let link = ana.invite(&body);
    let (cut, elsewhere) = (&link[..link.len() - 1], link.replace(&url, &nowhere));
    let twelve = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon";
    let refused: [(&Home, &[&str], &str); 29] = [
        (&ana, &["show", "Nobody"], "there is no body \"Nobody\" here"),
        (&ana, &["show", ""], "there is no body"),
        (&ana, &["show", &body[..3]], "there is no body"),
        (&ana, &["show", "Twins"], "more than one body matches \"Twins\""),
        (&ana, &["talk", "Twins", "which?"], "more than one body"),
        (&ana, &["talk", &body, " \n "], "the message is empty"),
        (&ana, &["talk", &body, &"x".repeat(16_001)], "longer than 12000 bytes"),
        (&ana, &["join", "hello", "--as", "Ben"], "this is not a link to join"),
        (&ana, &["join", cut, "--as", "Ben"], "the link is incomplete"),
        (&ana, &["join", &elsewhere, "--as", "Ben"], "already"),
        (&ana, &["join", &link, "--as", "Ben"], "already"),
        (&ana, &["vouch", &body, "Nobody"], "there is no applicant \"Nobody\""),
        (&ana, &["object", &body, "Nobody"], "there is no applicant \"Nobody\""),
        (&ana, &["nickname", &body, ""], "1 to 40 visible characters"),
        (&ana, &["nickname", &body, "a\u{202e}b"], "1 to 40 visible characters"),
        (&ana, &["leave", &body], "R-060"),
        (&ana, &["forget", &body], "leave the body first"),
        (&ana, &["init"], "this device is in use already"),
        (&ana, &["restore", "--relay", &url, "--words", &words], "this device is in use already"),
        (&ana, &["found", "--relay", "ftp://x", "--name", "X", "--as", "Y"], "is no relay address"),
        (&ana, &["found", "--relay", &nowhere, "--name", "X", "--as", "Y"], "cannot be reached"),
        (&ana, &["device", "revoke", &other, "abcdef"], "there is no device"),
        (&ana, &["wipe"], "use --yes"),
        (&new, &["join", &link, "--as", "Ben"], "no recovery words yet"),
        (&new, &["restore", "--relay", &url, "--words", "one two"], "these are 2"),
        (&new, &["restore", "--relay", &url, "--words", &format!("{twelve} xyzzy")], "word 12 is not one of"),
        (&new, &["restore", "--relay", &url, "--words", &format!("{twelve} zoo")], "do not belong together"),
        (
            &new,
            &["restore", "--relay", &url, "--words", &format!("{twelve} about")],
            "nothing for these words",
        ),
        (&new, &["restore", "--relay", &nowhere, "--words", &words], "cannot be reached"),
    ];
    for (home, arguments, reason) in refused {
        home.fails(arguments, 1, reason);
        assert_eq!(home.output(arguments).stdout, b"", "results only where there are any: {arguments:?}");
    }
    // Nothing of all this has left a trace.
    assert_eq!(ana.rows(["bodies"]).len(), 2);
    assert_eq!(ana.show(&body)["head"]["sequence"], 3);
    assert_eq!(new.rows(["bodies"]), [] as [Value; 0]);
}

#[test]
fn a_home_is_created_for_its_owner_alone_and_has_a_default() {
    let dir = TempDir::new();
    let init = |command: &mut std::process::Command| succeeded(run(command.arg("init"), b""));
    let named = dir.path().join("deep/down");
    init(binary().arg("--home").arg(&named));
    assert_eq!((mode(&named), mode(&named.join("device.db"))), (0o700, 0o600));
    // A directory that is there keeps its mode; what is put into it does not depend on that.
    let open = dir.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    init(binary().arg("--home").arg(&open));
    assert_eq!((mode(&open), mode(&open.join("device.db"))), (0o755, 0o600));

    let by_variable = dir.path().join("by-variable");
    init(binary().env("CONCERTED_HOME", &by_variable));
    let user = dir.path().join("user");
    init(binary().env("HOME", &user));
    let by_default = user.join(".local/share/concerted");
    assert!(by_variable.join("device.db").is_file() && by_default.join("device.db").is_file());
    // The option comes before the variable, the variable before the default.
    let both = dir.path().join("both");
    init(binary().env("CONCERTED_HOME", &by_variable).env("HOME", &user).arg("--home").arg(&both));
    let again = run(binary().env("CONCERTED_HOME", &by_variable).env("HOME", dir.path()).arg("init"), b"");
    failed(&again, 1, "in use already");
    failed(&run(binary().arg("bodies"), b""), 1, "no --home is given and $HOME is not set");
    fs::write(dir.path().join("file"), b"x").unwrap();
    failed(&run(binary().arg("--home").arg(dir.path().join("file")).arg("init"), b""), 1, "cannot");
}

#[test]
fn global_options_stand_before_or_after_the_verb() {
    let dir = TempDir::new();
    let home = dir.path().join("h");
    let home = home.to_str().unwrap();
    let words = rows_of(&succeeded(run(binary().args(["init", "--json", "--home", home]), b"")));
    assert_eq!(text(&words[0]["words"]).split(' ').count(), 12);
    for arguments in [
        ["--home", home, "--json", "device", "list"],
        ["device", "--home", home, "list", "--json"],
        ["device", "list", "--json", "--home", home],
    ] {
        assert_eq!(succeeded(run(binary().args(arguments), b"")), "");
    }
}

/// Fields that programs may rely on: they are never renamed and keep their types.
#[test]
fn rows_have_the_named_fields() {
    let relay = Relay::start();
    let ((ana, _), (ben, _)) = (Home::begun(), Home::begun());
    let founded = ana.json(["found", "--relay", &relay.url(), "--name", "Fields", "--as", "Ana"]);
    has(&founded, &[("body", "id")]);
    let body = text(&founded["body"]);
    let invited = ana.json(["invite", &body]);
    has(&invited, &[("link", "string")]);
    let link = text(&invited["link"]);
    has(&ana.json(["invitation", &link]), &[("body", "id"), ("name", "string"), ("bylaws", "object")]);
    has(&ben.json(["join", &link, "--as", "Ben"]), &[("body", "id"), ("applicant", "id")]);
    let asking = [
        ("body", "id"),
        ("name", "string"),
        ("phase", "string"),
        ("members", "number"),
        ("requests", "number"),
    ];
    has(&ben.json(["bodies"]), &asking);
    assert_eq!(ben.json(["bodies"])["phase"], "asking");
    let request = ana.json(["requests", &body]);
    has(
        &request,
        &[("applicant", "id"), ("nickname", "string"), ("vouches", "number"), ("needed", "number")],
    );
    let recorded = [("sequence", "number"), ("arrived", "boolean")];
    has(&ana.json(["vouch", &body, &text(&request["applicant"])]), &recorded);
    assert_eq!(ana.json(["vouch", &body, "Ben"]), json!({ "done": true }), "a member already");
    has(
        &ben.json(["sync"]),
        &[
            ("body", "id"),
            ("name", "string"),
            ("phase", "string"),
            ("synced", "boolean"),
            ("head", "object"),
            ("unsent", "number"),
            ("warnings", "array"),
        ],
    );
    has(&ben.json(["talk", &body, "hello", "--thread", "greetings"]), &recorded);
    has(&ana.json(["uninvite", &body, &link]), &recorded);
    has(&ana.json(["rekey", &body]), &recorded);
    has(&ana.json(["nickname", &body, "Anna"]), &recorded);
    let shown = ana.show(&body);
    has(
        &shown,
        &[
            ("body", "id"),
            ("name", "string"),
            ("members", "array"),
            ("epoch", "number"),
            ("head", "object"),
            ("state_hash", "id"),
            ("warnings", "array"),
        ],
    );
    has(&shown["head"], &[("sequence", "number"), ("chain", "id")]);
    has(
        &shown["members"][0],
        &[("member", "id"), ("nickname", "string"), ("me", "boolean"), ("devices", "array")],
    );
    assert_eq!(shown["epoch"], 2);
    let read = ana.json(["read", &body]);
    has(
        &read,
        &[
            ("sequence", "number"),
            ("author", "string"),
            ("member", "id"),
            ("thread", "string"),
            ("text", "string"),
            ("time_ms", "number"),
        ],
    );
    assert_eq!(
        (&read["author"], &read["thread"], &read["text"]),
        (&"Ben".into(), &"greetings".into(), &"hello".into())
    );
    let device = &ana.rows(["device", "list", &body])[0];
    has(
        device,
        &[
            ("body", "id"),
            ("device", "id"),
            ("member", "id"),
            ("nickname", "string"),
            ("this", "boolean"),
            ("added_ms", "number"),
        ],
    );
    let rows = ana.rows(["log", &body]);
    for (index, row) in rows.iter().enumerate() {
        has(
            row,
            &[
                ("sequence", "number"),
                ("author", "string"),
                ("kind", "string"),
                ("void", "null"),
                ("time_ms", "number"),
            ],
        );
        assert_eq!(row["sequence"].as_u64(), Some(index as u64 + 1));
    }
    let kinds: BTreeMap<&str, usize> = rows.iter().fold(BTreeMap::new(), |mut kinds, row| {
        *kinds.entry(row["kind"].as_str().unwrap()).or_default() += 1;
        kinds
    });
    for kind in [
        "genesis",
        "recovery",
        "invite",
        "request",
        "vouch",
        "admission",
        "arrive",
        "talk",
        "rekey",
        "nickname",
    ] {
        assert_eq!(kinds.get(kind), Some(&1), "{kind} in {kinds:?}");
    }
    // What a rule voids is in the log with the rule's id.
    ana.fails(["nickname", &body, "Ben"], 1, "R-021");
    let dir = TempDir::new();
    let file = dir.path().join("f");
    has(
        &ana.json(["export", &body, "--out", file.to_str().unwrap()]),
        &[("file", "string"), ("entries", "number"), ("bytes", "number"), ("plain", "boolean")],
    );
    assert_eq!(mode(&file), 0o600);
    has(&ana.json(["leave", &body]), &recorded);
    assert_eq!(ana.json(["forget", &body]), json!({ "done": true }));
    assert_eq!(ana.json(["wipe", "--yes"]), json!({ "done": true }));
    assert_eq!(fs::read_dir(ana.path()).unwrap().count(), 0);
}

#[track_caller]
fn has(row: &Value, fields: &[(&str, &str)]) {
    for (name, kind) in fields {
        let value = row.get(name).unwrap_or_else(|| panic!("no {name} in {row}"));
        let right = match *kind {
            "id" => {
                value.as_str().is_some_and(|id| id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()))
            }
            "string" => value.is_string(),
            "number" => value.is_u64(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => value.is_null(),
        };
        assert!(right, "{name} is no {kind} in {row}");
    }
}

/// Bodies, members and applicants are named by id, a beginning of it, or name.
#[test]
fn short_names_do() {
    let relay = Relay::start();
    let ((ana, _), (ben, _)) = (Home::begun(), Home::begun());
    let body = ana.found(&relay, "Short Names", "Ana");
    let applicant = ben.ask(&ana.invite(&body[..8]), "Ben");
    ana.run(["vouch", "Short Names", &applicant[..6].to_uppercase()]);
    for name in [&body, &body[..4], &body[..20].to_uppercase(), "Short Names"] {
        assert_eq!(ben.show(name)["body"], body.as_str());
    }
}

#[test]
fn bylaws_come_from_templates_and_files() {
    let (relay, dir) = (Relay::start(), TempDir::new());
    let (ana, _) = Home::begun();
    let file = dir.path().join("bylaws.json");
    let path = file.to_str().unwrap();
    let url = relay.url();
    let found =
        |name: &str| ana.output(["found", "--relay", &url, "--name", name, "--as", "Ana", "--bylaws", path]);
    for template in ["small-workplace", "large-workplace", "tenants", "students", "club"] {
        let pretty = succeeded(run(binary().args(["bylaws", "template", template]), b""));
        let row = rows_of(&succeeded(run(binary().args(["--json", "bylaws", "template", template]), b"")))
            .remove(0);
        assert_eq!(serde_json::from_str::<Value>(&pretty).unwrap(), row);
        fs::write(&file, pretty).unwrap();
        let body = succeeded(found(template));
        assert_eq!(ana.show(body.trim())["bylaws"], row);
        let direct =
            ana.json(["found", "--relay", &url, "--name", "direct", "--as", "Ana", "--template", template]);
        assert_eq!(ana.show(&text(&direct["body"]))["bylaws"], row);
    }
    let template: Value =
        serde_json::from_str(&succeeded(run(binary().args(["bylaws", "template", "tenants"]), b""))).unwrap();
    let changed = |pointer: &str, value: Value| {
        let mut bylaws = template.clone();
        *bylaws.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
        fs::write(&file, bylaws.to_string()).unwrap();
        found("changed")
    };
    let body = succeeded(changed("/keys/rekey_every", "90s".into()));
    assert_eq!(ana.show(body.trim())["bylaws"]["keys"]["rekey_every"], "90s");
    let body = succeeded(changed("/meetings/notice", "48h".into()));
    assert_eq!(ana.show(body.trim())["bylaws"]["meetings"]["notice"], "48h");

    // What is no bylaws cannot be read; bylaws that undercut the floors are refused.
    failed(&changed("/meetings/notice", "two days".into()), 2, "a period is a whole number");
    failed(&changed("/meetings/notice", 48.into()), 2, "cannot read");
    failed(&changed("/admission/vouches", (-1).into()), 2, "cannot read");
    failed(&changed("/admission/vouches", 0.into()), 1, "at least 1 vouch");
    failed(&changed("/motions/majority/threshold", "at least 1/2".into()), 1, "majority for motions");
    failed(&changed("/tellers/needed", 1.into()), 1, "half of the tellers");
    let mut unknown = template.clone();
    unknown["meetings"]["notise"] = "48h".into();
    fs::write(&file, unknown.to_string()).unwrap();
    failed(&found("unknown"), 2, "notise");
    let mut missing = template;
    missing["meetings"].as_object_mut().unwrap().remove("notice");
    fs::write(&file, missing.to_string()).unwrap();
    failed(&found("missing"), 2, "notice");
    fs::write(&file, b"{").unwrap();
    failed(&found("cut"), 2, "cannot read");
    fs::write(&file, vec![b' '; 70_000]).unwrap();
    failed(&found("long"), 2, "longer than 64 KiB");
    fs::remove_file(&file).unwrap();
    failed(&found("absent"), 2, "cannot read");
    failed(
        &ana.output([
            "found",
            "--relay",
            &url,
            "--name",
            "x",
            "--as",
            "A",
            "--bylaws",
            path,
            "--template",
            "club",
        ]),
        2,
        "cannot be used with",
    );
}

/// Adversary: a member who writes control characters into what others' terminals
/// show.
#[test]
fn hostile_texts_are_shown_safely() {
    let relay = Relay::start();
    let ((ana, _), (ben, _)) = (Home::begun(), Home::begun());
    let body = ana.found(&relay, "Terminals", "Ana");
    ben.join(&ana, &body, "Ben");
    let hostile =
        "x\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}gnp.exe\r\n2026-01-01 00:00:00  9  Ana: forged\u{9b}31m";
    let thread = "t\n2026-01-01 00:00:00  9  Ana: forged";
    ben.run(["talk", &body, hostile, "--thread", thread]);
    let shown = ana.run(["read", &body]);
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(shown.lines().nth(1).unwrap().starts_with("    2026-01-01"), "{shown}");
    let json = ana.run(["--json", "read", &body]);
    for text in [&shown, &json] {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{text:?}");
    }
    let row = &rows_of(&json)[0];
    assert_eq!(
        (row["text"].as_str(), row["thread"].as_str()),
        (Some(hostile), Some(thread)),
        "unchanged as data"
    );
    // A text from standard input may begin with a hyphen and have several lines.
    let long = "- first\n- second\n";
    ana.json_with_input(["talk", &body, "-"], long);
    ana.run(["talk", &body, "--", "--json"]);
    assert_eq!(ben.texts(&body)[1..], [Some(long.trim_end().to_owned()), Some("--json".to_owned())]);
}

/// What reads the output may go; what cannot be written is not passed over.
#[test]
fn a_closed_output_ends_a_command() {
    let relay = Relay::start();
    let (ana, _) = Home::begun();
    let body = ana.found(&relay, "Pipe", "Ana");
    let mut follow = Process::spawn(&mut ana.command(["read", &body, "--follow"]));
    drop(follow.child().stdout.take());
    ana.talk(&body, "one line too many");
    assert_eq!(follow.end(Duration::from_secs(30)), 0);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut show = Process::spawn(ana.command(["show", &body]).stdout(full));
    assert_eq!(show.end(Duration::from_secs(30)), 1);
}
