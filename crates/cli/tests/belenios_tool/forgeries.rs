//! What both programs refuse: forgeries by hand, one thing changed in each.
//!
//! Everything that names the changed thing is made to fit, down to the signature of
//! a ballot where its voter could be the forger; so it is the one check that
//! refuses. Ours is told by its number, the tool's by its refusal.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use concerted_ballot::Belenios2048;
use concerted_ballot::ballot::{Booth, Choice};
use concerted_ballot::credential::Credential;
use concerted_ballot::election::Election;
use concerted_ballot::hash::{base64, scalar_text, sha256};
use concerted_ballot::schnorr::Proof;
use concerted_ballot::{Group, Scalar};
use serde_json::Value;

use super::{Tool, our_election, ours, their_election};
use crate::bel::{Bel, Record, join, records};
use crate::by_hand::UUID;

// Where things are in both archives.

const SETUP: usize = 0;
/// The first voter's.
const BALLOT: usize = 1;
/// The second voter's.
const OTHER: usize = 2;
/// The first voter's again.
const AGAIN: usize = 3;
/// The heaviest voter's.
const LAST: usize = 4;
/// By trustee 4.
const DECRYPTION: usize = 7;
/// By trustee 1, the mandatory one.
const MANDATORY: usize = 8;
const RESULT: usize = 10;

const ELECTION: usize = 0;
const TRUSTEES: usize = 1;
const CREDENTIALS: usize = 2;

/// What is forged, which check of ours refuses it, and how it is forged.
type Forgery<F> = (&'static str, &'static str, F);

type Change = fn(&mut Bel);
type Rewriting = fn(&Bel) -> Vec<u8>;
/// Of a ballot; the archive is there to take from.
type Recasting = fn(&mut String, &Bel);

