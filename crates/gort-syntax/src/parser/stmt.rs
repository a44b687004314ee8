//! Statements.

use super::Parser;
use crate::ast::{
    AssignStmt, BlockStmt, BranchKind, CaseClause, CommClause, Decl, Expr, ExprKind, ForStmt, Ident, IfStmt,
    RangeStmt, SelectStmt, Stmt, StmtKind, SwitchStmt, TypeSwitchStmt,
};
use crate::source::Pos;
use crate::token::{Op, Token};

/// A simple statement, or one of the two things that look like one in a header.
enum Simple {
    Stmt(Stmt),
    /// `lhs := range x`
    Range {
        lhs: Vec<Expr>,
        define: bool,
        range_pos: Pos,
        operand: Expr,
    },
    /// `v := x.(type)`
    Guard {
        var: Ident,
        operand: Expr,
    },
}

/// What stands between the keyword and the block.
#[derive(Default)]
struct Header {
    init: Option<Stmt>,
    cond: Option<Simple>,
    post: Option<Stmt>,
}

fn stmt(pos: Pos, kind: StmtKind) -> Stmt {
    Stmt { pos, kind }
}

fn expr_stmt(x: Expr) -> Stmt {
    Stmt { pos: x.start(), kind: StmtKind::Expr(x) }
}

impl<'a> Parser<'a> {
    /// A block; `context` tells after what it was expected.
    pub(super) fn block(&mut self, context: &str) -> BlockStmt {
        let lbrace = self.pos;
        if !self.got(Token::Lbrace) {
            self.syntax_error(format!("expected {{ after {context}"));
            self.skip_to(&[Token::Name, Token::Rbrace]);
            let rbrace = self.pos;
            if self.got(Token::Rbrace) {
                return BlockStmt { lbrace, stmts: Vec::new(), rbrace };
            }
        }
        let stmts = self.stmt_list();
        let rbrace = self.pos;
        self.want(Token::Rbrace);
        BlockStmt { lbrace, stmts, rbrace }
    }

    /// StatementList = { Statement ";" } .
    fn stmt_list(&mut self) -> Vec<Stmt> {
        let mut list = Vec::new();
        while !matches!(self.tok, Token::Eof | Token::Rbrace | Token::Case | Token::Default) {
            let found = self.stmt(&mut list);
            self.drop_pragmas();
            if !found {
                break;
            }
            if !self.got(Token::Semi) && self.tok != Token::Rbrace {
                self.syntax_error("at end of statement");
                self.skip_to(&[Token::Semi, Token::Rbrace, Token::Case, Token::Default]);
                self.got(Token::Semi);
            }
        }
        list
    }

    /// One statement, added to `list` (a grouped declaration adds several). False if none begins here.
    fn stmt(&mut self, list: &mut Vec<Stmt>) -> bool {
        self.deeper(|p| p.stmt_here(list)).unwrap_or(true)
    }

    fn stmt_here(&mut self, list: &mut Vec<Stmt>) -> bool {
        let pos = self.pos;
        let kind = match self.tok {
            Token::Name => {
                let lhs = self.expr_list();
                if self.tok == Token::Colon
                    && let [Expr { kind: ExprKind::Name(label), .. }] = lhs.as_slice()
                {
                    let label = label.clone();
                    return self.labeled(label, list);
                }
                list.push(self.plain_simple(Some(lhs)));
                return true;
            }
            Token::Var | Token::Const | Token::Type => {
                let mut decls: Vec<Decl> = Vec::new();
                self.decl_group(&mut decls);
                list.extend(decls.into_iter().map(|d| stmt(pos, StmtKind::Decl(Box::new(d)))));
                return true;
            }
            Token::Op(Op::Binary(b)) if !is_prefix(b) => return false,
            Token::Op(Op::Tilde) => return false,
            Token::Op(_)
            | Token::Literal
            | Token::Func
            | Token::Lparen
            | Token::Lbrack
            | Token::Struct
            | Token::Map
            | Token::Chan
            | Token::Interface
            | Token::Arrow => {
                list.push(self.plain_simple(None));
                return true;
            }
            Token::Lbrace => StmtKind::Block(self.block("")),
            Token::For => self.for_stmt(),
            Token::Switch => self.switch_stmt(),
            Token::Select => self.select_stmt(),
            Token::If => self.if_stmt(),
            Token::Fallthrough | Token::Break | Token::Continue | Token::Goto => self.branch(),
            Token::Go | Token::Defer => self.call_stmt(),
            Token::Return => {
                self.next();
                let bare = matches!(self.tok, Token::Semi | Token::Rbrace);
                StmtKind::Return(if bare { Vec::new() } else { self.expr_list() })
            }
            Token::Semi => StmtKind::Empty,
            _ => return false,
        };
        list.push(stmt(pos, kind));
        true
    }

