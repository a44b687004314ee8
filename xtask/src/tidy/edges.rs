//! Who may depend on whom: the layers of ARCHITECTURE.md as a list. A new edge is a decision and is made here.

use super::Findings;
use std::path::Path;

/// Crate, and the crates of the workspace it may depend on.
const EDGES: &[(&str, &[&str])] = &[
    ("gort-abi", &[]),
    ("gort-sys", &["gort-abi"]),
    ("gort-sync", &["gort-abi", "gort-sys"]),
    ("gort-protocols", &["gort-sync"]),
    ("gort-heap", &["gort-abi", "gort-sys", "gort-sync", "gort-protocols"]),
    ("gort-stack", &["gort-abi", "gort-sys", "gort-sync", "gort-protocols", "gort-heap"]),
    ("gort-gc", &["gort-abi", "gort-sys", "gort-sync", "gort-protocols", "gort-heap", "gort-stack"]),
    (
        "gort-sched",
        &["gort-abi", "gort-sys", "gort-sync", "gort-protocols", "gort-heap", "gort-stack", "gort-gc"],
    ),
    (
        "gort-rt",
        &[
            "gort-abi",
            "gort-sys",
            "gort-sync",
            "gort-protocols",
            "gort-heap",
            "gort-stack",
            "gort-gc",
            "gort-sched",
        ],
    ),
    ("gort-syntax", &[]),
    ("gort-types", &["gort-syntax"]),
    ("gort-ir", &["gort-abi", "gort-syntax", "gort-types"]),
    ("gort-codegen", &["gort-abi", "gort-ir"]),
    ("gort-testkit", &[]),
    ("gort", &["gort-abi", "gort-syntax", "gort-types", "gort-ir", "gort-codegen", "gort-rt"]),
    ("xtask", &[]),
];

/// Crates of others, and who may use them.
const FENCED: &[(&str, &[&str])] = &[
    ("libc", &["gort-sys"]),
    ("cranelift-codegen", &["gort-codegen"]),
    ("cranelift-frontend", &["gort-codegen"]),
    ("loom", &["gort-sync", "gort-protocols"]),
    ("shuttle", &["gort-sync", "gort-protocols"]),
    ("clap", &["gort", "xtask"]),
    ("anyhow", &["gort", "xtask"]),
    // The front half's plain data goes to disk: decision 0091. (gort-types has it for what `index_vec` expands to.)
    ("serde", &["gort", "xtask", "gort-abi", "gort-syntax", "gort-types", "gort-ir", "gort-codegen"]),
    ("serde_bytes", &["gort-abi"]),
    ("postcard", &["gort", "gort-codegen"]),
    ("xxhash-rust", &["gort"]),
    ("serde_json", &["gort", "xtask"]),
    ("ureq", &["gort"]),
    ("zip", &["gort"]),
    ("sha2", &["gort"]),
    ("indicatif", &["gort"]),
    ("wait4", &["xtask"]),
    ("memchr", &["gort-rt"]),
];

/// May be used by any.
const FREE: &[&str] = &[
    "bitflags",
    "index_vec",
    "num-bigint",
    "num-integer",
    "num-rational",
    "num-traits",
    "rustc-hash",
    "smallvec",
];

pub(super) fn check(root: &Path, findings: &mut Findings) {
    let dirs = EDGES.iter().map(|(name, allowed)| {
        let dir = if *name == "xtask" { root.join(name) } else { root.join("crates").join(name) };
        (*name, *allowed, dir)
    });
    for (name, allowed, dir) in dirs {
        let Ok(manifest) = std::fs::read_to_string(dir.join("Cargo.toml")) else {
            findings.push(format!("{name}: no Cargo.toml"));
            continue;
        };
        for dependency in dependencies(&manifest) {
            let ok = match FENCED.iter().find(|(d, _)| *d == dependency) {
                Some((_, users)) => users.contains(&name),
                None => allowed.contains(&dependency) || FREE.contains(&dependency),
            };
            if !ok {
                findings.push(format!("{name}: may not depend on {dependency}"));
            }
        }
    }
    let known = |n: &str| EDGES.iter().any(|(e, _)| *e == n);
    for entry in std::fs::read_dir(root.join("crates")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !known(&name) {
            findings.push(format!("crates/{name}: not in the list of crates"));
        }
    }
}

/// Names under `[dependencies]` and `[target.*.dependencies]`; what only tests need is free.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut inside = false;
    let mut out = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.trim_end_matches(']').ends_with("dependencies") && !section.contains("dev-");
        } else if inside
            && !line.starts_with('#')
            && let Some((name, _)) = line.split_once('=')
        {
            out.push(name.trim().split('.').next().unwrap_or("").trim());
        }
    }
    out
}
