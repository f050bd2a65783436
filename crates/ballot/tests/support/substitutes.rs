//! What an attacker writes in place of an element or a scalar.

use concerted_ballot::hash::scalar_text;
use concerted_ballot::{Belenios2048, Ed25519, Group, Scalar};
use crypto_bigint::modular::ConstMontyParams;
use crypto_bigint::{U256, U2048, const_monty_form, const_monty_params};

use super::curve::{self, Point};
use super::{minus_one, power_text};

/// A text in place of a right one.
#[derive(Clone, Debug)]
pub(crate) struct Substitute {
    pub(crate) what: String,
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It is no canonical text of a member of the group, or of a scalar.
    Malformed,
    /// It is the identity's.
    Identity,
    /// It is another member or scalar: only proofs can tell.
    Another,
}

fn substitute(what: impl Into<String>, text: impl Into<String>, kind: Kind) -> Substitute {
    Substitute { what: what.into(), text: text.into(), kind }
}

/// In place of this element.
pub(crate) fn of_element<G: Group>(good: &str) -> Vec<Substitute> {
    let mut list = match G::NAME {
        Ed25519::NAME => of_ed25519(good),
        Belenios2048::NAME => of_belenios_2048(good),
        name => unreachable!("{name}"),
    };
    let inverse = G::text(&G::inverse(&G::parse(good).unwrap()));
    list.push(substitute("the inverse", inverse, Kind::Another));
    list.push(substitute("another member", power_text::<G>(7.into()), Kind::Another));
    list.push(substitute("the identity", G::text(&G::identity()), Kind::Identity));
    for (what, text) in [
        ("nothing", String::new()),
        ("a zero before", format!("0{good}")),
        ("a plus sign", format!("+{good}")),
        ("a space after", format!("{good} ")),
        ("a line break after", format!("{good}\n")),
        ("NUL after", format!("{good}\0")),
        ("twice", good.repeat(2)),
        ("one digit less", good[1..].to_owned()),
        ("zero", "0".to_owned()),
        ("minus one", "-1".to_owned()),
        ("a million digits", "7".repeat(1_000_000)),
    ] {
        list.push(substitute(what, text, Kind::Malformed));
    }
    list
}

fn of_ed25519(good: &str) -> Vec<Substitute> {
    let mut list = Vec::new();
    let point = Point::of_text(good);
    for (index, torsion) in Point::torsion().iter().enumerate().skip(1) {
        list.push(substitute(format!("torsion {index}"), torsion.text(), Kind::Malformed));
        let sum = point.add(torsion).text();
        list.push(substitute(format!("the element and torsion {index}"), sum, Kind::Malformed));
    }
    // y + p for all y that have room for it, with either sign; among them the
    // identity and the points of order 4.
    for y in 0..19u8 {
        let text = concerted_ballot::hash::hex(&curve::bytes(&curve::MODULUS.wrapping_add(&U256::from(y))));
        list.push(substitute(format!("{y} + p"), &text, Kind::Malformed));
        list.push(substitute(format!("{y} + p, negative"), text.replacen('7', "f", 1), Kind::Malformed));
    }
    let zeros = "0".repeat(62);
    for (what, text) in [
        ("the identity with a negative zero", format!("80{}01", &zeros[2..])),
        ("the point of order 2 with a negative zero", format!("f{}ec", "f".repeat(61))),
        ("no point", format!("{zeros}02")),
        ("capital letters", good.to_uppercase()),
        ("no digits", "x".repeat(64)),
        ("bytes in the other order", reversed(good)),
        ("64 bytes, fewer characters", "\u{e9}".repeat(32)),
    ] {
        list.push(substitute(what, text, Kind::Malformed));
    }
    list
}

fn reversed(text: &str) -> String {
    let mut bytes = concerted_ballot::hash::parse_hex(text).unwrap();
    bytes.reverse();
    concerted_ballot::hash::hex(&bytes)
}

const_monty_params!(
    Q,
    U2048,
    "a3ef2d011fefb1b6e39e568fccdffb0fb7dc7ef3a791b6862791811d21fc35f21e6d36856b428030421f514ed40bfd4c\
     06e092a495af8d79a2f85e0fb11c0ede07dd973f9c53e50930c6e82ac36de1ae3fb8c3aabfff12ce27a5022ddd8912d1\
     07435012768a2cdd0a4091d8fa447f6c7ebc15a349fa318a6b4fe17d8d47e843a3e14dfa9b2162f4d7229abe93a188b4\
     6b006517d6f6747ebbb29c9ec3099b607f18fb1a8bc858279aa8599411d998d3e3fada9e010840d082d8c31911acdd4a\
     0e7992d0f18cc759cb5de0acf66a3882555bc810941e021b6a4ccfa04ee4008f878affa2375e2999b44f6cef17d70730\
     1e59e0e6351e051ed9cec4157646e64f",
    "The prime of BELENIOS-2048."
);
const_monty_form!(Residue, Q, "An integer modulo that prime.");

