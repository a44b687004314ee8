//! Labels and jumps of one function body.
//!
//! Every label is used, defined once, and is a fitting target for who names it; `break`, `continue` and `fallthrough`
//! stand where they mean something; no `goto` jumps over a variable declaration of its block or into another block.
//! Backward jumps are resolved as they are met. Forward jumps travel outwards: a block hands those it
//! could not resolve to the block around it, and what the body has left over is an error.
//!
//! Go counterpart: `cmd/compile/internal/syntax/branches.go`.

use crate::ast::{BlockStmt, BranchKind, Decl, Ident, Stmt, StmtKind};
use crate::diag::Diagnostics;
use crate::source::{Pos, SourceMap};
use std::collections::HashMap;

/// Checks the body of one function. Function literals in it are bodies of their own.
pub fn check(body: &BlockStmt, sources: &SourceMap, diags: &mut Diagnostics) {
    let mut checker = Checker { sources, diags, labels: HashMap::new(), blocks: Vec::new() };
    let unresolved = checker.block(None, Context::default(), None, body.lbrace, &body.stmts);
    for goto in unresolved {
        let name = &*goto.name;
        match checker.labels.get_mut(name) {
            Some(label) => {
                label.used = true;
                let start = checker.blocks.get(label.block).map_or(Pos::NONE, |b| b.start);
                let at = checker.place(start);
                checker.error(
                    goto.pos,
                    "JumpIntoBlock",
                    format!("goto {name} jumps into block starting at {at}"),
                );
            }
            None => checker.error(goto.pos, "UndeclaredLabel", format!("label {name} not defined")),
        }
    }
    let unused: Vec<(Pos, &str)> =
        checker.labels.iter().filter(|(_, l)| !l.used).map(|(name, l)| (l.pos, *name)).collect();
    for (pos, name) in unused {
        checker.error(pos, "UnusedLabel", format!("label {name} defined and not used"));
    }
}

/// A declared label.
struct Label {
    pos: Pos,
    /// The block it is declared in.
    block: usize,
    target: Target,
    used: bool,
}

/// What kind of statement a label stands before.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    Loop,
    SwitchOrSelect,
    Other,
}

struct Block {
    parent: Option<usize>,
    start: Pos,
    /// Position of the label before the statement whose block this is.
    label: Option<Pos>,
}

/// What surrounds a statement list.
#[derive(Clone, Copy, Default)]
struct Context {
    can_break: bool,
    can_continue: bool,
    switch: Option<Clause>,
}

/// The clause of a switch whose statements we are among, directly or in inner blocks.
#[derive(Clone, Copy)]
struct Clause {
    is_type_switch: bool,
    /// Directly in the clause, not in a block of it.
    direct: bool,
    last: bool,
}

struct Checker<'a> {
    sources: &'a SourceMap,
    diags: &'a mut Diagnostics,
    labels: HashMap<&'a str, Label>,
    blocks: Vec<Block>,
}

/// What a walk through one statement list remembers.
#[derive(Default)]
struct Walk<'a> {
    /// Forward jumps not resolved yet.
    forward: Vec<&'a Ident>,
    /// Those of them that jump over the last declaration.
    over: Vec<&'a Ident>,
    /// The last variable declared: where, and its name.
    declared: Option<(Pos, String)>,
}

impl<'a> Walk<'a> {
    fn declare(&mut self, pos: Pos, name: String) {
        self.declared = Some((pos, name));
        self.over.clone_from(&self.forward);
    }
}

impl<'a> Checker<'a> {
    fn error(&mut self, pos: Pos, code: &'static str, message: impl Into<String>) {
        self.diags.error(pos, code, message);
    }

    fn place(&self, pos: Pos) -> String {
        self.sources.locate(pos).map_or_else(String::new, |l| format!("{}:{}:{}", l.file, l.line, l.column))
    }

