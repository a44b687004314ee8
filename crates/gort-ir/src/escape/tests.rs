//! Which allocations become slots, or values.

use crate::module::Module;
use crate::parse::parse_module;
use crate::passes::{Options, run_module};
use crate::print::print_func;
use gort_abi::module::DataObject;

fn run(text: &str) -> Module {
    let mut m = parse_module(text).unwrap();
    run_module(&mut m, Options { verify: true, explain: false }).unwrap();
    crate::verify::verify_module(&m).unwrap();
    m
}

fn func(m: &Module, name: &str) -> String {
    let f = m.funcs.iter().find(|f| f.name == name).unwrap();
    print_func(f.body.as_ref().unwrap(), Some(m))
}

/// Bodies of functions around one allocation of 16 bytes, v1.
fn with_object(rest: &str) -> String {
    let text = format!(
        "func \"f\" (ptr, i64) -> (i64) {{\nb0(v9: ptr, v8: i64):\n  v0: i64 = iconst 16\n  \
         v1: ptr = call_runtime runtime.rawmem(v0)\n{rest}}}\n{CALLEES}"
    );
    func(&run(&text), "f")
}

/// They call themselves, so they are not inlined.
const CALLEES: &str = r#"func "keeps" (ptr, i64) -> (i64) {
b0(v0: ptr, v1: i64):
  v2: i8 = icmp eq v1, v1
  branch v2, b1, b2
b1:
  v3: i64 = call "keeps"(v0, v1)
  return v3
b2:
  v4: i64 = load v0+0
  return v4
}
func "passes" (ptr, i64) -> (ptr) {
b0(v0: ptr, v1: i64):
  v2: i64 = load v0+0
  v3: i8 = icmp slt v1, v2
  branch v3, b1, b2
b1:
  v4: ptr = call "passes"(v0, v2)
  return v4
b2:
  return v0
}
func "leaks" (ptr, i64) {
b0(v0: ptr, v1: i64):
  v2: ptr = get_g
  store v2+0, v0 barrier
  call "leaks"(v0, v1)
  return
}
"#;

#[test]
fn an_object_nobody_else_sees_is_no_memory_at_all() {
    let f = with_object("  store v1+8, v8\n  v2: i64 = load v1+8\n  return v2\n");
    assert!(!f.contains("rawmem") && !f.contains("slot") && f.contains("return v8"), "{f}");
}

#[test]
fn an_object_given_to_one_who_keeps_nothing_is_a_slot() {
    let f = with_object("  store v1+8, v8\n  v2: i64 = call \"keeps\"(v1, v8)\n  return v2\n");
    assert!(!f.contains("rawmem") && f.contains("slot s0 size 16"), "{f}");
}

#[test]
fn what_comes_back_is_the_same_object() {
    let kept = "  v2: ptr = call \"passes\"(v1, v8)\n  v3: i64 = load v2+0\n  return v3\n";
    assert!(!with_object(kept).contains("rawmem"));
    let stored = "  v2: ptr = call \"passes\"(v1, v8)\n  store v9+0, v2 barrier\n  return v8\n";
    assert!(with_object(stored).contains("rawmem"));
}

#[test]
fn an_object_that_gets_away_stays_in_the_heap() {
    for way in [
        "  store v9+0, v1 barrier\n",
        "  call \"leaks\"(v1, v8)\n",
        "  v2: i64 = load v9+0\n  call_indirect v2 (ptr) : (v1)\n",
        "  call_runtime runtime.newproc(v1)\n",
    ] {
        let f = with_object(&format!("{way}  return v8\n"));
        assert!(f.contains("rawmem"), "{way}{f}");
    }
}

#[test]
fn what_is_stored_in_an_object_goes_where_the_object_goes() {
    let inner = "  v2: ptr = call_runtime runtime.rawmem(v0)\n  store v1+0, v2 barrier\n";
    let f = with_object(&format!("{inner}  store v9+0, v1 barrier\n  return v8\n"));
    assert_eq!(f.matches("rawmem").count(), 2, "{f}");
    let f = with_object(&format!("{inner}  v3: ptr = load v1+0\n  store v3+8, v8\n  return v8\n"));
    assert_eq!(f.matches("rawmem").count(), 0, "{f}");
}

#[test]
fn a_hidden_pointer_is_not_followed() {
    let hide =
        "  v2: i64 = bitcast v1\n  v3: i64 = iconst 0\n  v4: i64 = xor v2, v3\n  v5: ptr = bitcast v4\n";
    let f = with_object(&format!("{hide}  store v9+0, v5 barrier\n  return v8\n"));
    assert!(!f.contains("rawmem"), "x ^ 0 is a promise: {f}");
}

const LOOP: &str = r#"func "f" (i64) -> (i64) {
b0(v0: i64):
  v1: i64 = iconst 16
  v2: ptr = iconst 0
  v3: i64 = iconst 0
  jump b1(v3, v2)
b1(v4: i64, v5: ptr):
  v6: i8 = icmp slt v4, v0
  branch v6, b2, b3
b2:
  v7: ptr = call_runtime runtime.rawmem(v1)
  store v7+0, KEPT barrier
  v8: i64 = call "keeps"(v7, v4)
  v9: i64 = iconst 1
  v10: i64 = add v4, v9
  jump b1(v10, NEXT)
