//! Constant strings: sums are put together when somebody reads them.
//!
//! `a + b + c + ...` would copy its beginning at every `+`. So a longer sum keeps its parts until its bytes are asked for; its
//! length is known without them. Sums can be very deep, so no function here recurs into one.
//!
//! Go counterpart: `stringVal` of `go/constant`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Sums up to this many bytes are put together at once.
const SHORT: usize = 4096;

/// A constant string.
#[derive(Clone)]
pub enum ConstString {
    /// Its bytes.
    Flat(Arc<[u8]>),
    /// A sum.
    Sum(Arc<Sum>),
}

/// Two strings, one after the other.
pub struct Sum {
    len: usize,
    parts: Option<(ConstString, ConstString)>,
    bytes: OnceLock<Arc<[u8]>>,
}

impl ConstString {
    /// Bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Flat(bytes) => bytes.len(),
            Self::Sum(sum) => sum.len,
        }
    }

    /// No bytes?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes.
    pub fn bytes(&self) -> &Arc<[u8]> {
        match self {
            Self::Flat(bytes) => bytes,
            Self::Sum(sum) => sum.bytes.get_or_init(|| self.joined(sum.len).into()),
        }
    }

    /// `x + y`
    pub fn concat(x: &Self, y: &Self) -> Self {
        let len = x.len() + y.len();
        match len {
            _ if y.is_empty() => x.clone(),
            _ if x.is_empty() => y.clone(),
            ..=SHORT => Self::Flat([&**x.bytes(), &**y.bytes()].concat().into()),
            _ => {
                let parts = Some((x.clone(), y.clone()));
                Self::Sum(Arc::new(Sum { len, parts, bytes: OnceLock::new() }))
            }
        }
    }

    /// The first bytes, `len` of them.
    fn joined(&self, len: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(len);
        let mut left = vec![self];
        while let Some(s) = left.pop()
            && out.len() < len
        {
            match s {
                Self::Flat(bytes) => out.extend_from_slice(bytes),
                Self::Sum(sum) => match (sum.bytes.get(), &sum.parts) {
                    (Some(bytes), _) => out.extend_from_slice(bytes),
                    (None, Some((x, y))) => left.extend([y, x]),
                    (None, None) => {}
                },
            }
        }
        out.truncate(len);
        out
    }

    /// The first `len` bytes, or all if there are less.
    pub fn prefix(&self, len: usize) -> Vec<u8> {
        self.joined(len.min(self.len()))
    }
}

impl Drop for Sum {
    fn drop(&mut self) {
        let mut left: Vec<ConstString> = self.parts.take().into_iter().flat_map(|(x, y)| [x, y]).collect();
        while let Some(s) = left.pop() {
            if let ConstString::Sum(sum) = s
                && let Some((x, y)) = Arc::into_inner(sum).and_then(|mut sum| sum.parts.take())
            {
                left.extend([x, y]);
            }
        }
    }
}

impl PartialEq for ConstString {
    fn eq(&self, y: &Self) -> bool {
        self.len() == y.len() && self.bytes() == y.bytes()
    }
}

impl Eq for ConstString {}

impl Ord for ConstString {
    fn cmp(&self, y: &Self) -> Ordering {
        self.bytes().cmp(y.bytes())
    }
}

impl PartialOrd for ConstString {
    fn partial_cmp(&self, y: &Self) -> Option<Ordering> {
        Some(self.cmp(y))
    }
}

impl fmt::Debug for ConstString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> ConstString {
        ConstString::Flat(s.as_bytes().into())
    }

    #[test]
    fn sums_have_the_bytes_of_their_parts() {
        let (mut left, mut right) = (text("x"), text("x"));
        for i in 0..200_000 {
            let piece = text(&(i % 10).to_string());
            left = ConstString::concat(&left, &piece);
            right = ConstString::concat(&piece, &right);
        }
        assert_eq!((left.len(), right.len()), (200_001, 200_001));
        assert_eq!(&left.bytes()[..5], b"x0123");
        assert_eq!(&right.bytes()[199_996..], b"3210x");
        assert_eq!(left.prefix(3), b"x01");
        assert!(left == left.clone() && left != right);
    }

    #[test]
    fn doubling_makes_no_bytes() {
        let mut s = text("x");
        for _ in 0..40 {
            s = ConstString::concat(&s, &s);
        }
        assert_eq!(s.len(), 1 << 40);
        assert_eq!(s.prefix(2), b"xx");
    }
}