/// Sound archives, and a change to both, that both programs refuse.
const CHANGES: &[Forgery<Change>] = &[
    ("another name of the election", "B-052", |bel| {
        bel.edit(SETUP, ELECTION, |text| *text = text.replace("\"name\":\"", "\"name\":\"Re-"))
    }),
    ("another maximum", "B-052", |bel| swap(bel, SETUP, ELECTION, "\"max\":2", "\"max\":1")),
    ("another minimum", "B-052", |bel| swap(bel, SETUP, ELECTION, "\"min\":1", "\"min\":0")),
    ("an answer more", "B-052", |bel| swap(bel, SETUP, ELECTION, "[\"a\",", "[\"x\",\"a\",")),
    ("blank forbidden", "B-052", |bel| swap(bel, SETUP, ELECTION, "\"blank\":true,", "")),
    ("another UUID", "B-051", |bel| {
        let uuid = bel.uuid();
        swap(bel, SETUP, ELECTION, &uuid, &format!("{uuid}1"));
    }),
    ("one trustee's key for all", "B-025", |bel| {
        let key = value(&bel.events[SETUP].data[TRUSTEES], "public_key", 0);
        bel.edit(SETUP, ELECTION, |text| replace(text, "public_key", 0, |_| key.clone()));
    }),
    ("an election key outside the group", "B-024", |bel| {
        bel.edit(SETUP, ELECTION, |text| replace(text, "public_key", 0, |_| "2".to_owned()))
    }),
    ("minimum above maximum", "B-022", |bel| swap(bel, SETUP, ELECTION, "\"min\":0", "\"min\":3")),
    ("another version", "B-020", |bel| swap(bel, SETUP, ELECTION, "\"version\":1", "\"version\":2")),
    ("another group", "B-021", |bel| swap(bel, SETUP, ELECTION, "BELENIOS-2048", "BELENIOS-2049")),
    ("a mandatory trustee's proof", "B-032", |bel| {
        bel.edit(SETUP, TRUSTEES, |text| replace(text, "response", 0, other_digit))
    }),
    ("no mandatory trustee", "B-025", |bel| {
        bel.edit(SETUP, TRUSTEES, |text| *text = format!("[{}", &text[text.find("[\"Pedersen\"").unwrap()..]))
    }),
    ("a certificate's signature", "B-035", |bel| {
        bel.edit(SETUP, TRUSTEES, |text| replace(text, "response", 1, other_digit))
    }),
    ("a certificate's key", "B-035", |bel| {
        bel.edit(SETUP, TRUSTEES, |text| exchange(text, "encryption\\\":\\\"", 0, 1))
    }),
    ("the signature of coefficients", "B-037", |bel| {
        bel.edit(SETUP, TRUSTEES, |text| replace(text, "response", 4, other_digit))
    }),
    ("verification keys exchanged", "B-032", |bel| {
        bel.edit(SETUP, TRUSTEES, |text| exchange(text, "\"public_key\":\"", 1, 2))
    }),
    ("verification keys exchanged with their proofs", "B-039", |bel| {
        bel.edit(SETUP, TRUSTEES, |text| {
            exchange(text, "\"public_key\":\"", 1, 2);
            let proofs = text.find("\"verification_keys\"").unwrap();
            let before = text[..proofs].matches("\"challenge\"").count();
            // In the layout of 3.x each key has a signature after its proof.
            let each = if text.contains("\"signatures\"") { 2 } else { 1 };
            exchange(text, "\"challenge\":\"", before, before + each);
            exchange(text, "\"response\":\"", before, before + each);
        })
    }),
    ("another threshold", "B-033", |bel| swap(bel, SETUP, TRUSTEES, "\"threshold\":2", "\"threshold\":4")),
    ("a credential outside the group", "B-027", |bel| {
        // The third voter's, who has weight 0 and did not vote.
        bel.edit(SETUP, CREDENTIALS, |text| {
            let at = text.find(",0\"").unwrap();
            let start = text[..at].rfind('"').unwrap();
            text.replace_range(start + 1..at, "2");
        })
    }),
    ("a credential removed", "B-053", |bel| {
        bel.edit(SETUP, CREDENTIALS, |text| {
            let at = text.find(",2000000000\"").unwrap();
            let start = text[..at].rfind('"').unwrap();
            text.replace_range(start + 1..at, "4");
        })
    }),
    ("a credential twice", "B-028", |bel| {
        bel.edit(SETUP, CREDENTIALS, |text| {
            let first = text[1..text[1..].find(',').unwrap() + 1].trim_end_matches('"').to_owned();
            text.insert_str(1, &format!("{first}\","));
        })
    }),
    ("another weight", "B-071", |bel| swap(bel, SETUP, CREDENTIALS, ",3\"", ",4\"")),
    ("a negative weight", "B-026", |bel| swap(bel, SETUP, CREDENTIALS, ",3\"", ",-3\"")),
    ("credentials that are no list", "B-026", |bel| bel.edit(SETUP, CREDENTIALS, |text| *text = "{}".into())),
    ("another proof in a ballot", "B-060", |bel| {
        bel.edit(BALLOT, 0, |text| replace(text, "response", 0, other_digit))
    }),
    ("another ciphertext in a ballot", "B-060", |bel| {
        bel.edit(BALLOT, 0, |text| exchange(text, "\"alpha\":\"", 0, 1))
    }),
    ("another signature of a ballot", "B-061", |bel| {
        bel.edit(BALLOT, 0, |text| replace(text, "response", SIGNATURE, other_digit))
    }),
    ("another signed hash", "B-060", |bel| {
        bel.edit(BALLOT, 0, |text| replace(text, "hash", 0, |_| base64(&sha256(b"another"))))
    }),
    ("somebody else's ballot as one's own", "B-060", |bel| {
        let credential = value(&bel.events[LAST].data[0], "credential", 0);
        bel.edit(OTHER, 0, |text| replace(text, "credential", 0, |_| credential.clone()));
    }),
    ("a ballot with a space", "B-050", |bel| swap(bel, BALLOT, 0, ",\"credential\"", ", \"credential\"")),
    ("a ballot with a line end", "B-050", |bel| bel.edit(BALLOT, 0, |text| text.push('\n'))),
    ("a ballot with an escape", "B-050", |bel| swap(bel, BALLOT, 0, "\"answers\"", "\"\\u0061nswers\"")),
    ("a ballot with a field twice", "B-050", |bel| {
        swap(bel, BALLOT, 0, "\"signature\":{", "\"signature\":{\"hash\":\"\",")
    }),
    ("a ballot with its fields in another order", "B-050", |bel| {
        bel.edit(BALLOT, 0, |text| {
            let (uuid, hash) = (value(text, "election_uuid", 0), value(text, "election_hash", 0));
            let [uuid, hash] =
                [format!("\"election_uuid\":\"{uuid}\""), format!("\"election_hash\":\"{hash}\"")];
            *text = text.replacen(&format!("{uuid},{hash}"), &format!("{hash},{uuid}"), 1);
        })
    }),
    ("a ballot with a field more", "B-050", |bel| {
        swap(bel, BALLOT, 0, "{\"election_uuid\"", "{\"version\":1,\"election_uuid\"")
    }),
    ("no ballot", "B-050", |bel| bel.edit(BALLOT, 0, |text| *text = "null".to_owned())),
    ("a challenge with a zero before", "B-056", |bel| {
        bel.edit(BALLOT, 0, |text| replace(text, "challenge", 0, |old| format!("0{old}")))
    }),
    ("a response beyond q", "B-056", |bel| {
        bel.edit(BALLOT, 0, |text| replace(text, "response", 0, beyond_q))
    }),
    ("a ballot removed", "B-071", |bel| drop(bel.events.remove(LAST))),
    ("the ballot that was replaced last", "B-071", |bel| bel.events.swap(BALLOT, AGAIN)),
    ("a factor that is another's", "B-083", |bel| {
        bel.edit(DECRYPTION, 0, |text| {
            let factors = &text[text.find("[[").unwrap() + 2..text.find("]]").unwrap()];
            let (first, second) = factors.split_once(',').unwrap();
            let second = second.split([',', ']']).next().unwrap();
            *text = text.replacen(&format!("{first},{second}"), &format!("{second},{first}"), 1);
        })
    }),
    ("a factor outside the group", "B-080", |bel| {
        bel.edit(DECRYPTION, 0, |text| {
            let start = text.find("[[\"").unwrap() + 3;
            let end = start + text[start..].find('"').unwrap();
            text.replace_range(start..end, "2");
        })
    }),
    ("a factor too few", "B-080", |bel| {
        bel.edit(DECRYPTION, 0, |text| {
            let start = text.find("[[\"").unwrap() + 2;
            let end = start + text[start..].find(',').unwrap() + 1;
            text.replace_range(start..end, "");
        })
    }),
    ("the proof of a factor", "B-083", |bel| {
        bel.edit(DECRYPTION, 0, |text| replace(text, "response", 0, other_digit))
    }),
    ("the proof of the last factor", "B-083", |bel| {
        bel.edit(DECRYPTION, 0, |text| replace(text, "challenge", 4, other_digit))
    }),
    ("a proof of a factor beyond q", "B-080", |bel| {
        bel.edit(DECRYPTION, 0, |text| replace(text, "response", 0, beyond_q))
    }),
    ("another trustee's decryption", "B-083", |bel| swap(bel, DECRYPTION, 1, "\"owner\":4", "\"owner\":3")),
    ("nobody's decryption", "B-081", |bel| swap(bel, DECRYPTION, 1, "\"owner\":4", "\"owner\":5")),
    ("the decryption of trustee 0", "B-081", |bel| swap(bel, DECRYPTION, 1, "\"owner\":4", "\"owner\":0")),
    ("no decryption by a mandatory trustee", "B-084", |bel| drop(bel.events.remove(MANDATORY))),
    ("too few decryptions by the group", "B-084", |bel| drop(bel.events.remove(DECRYPTION))),
    ("no decryption", "B-084", |bel| drop(bel.events.drain(DECRYPTION..RESULT))),
    ("a vote more", "B-091", |bel| swap(bel, RESULT, 0, "\",4]", "\",5]")),
    ("a vote from one to another", "B-091", |bel| {
        swap(bel, RESULT, 0, "[3,\"2000000000\",0]", "[2,\"2000000000\",1]")
    }),
    ("fewer than no vote", "B-090", |bel| swap(bel, RESULT, 0, ",0]", ",-1]")),
    ("a question less", "B-090", |bel| swap(bel, RESULT, 0, ",[3,\"2000000000\",0]", "")),
    ("an answer less", "B-090", |bel| swap(bel, RESULT, 0, "\",0]", "\"]")),
    ("no result", "B-090", |bel| bel.edit(RESULT, 0, |text| *text = "{}".to_owned())),
];

