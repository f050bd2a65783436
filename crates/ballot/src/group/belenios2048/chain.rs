//! Powers of public elements, in variable time.

use crypto_bigint::U256;

use super::Residue;

/// The squares of squares of one base, base^(2^i) for every bit of an exponent:
/// with them, a further power of the same base takes a fifth of the products
/// that the first takes.
pub(super) struct Chain {
    squares: Vec<Residue>,
}

/// Bits of a digit. Digits are odd and begin at any bit that is set.
const WIDTH: usize = 4;
const ODD_DIGITS: usize = 1 << (WIDTH - 1);

impl Chain {
    /// For an integer modulo p, whatever its order.
    pub(super) fn new(base: &Residue) -> Self {
        let mut square = *base;
        let mut squares = Vec::with_capacity(256);
        squares.push(square);
        while squares.len() < 256 {
            square = square.square();
            squares.push(square);
        }
        Self { squares }
    }

    /// base^exponent, as Yao does it: the squares with the same digit are
    /// multiplied first, and each such product is raised to its digit after.
    pub(super) fn vartime_power(&self, exponent: &U256) -> Residue {
        let mut of_digit = [Residue::ONE; ODD_DIGITS];
        for (place, digit) in odd_digits(exponent, WIDTH) {
            of_digit[digit / 2] *= self.squares[place];
        }
        // The product of all of_digit[i]^i, then twice that exponent and one more.
        let mut above = Residue::ONE;
        let mut half = Residue::ONE;
        for product in of_digit[1..].iter().rev() {
            above *= product;
            half *= above;
        }
        half.square() * above * of_digit[0]
    }
}

/// The product of all base^exponent: the squarings are shared by all (Straus).
pub(super) fn vartime_power_product(terms: &[(Residue, U256)]) -> Residue {
    let mut powers = Vec::new();
    let mut factors_at = vec![Vec::new(); 256];
    for (base, exponent) in terms {
        let width = width(exponent);
        let first = powers.len();
        push_odd_powers(&mut powers, base, width);
        for (place, digit) in odd_digits(exponent, width) {
            factors_at[place].push(first + digit / 2);
        }
    }
    let used = factors_at.iter().rposition(|factors| !factors.is_empty()).map_or(0, |place| place + 1);
    let mut product = Residue::ONE;
    for factors in factors_at[..used].iter().rev() {
        product = product.square();
        for &factor in factors {
            product *= powers[factor];
        }
    }
    product
}

/// The width of digits for which a power takes the fewest products, those of its
/// odd powers included.
fn width(exponent: &U256) -> usize {
    match exponent.bit_width_vartime() {
        0..12 => 1,
        12..24 => 2,
        24..80 => 3,
        _ => WIDTH,
    }
}

/// base, base^3, base^5, as far as digits of that width go.
fn push_odd_powers(powers: &mut Vec<Residue>, base: &Residue, width: usize) {
    let mut power = *base;
    powers.push(power);
    if width == 1 {
        return;
    }
    let square = base.square();
    for _ in 1..1 << (width - 1) {
        power *= square;
        powers.push(power);
    }
}

/// The exponent as a sum of digit · 2^place with odd digits below 2^width, the
/// lowest place first.
fn odd_digits(exponent: &U256, width: usize) -> impl Iterator<Item = (usize, usize)> {
    let bytes = exponent.to_le_bytes();
    let bit = move |place: usize| bytes.get(place / 8).map_or(0, |byte| usize::from(byte >> (place % 8) & 1));
    let mut next = 0;
    std::iter::from_fn(move || {
        let place = (next..256).find(|&place| bit(place) == 1)?;
        next = place + width;
        Some((place, (0..width).map(|offset| bit(place + offset) << offset).sum()))
    })
}
