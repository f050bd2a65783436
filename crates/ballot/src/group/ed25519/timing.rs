use std::hint::black_box;
use std::time::Instant;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;

use super::*;
use crate::group::Scalar;
type S = Ed25519Scalar;

fn cpu() -> f64 {
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("x");
    text.split(' ').next().expect("x").parse().expect("x")
}

/// least ns of one run
fn least<T>(name: &str, per: usize, runs: usize, mut f: impl FnMut() -> T) {
    let mut best = f64::MAX;
    for _ in 0..runs {
        let start = cpu();
        let wall = Instant::now();
        black_box(f());
        let wall = wall.elapsed().as_nanos() as f64;
        // short runs are rarely interrupted
        best = best.min(if wall < 1e6 { wall } else { cpu() - start });
    }
    println!("{name:32} {:10.1} ns", best / per as f64);
}

#[test]
#[ignore]
fn timing() {
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let only = std::env::var("ONLY").unwrap_or_default();
    let on = |name: &str| only.is_empty() || only.split(',').any(|o| name.starts_with(o));
    let random = |rng: &mut ChaCha20Rng| Ed25519::vartime_power_product(&[(Ed25519::generator(), S::random(rng))]);
    let p = random(&mut rng).0;
    let q = random(&mut rng).0;
    if on("clock") {
        least("imul latency (3 cycles)", 1000, 1000, || (0..1000u64).fold(black_box(3u64), |a, _| a.wrapping_mul(a)));
        let a = black_box(3u64);
        least("add latency (1 cycle)", 1000, 1000, || (0..1000u64).fold(a, |a, i| black_box(a.rotate_left(1)) ^ i));
        let d = to_dalek(&Element(p));
        let e = to_dalek(&Element(q));
        least("dalek add", 1000, 1000, || (0..1000).fold(d, |a, _| a + e));
        least("dalek 64 doublings", 64, 1000, || (0..64).fold(d, |a, _| a.mul_by_cofactor()));
        let b = d.compress();
        least("dalek decompress", 1, 1000, || black_box(b).decompress());
    }
    if on("field") {
        let mut pq = [p, q];
        Point::normalize(&mut pq);
        let (x, y) = pq[0].affine();
        let (v, w) = pq[1].affine();
        least("mul latency", 1000, 1000, || (0..1000).fold(x, |a, _| a * y));
        least("mul throughput 4", 4000, 1000, || (0..1000).fold([x, y, v, w], |[a, b, c, d], _| [a * y, b * y, c * y, d * y]));
        least("square latency", 1000, 1000, || (0..1000).fold(x, |a, _| a.square()));
        least("square throughput 4", 4000, 1000, || (0..1000).fold([x, y, v, w], |[a, b, c, d], _| [a.square(), b.square(), c.square(), d.square()]));
        least("invert", 1, 1000, || black_box(x).invert());
    }
    if on("point") {
        let niels = q.niels();
        let affine = point::AffineNiels::batch(vec![q])[0];
        least("double extended", 1000, 1000, || (0..1000).fold(p, |a, _| a.double()));
        least("double projective", 1000, 1000, || p.double_times(1000));
        least("add_niels", 1000, 1000, || (0..1000).fold(p, |a, _| { let mut a = a; a += &niels; a }));
        least("add", 1000, 1000, || (0..1000).fold(p, |a, _| { let mut a = a; a += &q; a }));
        least("add_affine", 1000, 1000, || (0..1000).fold(p, |a, _| { let mut a = a; a += &affine; a }));
        let bytes = Point::compress(vec![p])[0];
        least("decompress", 1, 1000, || Point::decompress(black_box(&bytes)));
    }
    if on("chain") {
        let e = S::random(&mut rng).limbs();
        let multiple = doubling::Multiple::new(&e);
        least("Multiple::new", 1, 1000, || doubling::Multiple::new(black_box(&e)));
        least("check", 1, 1000, || is_in_subgroup(black_box(&p)));
        least("no multiples", 1, 1000, || doubling::add_multiples(&p, &mut [], &[]));
        let m = [multiple.clone(), doubling::Multiple::new(&S::random(&mut rng).limbs())];
        least("1 multiples", 1, 1000, || doubling::add_multiples(&p, &mut m.clone(), &[0]));
        least("2 multiples", 1, 1000, || doubling::add_multiples(&p, &mut m.clone(), &[0, 1]));
        let mut n = m.clone();
        doubling::add_multiples(&p, &mut n, &[0, 1]);
        least("sum", 1, 1000, || n[0].sum());
        let base = fixed_base::FixedBase::new(&p);
        let e = S::random(&mut rng);
        least("fixed new", 1, 100, || fixed_base::FixedBase::new(&p));
        least("fixed", 1, 1000, || { let mut q = q; base.add_multiple(&mut q, black_box(&e)); q });
        let text = Ed25519::text(&Element(p));
        least("parse", 1, 1000, || Ed25519::parse(black_box(&text)));
    }
    if on("evaluate") {
        let key = random(&mut rng);
        let bases = Ed25519::vartime_bases(&key);
        let given: Vec<_> = (0..7).map(|_| random(&mut rng)).collect();
        let texts = Ed25519::texts(&given);
        let points = Points { given: texts.iter().map(String::as_str).collect(), products: vec![vec![0, 1, 2], vec![3, 4, 5]] };
        // three choices (alpha, beta), each proved 0 or 1: two proofs, alpha and beta in each
        let mut equations = Vec::new();
        let mut equation = |point, with_g: bool, with_y: bool| {
            let mut s = |on: bool| if on { S::random(&mut rng) } else { S::ZERO };
            equations.push(Equation { generator: s(with_g), key: s(with_y), point, exponent: s(true) });
        };
        for choice in 0..6 {
            for _ in 0..2 {
                // alpha: g^r alpha^c; beta: y^r beta^c g^(c m)
                equation(choice, true, true);
            }
        }
        equation(7, true, true);
        equation(8, true, true);
        equation(6, true, true);
        let ballots: Vec<Vec<_>> = (0..50).map(|_| equations.iter().map(|e: &Equation<S>| Equation { generator: S::random(&mut rng), key: S::random(&mut rng), exponent: S::random(&mut rng), ..*e }).collect()).collect();
        let mut turn = 0;
        least("evaluate, varied, full", 1, 300, || { turn += 1; Ed25519::vartime_evaluate(&bases, &points, &ballots[turn % 50]).expect("ok") });
        let mut ballots = ballots;
        for b in &mut ballots {
            for (i, e) in b.iter_mut().enumerate() {
                if i == 14 { e.key = S::ZERO; continue }
                let alpha = if i < 12 { (i / 2) < 3 } else { i == 12 };
                if alpha { e.key = S::ZERO } else if i % 2 == 0 { e.generator = S::ZERO }
            }
        }
        least("evaluate, varied, ballot", 1, 300, || { turn += 1; Ed25519::vartime_evaluate(&bases, &points, &ballots[turn % 50]).expect("ok") });
        least("evaluate all exponents full", 1, 300, || Ed25519::vartime_evaluate(&bases, &points, &equations).expect("ok"));
        for (i, e) in equations.iter_mut().enumerate() {
            if i == 14 { e.key = S::ZERO; continue }
            let alpha = if i < 12 { (i / 2) < 3 } else { i == 12 };
            if alpha { e.key = S::ZERO } else if i % 2 == 0 { e.generator = S::ZERO }
        }
        least("evaluate as in a ballot", 1, 300, || Ed25519::vartime_evaluate(&bases, &points, &equations).expect("ok"));
    }
    if on("hints") {
        let roots: Vec<_> = (0..4000).map(|_| random(&mut rng)).collect();
        let hints: Vec<u8> = roots.iter().flat_map(|root| Ed25519::hint(root).0).collect();
        least("hint", 4000, 20, || Ed25519::vartime_from_hints(&hints).expect("ok"));
        let elements = Ed25519::vartime_from_hints(&hints).expect("ok");
        least("texts, Z = 1", 4000, 20, || Ed25519::texts(&elements));
        let sums: Vec<_> = elements.iter().map(|e| Element({ let mut a = e.0; a += &q; a })).collect();
        least("texts", 4000, 20, || Ed25519::texts(&sums));
        let bytes = [17; 32];
        least("hex", 1000, 20, || (0..1000).map(|_| hex(black_box(&bytes))).collect::<Vec<_>>());
    }
    if on("powers") || on("big") {
        let mut point = p;
        let mut points: Vec<_> = (0..22_000).map(|_| { point += &q; point }).collect();
        Point::normalize(&mut points);
        let points: Vec<_> = points.into_iter().map(Element).collect();
        let short = |rng: &mut ChaCha20Rng| { let mut b = [0; 32]; rand_core::Rng::fill_bytes(rng, &mut b[16..]); S::from_hash(&b) };
        let terms: Vec<_> = points.iter().enumerate().map(|(i, p)| (*p, if i % 22 < 7 { S::random(&mut rng) } else { short(&mut rng) })).collect();
        least("powers of 22000 (per 22)", 1000, if on("big") && !only.is_empty() { 40 } else { 10 }, || Ed25519::vartime_power_product(&terms));
        if on("powers") { for n in [2, 22, 100, 149, 150, 220, 400, 500, 1000, 2200, 4400, 11000] {
            least(&format!("powers of {n} (per term)"), n, 5, || Ed25519::vartime_power_product(&terms[..n]));
        } }
    }
}
