//! Source positions as files and lines.

use gort_ir::source::{Pos, SourceMap};
use std::collections::HashMap;
use std::sync::Mutex;

/// Tells where a position is.
pub trait PosResolver: Sync {
    /// Index into [`PosResolver::files`], and line from 1; line 0 if there is none.
    fn resolve(&self, pos: Pos) -> (u32, u32);

    /// Names of all files that [`PosResolver::resolve`] has answered with so far.
    fn files(&self) -> Vec<String>;
}

/// Positions of a [`SourceMap`], `//line` directives applied.
#[derive(Debug)]
pub struct SourcePositions<'a> {
    map: &'a SourceMap,
    names: Mutex<Names>,
}

#[derive(Debug, Default)]
struct Names {
    index: HashMap<String, u32>,
    list: Vec<String>,
}

impl<'a> SourcePositions<'a> {
    /// Positions of that map.
    pub fn new(map: &'a SourceMap) -> Self {
        Self { map, names: Mutex::new(Names::default()) }
    }
}

impl PosResolver for SourcePositions<'_> {
    fn resolve(&self, pos: Pos) -> (u32, u32) {
        let Some(location) = (if pos.is_some() { self.map.locate(pos) } else { None }) else { return (0, 0) };
        let mut names = self.names.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(&i) = names.index.get(&location.file) {
            return (i, location.line);
        }
        let i = names.list.len() as u32;
        names.index.insert(location.file.clone(), i);
        names.list.push(location.file);
        (i, location.line)
    }

    fn files(&self) -> Vec<String> {
        self.names.lock().unwrap_or_else(std::sync::PoisonError::into_inner).list.clone()
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
