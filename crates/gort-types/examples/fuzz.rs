//! Feeds mutated Go files to lexer, parser and checker: none may crash, hang or overflow the stack.
//!
//! `fuzz MINUTES SEED OUT DIR...`: the corpus are the Go files in the directories. What is being tried lies in
//! `OUT/current.go`: after an abort it is the culprit. Panics are written to `OUT/panic-N.go`, what takes too long ends
//! the process. Equal seeds give equal inputs.

use gort_syntax::ast::ExprIds;
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use gort_types::program::Program;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Larger files are left out of the corpus.
const SIZE_MAX_BYTES: u64 = 30_000;
/// What takes longer hangs.
const LIMIT: Duration = Duration::from_secs(20);
/// As the front half has it.
const STACK_BYTES: usize = 1 << 30;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [minutes, seed, out, dirs @ ..] = args.as_slice() else {
        eprintln!("usage: fuzz MINUTES SEED OUT DIR...");
        std::process::exit(2);
    };
    let time = Duration::from_secs_f64(minutes.parse::<f64>().unwrap_or(1.0) * 60.0);
    let seed: u64 = seed.parse().unwrap_or(1);
    let (out, mut corpus) = (PathBuf::from(out), Vec::new());
    dirs.iter().for_each(|d| collect(Path::new(d), &mut corpus));
    corpus.sort();
    let texts: Vec<Vec<u8>> = corpus.iter().filter_map(|p| std::fs::read(p).ok()).collect();
    if texts.is_empty() || std::fs::create_dir_all(&out).is_err() {
        eprintln!("fuzz: no Go files in {dirs:?}, or no directory {}", out.display());
        std::process::exit(2);
    }
    let began = Arc::new(AtomicU64::new(0));
    watch(began.clone());
    let run = move || fuzz(&texts, Rng(seed.max(1)), time, &out, &began);
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).map(|t| t.join());
    std::process::exit(match thread {
        Ok(Ok(0)) => 0,
        _ => 1,
    });
}

fn collect(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, out);
        } else if path.extension().is_some_and(|e| e == "go")
            && entry.metadata().is_ok_and(|m| m.len() < SIZE_MAX_BYTES)
        {
            out.push(path);
        }
    }
}

/// What this process has used: a busy machine makes everything take long.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    let ticks: u64 = fields.take(2).filter_map(|f| f.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Ends the process if one input takes too long. `began` is the number of the input.
fn watch(began: Arc<AtomicU64>) {
    std::thread::spawn(move || {
        let (mut last, mut since) = (0, processor_time());
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let now = began.load(Ordering::SeqCst);
            if now != last {
                (last, since) = (now, processor_time());
            } else if processor_time() > since + LIMIT {
                eprintln!("fuzz: input {now} takes longer than {LIMIT:?}: see current.go");
                std::process::exit(3);
            }
        }
    });
}

fn fuzz(texts: &[Vec<u8>], mut rng: Rng, time: Duration, out: &Path, began: &AtomicU64) -> u32 {
    std::panic::set_hook(Box::new(|_| {}));
    let (start, mut tried, mut panics) = (Instant::now(), 0u64, 0);
    while start.elapsed() < time {
        let text = mutated(texts, &mut rng);
        _ = std::fs::write(out.join("current.go"), &text);
        tried += 1;
        began.store(tried, Ordering::SeqCst);
        if std::panic::catch_unwind(|| check(text.clone())).is_err() {
            panics += 1;
            _ = std::fs::write(out.join(format!("panic-{panics}.go")), &text);
            eprintln!("fuzz: input {tried} panics: panic-{panics}.go");
        }
    }
    println!("fuzz: {tried} inputs, {panics} panics");
    panics
}

fn check(bytes: Vec<u8>) {
    let (mut sources, mut ids, mut diags) = (SourceMap::new(), ExprIds::default(), Diagnostics::new());
    let Some(id) = sources.add_bytes("x.go", bytes) else { return };
    let files = [gort_syntax::parse_file(&mut sources, id, &mut ids, &mut diags)];
    let mut prog = Program::new();
    gort_types::check::check_package(&mut prog, "main", &files, &Default::default(), &sources, &mut diags);
    _ = diags.render(&sources, None);
}

