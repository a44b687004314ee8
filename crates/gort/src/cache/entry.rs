//! The file of one program: what is loaded at once, and what is read when it is asked for.
//!
//! ```text
//! magic, key, checksum of all that follows, lengths of the sections
//! start    the module: code of functions that some run called
//! shared   what compiling any other function needs
//! bodies   IR of each function, one after the other, with an index before
//! ```
//!
//! A file is read and checked as a whole when a program starts, unless it was before and has not changed
//! ([`super::sources`]); the later sections are read again, and from the same open file, when a function is called that no
//! run has called before.

use super::key::Key;
use gort_abi::module::{CompiledFunc, CompiledModule};
use gort_codegen::{Bytes, Stored};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Changes when the form of the file does.
const MAGIC: &[u8; 8] = b"gortpr01";

const CHECKSUM_AT: usize = MAGIC.len() + Key::LEN;
const LENGTHS_AT: usize = CHECKSUM_AT + 8;
/// Lengths of start, shared, index, bodies, then the size of all code.
const NUMBERS: usize = 5;
const HEADER: usize = LENGTHS_AT + NUMBERS * 8;

/// So much is read at a time of what is only checked.
const PIECE: usize = 64 << 10;

/// Bytes of the index for a function: where its body ends, and a checksum.
const INDEX_ENTRY: usize = 16;

/// An open entry.
#[derive(Debug)]
pub struct Entry {
    file: File,
    /// Where sections begin, and where the last ends.
    start: u64,
    shared: u64,
    index: u64,
    bodies: u64,
    end: u64,
    code_size: usize,
    shared_sum: u64,
}

type Result<T> = std::result::Result<T, String>;

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

impl Entry {
    /// The bytes of an entry.
    pub fn make(
        key: &Key,
        mut module: CompiledModule,
        new: Vec<(u32, CompiledFunc)>,
        rest: &Stored,
    ) -> Vec<u8> {
        replace(&mut module, new);
        let start = postcard::to_stdvec(&module).unwrap_or_default();
        let mut index = Vec::with_capacity(rest.bodies.len() * INDEX_ENTRY);
        let mut end = 0;
        for body in &rest.bodies {
            end += body.len() as u64;
            index.extend(end.to_le_bytes());
            index.extend(xxh3_64(body).to_le_bytes());
        }
        let bodies = rest.bodies.concat();
        seal(key, [&start, &rest.shared, &index, &bodies], rest.code_size as u64)
    }

    /// Opens an entry, and reads what is loaded at once. An error says what is wrong with it. `checked`: what
    /// [`Self::found`] was when it was checked as it is now.
    pub fn read(mut file: File, key: &Key, checked: Option<u64>) -> Result<(Self, CompiledModule)> {
        let len = file.metadata().map_err(|e| e.to_string())?.len();
        let mut header = [0; HEADER];
        file.read_exact(&mut header).map_err(|_| "too short".to_owned())?;
        let known =
            header.starts_with(MAGIC) && header.get(MAGIC.len()..CHECKSUM_AT) == Some(key.bytes().as_slice());
        if !known {
            return Err("not an entry of this key".into());
        }
        let number = |i: usize| word(&header, LENGTHS_AT + i * 8);
        let mut ends = [HEADER as u64; NUMBERS];
        for i in 1..NUMBERS {
            let end = number(i - 1).and_then(|section| ends[i - 1].checked_add(section));
            ends[i] = end.filter(|end| *end <= len).ok_or("wrong lengths")?;
        }
        let [start, shared, index, bodies, end] = ends;
        if end != len {
            return Err("wrong lengths".into());
        }
        let mut module = vec![0; (shared - start) as usize];
        file.read_exact(&mut module).map_err(|e| e.to_string())?;
        let shared_sum = match checked {
            Some(found) => found,
            None => {
                let mut all = Xxh3::new();
                all.update(&header[LENGTHS_AT..]);
                all.update(&module);
                let mut sum = Xxh3::new();
                pieces(&mut file, index - shared, |piece| {
                    all.update(piece);
                    sum.update(piece);
                })?;
                pieces(&mut file, end - index, |piece| all.update(piece))?;
                if word(&header, CHECKSUM_AT) != Some(all.digest()) {
                    return Err("wrong checksum".into());
                }
                sum.digest()
            }
        };
        let module = postcard::from_bytes(&module).map_err(|e| e.to_string())?;
        let code_size = number(NUMBERS - 1).unwrap_or_default() as usize;
        Ok((Self { file, start, shared, index, bodies, end, code_size, shared_sum }, module))
    }

