//! The parser: recursive descent, one function per production, one token of lookahead.
//!
//! `decl`, `typ`, `generics`, `expr`, `composite` and `stmt` hold the productions, `recovery` says what is wrong
//! and where to go on. A mistake is reported once, in the words of Go's compiler; the tree gets a `Bad` node.
//!
//! INV-SYNTAX-1 (bounded depth): the tree is at most [`MAX_DEPTH`] constructs deep, and no chain of left operands
//! is longer than [`MAX_CHAIN`], so that recursive passes over it need a bounded stack. What is
//! deeper is one error, and the rest of the file is skipped.
//!
//! Go counterpart: `cmd/compile/internal/syntax/parser.go`.

mod composite;
mod decl;
mod directive;
mod expr;
mod generics;
mod recovery;
mod stmt;
mod typ;

use crate::ast::{Expr, ExprIds, ExprKind, File, Ident, Pragma};
use crate::diag::Diagnostics;
use crate::lexer::{Lexer, Report};
use crate::source::{FileId, Pos, SourceMap};
use crate::token::Token;
use std::collections::HashMap;
use std::sync::Arc;

/// How deep constructs may nest.
pub const MAX_DEPTH: u32 = 10_000;
/// How long a chain of operators, calls, selectors may be.
pub const MAX_CHAIN: u32 = 100_000;

/// Parses a file of `sources`. Mistakes go to `diags`; there is always a tree, as good as it gets.
/// Recurses as deep as the text does: call it on a large stack.
pub fn parse_file(sources: &mut SourceMap, file: FileId, ids: &mut ExprIds, diags: &mut Diagnostics) -> File {
    let (text, base, invalid) = match sources.file(file) {
        Some(f) => (f.text.clone(), f.base, f.invalid_bytes().to_vec()),
        None => (Arc::from(""), 0, Vec::new()),
    };
    let mut parser = Parser {
        lex: Lexer::new(&text, &invalid),
        sources,
        file,
        base,
        ids,
        diags,
        names: HashMap::new(),
        tok: Token::Semi,
        pos: Pos(base),
        prev_end: Pos(base),
        errors: 0,
        function_depth: 0,
        literals_allowed: 0,
        depth: 0,
        groups: 0,
        pragmas: Vec::new(),
        has_maps: false,
        pending_pragmas: 0,
        line_file: None,
    };
    parser.next();
    parser.source_file()
}

pub(crate) struct Parser<'a> {
    lex: Lexer<'a>,
    sources: &'a mut SourceMap,
    file: FileId,
    base: u32,
    ids: &'a mut ExprIds,
    diags: &'a mut Diagnostics,
    /// Names seen, so that equal ones share their text.
    names: HashMap<&'a str, Arc<str>>,
    tok: Token,
    /// Position of the current token.
    pos: Pos,
    /// Position after the last consumed token.
    prev_end: Pos,
    /// Mistakes in this file so far.
    errors: u32,
    /// How many function bodies we are in.
    function_depth: u32,
    /// Negative in the header of `if`, `for`, `switch`: there `T {` begins the block, not a literal.
    /// Brackets add one.
    literals_allowed: i32,
    depth: u32,
    groups: u32,
    pragmas: Vec<Pragma>,
    /// A map type was seen.
    has_maps: bool,
    /// Index of the first pragma since the last declaration.
    pending_pragmas: usize,
    /// File name of the `//line` directive in force.
    line_file: Option<String>,
}

impl<'a> Parser<'a> {
    /// Moves to the next token.
    fn next(&mut self) {
        self.prev_end = Pos(self.base + self.lex.offset() as u32);
        self.lex.advance();
        self.tok = self.lex.token;
        self.pos = Pos(self.base + self.lex.start as u32);
        if !self.lex.reports.is_empty() {
            for report in std::mem::take(&mut self.lex.reports) {
                self.take_report(report);
            }
        }
    }

    fn take_report(&mut self, report: Report) {
        match report {
            Report::Error(offset, message) => self.error_at(Pos(self.base + offset), "Lexical", message),
            Report::Line(text_at, text, from) => self.line_directive(text_at, &text, from),
            Report::Pragma(offset, text) => {
                let pos = Pos(self.base + offset);
                self.pragmas.push(Pragma { pos, text: text.into(), of_func: false });
            }
        }
    }