/// Xorshift: good enough, and the same everywhere.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

fn mutated(texts: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let pick = |rng: &mut Rng| texts.get(rng.below(texts.len())).cloned().unwrap_or_default();
    let mut text = pick(rng);
    for _ in 0..=rng.below(6) {
        let other = if rng.below(3) == 0 { pick(rng) } else { text.clone() };
        mutate(&mut text, &other, rng);
        text.truncate(4 * SIZE_MAX_BYTES as usize);
    }
    text
}

/// Start and end of some token of `text`.
fn token(text: &[u8], rng: &mut Rng) -> (usize, usize) {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut start = rng.below(text.len());
    let at = |i: usize| text.get(i).copied().unwrap_or(b' ');
    while start > 0 && word(at(start)) && word(at(start - 1)) {
        start -= 1;
    }
    let mut end = start + 1;
    while end < text.len() && word(at(start)) && word(at(end)) {
        end += 1;
    }
    (start, end.min(text.len()))
}

/// Start and end of some lines.
fn lines(text: &[u8], rng: &mut Rng) -> (usize, usize) {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1))
        .collect();
    let first = rng.below(starts.len());
    let count = 1 + rng.below(8);
    let at = |i: usize| starts.get(i).copied().unwrap_or(text.len());
    (at(first), at(first + count))
}

fn mutate(text: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    const PIECES: [&str; 40] = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ";",
        ":=",
        "=",
        "...",
        "<-",
        "&",
        "*",
        "~",
        "|",
        ".",
        "func",
        "type",
        "struct{",
        "interface{",
        "map[",
        "chan ",
        "[]",
        "[...]",
        "[P any]",
        "T[T]",
        "goto L; L:",
        "iota",
        "const x = x",
        "1<<9999",
        "1e9999999",
        "'\\u",
        "\"\\",
        "`",
        "/*",
        "//line x:1",
        "range",
        "select{",
        "nil",
    ];
    if text.is_empty() {
        return;
    }
    let (start, end) = token(text, rng);
    match rng.below(9) {
        0 => drop(text.drain(start..end)),
        1 => {
            let piece = PIECES.get(rng.below(PIECES.len())).copied().unwrap_or_default();
            drop(text.splice(start..end, piece.bytes()));
        }
        2 => {
            let piece = PIECES.get(rng.below(PIECES.len())).copied().unwrap_or_default();
            let piece = piece.repeat(1 + rng.below(3));
            drop(text.splice(start..start, piece.bytes()));
        }
        3 => {
            let (a, b) = token(other, rng);
            let word: Vec<u8> = other.get(a..b).unwrap_or_default().to_vec();
            drop(text.splice(start..end, word));
        }
        4 => {
            let (a, b) = lines(other, rng);
            let (at, _) = lines(text, rng);
            let part: Vec<u8> = other.get(a..b).unwrap_or_default().to_vec();
            drop(text.splice(at..at, part));
        }
        5 => {
            let (a, b) = lines(text, rng);
            drop(text.drain(a..b.min(text.len())));
        }
        6 => {
            let i = rng.below(text.len());
            if let Some(b) = text.get_mut(i) {
                *b = rng.below(256) as u8;
            }
        }
        7 => {
            // Very deep.
            let piece = ["(", "[]", "*", "{", "func() ", "-", "struct{ x ", "T[", "if x {", "x.", "f("];
            let piece = piece.get(rng.below(piece.len())).copied().unwrap_or_default();
            let times = [10, 1000, 20_000].get(rng.below(3)).copied().unwrap_or(1);
            drop(text.splice(start..start, piece.repeat(times).bytes()));
        }
        _ => {
            // Two tokens change places.
            let (a, b) = token(text, rng);
            let (first, second) = if a < start { ((a, b), (start, end)) } else { ((start, end), (a, b)) };
            if first.1 <= second.0 {
                let x: Vec<u8> = text.get(first.0..first.1).unwrap_or_default().to_vec();
                let y: Vec<u8> = text.get(second.0..second.1).unwrap_or_default().to_vec();
                drop(text.splice(second.0..second.1, x));
                drop(text.splice(first.0..first.1, y));
            }
        }
    }
}