b3:
  v11: i64 = call "keeps"(v5, v0)
  return v11
}
"#;

#[test]
fn an_object_of_each_round_must_be_dead_in_the_next() {
    let f = |kept: &str, next: &str| {
        func(&run(&(LOOP.replace("KEPT", kept).replace("NEXT", next) + CALLEES)), "f")
    };
    assert!(!f("v2", "v2").contains("rawmem"));
    assert!(!f("v2", "v7").contains("rawmem"), "it dies at the end, not in the next round");
    assert!(f("v5", "v7").contains("rawmem"), "a list");
}

/// A function that makes a slice of the bytes of a string: given v0, the address, and v1, the length.
fn with_bytes(rest: &str) -> String {
    let text = format!(
        "func \"f\" (ptr, i64) -> (i64) {{\nb0(v0: ptr, v1: i64):\n  v2: ptr = iconst 0\n  \
         v3: ptr, v4: i64, v5: i64 = call \"runtime.stringtoslicebyte\"(v2, v0, v1)\n{rest}}}\n\
         func \"runtime.stringtoslicebyte\" (ptr, ptr, i64) -> (ptr, i64, i64) {{\n\
         b0(v0: ptr, v1: ptr, v2: i64):\n  v7: i64 = load v1+0\n  v8: i8 = icmp slt v7, v2\n  \
         branch v8, b1, b2\nb1:\n  v3: ptr, v4: i64, v5: i64 = call \"runtime.stringtoslicebyte\"(v0, v1, v7)\n  \
         return v3, v4, v5\nb2:\n  return v0, v2, v2\n}}\n\
         func \"writes\" (ptr, i64) -> (i64) {{\nb0(v0: ptr, v1: i64):\n  v4: i64 = load v0+0\n  v2: i8 = icmp slt v4, v1\n  branch v2, b1, b2\n\
         b1:\n  v3: i64 = call \"writes\"(v0, v1)\n  return v3\nb2:\n  store v0+0, v2\n  return v1\n}}\n{CALLEES}"
    );
    let mut m = parse_module(&text).unwrap();
    m.add_data(DataObject { name: "runtime.zerobase".into(), size: 8, align: 8, ..DataObject::default() });
    run_module(&mut m, Options { verify: true, explain: false }).unwrap();
    func(&m, "f")
}

#[test]
fn bytes_that_are_only_read_are_the_strings() {
    let f = with_bytes("  v6: i64 = call \"keeps\"(v3, v4)\n  return v6\n");
    assert!(!f.contains("stringtoslicebyte") && !f.contains("slot"), "{f}");
}

#[test]
fn bytes_that_are_written_to_are_in_a_buffer() {
    for write in
        ["  v6: i64 = call \"writes\"(v3, v4)\n", "  store v3+0, v1\n  v6: i64 = call \"keeps\"(v3, v4)\n"]
    {
        let f = with_bytes(&format!("{write}  return v6\n"));
        assert!(f.contains("stringtoslicebyte") && f.contains("slot s0 size 32"), "{f}");
    }
}

#[test]
fn bytes_that_get_away_are_in_the_heap() {
    let f = with_bytes("  call \"leaks\"(v3, v4)\n  return v4\n");
    assert!(f.contains("stringtoslicebyte") && !f.contains("slot"), "{f}");
}

#[test]
fn what_is_captured_beside_a_leaking_pointer_stays() {
    let make = "  v2: ptr = call_runtime runtime.rawmem(v0)\n  v3: i64 = iconst 24\n  \
                v4: ptr = call_runtime runtime.rawmem(v3)\n  v5: ptr = sym_addr @0+0\n  v6: i64 = bitcast v5\n  \
                store v4+0, v6\n  store v4+8, v1 barrier\n  store v4+16, v2 barrier\n";
    let closure = |how: &str| {
        let body = "func \"body\" (ptr, i64) -> (i64) {\nb0(v0: ptr, v1: i64):\n  v2: ptr = load v0+8\n  \
                    v3: ptr = load v0+16\n  call \"leaks\"(v2, v1)\n  v4: i64 = call \"keeps\"(v3, v1)\n  return v4\n}\n";
        let text = format!(
            "{body}func \"f\" (ptr, i64) -> (i64) {{\nb0(v9: ptr, v8: i64):\n  v0: i64 = iconst 16\n  \
             v1: ptr = call_runtime runtime.rawmem(v0)\n{make}{how}}}\n{CALLEES}"
        );
        let mut m = parse_module(&text).unwrap();
        let body = m.func_by_name("body").unwrap();
        assert_eq!(m.func_symbol(body).0, 0);
        run_module(&mut m, Options { verify: true, explain: false }).unwrap();
        func(&m, "f").matches("rawmem").count()
    };
    assert_eq!(closure("  v7: i64 = call \"keeps\"(v4, v8)\n  return v7\n"), 1, "another calls it");
    assert_eq!(closure("  v7: i64 = call \"body\"(v4, v8)\n  return v7\n"), 1, "it is called here");
    assert_eq!(closure("  return v8\n"), 0, "nobody calls it");
    assert_eq!(closure("  store v9+0, v4 barrier\n  return v8\n"), 3, "it is kept");
    assert_eq!(
        closure("  v7: ptr = ptr_add v4, v0\n  store v7+0, v1 barrier\n  return v8\n"),
        2,
        "unclear words"
    );
}
