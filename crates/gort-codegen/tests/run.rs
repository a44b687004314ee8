//! IR text, compiled and run.

mod harness;

use gort_abi::layout::STACK_POISON;
use gort_abi::module::{FuncFlags, Trap};
use harness::Program;
use std::sync::atomic::Ordering;

const PANICS: &str = "declare \"runtime.panicIndex\" (i64, i64)\n";

fn fib_text() -> &'static str {
    r#"
func "fib" (i64) -> (i64) !1 {
b0(v0: i64):
  v1: i64 = iconst 2
  v2: i8 = icmp slt v0, v1
  branch v2, b1, b2
b1:
  return v0
b2:
  v3: i64 = iconst 1
  v4: i64 = sub v0, v3 !2
  v5: i64 = call "fib"(v4) !3
  v6: i64 = sub v0, v1
  v7: i64 = call "fib"(v6) !4
  v8: i64 = add v5, v7
  return v8
}"#
}

#[test]
fn recursion() {
    let mut p = Program::new(fib_text());
    assert_eq!(p.call("fib", &[20]), 6765);
    let f = p.func("fib");
    assert!(!f.flags.contains(FuncFlags::NO_STUB));
    assert_eq!(f.body_offset % 16, 0);
    assert_eq!(f.code[f.entry_offset as usize..][..4], [0x49, 0x3B, 0x67, 0]);
    assert_eq!(f.stack_maps.len(), 2);
    assert!(f.stack_maps.iter().all(|m| m.slots.is_empty()), "{:?}", f.stack_maps);
    let line = |offset: u32| f.lines.iter().rev().find(|l| l.offset <= offset).unwrap().line;
    assert_eq!(line(f.stack_maps[0].return_offset - 1), 3);
    assert_eq!(line(f.stack_maps[1].return_offset - 1), 4);
}

#[test]
fn entry_check_calls_morestack_and_tries_again() {
    let mut p = Program::new(fib_text());
    p.context.stack_limit.store(STACK_POISON, Ordering::SeqCst);
    assert_eq!(p.call("fib", &[10]), 55);
    assert_eq!(p.take_log(), ["morestack"]);
}

#[test]
fn loop_with_poll() {
    let mut p = Program::new(
        r#"
func "sum" (i64) -> (i64) {
b0(v0: i64):
  v1: i64 = iconst 0
  jump b1(v1, v1)
b1(v2: i64, v3: i64):
  v4: i8 = icmp slt v2, v0
  branch v4, b2, b3
b2:
  v5: i64 = add v3, v2
  v6: i64 = iconst 1
  v7: i64 = add v2, v6
  jump b1(v7, v5)
b3:
  return v3
}"#,
    );
    assert_eq!(p.call("sum", &[101]), 5050);
    assert!(p.take_log().is_empty());
    p.context.stack_limit.store(STACK_POISON, Ordering::SeqCst);
    assert_eq!(p.call("sum", &[101]), 5050);
    assert_eq!(p.take_log(), ["poll"], "a leaf without stub polls in its loop");
    assert!(p.func("sum").flags.contains(FuncFlags::NO_STUB));
}

#[test]
fn eight_results_and_stack_arguments() {
    let mut p = Program::new(
        r#"
func "many" (i64, i64, ptr, i64, i64, i64, i64, ptr) -> (i64, i64, ptr, i64, i64, i64, i64, ptr, f64) {
b0(v0: i64, v1: i64, v2: ptr, v3: i64, v4: i64, v5: i64, v6: i64, v7: ptr):
  v8: f64 = sint_to_float v6
  return v0, v1, v2, v3, v4, v5, v6, v7, v8
}
func "caller" (i64) -> (i64) {
b0(v0: i64):
  v1: ptr = bitcast v0
  v2: i64, v3: i64, v4: ptr, v5: i64, v6: i64, v7: i64, v8: i64, v9: ptr, v10: f64 = call "many"(v0, v0, v1, v0, v0, v0, v0, v1)
  v11: i64 = add v2, v3
  v12: i64 = add v11, v8
  v13: i64 = bitcast v9
  v14: i64 = add v12, v13
  v15: i64 = float_to_sint v10
  v16: i64 = add v14, v15
  return v16
}"#,
    );
    assert_eq!(p.call("caller", &[7]), 35);
    let args = &p.func("many").args;
    assert_eq!((args.registers, args.stack.as_slice()), (0b100, [8].as_slice()));
}

