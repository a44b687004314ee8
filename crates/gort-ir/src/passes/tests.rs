//! Tests of the passes and the text form.

use crate::inst::Op;
use crate::parse::{parse_func, parse_module};
use crate::passes::cfg::Cfg;
use crate::passes::liveness::Liveness;
use crate::verify::verify;

const LOOP: &str = r#"func "f" (ptr, i64) -> (i64) !7 {
  slot s0 size 16 align 8 ptrs [0, 8]
b0(v0: ptr, v1: i64):
  v2: i64 = iconst -5
  jump b1(v2, v0, v1)
b1(v3: i64, v4: ptr, v5: i64):
  v6: i64 = load v4+8 checked !9
  v7: i64 = load v4+16 checked
  v8: i64 = add v3, v6
  v9: i64 = add v5, v7
  v10: i8 = icmp slt v8, v1
  branch v10, b1(v8, v4, v9), b2
b2 cold:
  store v4-8, v8 checked barrier
  return v8
}
"#;

#[test]
fn text_round_trip() {
    let f = parse_func(LOOP).unwrap();
    let text = f.to_string();
    assert_eq!(parse_func(&text).unwrap().to_string(), text);
    assert!(text.contains("store v4-8, v8 checked barrier"));
    let m = "declare \"a b\\\"c\" (f64) -> (ptr)\nfunc \"g\" (f64) {\nb0(v0: f64):\n  v1: ptr = call \"a b\\\"c\"(v0)\n  return\n}\n";
    assert_eq!(parse_module(m).unwrap().to_string(), m);
}

#[test]
fn parse_errors_have_lines() {
    let e = parse_func("func \"f\" () {\nb0:\n  frob v1\n}").unwrap_err();
    assert_eq!((e.line, e.message.as_str()), (3, "unknown operation frob"));
}

#[test]
fn needless_parameters_go_and_the_loop_polls() {
    let text = LOOP.replace("store v4-8, v8 checked barrier", "nil_check v4");
    let mut f = parse_func(&text).unwrap();
    super::run(&mut f).unwrap();
    verify(&f, None).unwrap();
    let header = &f.blocks.raw[1];
    assert_eq!(header.params.len(), 1, "v4 is always v0, v5 is not needed");
    assert!(matches!(f.insts[header.insts[0]].op, Op::Poll));
    let checked = |op: &Op| matches!(op, Op::Load { nil_check: true, .. } | Op::NilCheck(_));
    let left = f.blocks.iter().flat_map(|b| &b.insts).filter(|&&i| checked(&f.insts[i].op)).count();
    assert_eq!(left, 1, "the first load checks for the others: {f}");
}

#[test]
fn verifier_finds_what_is_broken() {
    let cases = [
        ("INV-IR-1", "b0(v0: i64):\n  return v1"),
        ("INV-IR-1", "b0(v0: i64):\n  v1: i64 = add v0, v1\n  return v1"),
        ("INV-IR-3", "b0(v0: i64):\n  v1: i32 = trunc v0\n  return v1"),
        ("INV-IR-3", "b0(v0: i64):\n  jump b1(v0, v0)\nb1(v1: i64):\n  return v1"),
        ("INV-IR-4", "b0(v0: i64):\n  defer_enter b1, landing b2\nb1:\n  return v0\nb2:\n  return v0"),
        (
            "INV-IR-1",
            "b0(v0: i64):\n  v1: i8 = trunc v0\n  branch v1, b1, b2\nb1:\n  v2: i64 = iconst 1\n  jump b2\nb2:\n  return v2",
        ),
    ];
    for (invariant, body) in cases {
        let f = parse_func(&format!("func \"f\" (i64) -> (i64) {{\n{body}\n}}")).unwrap();
        let e = verify(&f, None).unwrap_err();
        assert!(e.message.starts_with(invariant), "{invariant}: {e}");
    }
}

#[test]
fn liveness_at_safepoints() {
    let f = parse_func(
        r#"func "f" (ptr, ptr) -> (ptr) {
b0(v0: ptr, v1: ptr):
  v2: ptr = sym_addr @0+0
  call f0()
  jump b1(v1)
b1(v3: ptr):
  v4: ptr = call f0(v3)
  v5: i64 = load v2+0
  v6: i8 = trunc v5
  branch v6, b1(v4), b2
b2:
  return v0
}"#,
    )
    .unwrap();
    let live = Liveness::new(&f, &Cfg::new(&f));
    let mut sets: Vec<Vec<u32>> =
        live.safepoints.iter().map(|s| s.1.iter().map(|v| v.raw()).collect()).collect();
    sets.sort();
    assert_eq!(sets, [vec![0], vec![0, 1]]);
}

