//! BELENIOS-2048: integers modulo a prime p of 2048 bits, in the subgroup of a
//! prime order q of 256 bits.
//!
//! Slow and large beside Ed25519. It is here because every version of Belenios
//! knows it, so that a checker we did not write can check our elections
//! (BELENIOS.md, section 0).
//!
//! An element's text is its decimal integer without padding. (p - 1)/q is 6 times
//! factors beyond 10^6, so that an integer below p says nothing about its order:
//! every text is raised to the power q.

mod chain;
mod exponent;
mod table;

use std::sync::OnceLock;

use crypto_bigint::modular::ConstMontyParams;
use crypto_bigint::{U2048, const_monty_form, const_monty_params};

use super::{Equation, Evaluation, Group, Points};
use chain::Chain;
use exponent::{Exponent, ORDER};
use table::Table;

const_monty_params!(
    P,
    U2048,
    "a3ef2d011fefb1b6e39e568fccdffb0fb7dc7ef3a791b6862791811d21fc35f21e6d36856b428030421f514ed40bfd4c\
     06e092a495af8d79a2f85e0fb11c0ede07dd973f9c53e50930c6e82ac36de1ae3fb8c3aabfff12ce27a5022ddd8912d1\
     07435012768a2cdd0a4091d8fa447f6c7ebc15a349fa318a6b4fe17d8d47e843a3e14dfa9b2162f4d7229abe93a188b4\
     6b006517d6f6747ebbb29c9ec3099b607f18fb1a8bc858279aa8599411d998d3e3fada9e010840d082d8c31911acdd4a\
     0e7992d0f18cc759cb5de0acf66a3882555bc810941e021b6a4ccfa04ee4008f878affa2375e2999b44f6cef17d70730\
     1e59e0e6351e051ed9cec4157646e64f",
    "The prime p."
);
const_monty_form!(Residue, P, "An integer modulo p, in Montgomery form.");

const GENERATOR: Residue = Residue::new(&U2048::from_be_hex(
    "1307c1ab5f295885d7caa3a78a42415e31fd1c5807b61fb1e781878a52230a51988b98c259597f9c5a9dfd001d26ba31\
     d9d8976f01d95a1c8262ee68a0e92cea541e5219e0d0d094301b894236823fe1d4bc04e29f3748aefd4f10d5b1a356a8\
     643e673fd9d215fc8fe5fb9cf9fdb8ea88fdb1a3381a697fdf9c2458570b06d26aef1be365fdd90165f397c6b870df8c\
     1b9e519edcee8bb0f74b7a1615a274ba60a7ea574a61f552d2dde0ce514e0927c4ff49b1964c4a913731ae4268d60d7f\
     22127b6cbba44d453ac8b72fd04e0991b7aeff04867d8724ac638f5f34100d2d47aa680d43771902743d663f42d853c0\
     41e1c91fe3823f4bcf284308f1d7e653",
));

/// Decimal digits of p.
const DIGITS_MAX: usize = 617;

/// The group named BELENIOS-2048.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belenios2048;

/// A public member of the subgroup.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Element(Residue);

/// A member of the subgroup that depends on a secret.
#[derive(Clone, Copy)]
pub struct SecretElement(Residue);

/// Tables for the generator and an election key.
pub struct Bases {
    generator: &'static Table<8>,
    key: Table<8>,
}

impl Group for Belenios2048 {
    const NAME: &'static str = "BELENIOS-2048";
    const HINT_SIZE: usize = 0;

    type Scalar = Exponent;
    type Element = Element;
    type SecretElement = SecretElement;
    type Powers = Table<4>;
    type Bases = Bases;

    fn identity() -> Element {
        Element(Residue::ONE)
    }

    fn generator() -> Element {
        Element(GENERATOR)
    }

    fn generator_power(exponent: &Exponent) -> SecretElement {
        static TABLE: OnceLock<Table<4>> = OnceLock::new();
        SecretElement(TABLE.get_or_init(|| Table::new(&GENERATOR)).power(exponent))
    }

    fn power(base: &Element, exponent: &Exponent) -> SecretElement {
        SecretElement(base.0.pow(&exponent.retrieve()))
    }

    fn powers(base: &Element) -> Table<4> {
        Table::new(&base.0)
    }

    fn table_power(powers: &Table<4>, exponent: &Exponent) -> SecretElement {
        SecretElement(powers.power(exponent))
    }

    fn secret_product(a: &SecretElement, b: &SecretElement) -> SecretElement {
        SecretElement(a.0 * b.0)
    }

    fn reveal(secret: &SecretElement) -> Element {
        Element(secret.0)
    }