#[test]
fn bounds_check_names_its_line_and_needs_the_panic_function() {
    let text = format!(
        "{PANICS}{}",
        r#"
func "at" (ptr, i64, i64) -> (i64) !5 {
b0(v0: ptr, v1: i64, v2: i64):
  bounds index v1, v2 signed !9
  bounds index v1, v2 signed !10
  v3: i64 = iconst 8
  v4: i64 = mul v1, v3
  v5: ptr = ptr_add v0, v4
  v6: i64 = load v5+0
  return v6
}"#
    );
    let mut p = Program::new(&text);
    let data = [10u64, 20, 30];
    assert_eq!(p.call("at", &[data.as_ptr() as u64, 2, 3]), 30);
    let f = p.func("at");
    assert_eq!(f.stack_maps.len(), 1, "the second check is needless");
    let offset = f.stack_maps[0].return_offset - 1;
    assert_eq!(f.lines.iter().rev().find(|l| l.offset <= offset).unwrap().line, 9);
    assert!(f.flags.contains(FuncFlags::NO_STUB));
}

#[test]
fn nil_checks_are_traps() {
    let p = Program::new(
        r#"
func "get" (ptr) -> (i64) {
b0(v0: ptr):
  v1: i64 = load v0+8 checked !3
  v2: i64 = load v0+16 checked !4
  v3: i64 = add v1, v2
  return v3
}
func "far" (ptr) -> (i64) {
b0(v0: ptr):
  v1: i64 = load v0+8000 checked
  return v1
}"#,
    );
    let nil = |name: &str| p.func(name).traps.iter().filter(|t| t.1 == Trap::NilDereference).count();
    assert_eq!((nil("get"), nil("far")), (1, 1));
}

#[test]
fn barrier_only_while_on() {
    let mut p = Program::new(
        r#"
func "set" (ptr, ptr) {
b0(v0: ptr, v1: ptr):
  store v0+8, v1 checked barrier
  return
}"#,
    );
    let mut object = [0u64; 2];
    p.call("set", &[object.as_mut_ptr() as u64, 5]);
    assert_eq!((std::hint::black_box(object)[1], p.take_log().len()), (5, 0));
    p.context.barrier_on.store(1, Ordering::SeqCst);
    p.call("set", &[object.as_mut_ptr() as u64, 6]);
    assert_eq!(std::hint::black_box(object)[1], 6);
    assert_eq!(p.take_log(), ["barrier 6"]);
}

#[test]
fn maps_name_live_pointers_and_slots() {
    let p = Program::new(
        r#"
declare "f" ()
func "g" (ptr, ptr, i64) -> (ptr) {
  slot s0 size 24 align 8 ptrs [8]
b0(v0: ptr, v1: ptr, v2: i64):
  call "f"()
  v3: i64 = load v1+0
  slot_store s0+0, v3
  call "f"()
  v4: ptr = slot_load s0+8
  store v4+0, v2
  call "f"()
  unreachable
}
func "h" (ptr, ptr) -> (ptr) {
b0(v0: ptr, v1: ptr):
  call "f"()
  v3: ptr = load v1+0
  call "f"()
  v4: ptr = load v1+8
  call "f"()
  v5: i64 = load v4+0
  store v3+0, v5
  return v3
}"#,
    );
    let g = p.func("g");
    assert_eq!(g.args.registers, 0b011);
    assert_eq!(g.base_slots.len(), 0);
    let sizes: Vec<usize> = g.stack_maps.iter().map(|m| m.slots.len()).collect();
    assert_eq!(sizes, [2, 1, 0], "the slot is dropped after its last use");
    let h = p.func("h");
    let sizes: Vec<usize> = h.stack_maps.iter().map(|m| m.slots.len()).collect();
    assert_eq!(sizes, [1, 2, 2]);
    let mut places: Vec<u32> = h.stack_maps.iter().flat_map(|m| m.slots.clone()).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 2, "places are shared");
}

