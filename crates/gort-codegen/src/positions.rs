//! Source positions as files and lines.

use gort_ir::source::{Pos, SourceFile, SourceMap};
use std::collections::HashMap;
use std::ops::Deref;

/// Tells where a position is.
pub trait PosResolver: Send + Sync {
    /// Index into [`PosResolver::files`], and line from 1; line 0 if there is none.
    fn resolve(&self, pos: Pos) -> (u32, u32);

    /// Names of all files.
    fn files(&self) -> Vec<String>;
}

/// Positions of a [`SourceMap`], `//line` directives applied.
#[derive(Debug)]
pub struct SourcePositions<M> {
    map: M,
    index: HashMap<String, u32>,
    list: Vec<String>,
}

impl<M: Deref<Target = SourceMap>> SourcePositions<M> {
    /// Positions of that map, to which no file is added any more.
    pub fn new(map: M) -> Self {
        let mut index = HashMap::new();
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
}