    fn product(a: &Element, b: &Element) -> Element {
        Element(a.0 * b.0)
    }

    fn inverse(a: &Element) -> Element {
        Element(a.0.invert_vartime().expect_copied("p is prime and a member is not zero"))
    }

    fn vartime_power_product(terms: &[(Element, Exponent)]) -> Element {
        let terms: Vec<_> = terms.iter().map(|(base, exponent)| (base.0, exponent.retrieve())).collect();
        Element(chain::vartime_power_product(&terms))
    }

    fn texts(elements: &[Element]) -> Vec<String> {
        elements.iter().map(|element| element.0.retrieve().to_string_radix_vartime(10)).collect()
    }

    fn parse(text: &str) -> Option<Element> {
        let residue = parse_residue(text)?;
        (residue.pow_vartime(&ORDER) == Residue::ONE).then_some(Element(residue))
    }

    fn hint_factor() -> Exponent {
        <Exponent as super::Scalar>::ONE
    }

    fn hint(root: &Element) -> (Vec<u8>, Element) {
        (Vec::new(), *root)
    }

    fn vartime_from_hints(_hints: &[u8]) -> Option<Vec<Element>> {
        None
    }

    fn vartime_bases(key: &Element) -> Bases {
        static TABLE: OnceLock<Table<8>> = OnceLock::new();
        Bases { generator: TABLE.get_or_init(|| Table::new(&GENERATOR)), key: Table::new(&key.0) }
    }

    fn vartime_evaluate(
        bases: &Bases,
        points: &Points<'_>,
        equations: &[Equation<Exponent>],
    ) -> Result<Evaluation<Self>, usize> {
        let mut equations_of = vec![Vec::new(); points.given.len() + points.products.len()];
        for (index, equation) in equations.iter().enumerate() {
            equations_of[equation.point].push(index);
        }
        let mut commitments: Vec<Residue> = equations
            .iter()
            .map(|equation| {
                bases.generator.vartime_power(&equation.generator) * bases.key.vartime_power(&equation.key)
            })
            .collect();
        let mut multiply = |chain: &Chain, point: usize| {
            for &index in &equations_of[point] {
                commitments[index] *= chain.vartime_power(&equations[index].exponent.retrieve());
            }
        };
        let mut given = Vec::with_capacity(points.given.len());
        for (point, text) in points.given.iter().enumerate() {
            let residue = parse_residue(text).ok_or(point)?;
            let chain = Chain::new(&residue);
            if chain.vartime_power(&ORDER) != Residue::ONE {
                return Err(point);
            }
            multiply(&chain, point);
            given.push(Element(residue));
        }
        let mut products = Vec::with_capacity(points.products.len());
        for (index, factors) in points.products.iter().enumerate() {
            let product = factors.iter().fold(Residue::ONE, |product, &factor| product * given[factor].0);
            multiply(&Chain::new(&product), given.len() + index);
            products.push(Element(product));
        }
        let commitments: Vec<Element> = commitments.into_iter().map(Element).collect();
        Ok(Evaluation { products: Self::texts(&products), commitments: Self::texts(&commitments), given })
    }
}