    /// Walks a block; returns the forward jumps it did not resolve.
    fn block(
        &mut self,
        parent: Option<usize>,
        context: Context,
        label: Option<Pos>,
        start: Pos,
        stmts: &'a [Stmt],
    ) -> Vec<&'a Ident> {
        let block = self.blocks.len();
        self.blocks.push(Block { parent, start, label });
        let mut walk = Walk::default();
        // A fallthrough may be followed by empty statements.
        let count = stmts.iter().rposition(|s| !matches!(s.kind, StmtKind::Empty)).map_or(0, |last| last + 1);
        let mut group = Pos::NONE;
        for (i, s) in stmts.iter().take(count).enumerate() {
            if let StmtKind::Decl(d) = &s.kind
                && let Decl::Var(v) = &**d
            {
                // Of a group of declarations the first counts; they share the position of the keyword.
                if s.pos != group {
                    let name = v.names.first().map_or_else(String::new, |n| n.name.to_string());
                    walk.declare(v.pos, name);
                }
                group = s.pos;
                continue;
            }
            self.stmt(block, context, s, i + 1 == count, &mut walk);
        }
        walk.forward
    }

    fn stmt(&mut self, block: usize, context: Context, s: &'a Stmt, last: bool, walk: &mut Walk<'a>) {
        let mut s = s;
        let mut label = None;
        while let StmtKind::Labeled(name, inner) = &s.kind {
            if !name.is_blank() {
                self.declare_label(block, name, inner, walk);
                label = Some(name.pos);
            }
            s = inner;
        }
        let inner = Context { switch: context.switch.map(|c| Clause { direct: false, ..c }), ..context };
        let is_loop = Context { can_break: true, can_continue: true, switch: None };
        let mut enter = |checker: &mut Self, context, start, stmts| {
            let left = checker.block(Some(block), context, label, start, stmts);
            walk.forward.extend(left);
        };
        match &s.kind {
            StmtKind::Decl(d) => {
                if let Decl::Var(v) = &**d {
                    walk.declare(v.pos, v.names.first().map_or_else(String::new, |n| n.name.to_string()));
                }
            }
            StmtKind::ShortVar(a) => {
                let names: Vec<String> = a.lhs.iter().map(crate::print::expr).collect();
                walk.declare(s.pos, names.join(", "));
            }
            StmtKind::Branch(kind, None) => self.unlabeled(*kind, s.pos, context, last),
            StmtKind::Branch(kind, Some(name)) => self.labeled(*kind, name, block, walk),
            StmtKind::Block(b) => enter(self, inner, b.lbrace, &b.stmts),
            StmtKind::If(_) => {
                let mut next = Some(s);
                while let Some(StmtKind::If(i)) = next.map(|s| &s.kind) {
                    enter(self, inner, i.then.lbrace, &i.then.stmts);
                    next = i.els.as_ref();
                }
                if let Some(StmtKind::Block(b)) = next.map(|s| &s.kind) {
                    enter(self, inner, b.lbrace, &b.stmts);
                }
            }
            StmtKind::For(f) => enter(self, is_loop, f.body.lbrace, &f.body.stmts),
            StmtKind::Range(r) => enter(self, is_loop, r.body.lbrace, &r.body.stmts),
            StmtKind::Switch(w) => {
                for (i, c) in w.cases.iter().enumerate() {
                    let clause = Clause { is_type_switch: false, direct: true, last: i + 1 == w.cases.len() };
                    let context = Context { can_break: true, switch: Some(clause), ..context };
                    enter(self, context, c.pos, &c.body);
                }
            }
            StmtKind::TypeSwitch(w) => {
                for c in &w.cases {
                    let clause = Clause { is_type_switch: true, direct: true, last: false };
                    let context = Context { can_break: true, switch: Some(clause), ..context };
                    enter(self, context, c.pos, &c.body);
                }
            }
            StmtKind::Select(w) => {
                for c in &w.cases {
                    enter(self, Context { can_break: true, switch: None, ..context }, c.pos, &c.body);
                }
            }
            _ => {}
        }
    }

    /// Declares a label and resolves the forward jumps to it.
    fn declare_label(&mut self, block: usize, name: &'a Ident, s: &'a Stmt, walk: &mut Walk<'a>) {
        let target = match s.kind {
            StmtKind::For(_) | StmtKind::Range(_) => Target::Loop,
            StmtKind::Switch(_) | StmtKind::TypeSwitch(_) | StmtKind::Select(_) => Target::SwitchOrSelect,
            _ => Target::Other,
        };
        let used = walk.forward.iter().any(|goto| goto.name == name.name);
        if let Some(other) = self.labels.get_mut(&*name.name) {
            other.used |= used;
            let pos = other.pos;
            let at = self.place(pos);
            let message = format!("label {} already defined at {at}", name.name);
            self.error(name.pos, "DuplicateLabel", message);
        } else {
            self.labels.insert(&name.name, Label { pos: name.pos, block, target, used });
        }
        let (here, others) = std::mem::take(&mut walk.forward).into_iter().partition(|g| g.name == name.name);
        walk.forward = others;
        let here: Vec<&Ident> = here;
        for goto in here {
            if let Some((pos, variable)) = &walk.declared
                && walk.over.iter().any(|o| o.pos == goto.pos)
            {
                let at = self.place(*pos);
                let message = format!("goto {} jumps over declaration of {variable} at {at}", name.name);
                self.error(goto.pos, "JumpOverDecl", message);
            }
        }
    }

    fn unlabeled(&mut self, kind: BranchKind, pos: Pos, context: Context, last: bool) {
        match kind {
            BranchKind::Break if !context.can_break => {
                self.error(pos, "MisplacedBreak", "break is not in a loop, switch, or select");
            }
            BranchKind::Continue if !context.can_continue => {
                self.error(pos, "MisplacedContinue", "continue is not in a loop");
            }
            BranchKind::Fallthrough => {
                let message = match context.switch {
                    Some(c) if c.is_type_switch => "cannot fallthrough in type switch",
                    Some(c) if c.direct && last && c.last => "cannot fallthrough final case in switch",
                    Some(c) if c.direct && last => return,
                    _ => "fallthrough statement out of place",
                };
                self.error(pos, "MisplacedFallthrough", message);
            }
            _ => {}
        }
    }

    fn labeled(&mut self, kind: BranchKind, name: &'a Ident, block: usize, walk: &mut Walk<'a>) {
        let blocks = &self.blocks;
        let ancestors = std::iter::successors(Some(block), |&b| blocks.get(b).and_then(|b: &Block| b.parent));
        let label = self.labels.get_mut(&*name.name).map(|l| {
            l.used = true;
            &*l
        });
        let word = match kind {
            BranchKind::Break => "break",
            BranchKind::Continue => "continue",
            _ => {
                let found = label.is_some_and(|l| ancestors.into_iter().any(|b| b == l.block));
                if !found {
                    walk.forward.push(name);
                }
                return;
            }
        };
        let message = match label {
            None => format!("{word} label not defined: {}", name.name),
            Some(l) => {
                let encloses =
                    ancestors.into_iter().any(|b| blocks.get(b).is_some_and(|b| b.label == Some(l.pos)));
                let fits = l.target == Target::Loop || l.target == Target::SwitchOrSelect && word == "break";
                if encloses && fits {
                    return;
                }
                format!("invalid {word} label {}", name.name)
            }
        };
        self.error(name.pos, "MisplacedLabel", message);
    }
}