#[test]
fn runtime_calls_take_and_give_words() {
    let mut p = Program::new(
        r#"
func "f" (i64) -> (i64) {
b0(v0: i64):
  v1: ptr = bitcast v0
  v2: i8 = trunc v0
  v3: i64 = call_runtime runtime.cmpstring(v1, v0, v1, v2)
  call_runtime runtime.printint(v3)
  return v3
}"#,
    );
    assert_eq!(p.call("f", &[3]), 3333);
    assert_eq!(p.take_log(), ["3333"]);
}

#[test]
fn copies_clears_and_big_slots() {
    let mut p = Program::new(
        r#"
func "f" (ptr, ptr) -> (i64) {
  slot s0 size 4000 align 8 ptrs [0, 3992]
b0(v0: ptr, v1: ptr):
  copy v0, v1, 47
  v2: ptr = slot_addr s0+8
  copy v2, v1, 200
  zero v1, 200
  v3: i64 = slot_load s0+3992
  v4: i64 = slot_load s0+200
  v5: i64 = add v3, v4
  return v5
}"#,
    );
    let mut from = [7u8; 200];
    let mut to = [0u8; 64];
    let r = p.call("f", &[to.as_mut_ptr() as u64, from.as_mut_ptr() as u64]);
    let (from, to) = std::hint::black_box((from, to));
    assert_eq!(r, 0x0707_0707_0707_0707);
    assert_eq!((to[46], to[47], from[0], from[199]), (7, 0, 0, 0));
    let f = p.func("f");
    assert!(f.body_offset == 32, "a big frame has the long stub");
}

#[test]
fn switch_and_params() {
    let mut p = Program::new(
        r#"
func "f" (i8) -> (i64) {
b0(v0: i8):
  v1: i64 = iconst 10
  v2: i64 = iconst 20
  switch v0, 1: b1(v1), -1: b1(v2), 100: b2, default b3
b1(v3: i64):
  return v3
b2:
  v4: i64 = iconst 30
  return v4
b3:
  v5: i64 = iconst 0
  return v5
}"#,
    );
    let got: Vec<u64> = [1, 0xFF, 100, 5].iter().map(|&x| p.call("f", &[x])).collect();
    assert_eq!(got, [10, 20, 30, 0]);
}

#[test]
fn defer_has_a_landing_that_reads_slots() {
    let mut p = Program::new(
        r#"
declare "g" ()
func "f" (i64, ptr) -> (i64) {
  slot s0 size 8 align 8 ptrs []
  slot s1 size 8 align 8 ptrs [0]
b0(v0: i64, v1: ptr):
  slot_store s0+0, v0
  slot_store s1+0, v1
  defer_enter b1, landing b2
b1:
  v2: i64 = slot_load s0+0
  v3: i64 = iconst 1
  v4: i64 = add v2, v3
  slot_store s0+0, v4
  jump b3
b2:
  jump b3
b3:
  v5: i64 = slot_load s0+0
  return v5
}"#,
    );
    assert_eq!(p.call("f", &[41, 0]), 42);
    let f = p.func("f");
    let landing = f.landing.unwrap();
    assert!(landing.offset > f.body_offset && (landing.offset as usize) < f.code.len());
    assert!(landing.frame_offset >= 16);
    assert_eq!(f.base_slots.len(), 1);
}

#[test]
fn calls_through_code_addresses() {
    let mut p = Program::new(
        r#"
func "twice" (i64) -> (i64) {
b0(v0: i64):
  v1: i64 = add v0, v0
  return v1
}
func "f" (ptr, i64) -> (i64) {
b0(v0: ptr, v1: i64):
  v2: ptr = sym_addr @"twice"+0
  v3: i64 = call_indirect v2 (i64) -> (i64) : (v1)
  v4: i64 = call_indirect v0 (i64) -> (i64) : (v3)
  return v4
}"#,
    );
    let twice = p.entry("twice");
    assert_eq!(p.call("f", &[twice, 5]), 20);
}