fn of_belenios_2048(good: &str) -> Vec<Substitute> {
    let decimal = |number: &U2048| number.to_string_radix_vartime(10);
    let modulus = *Q::PARAMS.modulus().as_ref();
    let below = modulus.wrapping_sub(&U2048::ONE);
    let element = U2048::from_str_radix_vartime(good, 10).unwrap();
    // (p - 1)/q is 6 times factors beyond 10^6.
    let third = below.wrapping_div_vartime(&nonzero(3));
    let cube_roots = (2..20u8).map(|base| Residue::new(&U2048::from(base)).pow_vartime(&third));
    let cube_root = cube_roots.into_iter().find(|root| *root != Residue::ONE).unwrap();
    let of_order_six = Residue::new(&below) * cube_root;
    let times = |small: Residue| decimal(&(Residue::new(&element) * small).retrieve());
    let list = [
        ("of order 2", decimal(&below)),
        ("of order 3", decimal(&cube_root.retrieve())),
        ("of order 6", decimal(&of_order_six.retrieve())),
        ("the element times one of order 2", times(Residue::new(&below))),
        ("the element times one of order 3", times(cube_root)),
        ("the element times one of order 6", times(of_order_six)),
        ("2, of large order", "2".to_owned()),
        ("p", decimal(&modulus)),
        ("1 + p", decimal(&modulus.wrapping_add(&U2048::ONE))),
        ("the element + p, or no number", plus(good, &decimal(&modulus))),
        ("not ASCII", "\u{661}".to_owned()),
    ];
    list.map(|(what, text)| substitute(what, text, Kind::Malformed)).into()
}

fn nonzero(value: u8) -> crypto_bigint::NonZero<U2048> {
    crypto_bigint::NonZero::new(U2048::from(value)).unwrap()
}

/// The sum of two decimal numbers.
pub(crate) fn plus(a: &str, b: &str) -> String {
    let digits = |text: &str| text.bytes().rev().map(|digit| digit - b'0').collect::<Vec<u8>>();
    let (a, b) = (digits(a), digits(b));
    let mut sum = Vec::new();
    let mut carry = 0;
    for index in 0..a.len().max(b.len()) {
        let digit = a.get(index).unwrap_or(&0) + b.get(index).unwrap_or(&0) + carry;
        carry = digit / 10;
        sum.push(digit % 10 + b'0');
    }
    sum.extend((carry > 0).then_some(b'1'));
    sum.reverse();
    String::from_utf8(sum).unwrap()
}

/// The group order.
pub(crate) fn order<G: Group>() -> String {
    plus(&scalar_text(&minus_one::<G>()), "1")
}

/// In place of this scalar.
pub(crate) fn of_scalar<G: Group>(good: &str) -> Vec<Substitute> {
    let scalar: G::Scalar = concerted_ballot::hash::parse_scalar(good).unwrap();
    let mut list = vec![
        substitute("the next one", scalar_text(&(scalar + G::Scalar::ONE)), Kind::Another),
        substitute("its negative", scalar_text(&-scalar), Kind::Another),
        substitute("zero", "0", Kind::Another),
    ];
    let order = order::<G>();
    for (what, text) in [
        ("s + q", plus(good, &order)),
        ("s + 2q", plus(&plus(good, &order), &order)),
        ("q", order.clone()),
        ("q + 1", plus(&order, "1")),
        ("a zero before", format!("0{good}")),
        ("a plus sign", format!("+{good}")),
        ("a minus sign", format!("-{good}")),
        ("minus zero", "-0".to_owned()),
        ("two zeros", "00".to_owned()),
        ("nothing", String::new()),
        ("a space before", format!(" {good}")),
        ("a line break after", format!("{good}\n")),
        ("a fraction", format!("{good}.0")),
        ("an exponent", "1e3".to_owned()),
        ("separators", "1_000".to_owned()),
        ("hexadecimal", "0x1f".to_owned()),
        ("not ASCII", "\u{661}".to_owned()),
        ("2^256", TWO_TO_256.to_owned()),
        ("s + 2^256", plus(good, TWO_TO_256)),
        ("78 digits", "9".repeat(78)),
        ("a million digits", "7".repeat(1_000_000)),
    ] {
        list.push(substitute(what, text, Kind::Malformed));
    }
    list
}

const TWO_TO_256: &str = "115792089237316195423570985008687907853269984665640564039457584007913129639936";
