//! Where `break`, `continue`, `goto` and `fallthrough` lead.

use super::Body;
use crate::func::Block;
use gort_syntax::ast::{BranchKind, Ident};
use gort_syntax::source::Pos;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Targets of jumps at the current place.
#[derive(Debug, Default)]
pub(super) struct Jumps {
    /// Enclosing statements that can be left, innermost last.
    around: Vec<Around>,
    /// Blocks of labels.
    labels: FxHashMap<Arc<str>, Block>,
    /// The label of the statement that comes next.
    pending: Option<Arc<str>>,
    /// Where `fallthrough` goes.
    pub(super) next_clause: Option<Block>,
}

#[derive(Debug)]
struct Around {
    label: Option<Arc<str>>,
    break_to: Block,
    continue_to: Option<Block>,
}

impl Body<'_, '_> {
    /// The label of the statement that is about to be lowered.
    pub(super) fn take_label(&mut self) -> Option<Arc<str>> {
        self.jumps.pending.take()
    }

    pub(super) fn enter(&mut self, label: Option<Arc<str>>, break_to: Block, continue_to: Option<Block>) {
        self.jumps.around.push(Around { label, break_to, continue_to });
    }

    pub(super) fn leave(&mut self) {
        self.jumps.around.pop();
    }

    fn label_block(&mut self, name: &Arc<str>) -> Block {
        if let Some(&b) = self.jumps.labels.get(name) {
            return b;
        }
        let b = self.b.create_block();
        self.jumps.labels.insert(name.clone(), b);
        b
    }

    /// Begins a labelled statement.
    pub(super) fn begin_label(&mut self, id: &Ident) {
        let block = self.label_block(&id.name);
        self.b.jump(block);
        self.b.switch_to(block);
        self.jumps.pending = Some(id.name.clone());
    }

    pub(super) fn branch_stmt(&mut self, kind: BranchKind, label: Option<&Ident>, pos: Pos) {
        if kind == BranchKind::Fallthrough {
            match self.jumps.next_clause {
                Some(b) => self.b.jump(b),
                None => self.surprise(pos, "fallthrough that leads nowhere"),
            }
            return;
        }
        match self.branch_target(kind, label.map(|l| &l.name)) {
            Some(b) => self.b.jump(b),
            None if self.leave_range_body(kind, label) => {}
            None => self.surprise(pos, "a branch statement that leads nowhere"),
        }
    }

    /// Where a `break`, `continue` or `goto` leads in this function, if it does.
    pub(super) fn branch_target(&mut self, kind: BranchKind, label: Option<&Arc<str>>) -> Option<Block> {
        let around = |body: &Self, of_loop: bool| {
            body.jumps
                .around
                .iter()
                .rev()
                .find(|a| match label {
                    Some(l) => a.label.as_ref() == Some(l),
                    None => !of_loop || a.continue_to.is_some(),
                })
                .map(|a| (a.break_to, a.continue_to))
        };
        match kind {
            BranchKind::Break => around(self, false).map(|t| t.0),
            BranchKind::Continue => around(self, true).and_then(|t| t.1),
            BranchKind::Goto => {
                let label = label.filter(|l| self.label_is_here(l)).cloned()?;
                Some(self.label_block(&label))
            }
            BranchKind::Fallthrough => None,
        }
    }
}
