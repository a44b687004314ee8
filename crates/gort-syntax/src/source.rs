//! Source files and positions.
//!
//! A [`Pos`] is one number: the byte offset in the concatenation of all files of a [`SourceMap`], plus
//! one; 0 is "no position". Files are added once and never change, so a position needs no file beside it.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A position in some file of a [`SourceMap`]. Ordered as files were added, then by offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Pos(pub u32);

impl Pos {
    /// No position.
    pub const NONE: Self = Self(0);

    /// Is there a position?
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }
}

/// Index of a file in a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// One source file.
#[derive(Debug)]
pub struct SourceFile {
    /// Name as the user gave it; what diagnostics print.
    pub name: String,
    /// The text.
    pub text: Arc<str>,
    /// Position of the first byte.
    pub base: u32,
    /// Byte offsets of line starts, ascending, beginning with 0.
    line_starts: Vec<u32>,
    /// `//line` directives: (byte offset where it takes effect, file name, line, column or 0), ascending.
    line_directives: Vec<(u32, String, u32, u32)>,
    /// Offsets of bytes that were not UTF-8 (one stand-in byte each in the text), ascending.
    invalid: Vec<u32>,
}

/// File, line and column, as a person counts: from 1, columns in bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// File name.
    pub file: String,
    /// Line.
    pub line: u32,
    /// Column in bytes; 0 if a `//line` directive left it out.
    pub column: u32,
}

/// All files of one compilation.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    end: u32,
}

impl SourceMap {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file. Returns `None` if the positions of all files together would not fit in 32 bits.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> Option<FileId> {
        let text = text.into();
        let base = self.end.checked_add(1)?;
        self.end = base.checked_add(u32::try_from(text.len()).ok()?)?;
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i as u32 + 1)).collect();
        let id = FileId(self.files.len() as u32);
        self.files.push(SourceFile {
            name: name.into(),
            text,
            base,
            line_starts,
            line_directives: Vec::new(),
            invalid: Vec::new(),
        });
        Some(id)
    }

    /// Adds a file as it was read: bytes that are not UTF-8 are remembered for the lexer to complain about.
    pub fn add_bytes(&mut self, name: impl Into<String>, bytes: Vec<u8>) -> Option<FileId> {
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => return self.add(name, text),
            Err(e) => e.into_bytes(),
        };
        let (mut text, mut invalid) = (String::with_capacity(bytes.len()), Vec::new());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            for _ in chunk.invalid() {
                invalid.push(text.len() as u32);
                text.push(crate::lexer::INVALID_BYTE);
            }
        }
        let id = self.add(name, text)?;
        if let Some(file) = self.files.get_mut(id.0 as usize) {
            file.invalid = invalid;
        }
        Some(id)
    }

    /// The file of that index.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order they were added.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Index of the file that holds `pos`.
    pub fn file_of(&self, pos: Pos) -> Option<FileId> {
        let after = self.files.partition_point(|f| f.base <= pos.0);
        after.checked_sub(1).map(|i| FileId(i as u32))
    }

    /// Records a `//line` directive of `file`, in force from byte `offset` on. Call in ascending order.
    pub fn add_line_directive(&mut self, file: FileId, offset: u32, name: String, line: u32, column: u32) {
        if let Some(f) = self.files.get_mut(file.0 as usize) {
            f.line_directives.push((offset, name, line, column));
        }
    }

    /// Where `pos` is in the file as it lies on disk, ignoring `//line` directives.
    pub fn physical(&self, pos: Pos) -> Option<Location> {
        let f = self.file(self.file_of(pos)?)?;
        let (line, column) = f.line_column(pos.0 - f.base);
        Some(Location { file: f.name.clone(), line, column })
    }

    /// The line of text that holds `pos`, and the offset of `pos` in it.
    pub fn line_text(&self, pos: Pos) -> Option<(&str, usize)> {
        let f = self.file(self.file_of(pos).filter(|_| pos.is_some())?)?;
        let offset = pos.0 - f.base;
        let (line, column) = f.line_column(offset);
        let start = *f.line_starts.get(line.checked_sub(1)? as usize)? as usize;
        let text = f.text.get(start..)?.lines().next().unwrap_or_default();
        Some((text, column.saturating_sub(1) as usize))
    }

    /// File name and line of `pos`, as told to the user (`//line` directives applied).
    pub fn line(&self, pos: Pos) -> Option<(&str, u32)> {
        let f = self.file(self.file_of(pos)?)?;
        let offset = pos.0 - f.base;
        let (line, _) = f.line_column(offset);
        match f.directive_at(offset) {
            None => Some((&f.name, line)),
            Some((from, name, base_line, _)) => Some((name, base_line + (line - f.line_column(*from).0))),
        }
    }

    /// Positions, ascending, between which the answer of [`Self::line`] does not change.
    pub fn line_changes(&self) -> Vec<Pos> {
        let mut out = Vec::new();
        for file in &self.files {
            let directives = file.line_directives.iter().map(|d| d.0);
            let start = out.len();
            out.extend(file.line_starts.iter().copied().chain(directives).map(|offset| file.pos(offset)));
            if let Some(own) = out.get_mut(start..) {
                own.sort_unstable();
            }
        }
        out.dedup();
        out
    }

    /// Where `pos` is, as told to the user (`//line` directives applied).
    pub fn locate(&self, pos: Pos) -> Option<Location> {
        let f = self.file(self.file_of(pos)?)?;
        let offset = pos.0 - f.base;
        let (line, column) = f.line_column(offset);
        match f.directive_at(offset) {
            None => Some(Location { file: f.name.clone(), line, column }),
            Some((from, name, base_line, base_column)) => {
                let (from_line, _) = f.line_column(*from);
                let column = match (*base_column, line == from_line) {
                    (0, _) => 0,
                    (c, true) => c + (offset - from),
                    (_, false) => column,
                };
                Some(Location { file: name.clone(), line: base_line + (line - from_line), column })
            }
        }
    }
}

impl SourceFile {
    /// The `//line` directive in force at that offset.
    fn directive_at(&self, offset: u32) -> Option<&(u32, String, u32, u32)> {
        let after = self.line_directives.partition_point(|d| d.0 <= offset);
        self.line_directives.get(after.checked_sub(1)?)
    }

    fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_starts.partition_point(|&s| s <= offset);
        let start = line.checked_sub(1).and_then(|i| self.line_starts.get(i)).copied().unwrap_or(0);
        (line as u32, offset - start + 1)
    }

    /// Its name and those that `//line` directives give to parts of it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.name).chain(self.line_directives.iter().map(|d| &*d.1))
    }

    /// Offsets of bytes that were not UTF-8.
    pub fn invalid_bytes(&self) -> &[u32] {
        &self.invalid
    }

    /// Position of the byte at `offset`.
    pub fn pos(&self, offset: u32) -> Pos {
        Pos(self.base + offset)
    }
}