    /// `label:` and its statement.
    fn labeled(&mut self, label: Ident, list: &mut Vec<Stmt>) -> bool {
        let colon = self.pos;
        self.want(Token::Colon);
        let mut inner = Vec::new();
        if self.tok == Token::Rbrace {
            inner.push(stmt(self.pos, StmtKind::Empty));
        } else if !self.stmt(&mut inner) {
            self.syntax_error_at(colon, "missing statement after label");
            return false;
        }
        let mut inner = inner.into_iter();
        let first = inner.next().unwrap_or(stmt(colon, StmtKind::Empty));
        list.push(stmt(label.pos, StmtKind::Labeled(label, Box::new(first))));
        list.extend(inner);
        true
    }

    fn branch(&mut self) -> StmtKind {
        let kind = match self.tok {
            Token::Break => BranchKind::Break,
            Token::Continue => BranchKind::Continue,
            Token::Goto => BranchKind::Goto,
            _ => BranchKind::Fallthrough,
        };
        self.next();
        let label = match kind {
            BranchKind::Goto => Some(self.name()),
            BranchKind::Break | BranchKind::Continue if self.tok == Token::Name => Some(self.name()),
            _ => None,
        };
        StmtKind::Branch(kind, label)
    }

    /// `go` and `defer`.
    fn call_stmt(&mut self) -> StmtKind {
        let is_go = self.tok == Token::Go;
        self.next();
        let mut x = self.primary_expr();
        if matches!(x.kind, ExprKind::Paren(_)) {
            let word = if is_go { "go" } else { "defer" };
            self.error_at(x.pos, "InvalidCall", format!("expression in {word} must not be parenthesized"));
            while let ExprKind::Paren(inner) = x.kind {
                x = *inner;
            }
        }
        if is_go { StmtKind::Go(x) } else { StmtKind::Defer(x) }
    }

    /// A simple statement where neither a range clause nor a type switch guard may stand.
    fn plain_simple(&mut self, lhs: Option<Vec<Expr>>) -> Stmt {
        match self.simple(lhs, None) {
            Simple::Stmt(s) => s,
            Simple::Range { operand, .. } | Simple::Guard { operand, .. } => expr_stmt(operand),
        }
    }

    /// SimpleStmt = ExpressionStmt | SendStmt | IncDecStmt | Assignment | ShortVarDecl , and in the header of
    /// `keyword` what else may stand there.
    fn simple(&mut self, lhs: Option<Vec<Expr>>, keyword: Option<Token>) -> Simple {
        if keyword == Some(Token::For) && self.tok == Token::Range {
            return self.range_clause(Vec::new(), false);
        }
        let mut lhs = match lhs {
            Some(lhs) => lhs,
            None => self.expr_list(),
        };
        let pos = self.pos;
        if matches!(self.tok, Token::Assign | Token::Define) {
            return self.assignment(lhs, keyword);
        }
        let single = lhs.len() == 1;
        lhs.truncate(1);
        let Some(x) = lhs.pop() else { return Simple::Stmt(stmt(pos, StmtKind::Bad)) };
        if !single {
            self.syntax_error("expected := or = or comma");
            self.skip_to(&[Token::Semi, Token::Rbrace]);
            return Simple::Stmt(expr_stmt(x));
        }
        Simple::Stmt(match self.tok {
            Token::AssignOp(op) => {
                self.next();
                let rhs = vec![self.expr()];
                stmt(pos, StmtKind::Assign(AssignStmt { lhs: vec![x], op: Some(op), rhs }))
            }
            Token::IncDec(inc) => {
                self.next();
                stmt(pos, StmtKind::IncDec(x, inc))
            }
            Token::Arrow => {
                self.next();
                let value = self.expr();
                stmt(pos, StmtKind::Send(x, value))
            }
            _ => expr_stmt(x),
        })
    }

    /// `=` or `:=` after `lhs`.
    fn assignment(&mut self, lhs: Vec<Expr>, keyword: Option<Token>) -> Simple {
        let pos = self.pos;
        let define = self.tok == Token::Define;
        self.next();
        if keyword == Some(Token::For) && self.tok == Token::Range {
            return self.range_clause(lhs, define);
        }
        let mut rhs = self.expr_list();
        if keyword == Some(Token::Switch)
            && define
            && let [Expr { kind: ExprKind::Name(var), .. }] = lhs.as_slice()
            && matches!(rhs.as_slice(), [Expr { kind: ExprKind::TypeSwitchGuard(_), .. }])
            && let Some(operand) = rhs.pop()
        {
            return Simple::Guard { var: var.clone(), operand };
        }
        let assign = AssignStmt { lhs, op: None, rhs };
        Simple::Stmt(stmt(pos, if define { StmtKind::ShortVar(assign) } else { StmtKind::Assign(assign) }))
    }