#[test]
fn bounds_checks_of_counters_go() {
    let text = r#"func "f" (ptr, i64) -> (i64) {
b0(v0: ptr, v1: i64):
  v2: i64 = iconst 0
  jump b1(v2, v2)
b1(v3: i64, v4: i64):
  v5: i8 = icmp slt v3, v1
  branch v5, b2, b3
b2:
  bounds index v3, v1 signed
  v6: i64 = iconst 1
  v7: i64 = add v3, v6
  bounds slice_b v3, v1 signed
  bounds index v7, v1 signed
  v8: i64 = add v4, v7
  jump b1(v7, v8)
b3:
  bounds index v3, v1 signed
  return v4
}
"#;
    let mut f = parse_func(text).unwrap();
    super::run(&mut f).unwrap();
    let left: Vec<String> =
        f.to_string().lines().filter(|l| l.contains("bounds")).map(str::to_owned).collect();
    assert_eq!(left, ["  bounds index v7, v1 signed", "  bounds index v3, v1 signed"]);
    // A start below zero, or a step that may overflow, proves nothing.
    for (from, to) in [("iconst 0", "iconst -1"), ("add v3, v6", "add v3, v1")] {
        let mut f = parse_func(&text.replace(from, to)).unwrap();
        super::run(&mut f).unwrap();
        assert!(
            f.to_string().contains("bounds slice_b v3, v1") || f.to_string().contains("bounds index v3, v1")
        );
        assert!(f.to_string().matches("bounds").count() >= 3, "{f}");
    }
}

#[test]
fn bounds_checks_of_small_numbers_go() {
    let text = r#"func "f" (i8, i32, i64) {
b0(v0: i8, v1: i32, v2: i64):
  v3: i64 = iconst 256
  v4: i64 = zext v0
  bounds index v4, v3
  v5: i64 = iconst 24
  v6: i32 = ushr v1, v5
  v7: i64 = zext v6
  bounds index v7, v3
  v8: i64 = iconst 10
  v9: i64 = urem v2, v8
  bounds index v9, v8
  v10: i64 = add v4, v9
  v11: i64 = iconst 265
  bounds index v10, v11
  bounds slice_b v10, v3
  v12: i64 = iconst 20
  v13: i32 = ushr v1, v12
  v14: i64 = zext v13
  bounds index v14, v3
  return
}
"#;
    let mut f = parse_func(text).unwrap();
    super::run(&mut f).unwrap();
    let left: Vec<String> =
        f.to_string().lines().filter(|l| l.contains("bounds")).map(|l| l.trim().to_owned()).collect();
    assert_eq!(left, ["bounds slice_b v10, v3", "bounds index v14, v3"]);
}

#[test]
fn bounds_checks_behind_comparisons_go() {
    let text = r#"func "f" (i8, i64, i64) {
b0(v0: i8, v1: i64, v2: i64):
  v3: i8 = iconst -128
  v4: i64 = iconst 128
  v5: i64 = zext v0
  v6: i8 = icmp uge v0, v3
  branch v6, b1, b2
b1:
  bounds index v5, v4
  return
b2:
  bounds index v5, v4
  v7: i64 = iconst 0
  v8: i8 = icmp slt v1, v7
  branch v8, b3, b4
b3:
  bounds index v1, v2 signed
  return
b4:
  v9: i8 = icmp slt v1, v2
  branch v9, b5, b6
b5:
  bounds index v1, v2 signed
  return
b6:
  v10: i8 = icmp sgt v4, v1
  branch v10, b7, b8
b7:
  bounds index v1, v4 signed
  bounds index v1, v2 signed
  return
b8:
  bounds index v1, v4 signed
  return
}
"#;
    let mut f = parse_func(text).unwrap();
    super::run(&mut f).unwrap();
    let left: Vec<String> =
        f.to_string().lines().filter(|l| l.contains("bounds")).map(|l| l.trim().to_owned()).collect();
    let wanted = [
        "bounds index v5, v4",
        "bounds index v1, v2 signed",
        "bounds index v1, v2 signed",
        "bounds index v1, v4 signed",
    ];
    assert_eq!(left, wanted, "{f}");
}

#[test]
fn equal_values_are_one_for_checks() {
    let text = r#"func "f" (i64, i64) -> (i64) {
b0(v0: i64, v1: i64):
  v2: i64 = iconst 64
  v3: i64 = add v0, v1
  bounds index v3, v2 signed
  v4: i64 = iconst 64
  v5: i64 = add v0, v1
  bounds index v5, v4 signed
  v6: i64 = iconst 63
  v7: i64 = and v0, v6
  bounds index v7, v4 signed
  bounds index v7, v6 signed
  return v5
}
"#;
    let mut f = parse_func(text).unwrap();
    super::run(&mut f).unwrap();
    let left: Vec<String> =
        f.to_string().lines().filter(|l| l.contains("bounds")).map(str::to_owned).collect();
    assert_eq!(left, ["  bounds index v3, v2 signed", "  bounds index v7, v6 signed"]);
}