/// Changes to the files themselves.
const FILES: &[Forgery<Rewriting>] = &[
    ("another parent", "B-006", |bel| {
        bel.bytes_with(|height, text| {
            if height == AGAIN {
                replace(text, "parent", 0, |_| "0".repeat(64));
            }
        })
    }),
    ("the parent before", "B-006", |bel| {
        let skipped = records(&bel.bytes()).into_iter().filter(|record| record.name.ends_with(".event.json"));
        let grandparent = skipped.map(|record| record.name[..64].to_owned()).nth(BALLOT).unwrap();
        bel.bytes_with(|height, text| {
            if height == AGAIN {
                replace(text, "parent", 0, |_| grandparent.clone());
            }
        })
    }),
    ("no parent", "B-006", |bel| {
        bel.bytes_with(|height, text| {
            if height == AGAIN {
                *text = format!("{{{}", &text[text.find("\"height\"").unwrap()..]);
            }
        })
    }),
    ("a height left out", "B-006", |bel| {
        bel.bytes_with(|height, text| {
            if height >= AGAIN {
                *text = text.replace(&format!("\"height\":{height}"), &format!("\"height\":{}", height + 1));
            }
        })
    }),
    ("an event of no type", "B-005", |bel| {
        bel.bytes_with(|height, text| {
            if height == AGAIN {
                *text = text.replace("\"Ballot\"", "\"Bollard\"");
            }
        })
    }),
    ("an event with a space", "B-005", |bel| {
        bel.bytes_with(|height, text| {
            if height == AGAIN {
                *text = text.replace(",\"type\"", ", \"type\"");
            }
        })
    }),
    ("an event that names another ballot", "B-008", |bel| {
        let other = crate::bel::name(&bel.events[OTHER].data[0]);
        bel.bytes_with(|height, text| {
            if height == AGAIN {
                replace(text, "payload", 0, |_| other.clone());
            }
        })
    }),
    ("a ballot missing", "B-008", |bel| without(bel, |records| drop(records.remove(BALLOT_RECORD)))),
    ("an event missing", "B-008", |bel| without(bel, |records| drop(records.remove(BALLOT_RECORD + 1)))),
    ("a ballot and its event missing", "B-006", |bel| {
        without(bel, |records| drop(records.drain(BALLOT_RECORD..BALLOT_RECORD + 2)))
    }),
    ("a ballot twice before its event", "B-008", |bel| {
        without(bel, |records| records.insert(BALLOT_RECORD, records[BALLOT_RECORD].clone()))
    }),
    ("an event before its ballot", "B-008", |bel| {
        without(bel, |records| records.swap(BALLOT_RECORD, BALLOT_RECORD + 1))
    }),
    ("data that nobody names", "B-007", |bel| {
        without(bel, |records| {
            let text = "null".to_owned();
            records.push(Record { name: format!("{}.data.json", crate::bel::name(&text)), text });
        })
    }),
    ("a ballot changed under its name", "B-004", |bel| {
        without(bel, |records| replace(&mut records[BALLOT_RECORD].text, "response", 0, other_digit))
    }),
    ("trustees changed under their name", "B-004", |bel| {
        without(bel, |records| replace(&mut records[2].text, "response", 0, other_digit))
    }),
    ("an event changed under its name", "B-004", |bel| {
        without(bel, |records| {
            replace(&mut records[BALLOT_RECORD + 1].text, "payload", 0, |_| "0".repeat(64))
        })
    }),
    ("another version of the archive", "B-003", |bel| {
        let mut bel = bel.clone();
        bel.header = bel.header.replace("\"version\":1", "\"version\":2");
        bel.bytes()
    }),
    ("another time in the header of the archive", "B-003", |bel| {
        let mut bel = bel.clone();
        bel.header = bel.header.replace("\"timestamp\":\"1", "\"timestamp\":\"2");
        bel.bytes()
    }),
    ("cut off within the last record", "B-002", |bel| {
        let mut bytes = bel.bytes();
        bytes.truncate(bytes.len() - 1);
        bytes
    }),
    ("cut off within a header", "B-002", |bel| {
        let mut bytes = bel.bytes();
        bytes.truncate(bytes.len() - 512 - 1);
        bytes
    }),
    ("zeros after the end, as tar has them", "B-007", |bel| [bel.bytes(), vec![0; 1024]].concat()),
    ("something in the padding", "B-002", |bel| {
        let mut bytes = bel.bytes();
        *bytes.last_mut().unwrap() = 1;
        bytes
    }),
    ("another mode in a header", "B-002", |bel| {
        let mut bytes = bel.bytes();
        // The checksum is the sum of all bytes, so this one is right.
        bytes[1024 + 106] += 1;
        let sum = u32::from_str_radix(std::str::from_utf8(&bytes[1024 + 148..1024 + 154]).unwrap(), 8);
        bytes[1024 + 148..1024 + 154].copy_from_slice(format!("{:06o}", sum.unwrap() + 1).as_bytes());
        bytes
    }),
];