    fn range_clause(&mut self, lhs: Vec<Expr>, define: bool) -> Simple {
        let range_pos = self.pos;
        self.next();
        let operand = self.expr();
        Simple::Range { lhs, define, range_pos, operand }
    }

    /// [ SimpleStmt ";" ] [ Condition ] [ ";" PostStmt ], or a range clause (as condition).
    fn header(&mut self, keyword: Token) -> Header {
        let mut header = Header::default();
        self.next();
        if self.tok == Token::Lbrace {
            if keyword == Token::If {
                self.syntax_error("missing condition in if statement");
            }
            return header;
        }
        let outer = std::mem::replace(&mut self.literals_allowed, -1);
        self.header_parts(keyword, &mut header);
        self.literals_allowed = outer;
        header
    }

    fn header_parts(&mut self, keyword: Token, header: &mut Header) {
        let mut first = None;
        if self.tok != Token::Semi {
            if self.got(Token::Var) {
                let word = keyword.keyword_text().unwrap_or("");
                self.syntax_error(format!("var declaration not allowed in {word} initializer"));
            }
            let simple = self.simple(None, Some(keyword));
            if matches!(simple, Simple::Range { .. }) {
                header.cond = Some(simple);
                return;
            }
            first = Some(simple);
        }
        let mut semi = None;
        if self.tok == Token::Lbrace {
            header.cond = first;
        } else {
            if self.tok == Token::Semi {
                semi = Some((self.pos, self.lex.lit));
                self.next();
            } else {
                self.want(Token::Lbrace);
                if self.tok != Token::Lbrace {
                    self.skip_to(&[Token::Lbrace, Token::Rbrace]);
                }
            }
            header.init = first.map(|s| match s {
                Simple::Stmt(s) => s,
                Simple::Guard { operand, .. } | Simple::Range { operand, .. } => expr_stmt(operand),
            });
            if keyword == Token::For {
                self.for_clauses(header);
            } else if self.tok != Token::Lbrace {
                header.cond = Some(self.simple(None, Some(keyword)));
            }
        }
        self.check_condition(keyword, header, semi);
    }

    /// `[cond]; [post]` of a `for`.
    fn for_clauses(&mut self, header: &mut Header) {
        if self.tok != Token::Semi {
            if self.tok == Token::Lbrace {
                return self.syntax_error("expected for loop condition");
            }
            header.cond = Some(self.simple(None, None));
        }
        self.want(Token::Semi);
        if self.tok != Token::Lbrace {
            let post = self.plain_simple(None);
            if matches!(post.kind, StmtKind::ShortVar(_)) {
                self.syntax_error_at(post.pos, "cannot declare in post statement of for loop");
            }
            header.post = Some(post);
        }
    }

    /// A condition must be an expression.
    fn check_condition(&mut self, keyword: Token, header: &mut Header, semi: Option<(Pos, &str)>) {
        match &header.cond {
            None => {
                if keyword == Token::If
                    && let Some((pos, lit)) = semi
                {
                    let message = match lit {
                        "semicolon" => "missing condition in if statement".to_owned(),
                        lit => format!("unexpected {lit}, expected {{ after if clause"),
                    };
                    self.syntax_error_at(pos, message);
                }
            }
            Some(Simple::Stmt(s)) if !matches!(s.kind, StmtKind::Expr(_)) => {
                // Most often `=` where `==` was meant: make the `=` stand out.
                let shown = match &s.kind {
                    StmtKind::Assign(AssignStmt { lhs, op: None, rhs }) => {
                        format!("assignment {} = {}", emphasize(lhs), emphasize(rhs))
                    }
                    _ => crate::print::stmt(s),
                };
                let pos = s.pos;
                self.syntax_error_at(pos, format!("cannot use {shown} as value"));
                header.cond = None;
            }
            Some(_) => {}
        }
    }

    fn if_stmt(&mut self) -> StmtKind {
        let header = self.header(Token::If);
        let cond = match header.cond {
            Some(Simple::Stmt(Stmt { kind: StmtKind::Expr(x), .. })) => x,
            _ => self.bad(),
        };
        let then = self.block("if clause");
        let mut els = None;
        if self.got(Token::Else) {
            let pos = self.pos;
            match self.tok {
                Token::If => {
                    let nested = self.deeper(Self::if_stmt).unwrap_or(StmtKind::Bad);
                    els = Some(stmt(pos, nested));
                }
                Token::Lbrace => els = Some(stmt(pos, StmtKind::Block(self.block("")))),
                _ => {
                    self.syntax_error("else must be followed by if or statement block");
                    self.skip_to(&[Token::Name, Token::Rbrace]);
                }
            }
        }
        StmtKind::If(Box::new(IfStmt { init: header.init, cond, then, els }))
    }