#[test]
fn errors_name_the_function() {
    let text = "func \"f\" (i64, i64) {\nb0(v0: i64, v1: i64):\n  bounds slice_b v0, v1\n  return\n}";
    let module = gort_ir::parse::parse_module(text).unwrap();
    let positions = gort_codegen::positions::RawPositions;
    let e = gort_codegen::compile_module(&module, &positions, &gort_codegen::Options::default()).unwrap_err();
    assert_eq!((e.func.as_str(), e.message.as_str()), ("f", "runtime.panicSliceBU is not declared"));
}

#[test]
fn thousands_of_blocks() {
    let mut text = String::from(
        "declare \"f\" (ptr)\nfunc \"g\" (ptr, i64) -> (i64) {\nb0(v0: ptr, v1: i64):\n  jump b1(v1)\n",
    );
    let n = 8000;
    for i in 1..n {
        let v = 10 * i;
        text += &format!("b{i}(v{v}: i64):\n  v{}: ptr = load v0+0\n  call \"f\"(v{})\n", v + 1, v + 1);
        text += &format!("  v{}: i64 = add v{v}, v1\n  v{}: i8 = icmp slt v{}, v1\n", v + 2, v + 3, v + 2);
        text += &format!("  store v0+8, v{}\n  branch v{}, b{}(v{}), b{n}\n", v + 1, v + 3, i + 1, v + 2);
        if i == n - 1 {
            text = text.replace(&format!("b{n}(v{})", v + 2), &format!("b{n}"));
        }
    }
    text += &format!("b{n}:\n  return v1\n}}\n");
    let start = std::time::Instant::now();
    harness::compile(&text);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn small_objects_are_allocated_inline() {
    use gort_abi::module::{DataObject, RelocKind};
    let text = r#"
func "f" (ptr) -> (ptr) {
b0(v0: ptr):
  v1: ptr = sym_addr @1+0
  v2: ptr = call_runtime runtime.newobject(v1)
  store v2+0, v0 barrier
  return v2
}"#;
    let mut module = gort_ir::parse::parse_module(text).unwrap();
    let typ = DataObject {
        name: "type:t".into(),
        bytes: 24u64.to_le_bytes().to_vec(),
        size: 72,
        align: 8,
        ..Default::default()
    };
    module.add_data(typ);
    let f = &harness::compile_ir(&mut module).funcs[0];
    assert_eq!(f.relocs.iter().filter(|r| r.kind == RelocKind::WindowOff8).count(), 1);
    assert_eq!(
        f.stack_maps.iter().map(|m| m.slots.len()).collect::<Vec<_>>(),
        [1, 0],
        "the slow way is a safepoint"
    );
}

#[test]
fn switches_find_their_case() {
    // Few runs, by comparisons; many, by a table; and values at both ends.
    let few = "0: b1, 1: b1, 2: b2, 5: b1, 100: b2, -1: b2";
    let many: Vec<String> = (0..20).map(|i| format!("{}: b{}", i, 1 + i % 2)).collect();
    let source = |name: &str, cases: &str| {
        format!(
            "func \"{name}\" (i64) -> (i64) {{\nb0(v0: i64):\n  switch v0, {cases}, default b3\nb1:\n  v1: i64 = iconst 1\n  return v1\n\
             b2:\n  v2: i64 = iconst 2\n  return v2\nb3:\n  v3: i64 = iconst 3\n  return v3\n}}\n"
        )
    };
    let mut p = Program::new(&(source("few", few) + &source("many", &many.join(", "))));
    let cases = [
        (0, 1),
        (1, 1),
        (2, 2),
        (3, 3),
        (4, 3),
        (5, 1),
        (6, 3),
        (99, 3),
        (100, 2),
        (101, 3),
        (-1, 2),
        (-2, 3),
    ];
    for (value, expected) in cases {
        assert_eq!(p.call("few", &[value as u64]), expected, "{value}");
    }
    for value in -1..22_i64 {
        let expected = if (0..20).contains(&value) { 1 + value as u64 % 2 } else { 3 };
        assert_eq!(p.call("many", &[value as u64]), expected, "{value}");
    }
}