/// The first ballot among the records: the header, four data and an event are before.
const BALLOT_RECORD: usize = 6;

#[test]
fn both_refuse_changes_of_our_election() {
    let Some(tool) = Tool::find() else { return };
    both_refuse_changes(&tool, &our_election().archive);
}

#[test]
fn both_refuse_changes_of_the_tools_election() {
    let Some(tool) = Tool::find() else { return };
    both_refuse_changes(&tool, &their_election(&tool).0);
}

fn both_refuse_changes(tool: &Tool, archive: &[u8]) {
    let sound = Bel::parse(archive);
    assert_eq!(sound.bytes(), *archive, "put together as it was");
    for (what, check, change) in CHANGES {
        let mut bel = sound.clone();
        change(&mut bel);
        assert_ne!(bel, sound, "{what}");
        both_refuse(tool, what, check, &bel.bytes());
    }
}

#[test]
fn both_refuse_other_files() {
    let Some(tool) = Tool::find() else { return };
    let sound = Bel::parse(&our_election().archive);
    for (what, check, forge) in FILES {
        both_refuse(&tool, what, check, &forge(&sound));
    }
}

/// The forger is an entitled voter, who signs the forged ballot.
#[test]
fn both_refuse_signed_ballots() {
    let Some(tool) = Tool::find() else { return };
    let ours = our_election();
    let sound = Bel::parse(&ours.archive);
    let rng = &mut ChaCha20Rng::from_seed([3; 32]);
    for (what, check, change) in SIGNED {
        let mut bel = sound.clone();
        bel.edit(AGAIN, 0, |text| {
            change(text, &sound);
            *text = signed(text, &ours.credentials[0], rng);
        });
        both_refuse(&tool, what, check, &bel.bytes());
    }
    // Signing is right: of the tally only the proofs of factors know which ballot it was.
    let mut bel = sound.clone();
    bel.edit(AGAIN, 0, |text| *text = signed(text, &ours.credentials[0], rng));
    assert_ne!(bel, sound);
    assert_eq!(tool.verify(&bel.bytes()), Ok(()));
    assert_eq!(super::ours(&bel.bytes())["valid"], true);
}