    fn for_stmt(&mut self) -> StmtKind {
        let header = self.header(Token::For);
        let cond = match header.cond {
            Some(Simple::Range { lhs, define, range_pos, operand }) => {
                let mut lhs = lhs.into_iter();
                let (key, value) = (lhs.next(), lhs.next());
                if let Some(extra) = lhs.next() {
                    let message = "range clause permits at most two iteration variables";
                    self.error_at(extra.start(), "InvalidIterVar", message);
                }
                let body = self.block("for clause");
                let range = RangeStmt { key, value, define, range_pos, operand, body };
                return StmtKind::Range(Box::new(range));
            }
            Some(Simple::Stmt(Stmt { kind: StmtKind::Expr(x), .. })) => Some(x),
            _ => None,
        };
        let body = self.block("for clause");
        StmtKind::For(Box::new(ForStmt { init: header.init, cond, post: header.post, body }))
    }

    fn switch_stmt(&mut self) -> StmtKind {
        let header = self.header(Token::Switch);
        let lbrace = self.pos;
        if !self.got(Token::Lbrace) {
            self.syntax_error("missing { after switch clause");
            self.skip_to(&[Token::Case, Token::Default, Token::Rbrace]);
        }
        let mut cases = Vec::new();
        while !matches!(self.tok, Token::Eof | Token::Rbrace) {
            cases.push(self.case_clause());
        }
        let rbrace = self.pos;
        self.want(Token::Rbrace);
        let init = header.init;
        let (var, tag) = match header.cond {
            Some(Simple::Guard { var, operand }) => (Some(var), Some(operand)),
            Some(Simple::Stmt(Stmt { kind: StmtKind::Expr(x), .. })) => (None, Some(x)),
            _ => (None, None),
        };
        match tag {
            Some(Expr { kind: ExprKind::TypeSwitchGuard(operand), .. }) => {
                let operand = *operand;
                StmtKind::TypeSwitch(Box::new(TypeSwitchStmt { init, var, operand, cases, lbrace, rbrace }))
            }
            tag => StmtKind::Switch(Box::new(SwitchStmt { init, tag, cases, lbrace, rbrace })),
        }
    }

    fn case_clause(&mut self) -> CaseClause {
        let pos = self.pos;
        let exprs = self.clause_head(Self::expr_list);
        let colon = self.pos;
        self.want(Token::Colon);
        let body = self.stmt_list();
        CaseClause { pos, exprs, colon, body, end: self.pos }
    }

    fn select_stmt(&mut self) -> StmtKind {
        self.next();
        if !self.got(Token::Lbrace) {
            self.syntax_error("missing { after select clause");
            self.skip_to(&[Token::Case, Token::Default, Token::Rbrace]);
        }
        let mut cases = Vec::new();
        while !matches!(self.tok, Token::Eof | Token::Rbrace) {
            let pos = self.pos;
            let comm = self.clause_head(|p| p.plain_simple(None));
            let colon = self.pos;
            self.want(Token::Colon);
            let body = self.stmt_list();
            cases.push(CommClause { pos, comm, colon, body, end: self.pos });
        }
        let rbrace = self.pos;
        self.want(Token::Rbrace);
        StmtKind::Select(Box::new(SelectStmt { cases, rbrace }))
    }

    /// `case ...` or `default`.
    fn clause_head<T>(&mut self, head: impl FnOnce(&mut Self) -> T) -> Option<T> {
        match self.tok {
            Token::Case => {
                self.next();
                Some(head(self))
            }
            Token::Default => {
                self.next();
                None
            }
            _ => {
                self.syntax_error("expected case or default or }");
                self.skip_to(&[Token::Colon, Token::Case, Token::Default, Token::Rbrace]);
                None
            }
        }
    }
}

/// May the operator begin an expression?
fn is_prefix(b: crate::ast::BinaryOp) -> bool {
    use crate::ast::BinaryOp as B;
    matches!(b, B::Add | B::Sub | B::Mul | B::And | B::Xor)
}

/// Operands of an assignment as text, a binary expression in parentheses.
fn emphasize(list: &[Expr]) -> String {
    let text: Vec<String> = list.iter().map(crate::print::expr).collect();
    match list {
        [Expr { kind: ExprKind::Binary(..), .. }] => format!("({})", text.join(", ")),
        _ => text.join(", "),
    }
}