#[test]
fn ways_to_a_panic_are_cold() {
    let text = r#"func "f" (i8, i8) {
b0(v0: i8, v1: i8):
  branch v0, b1, b4
b1:
  branch v1, b2, b3
b2:
  unreachable
b3:
  jump b2
b4:
  branch v1, b2, b5
b5:
  return
}
"#;
    let mut f = parse_func(text).unwrap();
    super::run(&mut f).unwrap();
    let cold: Vec<bool> = f.blocks.iter().map(|b| b.cold).collect();
    assert_eq!(cold, [false, true, true, true, false, false]);
}

#[test]
fn what_is_known_of_memory_is_neither_loaded_nor_stored() {
    let text = r#"func "f" (ptr, ptr, i64, i8) {
b0(v0: ptr, v1: ptr, v2: i64, v3: i8):
  v4: ptr = load v0+0 checked
  v5: i64 = load v0+16
  store v0+0, v4 barrier
  store v0+8, v2
  store v0+16, v5
  branch v3, b1, b2
b1:
  v6: i64 = load v0+8
  store v1+8, v6 checked
  store v0+16, v5
  store v0+12, v6
  store v0+16, v5
  jump b2
b2:
  v7: i64 = load v0+8
  store v1+0, v7
  return
}
"#;
    let mut f = parse_func(text).unwrap();
    super::run(&mut f).unwrap();
    let is_access = |l: &&str| l.contains("store") || l.contains("load");
    let left: Vec<String> = f.to_string().lines().filter(is_access).map(|l| l.trim().to_owned()).collect();
    let wanted = [
        "v4: ptr = load v0+0 checked",
        "v5: i64 = load v0+16",
        "store v0+8, v2",
        // v1 may be v0 + 8, and the store at 12 reaches into the word at 16.
        "store v1+8, v2 checked",
        "store v0+16, v5",
        "store v0+12, v2",
        "store v0+16, v5",
        // Two ways lead here.
        "v7: i64 = load v0+8",
        "store v1+0, v7",
    ];
    assert_eq!(left, wanted);
}

#[test]
fn decisions_are_taken_where_they_are_known() {
    let text = r#"func "f" (i8, i8) -> (i64) {
b0(v0: i8, v1: i8):
  branch v0, b1, b2(v0)
b1:
  jump b2(v1)
b2(v2: i8):
  jump b3
b3:
  branch v2, b4, b5
b4:
  v3: i64 = iconst 1
  return v3
b5:
  v4: i64 = iconst 2
  return v4
}
"#;
    let mut f = parse_func(text).unwrap();
    super::run(&mut f).unwrap();
    let text = f.to_string();
    let branches: Vec<&str> = text.lines().map(str::trim).filter(|l| l.starts_with("branch")).collect();
    assert_eq!(branches, ["branch v0, b1, b5", "branch v1, b4, b5"], "{text}");
}

#[test]
fn small_functions_are_put_in_place() {
    let text = r#"func "max" (i64, i64) -> (i64) {
b0(v0: i64, v1: i64):
  v2: i8 = icmp slt v0, v1
  branch v2, b1, b2
b1:
  return v1
b2:
  return v0
}
func "at" (ptr) -> (i64) {
b0(v0: ptr):
  v1: i64 = load v0+8 checked
  return v1
}
func "frame" () -> (i64) {
b0:
  v0: i64 = frame_pointer
  return v0
}
func "f" (i64, ptr) -> (i64) {
b0(v0: i64, v1: ptr):
  v2: i64 = call "at"(v1)
  v3: i64 = call "max"(v0, v2)
  v4: i64 = call "max"(v3, v3)
  v5: i64 = call "frame"()
  v6: i64 = add v4, v5
  return v6
}
"#;
    let mut m = parse_module(text).unwrap();
    super::run_module(&mut m, Default::default()).unwrap();
    crate::verify::verify_module(&m).unwrap();
    let f = m.funcs.iter().find(|f| f.name == "f").unwrap().body.as_ref().unwrap();
    let text = crate::print::print_func(f, Some(&m));
    assert!(!text.contains("call \"max\"") && !text.contains("call \"at\""), "{text}");
    assert!(text.contains("call \"frame\""), "it needs a frame of its own: {text}");
    assert_eq!(f.inlined.len(), 3);
}

#[test]
fn negations_are_part_of_what_they_negate() {
    let text = r#"func "f" (i64, i64, i8) -> (i8) {
b0(v0: i64, v1: i64, v2: i8):
  v3: i8 = icmp slt v0, v1
  v4: i8 = iconst 1
  v5: i8 = xor v3, v4
  v6: i8 = xor v2, v4
  branch v6, b1, b2
b1:
  return v5
b2:
  return v2
}
"#;
    let mut module = parse_module(text).unwrap();
    super::run_module(&mut module, super::Options::default()).unwrap();
    let f = module.funcs.iter().find_map(|f| f.body.as_ref()).unwrap();
    let text = f.to_string();
    assert!(text.contains("icmp sge v0, v1") && text.contains("branch v2, b2, b1"), "{text}");
    assert!(!text.contains("xor"), "{text}");
}