/// What the first voter makes of their second ballot.
const SIGNED: &[Forgery<Recasting>] = &[
    ("for another election", "B-051", |text, _| replace(text, "election_uuid", 0, |old| format!("{old}1"))),
    ("for another text of the election", "B-052", |text, _| {
        replace(text, "election_hash", 0, |_| base64(&sha256(b"another")))
    }),
    ("a proof less", "B-054", |text, _| {
        let start = text.find("\"overall_proof\":[").unwrap() + "\"overall_proof\":[".len();
        let end = start + text[start..].find(']').unwrap();
        text.replace_range(start..end, "");
    }),
    ("an answer twice", "B-054", |text, _| {
        let start = text.find("{\"choices\"").unwrap();
        let end = start + text[start..].find("},{\"choices\"").unwrap() + 1;
        let answer = text[start..end].to_owned();
        text.insert_str(start, &format!("{answer},"));
    }),
    ("no proof of blank", "B-054", |text, _| {
        let (start, end) = (text.find(",\"blank_proof\"").unwrap(), text.find("}],\"signature\"").unwrap());
        text.replace_range(start..end, "");
    }),
    ("a proof of blank where none is asked for", "B-054", |text, _| {
        let (start, end) = (text.find(",\"blank_proof\"").unwrap(), text.find("}],\"signature\"").unwrap());
        let proof = text[start..end].to_owned();
        text.insert_str(text.find("},{\"choices\"").unwrap(), &proof);
    }),
    ("alpha outside the group", "B-055", |text, _| replace(text, "alpha", 0, |_| "2".to_owned())),
    ("beta that is 0", "B-055", |text, _| replace(text, "beta", 0, |_| "0".to_owned())),
    ("a challenge beyond q", "B-056", |text, _| replace(text, "challenge", 0, beyond_q)),
    ("a choice not proved", "B-057", |text, _| replace(text, "response", 0, other_digit)),
    ("another choice not proved", "B-057", |text, _| replace(text, "challenge", 9, other_digit)),
    ("a sum not proved", "B-058", |text, _| replace(text, "response", 4, other_digit)),
    ("a sum or blank not proved", "B-058", |text, _| replace(text, "response", 11, other_digit)),
    ("blank or not, not proved", "B-059", |text, _| replace(text, "response", 15, other_digit)),
    // All proofs of single choices hold.
    ("choices exchanged with their proofs", "B-058", |text, _| {
        exchange(text, "\"alpha\":\"", 0, 1);
        exchange(text, "\"beta\":\"", 0, 1);
        for field in ["\"challenge\":\"", "\"response\":\""] {
            exchange(text, field, 0, 2);
            exchange(text, field, 1, 3);
        }
    }),
    ("a choice from one's earlier ballot, with its proof", "B-058", |text, bel| {
        take(text, &bel.events[BALLOT].data[0]);
    }),
    ("a choice from somebody else's ballot, with its proof", "B-057", |text, bel| {
        take(text, &bel.events[OTHER].data[0]);
    }),
    ("somebody else's credential", "B-057", |text, bel| {
        let other = value(&bel.events[OTHER].data[0], "credential", 0);
        replace(text, "credential", 0, |_| other.clone());
    }),
    ("a number instead of a text", "B-050", |text, _| {
        let alpha = value(text, "alpha", 0);
        *text = text.replacen(&format!("\"alpha\":\"{alpha}\""), &format!("\"alpha\":{alpha}"), 1);
    }),
];