    /// Pragmas before a declaration that takes none.
    fn drop_pragmas(&mut self) {
        self.pending_pragmas = self.pragmas.len();
    }

    /// The pragmas of a function.
    fn take_pragmas(&mut self) -> Vec<Arc<str>> {
        let pending = self.pragmas.get_mut(self.pending_pragmas..).unwrap_or_default();
        pending.iter_mut().for_each(|p| p.of_func = true);
        let texts = pending.iter().map(|p| p.text.clone()).collect();
        self.drop_pragmas();
        texts
    }

    /// Consumes `token` if it is the current one.
    fn got(&mut self, token: Token) -> bool {
        let found = self.tok == token;
        if found {
            self.next();
        }
        found
    }

    /// Consumes `token`, or complains and moves on by one token.
    fn want(&mut self, token: Token) {
        if !self.got(token) {
            self.syntax_error(format!("expected {}", token.describe()));
            self.skip_one();
        }
    }

    /// `=`; `:=` is accepted too, with a complaint.
    fn got_assign(&mut self) -> bool {
        if self.tok == Token::Define {
            self.syntax_error("expected =");
            self.next();
            return true;
        }
        self.got(Token::Assign)
    }

    /// A node at `pos` that ends with the last consumed token.
    fn node(&mut self, pos: Pos, kind: ExprKind) -> Expr {
        Expr { id: self.ids.fresh(), pos, end: self.prev_end.max(pos), kind }
    }

    fn bad(&mut self) -> Expr {
        let pos = self.pos;
        Expr { id: self.ids.fresh(), pos, end: pos, kind: ExprKind::Bad }
    }

    fn shared(&mut self, name: &'a str) -> Arc<str> {
        self.names.entry(name).or_insert_with(|| Arc::from(name)).clone()
    }

    fn ident(&mut self, pos: Pos, name: &'a str) -> Ident {
        Ident { id: self.ids.fresh(), pos, name: self.shared(name) }
    }

    /// A name; `_` if there is none.
    fn name(&mut self) -> Ident {
        let pos = self.pos;
        if self.tok == Token::Name {
            let ident = self.ident(pos, self.lex.lit);
            self.next();
            return ident;
        }
        let ident = self.ident(pos, "_");
        self.syntax_error("expected name");
        self.skip_one();
        ident
    }

    /// More names after the first, with commas between.
    fn name_list(&mut self) -> Vec<Ident> {
        let mut names = vec![self.name()];
        while self.got(Token::Comma) {
            names.push(self.name());
        }
        names
    }

    fn name_expr(ident: Ident) -> Expr {
        let end = Pos(ident.pos.0 + ident.name.len() as u32);
        Expr { id: ident.id, pos: ident.pos, end, kind: ExprKind::Name(ident) }
    }

    /// Elements separated by `sep` (optional at the end) up to `close`. `element` returns true after the last
    /// one there may be. Returns the position of the closing token.
    fn list(
        &mut self,
        context: &str,
        sep: Token,
        close: Token,
        element: &mut dyn FnMut(&mut Self) -> bool,
    ) -> Pos {
        let mut done = false;
        while self.tok != Token::Eof && self.tok != close && !done {
            done = element(self);
            if !self.got(sep) && self.tok != close {
                let (sep, wanted) = (sep.describe(), close.describe());
                self.syntax_error(format!("in {context}; possibly missing {sep} or {wanted}"));
                self.skip_to(&[Token::Rparen, Token::Rbrack, Token::Rbrace]);
                if self.tok != close {
                    return self.pos;
                }
            }
        }
        let pos = self.pos;
        self.want(close);
        pos
    }

    /// Runs `production` one level deeper (INV-SYNTAX-1); `None` if that is too deep, which has been reported.
    fn deeper<T>(&mut self, production: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.too_deep();
            return None;
        }
        self.depth += 1;
        let result = production(self);
        self.depth -= 1;
        Some(result)
    }
}
