//! Expressions.

use super::{MAX_CHAIN, Parser};
use crate::ast::{
    BasicLit, BinaryOp, CallExpr, ChanDir, Expr, ExprKind, FuncLit, LitKind, SliceExpr, UnaryOp,
};
use crate::source::Pos;
use crate::token::{Op, Token};
use std::sync::Arc;

impl<'a> Parser<'a> {
    /// Expression = UnaryExpr | Expression binary_op Expression .
    pub(super) fn expr(&mut self) -> Expr {
        self.binary_expr(0)
    }

    /// ExpressionList = Expression { "," Expression } .
    pub(super) fn expr_list(&mut self) -> Vec<Expr> {
        let mut list = vec![self.expr()];
        while self.got(Token::Comma) {
            list.push(self.expr());
        }
        list
    }

    fn binary_expr(&mut self, precedence: u8) -> Expr {
        let x = self.unary_expr();
        self.binary_rest(x, precedence)
    }

    /// Operators that bind tighter than `precedence`, and their right operands, after `x`.
    pub(super) fn binary_rest(&mut self, x: Expr, precedence: u8) -> Expr {
        let mut x = x;
        let mut chain = 0;
        while let Token::Op(Op::Binary(op)) = self.tok
            && op.precedence() > precedence
            && self.chain_goes_on(&mut chain)
        {
            let pos = self.pos;
            self.next();
            let y = Box::new(self.binary_expr(op.precedence()));
            x = self.node(pos, ExprKind::Binary(op, Box::new(x), y));
        }
        x
    }

    /// Counts one more link of a chain of left operands (INV-SYNTAX-1).
    pub(super) fn chain_goes_on(&mut self, chain: &mut u32) -> bool {
        *chain += 1;
        if *chain > MAX_CHAIN {
            self.too_deep();
        }
        *chain <= MAX_CHAIN
    }

    /// UnaryExpr = PrimaryExpr | unary_op UnaryExpr .
    fn unary_expr(&mut self) -> Expr {
        match self.deeper(Self::unary_expr_here) {
            Some(x) => x,
            None => self.bad(),
        }
    }

    fn unary_expr_here(&mut self) -> Expr {
        let pos = self.pos;
        let op = match self.tok {
            Token::Op(Op::Binary(BinaryOp::Mul)) => {
                self.next();
                let x = Box::new(self.unary_expr());
                return self.node(pos, ExprKind::Star(x));
            }
            Token::Op(Op::Binary(BinaryOp::Add)) => UnaryOp::Plus,
            Token::Op(Op::Binary(BinaryOp::Sub)) => UnaryOp::Neg,
            Token::Op(Op::Binary(BinaryOp::Xor)) => UnaryOp::Com,
            Token::Op(Op::Not) => UnaryOp::Not,
            Token::Op(Op::Tilde) => UnaryOp::Tilde,
            Token::Op(Op::Binary(BinaryOp::And)) => {
                self.next();
                let mut x = self.unary_expr();
                while let ExprKind::Paren(inner) = x.kind {
                    x = *inner;
                }
                return self.node(pos, ExprKind::Unary(UnaryOp::Addr, Box::new(x)));
            }
            Token::Arrow => {
                self.next();
                let x = self.unary_expr();
                return self.after_arrow(pos, x);
            }
            _ => return self.primary_expr(),
        };
        self.next();
        let x = Box::new(self.unary_expr());
        self.node(pos, ExprKind::Unary(op, x))
    }

    /// `<-` at `pos`, then `x`: a receive, or, if `x` is a channel type, the arrow belongs into it:
    /// `<-(chan T)` is `(<-chan T)`, and `<-(chan<- chan T)` is `(<-chan (<-chan T))`.
    fn after_arrow(&mut self, pos: Pos, mut x: Expr) -> Expr {
        if !matches!(x.kind, ExprKind::ChanType(..)) {
            return self.node(pos, ExprKind::Unary(UnaryOp::Recv, Box::new(x)));
        }
        let mut t = &mut x;
        let message = loop {
            if !matches!(t.kind, ExprKind::ChanType(..)) {
                break Some(format!("unexpected {}, expected chan", crate::print::expr(t)));
            }
            let ExprKind::ChanType(dir, elem) = &mut t.kind else { break None };
            match std::mem::replace(dir, ChanDir::Recv) {
                ChanDir::Send => t = elem,
                ChanDir::Recv => break Some("unexpected <-, expected chan".to_owned()),
                ChanDir::Both => break None,
            }
        };
        if let Some(message) = message {
            self.syntax_error(message);
        }
        x
    }

    /// A literal; `Bad` if malformed, which has been reported.
    pub(super) fn literal(&mut self) -> Expr {
        let (pos, kind) = (self.pos, self.lex.kind);
        let text = self.lex.lit;
        let node = if self.lex.bad {
            ExprKind::Bad
        } else {
            let (bytes, rune) = match kind {
                LitKind::String => (crate::lexer::unquote(text).0, 0),
                LitKind::Rune => (Vec::new(), crate::lexer::unquote(text).1),
                _ => (Vec::new(), 0),
            };
            let bytes: Arc<[u8]> = bytes.into();
            ExprKind::BasicLit(BasicLit { kind, text: self.shared(text), bytes, rune })
        };
        self.next();
        self.node(pos, node)
    }

