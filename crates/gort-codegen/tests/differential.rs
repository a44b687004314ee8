//! Integer and float operations against Rust's, on edge values and pseudo-random ones.

mod harness;

use harness::Program;

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn inputs() -> Vec<u64> {
    let mut out =
        vec![0, 1, 2, 3, 7, 10, 63, 64, 127, 128, 255, 256, 0x7FFF, 0x8000, 0x7FFF_FFFF, 0x8000_0000];
    out.extend([u64::MAX, u64::MAX - 1, i64::MAX as u64, i64::MIN as u64, 0xFFFF_FFFF]);
    let mut rng = Rng(0x9E37_79B9_7F4A_7C15);
    out.extend((0..20).map(|_| rng.next()));
    out.extend((0..10).map(|_| rng.next() >> 40));
    out
}

type Eval = fn(i128, i128, u32) -> i128;

const OPS: &[(&str, bool, Eval)] = &[
    ("add", true, |a, b, _| a + b),
    ("sub", true, |a, b, _| a - b),
    ("mul", true, |a, b, _| a.wrapping_mul(b)),
    ("sdiv", true, |a, b, _| if b == 0 { 0 } else { a / b }),
    ("udiv", false, |a, b, _| if b == 0 { 0 } else { a / b }),
    ("srem", true, |a, b, _| if b == 0 { 0 } else { a % b }),
    ("urem", false, |a, b, _| if b == 0 { 0 } else { a % b }),
    ("and", true, |a, b, _| a & b),
    ("or", true, |a, b, _| a | b),
    ("xor", true, |a, b, _| a ^ b),
    ("shl", false, |a, b, n| a << (b % i128::from(n))),
    ("ushr", false, |a, b, n| a >> (b % i128::from(n))),
    ("sshr", true, |a, b, n| a >> b.rem_euclid(i128::from(n))),
];

fn narrow(v: i128, bits: u32, signed: bool) -> i128 {
    let shift = 128 - bits;
    if signed { (v << shift) >> shift } else { (((v << shift) as u128) >> shift) as i128 }
}

#[test]
fn integer_operations_of_all_widths() {
    let mut text = String::new();
    for (op, ..) in OPS {
        for bits in [8, 16, 32, 64] {
            text += &format!(
                "func \"{op}{bits}\" (i{bits}, i{bits}) -> (i{bits}) {{\nb0(v0: i{bits}, v1: i{bits}):\n"
            );
            let operand = if op.contains("sh") {
                text += &format!("  v2: i{bits} = iconst {}\n  v3: i{bits} = and v1, v2\n", bits - 1);
                3
            } else {
                1
            };
            text += &format!("  v9: i{bits} = {op} v0, v{operand}\n  return v9\n}}\n");
        }
    }
    let mut p = Program::new(&text);
    for &(op, signed, eval) in OPS {
        for bits in [8, 16, 32, 64] {
            let name = format!("{op}{bits}");
            for &x in &inputs() {
                for &y in &inputs() {
                    let (a, b) = (narrow(x.into(), bits, signed), narrow(y.into(), bits, signed));
                    if b == 0 && (op.contains("div") || op.contains("rem")) {
                        continue;
                    }
                    let wanted = narrow(eval(a, b, bits), bits, false) as u64;
                    let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
                    let got = p.call(&name, &[x, y]) & mask;
                    assert_eq!(got, wanted, "{name} {a} {b}");
                }
            }
        }
    }
}

#[test]
fn division_by_constants() {
    let divisors = [1i64, 2, 3, 5, 7, 10, 64, 1000, -1, -2, -3, -10, i64::MIN, i64::MAX];
    let mut text = String::new();
    for (i, d) in divisors.iter().enumerate() {
        for op in ["sdiv", "srem", "udiv", "urem"] {
            text += &format!(
                "func \"{op}{i}\" (i64) -> (i64) {{\nb0(v0: i64):\n  v1: i64 = iconst {d}\n  v2: i64 = {op} v0, v1\n  return v2\n}}\n"
            );
        }
    }
    let mut p = Program::new(&text);
    for (i, &d) in divisors.iter().enumerate() {
        for x in inputs() {
            let s = x as i64;
            assert_eq!(p.call(&format!("sdiv{i}"), &[x]), s.wrapping_div(d) as u64, "{s} / {d}");
            assert_eq!(p.call(&format!("srem{i}"), &[x]), s.wrapping_rem(d) as u64, "{s} % {d}");
            assert_eq!(p.call(&format!("udiv{i}"), &[x]), x / d as u64);
            assert_eq!(p.call(&format!("urem{i}"), &[x]), x % d as u64);
        }
    }
}

/// What gc on amd64 gives: see `translate/convert.rs`.
fn gc_convert(x: f64, bits: u32, unsigned: bool) -> u64 {
    let to64 = |x: f64| if x < 2f64.powi(63) && x >= -(2f64.powi(63)) { x as i64 } else { i64::MIN };
    let to32 = |x: f64| if x < 2f64.powi(31) && x > -(2f64.powi(31)) - 1.0 { x as i32 } else { i32::MIN };
    match (bits, unsigned) {
        (64, false) => to64(x) as u64,
        (64, true) if x < 2f64.powi(63) => to64(x) as u64,
        (64, true) => to64(x - 2f64.powi(63)) as u64 | 1 << 63,
        (32, true) => to64(x) as u32 as u64,
        (32, false) => to32(x) as u32 as u64,
        (16, _) => to32(x) as u16 as u64,
        _ => to32(x) as u8 as u64,
    }
}

#[test]
fn float_conversions() {
    let mut text = String::new();
    for bits in [8, 16, 32, 64] {
        for s in ["sint", "uint"] {
            text += &format!(
                "func \"to_{s}{bits}\" (f64) -> (i{bits}) {{\nb0(v0: f64):\n  v1: i{bits} = float_to_{s} v0\n  return v1\n}}\n"
            );
            text += &format!(
                "func \"from_{s}{bits}\" (i{bits}) -> (f64) {{\nb0(v0: i{bits}):\n  v1: f64 = {s}_to_float v0\n  return v1\n}}\n"
            );
        }
    }
    let mut p = Program::new(&text);
    let floats =
        [0.0, -0.0, 1.5, -1.5, 255.9, -129.0, 70000.0, 3e9, -3e9, 5e9, 1e10, -1e10, 9.3e18, 1e19, -9.3e18]
            .into_iter()
            .chain([
                1e30,
                -1e30,
                f64::NAN,
                f64::INFINITY,
                2147483647.5,
                -2147483648.5,
                9223372036854775807.0,
            ]);
    for x in floats {
        for bits in [8, 16, 32, 64] {
            for unsigned in [false, true] {
                let name = format!("to_{}{bits}", if unsigned { "uint" } else { "sint" });
                let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
                let got = p.call_raw(&name, &[], &[x])[0] & mask;
                assert_eq!(got, gc_convert(x, bits, unsigned), "{name} {x}");
            }
        }
    }
    for x in inputs() {
        for bits in [8, 16, 32, 64] {
            let signed = narrow(x.into(), bits, true) as f64;
            let unsigned = narrow(x.into(), bits, false) as f64;
            assert_eq!(f64::from_bits(p.call_raw(&format!("from_sint{bits}"), &[x], &[])[8]), signed);
            assert_eq!(f64::from_bits(p.call_raw(&format!("from_uint{bits}"), &[x], &[])[8]), unsigned);
        }
    }
}
