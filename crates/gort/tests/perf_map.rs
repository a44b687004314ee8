//! `GODEBUG=perfmap=1`: the file that tells perf the names of compiled functions.

use std::fs;
use std::process::{Command, Stdio};

#[test]
fn compiled_functions_are_named() {
    let source = concat!(env!("CARGO_TARGET_TMPDIR"), "/perf_map.go");
    fs::write(source, "package main\n\nfunc main() {\n\tprintln(deep(3))\n}\n\n//go:noinline\nfunc deep(n int) int {\n\tif n == 0 {\n\t\treturn 0\n\t}\n\treturn 1 + deep(n-1)\n}\n")
        .unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_gort"))
        .args(["run", source])
        .env("GODEBUG", "perfmap=1")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());
    let path = format!("/tmp/perf-{}.map", child.id());
    let map = fs::read_to_string(&path).unwrap();
    fs::remove_file(path).unwrap();
    for line in map.lines() {
        let [start, size, _] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(u64::from_str_radix(start, 16).unwrap() > 0, "{line}");
        assert!(u64::from_str_radix(size, 16).unwrap() > 0, "{line}");
    }
    assert!(map.lines().any(|line| line.ends_with(" main.deep")), "{map}");
}
