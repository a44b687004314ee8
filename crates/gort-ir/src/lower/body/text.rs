//! Strings that are constants in comparisons: looked at word by word, without a call.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::{Block, Value};
use crate::inst::{BinOp, ConvOp, IntCond, Op, Target, Ty};
use gort_syntax::ast::{Expr, SwitchStmt};
use gort_types::types::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longer ones are compared by a call.
const MAX_INLINE: usize = 32;
/// From this many constants on a switch looks at the length first.
const MIN_TABLE: usize = 4;

/// A constant and the block of its clause.
type Case = (Arc<[u8]>, Block);

impl<'a> Body<'_, 'a> {
    /// The bytes of a constant string.
    pub(super) fn constant_text(&self, e: &Expr) -> Option<Arc<[u8]>> {
        self.fact(e)?.value?.as_bytes().cloned()
    }

    /// Can a comparison with it be words?
    pub(super) fn is_short(text: &[u8]) -> bool {
        text.len() <= MAX_INLINE
    }

    /// `s == text`, for a short text.
    pub(super) fn equal_text(&mut self, s: &Val, text: &[u8]) -> Value {
        let (p, n) = (self.nth(s, 0, Ty::Ptr), self.nth(s, 1, Ty::I64));
        let len = self.i64(text.len() as i64);
        let same_len = self.b.icmp(IntCond::Eq, n, len);
        if text.is_empty() {
            return same_len;
        }
        let (compare, join) = (self.b.create_block(), self.b.create_block());
        let result = self.b.add_param(join, Ty::I8);
        let no = self.b.iconst(Ty::I8, 0);
        let target = |block, args| Target { block, args };
        self.b.emit(
            Op::Branch { cond: same_len, then: target(compare, Vec::new()), els: target(join, vec![no]) },
            &[],
        );
        self.b.seal(compare);
        self.b.switch_to(compare);
        let same = self.same_bytes(p, text);
        self.b.jump_args(join, vec![same]);
        self.b.seal(join);
        self.b.switch_to(join);
        result
    }

    /// Are the bytes at p, as many as the text has (not none), the text's?
    fn same_bytes(&mut self, p: Value, text: &[u8]) -> Value {
        let mut difference: Option<Value> = None;
        let n = text.len();
        let mut at = 0;
        while at < n {
            // The last word overlaps the one before it.
            let (from, size) = if n <= 8 { (0, n) } else { (at.min(n - 8), 8) };
            let found = self.word(p, from, size);
            let want = self.i64(word_of(text, from, size));
            if n <= 8 {
                return self.b.icmp(IntCond::Eq, found, want);
            }
            let differs = self.b.binary(BinOp::Xor, found, want);
            difference = Some(match difference {
                Some(others) => self.b.binary(BinOp::Or, others, differs),
                None => differs,
            });
            at += 8;
        }
        let zero = self.i64(0);
        let difference = difference.unwrap_or(zero);
        self.b.icmp(IntCond::Eq, difference, zero)
    }

    /// The 1 to 8 bytes at p + at, the first one lowest. Bytes that two loads read are the same in both.
    fn word(&mut self, p: Value, at: usize, size: usize) -> Value {
        let (ty, width) = match size {
            8 => return self.b.load(Ty::I64, p, at as i32),
            1 => (Ty::I8, 1),
            2 | 3 => (Ty::I16, 2),
            _ => (Ty::I32, 4),
        };
        let low = self.b.load(ty, p, at as i32);
        let low = self.b.convert(ConvOp::Zext, low, Ty::I64);
        let skipped = size - width;
        if skipped == 0 {
            return low;
        }
        let high = self.b.load(ty, p, (at + skipped) as i32);
        let high = self.b.convert(ConvOp::Zext, high, Ty::I64);
        let count = self.i64(8 * skipped as i64);
        let high = self.b.binary(BinOp::Shl, high, count);
        self.b.binary(BinOp::Or, low, high)
    }

    /// Many constant strings: a `Switch` on the length, below it one on the first word.
    pub(super) fn text_table(
        &mut self,
        s: &'a SwitchStmt,
        t: TypeId,
        v: &Val,
        bodies: &[Block],
        default: Block,
    ) -> bool {
        if self.shape(t) != Shape::String {
            return false;
        }
        let mut by_len: BTreeMap<usize, Vec<Case>> = BTreeMap::new();
        let mut n = 0;
        for (c, &block) in s.cases.iter().zip(bodies) {
            for e in c.exprs.iter().flatten() {
                let Some(text) = self.constant_text(e) else { return false };
                by_len.entry(text.len()).or_default().push((text, block));
                n += 1;
            }
        }
        if n < MIN_TABLE {
            return false;
        }
        let (p, len) = (self.nth(v, 0, Ty::Ptr), self.nth(v, 1, Ty::I64));
        let target = |block| Target { block, args: Vec::new() };
        let groups: Vec<_> =
            by_len.into_iter().map(|(len, texts)| (len, texts, self.b.create_block())).collect();
        let cases = groups.iter().map(|(len, _, block)| (*len as i64, target(*block))).collect();
        self.b.emit(Op::Switch { value: len, cases, default: target(default) }, &[]);
        for (len, texts, block) in groups {
            self.b.seal(block);
            self.b.switch_to(block);
            self.texts_of_length(p, len, &texts, v, default);
        }
        true
    }

    /// Goes to the block of the text that is at p; all are of this length.
    fn texts_of_length(&mut self, p: Value, len: usize, texts: &[Case], v: &Val, default: Block) {
        if (1..=8).contains(&len) && texts.len() >= MIN_TABLE {
            let value = self.word(p, 0, len);
            let target = |block| Target { block, args: Vec::new() };
            let cases = texts.iter().map(|(text, block)| (word_of(text, 0, len), target(*block))).collect();
            self.b.emit(Op::Switch { value, cases, default: target(default) }, &[]);
            return;
        }
        for (text, block) in texts {
            let hit = if text.is_empty() {
                self.b.iconst(Ty::I8, 1)
            } else if Self::is_short(text) {
                self.same_bytes(p, text)
            } else {
                let other = self.string_const(text);
                self.equal_strings(v, &other)
            };
            let next = self.b.create_block();
            self.b.branch(hit, *block, next);
            self.b.seal(next);
            self.b.switch_to(next);
        }
        self.b.jump(default);
    }
}

/// The bytes of a text as `Body::word` loads them.
fn word_of(text: &[u8], at: usize, size: usize) -> i64 {
    text.iter().skip(at).take(size).rev().fold(0_u64, |w, &b| w << 8 | u64::from(b)) as i64
}

#[cfg(test)]
mod tests {
    use super::word_of;

    #[test]
    fn the_first_byte_is_the_lowest() {
        assert_eq!(word_of(b"abc", 0, 3), 0x63_62_61);
        assert_eq!(word_of(b"0123456789", 2, 8).to_le_bytes(), *b"23456789");
    }
}
