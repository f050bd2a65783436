//! The numbered checks. Each stands in `docs/ballot-checks.md`, at the code that
//! makes it, and in the tests: one input that passes, one that fails by just that
//! check.

use std::fmt;

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $text:literal;)*) => {
        /// A check that an election can fail.
        ///
        /// ```
        /// use concerted_ballot::Check;
        ///
        /// assert_eq!(Check::Signature.id(), "B-061");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Check {
            $($(#[$doc])* $name,)*
        }

        impl Check {
            /// All checks, by number.
            pub const ALL: &[Check] = &[$(Check::$name,)*];

            /// The number, as in `B-001`.
            pub const fn id(self) -> &'static str {
                match self { $(Check::$name => $id,)* }
            }

            /// What must hold, in one sentence.
            pub const fn text(self) -> &'static str {
                match self { $(Check::$name => $text,)* }
            }
        }
    };
}

checks! {
    /// The file does not begin with the record of an archive.
    IsArchive = "B-001", "The file begins with a record named BELENIOS.";
    /// A record is cut short or its header is not as the archive format writes it.
    RecordForm = "B-002", "Every record is complete, its header is exactly as the format writes it, and it is padded with zeros.";
    /// The archive header.
    ArchiveHeader = "B-003", "The archive header is canonical, of version 1, and every record has its timestamp.";
    /// A record's name is not the hash of its content.
    ContentHash = "B-004", "A record is named by the SHA-256 of its content.";
    /// An event's text.
    EventForm = "B-005", "An event is canonical and of a known type, with a payload exactly where its type has one.";
    /// The chain of events is broken.
    EventChain = "B-006", "An event names the hash of the event before it, and its height is one more.";
    /// Events out of order.
    EventOrder = "B-007", "Events come in the order set-up, ballots, end of ballots, tally, partial decryptions, result, and nothing follows the result.";
    /// Data missing, superfluous or out of place.
    EventData = "B-008", "The data before an event are exactly those it names, in order, each once.";
    /// A record, a list or a text is larger than we read.
    Bounds = "B-009", "Sizes and counts are within the bounds of docs/ballot-checks.md.";

    /// The election does not parse.
    ElectionForm = "B-020", "The election is of protocol version 1, with a name, a description, and a UUID of 14 to 64 Base58 characters.";
    /// The group is not one of ours.
    GroupKnown = "B-021", "The group is Ed25519 or BELENIOS-2048.";
    /// A question with impossible numbers.
    QuestionForm = "B-022", "A question has answers, and 0 <= min <= max <= their number.";
    /// A kind of question this program does not verify.
    QuestionKind = "B-023", "Every question is homomorphic.";
    /// The election key.
    ElectionKey = "B-024", "The election key is in the group and not the identity.";
    /// The election key is not the trustees'.
    KeyOfTrustees = "B-025", "The election key is the product of the trustees' keys.";
    /// The list of credentials does not parse.
    CredentialsForm = "B-026", "The credentials are a list of elements, each with at most one weight, a canonical number.";
    /// A credential that is no key.
    CredentialElement = "B-027", "Every credential is in the group and not the identity.";
    /// A credential twice.
    CredentialOnce = "B-028", "No credential is listed twice.";

    /// The trustees do not parse.
    TrusteesForm = "B-030", "The trustees are a list of mandatory ones and threshold groups, at least one in all.";
    /// A trustee's key.
    TrusteeKey = "B-031", "A trustee's key is in the group and not the identity.";
    /// A trustee's proof of knowledge.
    TrusteeProof = "B-032", "A trustee proves knowledge of the secret of their key.";
    /// Impossible threshold or lists of different lengths.
    ThresholdForm = "B-033", "In a threshold group, 1 <= threshold <= size, and every list has one entry for each trustee.";
    /// A certificate's text or context.
    CertificateForm = "B-034", "A certificate holds two keys in the group, neither the identity, and its context names this group, size, threshold and index.";
    /// A certificate's signature.
    CertificateSigned = "B-035", "A certificate is signed with its verification key.";
    /// The exponents of a polynomial.
    CoefficientsForm = "B-036", "Each trustee of a threshold group publishes as many coefficients as the threshold, all in the group.";
    /// Their signature.
    CoefficientsSigned = "B-037", "Coefficients are signed by their trustee.";
    /// The signature over all certificates.
    GroupSigned = "B-038", "Each trustee of a threshold group signs all certificates and their own coefficients.";
    /// A verification key that does not follow from the coefficients.
    VerificationKey = "B-039", "A threshold trustee's verification key follows from all coefficients.";
    /// Its signature.
    VerificationKeySigned = "B-040", "A threshold trustee signs their verification key.";

    /// A ballot's text.
    BallotForm = "B-050", "A ballot is in canonical form.";
    /// A ballot for another election.
    BallotElection = "B-051", "A ballot names this election's UUID.";
    /// A ballot for another text of the election.
    BallotFingerprint = "B-052", "A ballot names this election's fingerprint.";
    /// A ballot by nobody we know.
    BallotCredential = "B-053", "A ballot's credential is listed.";
    /// Too many or too few choices or proofs.
    BallotShape = "B-054", "A ballot has as many answers, choices and proofs as the questions ask for, and a blank proof exactly where blank is allowed.";
    /// Something that is not in the group.
    BallotElement = "B-055", "Every element of a ballot is in the group, in canonical form.";
    /// A number out of range.
    BallotScalar = "B-056", "Every challenge and response is a canonical number below the group order.";
    /// A choice that may be neither 0 nor 1.
    IndividualProof = "B-057", "Each choice is proved to be 0 or 1.";
    /// A sum out of range.
    OverallProof = "B-058", "The sum of the choices is proved to be within the question's bounds, or the ballot blank.";
    /// Blank and not blank at once.
    BlankProof = "B-059", "Where blank is allowed, a ballot is proved to be blank or to have no other choice.";
    /// The hash under the signature.
    SignatureHash = "B-060", "The signed hash is that of the ballot without its signature.";
    /// The signature.
    Signature = "B-061", "The ballot is signed with its credential.";
    /// The same ballot again.
    BallotOnce = "B-062", "No ballot is there twice.";

    /// The tally does not parse.
    TallyForm = "B-070", "The tally is a list of ciphertexts in the group, in the shape of the questions.";
    /// The tally is not the sum of the ballots.
    TallySum = "B-071", "The tally is the weighted product of the last ballot of each credential.";
    /// The numbers beside it.
    TallyNumbers = "B-072", "The tally says how many ballots it counts, and their weight.";

    /// A partial decryption does not parse.
    DecryptionForm = "B-080", "A partial decryption has a factor in the group and a proof for each ciphertext of the tally.";
    /// By nobody.
    DecryptionOwner = "B-081", "A partial decryption names one of the trustees.";
    /// Twice by the same trustee.
    DecryptionOnce = "B-082", "A trustee decrypts once.";
    /// A factor that is not alpha^x.
    DecryptionProof = "B-083", "Each decryption factor is proved to be made with the trustee's key.";
    /// Not enough of them.
    DecryptionEnough = "B-084", "There are partial decryptions by every mandatory trustee and by enough of each threshold group.";

    /// The result does not parse.
    ResultForm = "B-090", "The result is a list of counts in the shape of the questions.";
    /// The result is not what the decryptions give.
    ResultCounts = "B-091", "g to the power of each count is what the decryption factors leave of the tally.";

    /// Impossible numbers for key establishment.
    SessionForm = "B-100", "In key establishment 1 <= threshold <= size <= candidates <= 100, and the threshold is more than half of the size.";
    /// A message's text.
    MessageForm = "B-101", "A message is within its bounds and in canonical form.";
    /// A message for something else.
    MessageSession = "B-102", "A message names this session, this attempt and its author.";
    /// A message by somebody who has no say.
    MessageAuthor = "B-103", "A message is by a candidate who was not excluded and, from the second round on, is in the group.";
    /// A message too early or too late.
    MessageRound = "B-104", "A message is of the kind that this round asks for.";
    /// A message again, or another one instead.
    MessageOnce = "B-105", "Nobody answers twice in a round, or complains twice about the same dealer.";
    /// A message's signature.
    MessageSigned = "B-106", "A message is signed with its author's verification key.";
    /// The keys that a participant takes part with.
    ParticipantKeys = "B-107", "Both keys of a participant are in the group, neither the identity, and knowledge of the secret of the encryption key is proved.";
    /// Something else than was committed to.
    Opening = "B-108", "A dealing opens the commitment of its dealer.";
    /// A coefficient that contributes nothing.
    CoefficientIdentity = "B-109", "No coefficient is the identity.";
    /// A certificate for other keys.
    CertificateKeys = "B-110", "The certificate in a dealing holds the two keys that its dealer committed with.";
    /// The encrypted shares.
    ShareForm = "B-111", "A dealing has an encrypted share for each participant, made by someone who knows its randomness.";
    /// A complaint about nobody.
    ComplaintForm = "B-112", "A complaint names a position in the group.";
    /// A complaint that does not show what it says.
    ComplaintProof = "B-113", "A complaint reveals the element that its share was encrypted with, and proves it.";
    /// A participant who said nothing.
    Silent = "B-114", "A participant sends what a round asks for before it closes.";
    /// A dealer who lied.
    FalseShare = "B-115", "Every share can be decrypted and is what the dealer's coefficients say.";
    /// A participant who complained without reason.
    FalseComplaint = "B-116", "Whoever complains was dealt a false share.";

    /// An enrolment's text.
    EnrolmentForm = "B-120", "An enrolment is a key and a proof, whose challenge and response are canonical numbers below the group order.";
    /// An enrolment's key.
    EnrolmentKey = "B-121", "The enrolled key is in the group and not the identity.";
    /// The proof of knowledge.
    EnrolmentProof = "B-122", "Whoever enrols proves knowledge of the secret of the key, for this member of this body.";
    /// A credential that would be the identity.
    TweakZero = "B-123", "The tweak that makes a credential of a key is not zero.";
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Where a check failed, and so whose fault it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A record of the archive file, by the offset of its header in bytes.
    Record(u64),
    /// An event, by its height.
    Event(u64),
    /// The election's parameters.
    Election,
    /// A question, counted from 1.
    Question(usize),
    /// The list of trustees.
    Trustees,
    /// One trustee, counted from 1 through all groups.
    Trustee(usize),
    /// The list of credentials.
    Credentials,
    /// One entry of it, counted from 1.
    Credential(usize),
    /// A ballot, counted from 1 through the archive.
    Ballot {
        /// Its number; 0 for one that is in no archive yet.
        number: u64,
        /// Its credential as it stands there, as far as it could be read.
        credential: String,
        /// The question concerned, counted from 1.
        question: Option<usize>,
    },
    /// The encrypted tally.
    Tally,
    /// The partial decryption of a trustee, counted from 1.
    Decryption(usize),
    /// The result.
    Result,
    /// A participant in key establishment, counted from 1.
    Participant(usize),
    /// An enrolment.
    Enrolment,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Record(offset) => write!(f, "record at byte {offset}"),
            Place::Event(height) => write!(f, "event {height}"),
            Place::Election => f.write_str("election"),
            Place::Question(number) => write!(f, "question {number}"),
            Place::Trustees => f.write_str("trustees"),
            Place::Trustee(index) => write!(f, "trustee {index}"),
            Place::Credentials => f.write_str("credentials"),
            Place::Credential(number) => write!(f, "credential {number}"),
            Place::Ballot { number, credential, question } => {
                write!(f, "ballot {number}")?;
                if let Some(question) = question {
                    write!(f, ", question {question}")?;
                }
                if credential.is_empty() { Ok(()) } else { write!(f, ", credential {}", Shown(credential)) }
            }
            Place::Tally => f.write_str("encrypted tally"),
            Place::Decryption(owner) => write!(f, "partial decryption by trustee {owner}"),
            Place::Result => f.write_str("result"),
            Place::Participant(index) => write!(f, "participant {index}"),
            Place::Enrolment => f.write_str("enrolment"),
        }
    }
}