/// The first choice of another ballot, and its proof.
fn take(text: &mut String, from: &str) {
    for (field, nth) in [("alpha", 0), ("beta", 0)] {
        replace(text, field, nth, |_| value(from, field, nth));
    }
    for (field, nth) in [("challenge", 0), ("response", 0), ("challenge", 1), ("response", 1)] {
        replace(text, field, nth, |_| value(from, field, nth));
    }
}

/// A ballot that is right, by somebody who is not listed.
#[test]
fn both_refuse_a_stranger() {
    let Some(tool) = Tool::find() else { return };
    let mut bel = Bel::parse(&our_election().archive);
    let rng = &mut ChaCha20Rng::from_seed([4; 32]);
    let election = Election::<Belenios2048>::parse(bel.events[SETUP].data[ELECTION].as_bytes()).unwrap();
    let stranger = Credential::random(rng).secret::<Belenios2048>(UUID);
    let choices = [Choice::Chosen(vec![true, false]), Choice::Blank];
    let ballot = Booth::new(&election).cast(&stranger, &choices, rng).unwrap();
    bel.events[BALLOT].data[0] = ballot.text.to_string();
    both_refuse(&tool, "a stranger's ballot", "B-053", &bel.bytes());
}

fn both_refuse(tool: &Tool, what: &str, check: &str, archive: &[u8]) {
    let row = ours(archive);
    assert_eq!((&row["valid"], row["check"].as_str()), (&Value::Bool(false), Some(check)), "{what}: {row}");
    assert!(tool.verify(archive).is_err(), "accepted by belenios-tool: {what}");
}

