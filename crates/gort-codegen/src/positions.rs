//! Source positions as files and lines.

use gort_ir::source::{Pos, SourceFile, SourceMap};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// Tells where a position is.
pub trait PosResolver: Send + Sync {
    /// Index into [`PosResolver::files`], and line from 1; line 0 if there is none.
    fn resolve(&self, pos: Pos) -> (u32, u32);

    /// Names of all files.
    fn files(&self) -> Vec<String>;

    /// Positions, ascending, between which the answer of [`PosResolver::resolve`] does not change.
    fn changes(&self) -> Vec<Pos>;
}

/// Positions of a [`SourceMap`], `//line` directives applied.
#[derive(Debug)]
pub struct SourcePositions<M> {
    map: M,
    index: FxHashMap<String, u32>,
    list: Vec<String>,
}

impl<M: Deref<Target = SourceMap>> SourcePositions<M> {
    /// Positions of that map, to which no file is added any more.
    pub fn new(map: M) -> Self {
        let mut index = FxHashMap::default();
        let mut list = Vec::new();
        for name in map.files().iter().flat_map(SourceFile::names) {
            if !index.contains_key(name) {
                index.insert(name.to_owned(), list.len() as u32);
                list.push(name.to_owned());
            }
        }
        Self { map, index, list }
    }
}

impl<M: Deref<Target = SourceMap> + Send + Sync> PosResolver for SourcePositions<M> {
    fn resolve(&self, pos: Pos) -> (u32, u32) {
        let line = if pos.is_some() { self.map.line(pos) } else { None };
        line.and_then(|(file, line)| Some((*self.index.get(file)?, line))).unwrap_or((0, 0))
    }

    fn files(&self) -> Vec<String> {
        self.list.clone()
    }

    fn changes(&self) -> Vec<Pos> {
        self.map.line_changes()
    }
}

/// No source: everything is at line `pos` of one file. For tests and IR text.
#[derive(Debug)]
pub struct RawPositions;

impl PosResolver for RawPositions {
    fn resolve(&self, pos: Pos) -> (u32, u32) {
        (0, pos.0)
    }

    fn files(&self) -> Vec<String> {
        vec!["ir".into()]
    }

    fn changes(&self) -> Vec<Pos> {
        Vec::new()
    }
}

/// The answers of another resolver, without its texts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LineTable {
    /// From which position on, file, line; ascending.
    lines: Vec<(u32, u32, u32)>,
}

impl LineTable {
    /// What `sources` answers.
    pub(crate) fn of(sources: &dyn PosResolver) -> Self {
        let line = |pos: Pos| {
            let (file, line) = sources.resolve(pos);
            (pos.0, file, line)
        };
        Self { lines: sources.changes().into_iter().map(line).collect() }
    }
}

impl PosResolver for LineTable {
    fn resolve(&self, pos: Pos) -> (u32, u32) {
        let after = self.lines.partition_point(|l| l.0 <= pos.0);
        let line = after.checked_sub(1).filter(|_| pos.is_some()).map(|i| self.lines[i]);
        line.map_or((0, 0), |(_, file, line)| (file, line))
    }

    fn files(&self) -> Vec<String> {
        Vec::new()
    }

    fn changes(&self) -> Vec<Pos> {
        self.lines.iter().map(|l| Pos(l.0)).collect()
    }
}