/// A credential for people to read. Nobody has checked that it is one: it may be as
/// long as a ballot, and made of anything.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let harmless = |character: char| if character.is_ascii_alphanumeric() { character } else { '?' };
        let start: String = self.0.chars().take(SHOWN_MAX).map(harmless).collect();
        let end = if self.0.chars().nth(SHOWN_MAX).is_some() { "..." } else { "" };
        write!(f, "{start}{end}")
    }
}

/// All of a credential of Ed25519, and enough to find one of BELENIOS-2048.
const SHOWN_MAX: usize = 64;

/// A check that failed, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: not so: {} ({check})", check.text())]
pub struct Failure {
    /// What should hold and does not.
    pub check: Check,
    /// Where, and so whose fault it is.
    pub place: Place,
}

impl Check {
    /// This check, failed at `place`.
    pub fn at(self, place: Place) -> Failure {
        Failure { check: self, place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_order_and_unique() {
        let ids: Vec<&str> = Check::ALL.iter().map(|check| check.id()).collect();
        assert!(ids.is_sorted());
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn what_a_ballot_calls_its_credential_does_no_harm() {
        let shown = |credential: &str| {
            Place::Ballot { number: 7, credential: credential.to_owned(), question: Some(2) }.to_string()
        };
        let digits = "0123456789abcdef".repeat(4);
        assert_eq!(shown(&digits), format!("ballot 7, question 2, credential {digits}"));
        assert_eq!(shown(&digits.repeat(100_000)), format!("ballot 7, question 2, credential {digits}..."));
        assert_eq!(shown("a\u{9b}2J\u{202e}b, c"), "ballot 7, question 2, credential a?2J?b??c");
        assert_eq!(shown(""), "ballot 7, question 2");
    }
}