// Changes to texts.

/// The challenge and the response of a ballot's signature are those with this number:
/// before them are one for each disjunct.
const SIGNATURE: usize = 2 * 2 + 1 + 2 * 3 + 4 + 2;

fn swap(bel: &mut Bel, event: usize, datum: usize, from: &str, to: &str) {
    assert!(bel.events[event].data[datum].contains(from), "{from}");
    bel.edit(event, datum, |text| *text = text.replacen(from, to, 1));
}

/// The archive with its records changed.
fn without(bel: &Bel, change: impl FnOnce(&mut Vec<Record>)) -> Vec<u8> {
    let mut records = records(&bel.bytes());
    change(&mut records);
    join(bel.timestamp, &records)
}

/// Where the `nth` text after `before` is.
fn place(text: &str, before: &str, nth: usize) -> std::ops::Range<usize> {
    let start = text.match_indices(before).nth(nth).expect(before).0 + before.len();
    start..start + text[start..].find(['"', '\\']).unwrap()
}

/// The value of the `nth` field of this name; fields are told by their quotation marks.
pub(super) fn value(text: &str, field: &str, nth: usize) -> String {
    text[place(text, &format!("\"{field}\":\""), nth)].to_owned()
}

pub(super) fn replace(text: &mut String, field: &str, nth: usize, new: impl FnOnce(&str) -> String) {
    let place = place(text, &format!("\"{field}\":\""), nth);
    let new = new(&text[place.clone()]);
    text.replace_range(place, &new);
}

fn exchange(text: &mut String, before: &str, one: usize, other: usize) {
    let (first, second) = (place(text, before, one), place(text, before, other));
    let (a, b) = (text[first.clone()].to_owned(), text[second.clone()].to_owned());
    assert_ne!(a, b, "{before}");
    text.replace_range(second, &a);
    text.replace_range(first, &b);
}

/// A number that differs in its last digit, by one, and so stays canonical.
fn other_digit(number: &str) -> String {
    let (rest, last) = number.split_at(number.len() - 1);
    format!("{rest}{}", if last == "0" { "1" } else { "0" })
}

/// The same number modulo q.
pub(super) fn beyond_q(number: &str) -> String {
    let largest = scalar_text(&-<<Belenios2048 as Group>::Scalar as Scalar>::ONE);
    add(&add(number, &largest), "1")
}

/// The sum of two decimal numbers.
fn add(a: &str, b: &str) -> String {
    let digits = |number: &str| number.bytes().rev().map(|digit| digit - b'0').collect::<Vec<u8>>();
    let (a, b) = (digits(a), digits(b));
    let (mut sum, mut carry) = (Vec::new(), 0);
    for place in 0..=a.len().max(b.len()) {
        carry += a.get(place).unwrap_or(&0) + b.get(place).unwrap_or(&0);
        sum.push(char::from(b'0' + carry % 10));
        carry /= 10;
    }
    sum.iter().rev().collect::<String>().trim_start_matches('0').to_owned()
}

/// The ballot, signed anew.
pub(super) fn signed(ballot: &str, credential: &str, rng: &mut ChaCha20Rng) -> String {
    let secret = credential.parse::<Credential>().unwrap().secret::<Belenios2048>(UUID);
    let unsigned = &ballot[..ballot.rfind(",\"signature\":").unwrap()];
    let hash = base64(&sha256(format!("{unsigned}}}").as_bytes()));
    let proof = Proof::sign::<Belenios2048>(&secret, &format!("sig|{hash}|"), rng).to_text();
    let (challenge, response) = (proof.challenge, proof.response);
    let proof = format!(r#"{{"challenge":"{challenge}","response":"{response}"}}"#);
    format!(r#"{unsigned},"signature":{{"hash":"{hash}","proof":{proof}}}}}"#)
}