#[cfg(test)]
mod tests {
    use crate::ast::ExprIds;
    use crate::diag::Diagnostics;
    use crate::source::SourceMap;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let mut sources = SourceMap::new();
        let text = format!("package p; func f(x any) {{\n{body}\n}}\n");
        let file = sources.add("x.go", text).unwrap();
        let mut diags = Diagnostics::new();
        crate::parse_file(&mut sources, file, &mut ExprIds::default(), &mut diags);
        assert_eq!(diags.render(&sources, None).trim_end(), expected);
    }

    #[test]
    fn labels_are_used_and_defined_once() {
        check("L: for { break L }", "");
        check("L: for { }", "x.go:2:1: label L defined and not used");
        check("for { break L }", "x.go:2:13: break label not defined: L");
        check("L: for { break L }\nL: for { }", "x.go:3:1: label L already defined at x.go:2:1");
        check("L: { continue L }", "x.go:2:15: invalid continue label L");
        check("L: switch { case true: for { continue L } }", "x.go:2:39: invalid continue label L");
        check(
            "L: for { func() { break L }() }",
            "x.go:2:1: label L defined and not used\nx.go:2:25: break label not defined: L",
        );
    }

    #[test]
    fn gotos_neither_enter_blocks_nor_skip_declarations() {
        check("goto L\nL:", "");
        check("L: goto L", "");
        check("{ goto L }\nL:", "");
        check("goto L\ny := 1\n_ = y\nL:", "x.go:2:6: goto L jumps over declaration of y at x.go:3:3");
        check("goto L\n{ L: }", "x.go:2:6: goto L jumps into block starting at x.go:3:1");
        check("goto L", "x.go:2:6: label L not defined");
    }

    #[test]
    fn branches_have_a_place() {
        check("break", "x.go:2:1: break is not in a loop, switch, or select");
        check("if true { continue }", "x.go:2:11: continue is not in a loop");
        check("switch { case true: fallthrough; case false: }", "");
        check("switch { case true: fallthrough }", "x.go:2:21: cannot fallthrough final case in switch");
        check(
            "switch x.(type) { case int: fallthrough; case bool: }",
            "x.go:2:29: cannot fallthrough in type switch",
        );
        check(
            "switch { case true: { fallthrough }; case false: }",
            "x.go:2:23: fallthrough statement out of place",
        );
        check("fallthrough", "x.go:2:1: fallthrough statement out of place");
    }
}