    /// Operand = Literal | OperandName | "(" Expression ")" | FunctionLit | Type .
    fn operand(&mut self) -> Expr {
        let pos = self.pos;
        match self.tok {
            Token::Name => Self::name_expr(self.name()),
            Token::Literal => self.literal(),
            Token::Lparen => {
                self.next();
                self.literals_allowed += 1;
                let x = Box::new(self.expr());
                self.literals_allowed -= 1;
                self.want(Token::Rparen);
                self.node(pos, ExprKind::Paren(x))
            }
            Token::Func => {
                self.next();
                // Go's position of a function type is its opening parenthesis.
                let paren = self.pos;
                let (_, sig) = self.signature(pos, "function type");
                if self.tok != Token::Lbrace {
                    return self.node(paren, ExprKind::FuncType(Box::new(sig)));
                }
                self.literals_allowed += 1;
                let body = self.func_body();
                self.literals_allowed -= 1;
                self.node(pos, ExprKind::FuncLit(Box::new(FuncLit { sig, body })))
            }
            Token::Lbrack | Token::Chan | Token::Map | Token::Struct | Token::Interface => self.typ(),
            _ => {
                let bad = self.bad();
                self.syntax_error("expected expression");
                self.skip_to(&[Token::Rparen, Token::Rbrack, Token::Rbrace]);
                bad
            }
        }
    }

    /// PrimaryExpr = Operand { Selector | Index | Slice | TypeAssertion | Arguments | LiteralValue } .
    pub(super) fn primary_expr(&mut self) -> Expr {
        let x = self.operand();
        self.primary_rest(x)
    }

    /// What may follow the operand `x`.
    pub(super) fn primary_rest(&mut self, x: Expr) -> Expr {
        let mut x = x;
        let mut chain = 0;
        while self.chain_goes_on(&mut chain) {
            x = match self.tok {
                Token::Dot => self.after_dot(x),
                Token::Lbrack => self.index_or_slice(x),
                Token::Lparen => self.call(x),
                Token::Lbrace if self.begins_literal(&x) => {
                    if matches!(x.kind, ExprKind::Paren(_)) {
                        self.syntax_error("cannot parenthesize type in composite literal");
                    }
                    self.literal_value(Some(x))
                }
                _ => break,
            };
        }
        x
    }

    /// `.name`, `.(T)`, `.(type)`
    fn after_dot(&mut self, x: Expr) -> Expr {
        let pos = self.pos;
        self.next();
        match self.tok {
            Token::Name => {
                let sel = self.name();
                self.node(sel.pos, ExprKind::Selector(Box::new(x), sel))
            }
            Token::Lparen => {
                self.next();
                let kind = if self.got(Token::Type) {
                    ExprKind::TypeSwitchGuard(Box::new(x))
                } else {
                    let t = Box::new(self.typ());
                    ExprKind::TypeAssert(Box::new(x), t)
                };
                self.want(Token::Rparen);
                self.node(pos, kind)
            }
            _ => {
                self.syntax_error("expected name or (");
                self.skip_to(&[Token::Semi, Token::Rparen]);
                x
            }
        }
    }

    /// `x[i]`, `x[A, B]`, `x[i:j]`, `x[i:j:k]`
    fn index_or_slice(&mut self, x: Expr) -> Expr {
        let pos = self.pos;
        self.next();
        let mut first = None;
        if self.tok == Token::Rbrack {
            self.syntax_error("expected operand");
            let bad = self.bad();
            self.next();
            return self.node(pos, ExprKind::Index(Box::new(x), vec![bad]));
        }
        if self.tok != Token::Colon {
            let (mut list, comma) = self.type_list(false);
            if comma || self.tok == Token::Rbrack {
                self.want(Token::Rbrack);
                return self.node(pos, ExprKind::Index(Box::new(x), list));
            }
            first = list.pop();
        }
        if !self.got(Token::Colon) {
            self.syntax_error("expected comma, : or ]");
            self.skip_to(&[Token::Comma, Token::Colon, Token::Rbrack]);
        }
        self.literals_allowed += 1;
        let mut second = None;
        let mut third = None;
        if !matches!(self.tok, Token::Colon | Token::Rbrack) {
            second = Some(self.expr());
        }
        let full = self.tok == Token::Colon;
        if full {
            if second.is_none() {
                self.error_at(self.pos, "Lexical", "middle index required in 3-index slice");
                second = Some(self.bad());
            }
            self.next();
            if self.tok == Token::Rbrack {
                self.error_at(self.pos, "Lexical", "final index required in 3-index slice");
                third = Some(self.bad());
            } else {
                third = Some(self.expr());
            }
        }
        self.literals_allowed -= 1;
        self.want(Token::Rbrack);
        let slice = SliceExpr { operand: x, index: [first, second, third], full };
        self.node(pos, ExprKind::Slice(Box::new(slice)))
    }

    /// Arguments = "(" [ ( ExpressionList | Type [ "," ExpressionList ] ) [ "..." ] [ "," ] ] ")" .
    fn call(&mut self, fun: Expr) -> Expr {
        let pos = self.pos;
        self.next();
        let mut args = Vec::new();
        let mut ellipsis = None;
        self.literals_allowed += 1;
        let rparen = self.list("argument list", Token::Comma, Token::Rparen, &mut |p| {
            args.push(p.expr());
            let at = p.pos;
            if p.got(Token::DotDotDot) {
                ellipsis = Some(at);
            }
            ellipsis.is_some()
        });
        self.literals_allowed -= 1;
        self.node(pos, ExprKind::Call(Box::new(CallExpr { fun, args, ellipsis, rparen })))
    }
}
