//! A table with a row for each expression.
//!
//! Numbers of expressions are dense, and those of one declaration lie together: rows are kept in pages that are
//! made when something is written in them. Reading is two array accesses.

use gort_syntax::ast::ExprId;
use std::ops::Range;

/// Rows of a page.
const PAGE: usize = 256;

/// What is known of each expression, if anything is.
#[derive(Debug)]
pub struct ExprTable<T> {
    pages: Vec<Option<Box<[Option<T>]>>>,
}

impl<T> Default for ExprTable<T> {
    fn default() -> Self {
        Self { pages: Vec::new() }
    }
}

fn place(id: ExprId) -> (usize, usize) {
    (id.0 as usize / PAGE, id.0 as usize % PAGE)
}

impl<T> ExprTable<T> {
    /// What is known of an expression.
    pub fn get(&self, id: &ExprId) -> Option<&T> {
        let (page, row) = place(*id);
        self.pages.get(page)?.as_ref()?.get(row)?.as_ref()
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: &ExprId) -> Option<&mut T> {
        let (page, row) = place(*id);
        self.pages.get_mut(page)?.as_mut()?.get_mut(row)?.as_mut()
    }

    /// Is anything known?
    pub fn contains_key(&self, id: &ExprId) -> bool {
        self.get(id).is_some()
    }

    fn row(&mut self, id: ExprId) -> Option<&mut Option<T>> {
        let (page, row) = place(id);
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || None);
        }
        let page = self.pages.get_mut(page)?;
        page.get_or_insert_with(|| (0..PAGE).map(|_| None).collect()).get_mut(row)
    }

    /// Writes a row; returns what was there.
    pub fn insert(&mut self, id: ExprId, value: T) -> Option<T> {
        self.row(id).and_then(|r| r.replace(value))
    }

    /// Empties a row; returns what was there.
    pub fn remove(&mut self, id: &ExprId) -> Option<T> {
        let (page, row) = place(*id);
        self.pages.get_mut(page)?.as_mut()?.get_mut(row)?.take()
    }

    /// All rows with something in them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (ExprId, &T)> {
        self.pages.iter().enumerate().flat_map(|(p, page)| {
            page.iter().flat_map(|rows| rows.iter()).enumerate().filter_map(move |(r, row)| {
                let id = ExprId((p * PAGE + r) as u32);
                row.as_ref().map(|v| (id, v))
            })
        })
    }

    /// What is in the rows.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, v)| v)
    }

    /// The rows of a range of numbers: a declaration's.
    pub fn range(&self, ids: Range<u32>) -> impl Iterator<Item = (ExprId, &T)> {
        ids.filter_map(|i| self.get(&ExprId(i)).map(|v| (ExprId(i), v)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_again() {
        let mut t = ExprTable::default();
        for i in [0, 255, 256, 70_000] {
            assert_eq!(t.insert(ExprId(i), i), None);
        }
        assert_eq!(t.insert(ExprId(255), 9), Some(255));
        assert_eq!(t.get(&ExprId(70_000)), Some(&70_000));
        assert_eq!(t.get(&ExprId(70_001)), None);
        assert_eq!(t.remove(&ExprId(256)), Some(256));
        let all: Vec<u32> = t.iter().map(|(id, _)| id.0).collect();
        assert_eq!(all, [0, 255, 70_000]);
        assert_eq!(t.range(1..300).count(), 1);
    }
}