    /// What its checks found that is needed later.
    pub fn found(&self) -> u64 {
        self.shared_sum
    }

    /// The bytes of the entry with the code of more functions.
    pub fn with(&self, key: &Key, new: Vec<(u32, CompiledFunc)>) -> Result<Vec<u8>> {
        let mut module: CompiledModule =
            postcard::from_bytes(&self.section(self.start, self.shared)?).map_err(|e| e.to_string())?;
        replace(&mut module, new);
        let start = postcard::to_stdvec(&module).map_err(|e| e.to_string())?;
        let shared = self.section(self.shared, self.index)?;
        let index = self.section(self.index, self.bodies)?;
        let bodies = self.section(self.bodies, self.end)?;
        Ok(seal(key, [&start, &shared, &index, &bodies], self.code_size as u64))
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// See [`gort_abi::module::CodeSource::code_size`].
    pub fn code_size(&self) -> usize {
        self.code_size
    }

    fn section(&self, from: u64, to: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![0; to.saturating_sub(from) as usize];
        self.file.read_exact_at(&mut bytes, from).map_err(|e| format!("cache: {e}"))?;
        Ok(bytes)
    }
}

/// Reads so many bytes, and shows them piece by piece: they need not be in memory together.
fn pieces(file: &mut File, len: u64, mut show: impl FnMut(&[u8])) -> Result<()> {
    let mut buffer = vec![0; PIECE];
    let mut left = len;
    while left > 0 {
        let piece = &mut buffer[..left.min(PIECE as u64) as usize];
        file.read_exact(piece).map_err(|e| e.to_string())?;
        show(piece);
        left -= piece.len() as u64;
    }
    Ok(())
}

fn replace(module: &mut CompiledModule, new: Vec<(u32, CompiledFunc)>) {
    for (i, func) in new {
        if let Some(place) = module.funcs.get_mut(i as usize) {
            *place = func;
        }
    }
}

fn seal(key: &Key, sections: [&[u8]; 4], code_size: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + sections.iter().map(|s| s.len()).sum::<usize>());
    out.extend(MAGIC);
    out.extend(key.bytes());
    out.extend([0; 8]);
    for section in sections {
        out.extend((section.len() as u64).to_le_bytes());
    }
    out.extend(code_size.to_le_bytes());
    for section in sections {
        out.extend(section);
    }
    let sum = xxh3_64(&out[LENGTHS_AT..]).to_le_bytes();
    out[CHECKSUM_AT..LENGTHS_AT].copy_from_slice(&sum);
    out
}

/// The later sections of an entry.
#[derive(Debug)]
pub struct EntryBytes(pub Arc<Entry>);

impl Bytes for EntryBytes {
    fn shared(&self) -> Result<Vec<u8>> {
        let bytes = self.0.section(self.0.shared, self.0.index)?;
        if xxh3_64(&bytes) == self.0.shared_sum { Ok(bytes) } else { Err(CHANGED.into()) }
    }

    fn body(&self, index: u32) -> Result<Vec<u8>> {
        let at = self.0.index + u64::from(index) * INDEX_ENTRY as u64;
        let from = if index == 0 { 0 } else { self.word(at - INDEX_ENTRY as u64)? };
        let (to, sum) = (self.word(at)?, self.word(at + 8)?);
        if from > to || to > self.0.end - self.0.bodies {
            return Err(CHANGED.into());
        }
        let bytes = self.0.section(self.0.bodies + from, self.0.bodies + to)?;
        if xxh3_64(&bytes) == sum { Ok(bytes) } else { Err(CHANGED.into()) }
    }
}

const CHANGED: &str = "an entry of the cache was overwritten while its program ran";

impl EntryBytes {
    fn word(&self, at: u64) -> Result<u64> {
        let bytes = self.0.section(at, at + 8)?;
        word(&bytes, 0).ok_or_else(|| CHANGED.to_owned())
    }
}