/// The integer of a canonical decimal text, if it is below p. It may be in no subgroup.
fn parse_residue(text: &str) -> Option<Residue> {
    let canonical = (1..=DIGITS_MAX).contains(&text.len())
        && text.bytes().all(|digit| digit.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    if !canonical {
        return None;
    }
    let integer = U2048::from_str_radix_vartime(text, 10).ok()?;
    (integer < *P::PARAMS.modulus().as_ref()).then(|| Residue::new(&integer))
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use crypto_bigint::U256;
    use rand_core::SeedableRng;

    use super::*;
    use crate::group::Scalar;
    use crate::hash::{parse_scalar, scalar_text};

    const PUBLIC_KEY: &str = include_str!(
        "../../tests/vectors/belenios/tool-2.0-BELENIOS-2048/a-single-5/private/12A8BC02.pubkey"
    );
    const PRIVATE_KEY: &str = include_str!(
        "../../tests/vectors/belenios/tool-2.0-BELENIOS-2048/a-single-5/private/12A8BC02.privkey"
    );

    /// A fixed seed, for tests only.
    fn scalars<const N: usize>(seed: u8) -> [Exponent; N] {
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        std::array::from_fn(|_| Exponent::random(&mut rng))
    }

    fn power(exponent: &Exponent) -> Element {
        Belenios2048::reveal(&Belenios2048::generator_power(exponent))
    }

    /// The text of p plus a small number.
    fn near_modulus(offset: i8) -> String {
        let modulus = *P::PARAMS.modulus().as_ref();
        let sum = match offset {
            0.. => modulus.wrapping_add(&U2048::from(offset.unsigned_abs())),
            _ => modulus.wrapping_sub(&U2048::from(offset.unsigned_abs())),
        };
        sum.to_string_radix_vartime(10)
    }

    #[test]
    fn the_generator_has_order_q() {
        assert_ne!(GENERATOR, Residue::ONE);
        assert_eq!(GENERATOR.pow_vartime(&ORDER), Residue::ONE);
        assert_eq!(near_modulus(0).len(), DIGITS_MAX);
    }

    #[test]
    fn a_key_of_a_vector_is_the_power_of_its_secret() {
        let secret = parse_scalar(PRIVATE_KEY.trim().trim_matches('"')).expect("a scalar");
        let text =
            PUBLIC_KEY.split_once(r#""public_key":""#).expect("a key").1.split('"').next().expect("text");
        assert_eq!(Belenios2048::text(&power(&secret)), text);
        assert_eq!(Belenios2048::parse(text), Some(power(&secret)));
    }

    #[test]
    fn credentials_of_a_vector_are_members() {
        let file = include_str!(
            "../../tests/vectors/belenios/tool-2.0-BELENIOS-2048/b-threshold-weights-20/private/public_creds.json"
        );
        let entries: Vec<String> = serde_json::from_str(file).expect("a list");
        assert_eq!(entries.len(), 20);
        for entry in entries {
            let text = entry.split(',').next().expect("an element");
            let element = Belenios2048::parse(text).expect("a member");
            assert_eq!(Belenios2048::text(&element), text);
        }
    }

    #[test]
    fn parse_accepts_members_in_canonical_form_only() {
        let [exponent] = scalars(1);
        let member = Belenios2048::text(&power(&exponent));
        assert_eq!(Belenios2048::parse(&member), Some(power(&exponent)));
        assert_eq!(Belenios2048::parse("1"), Some(Belenios2048::identity()));
        let refused = [
            "".to_owned(),
            "0".to_owned(),
            "00".to_owned(),
            "01".to_owned(),
            "+1".to_owned(),
            "1_".to_owned(),
            " 1".to_owned(),
            "1\n".to_owned(),
            "-1".to_owned(),
            "a".to_owned(),
            "\u{661}".to_owned(),
            // Of other orders: 2 and 3 are in larger subgroups, p - 1 is of order 2.
            "2".to_owned(),
            "3".to_owned(),
            near_modulus(-1),
            near_modulus(0),
            // 1 modulo p.
            near_modulus(1),
            format!("0{member}"),
            format!("+{member}"),
            format!("{member}0"),
            "9".repeat(DIGITS_MAX),
            "9".repeat(100_000),
        ];
        for text in refused {
            assert_eq!(Belenios2048::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn all_ways_to_a_power_agree() {
        let [base, mut exponent] = scalars(2);
        let base = power(&base);
        let table = Belenios2048::powers(&base);
        let bases = Belenios2048::vartime_bases(&base);
        let edges = [Exponent::ZERO, Exponent::ONE, -Exponent::ONE, Exponent::from(u64::MAX)];
        for index in 0..8 {
            let exponent = edges.get(index).copied().unwrap_or_else(|| {
                exponent = exponent * exponent;
                exponent
            });
            let expected = Element(base.0.pow_vartime(&exponent.retrieve()));
            let powers = [
                Belenios2048::reveal(&Belenios2048::power(&base, &exponent)),
                Belenios2048::reveal(&Belenios2048::table_power(&table, &exponent)),
                Belenios2048::vartime_power_product(&[(base, exponent)]),
                Element(bases.key.vartime_power(&exponent)),
                Element(Chain::new(&base.0).vartime_power(&exponent.retrieve())),
            ];
            assert_eq!(powers, [expected; 5]);
            let of_generator = Element(GENERATOR.pow_vartime(&exponent.retrieve()));
            assert_eq!(power(&exponent), of_generator);
            assert_eq!(Element(bases.generator.vartime_power(&exponent)), of_generator);
        }
    }

    #[test]
    fn a_chain_takes_exponents_beyond_the_order() {
        // An element outside the subgroup, as the membership check sees it.
        let base = Residue::new(&U2048::from(3u8));
        for exponent in [ORDER, U256::MAX, U256::ZERO, U256::ONE, U256::ONE << 255] {
            assert_eq!(Chain::new(&base).vartime_power(&exponent), base.pow_vartime(&exponent));
        }
    }

    #[test]
    fn power_products_of_mixed_sizes() {
        let [a, b, c] = scalars(3);
        let exponents =
            [a, Exponent::ZERO, Exponent::ONE, Exponent::from(2_000_000_000), Exponent::from(4_000), b];
        let terms = exponents.map(|exponent| (power(&(c * exponent + b)), exponent));
        let sum = exponents.iter().fold(Exponent::ZERO, |sum, &exponent| sum + (c * exponent + b) * exponent);
        assert_eq!(Belenios2048::vartime_power_product(&terms), power(&sum));
        assert_eq!(Belenios2048::vartime_power_product(&[]), Belenios2048::identity());
    }

    #[test]
    fn products_and_inverses() {
        let [a, b] = scalars(4);
        assert_eq!(Belenios2048::product(&power(&a), &power(&b)), power(&(a + b)));
        let secret = Belenios2048::secret_product(
            &Belenios2048::generator_power(&a),
            &Belenios2048::generator_power(&b),
        );
        assert_eq!(Belenios2048::reveal(&secret), power(&(a + b)));
        assert_eq!(Belenios2048::inverse(&power(&a)), power(&-a));
        assert_eq!(Belenios2048::inverse(&Belenios2048::identity()), Belenios2048::identity());
    }

    #[test]
    fn evaluation_recomputes_commitments() {
        let [key, a, b, c, d, e] = scalars(5);
        let bases = Belenios2048::vartime_bases(&power(&key));
        let texts = Belenios2048::texts(&[power(&a), power(&b)]);
        let points = Points { given: texts.iter().map(String::as_str).collect(), products: vec![vec![0, 1]] };
        let equations = [(c, d, 2, e), (d, Exponent::ZERO, 0, c), (Exponent::ZERO, e, 0, d)]
            .map(|(generator, key, point, exponent)| Equation { generator, key, point, exponent });
        let evaluation = Belenios2048::vartime_evaluate(&bases, &points, &equations).expect("members");
        assert_eq!(evaluation.given, [power(&a), power(&b)]);
        let expected = [c + key * d + (a + b) * e, d + a * c, key * e + a * d];
        assert_eq!(evaluation.commitments, Belenios2048::texts(&expected.map(|sum| power(&sum))));
    }

    #[test]
    fn evaluation_names_the_first_point_that_is_no_member() {
        let bases = Belenios2048::vartime_bases(&Belenios2048::generator());
        let of_order_two = near_modulus(-1);
        for (given, index) in
            [(vec!["1", &of_order_two, "x"], 1), (vec!["01", "2"], 0), (vec!["1", "1", "0"], 2)]
        {
            let points = Points { given, products: Vec::new() };
            assert_eq!(Belenios2048::vartime_evaluate(&bases, &points, &[]).err(), Some(index));
        }
    }

    #[test]
    fn scalars_reduce_modulo_q() {
        let text = |scalar: Exponent| scalar_text(&scalar);
        let order = ORDER.to_string_radix_vartime(10);
        assert_eq!(parse_scalar::<Exponent>(&order), None);
        assert_eq!(text(-Exponent::ONE), ORDER.wrapping_sub(&U256::ONE).to_string_radix_vartime(10));
        let excess = U256::MAX.wrapping_sub(&ORDER).to_string_radix_vartime(10);
        assert_eq!(text(Exponent::from_hash(&[0xff; 32])), excess);
        let mut wide = [0; 64];
        wide[63] = 7;
        assert_eq!(Exponent::from_wide(&wide), Exponent::from(7));
        // 2^256 = (2^256 - 1) + 1.
        wide[31] = 1;
        assert_eq!(
            Exponent::from_wide(&wide),
            Exponent::from_hash(&[0xff; 32]) + Exponent::ONE + Exponent::from(7)
        );
        let all = Exponent::from_wide(&[0xff; 64]);
        let half = Exponent::from_hash(&[0xff; 32]);
        assert_eq!(all, half * (half + Exponent::ONE) + half);
    }

    #[test]
    fn scalar_arithmetic() {
        let [a, b] = scalars(6);
        assert_eq!(a - b, -(b - a));
        assert_eq!((a + b) * a, a * a + b * a);
        assert_eq!(a.invert().map(|inverse| inverse * a), Some(Exponent::ONE));
        assert_eq!(Exponent::ZERO.invert(), None);
        assert_eq!(Exponent::from_canonical(&a.to_bytes()), Some(a));
        assert_eq!(Exponent::from_canonical(&[0xff; 32]), None);
        assert_eq!(format!("{a:?}"), "Exponent");
    }
}
