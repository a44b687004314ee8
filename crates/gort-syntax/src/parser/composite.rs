//! Composite literals, and the question which `{` begins one.

use super::Parser;
use crate::ast::{CompositeLit, Expr, ExprKind};
use crate::token::Token;

impl<'a> Parser<'a> {
    /// Does `{` after `x` begin a composite literal rather than a block?
    pub(super) fn begins_literal(&self, x: &Expr) -> bool {
        let t = x.unparen();
        match &t.kind {
            ExprKind::Name(_) | ExprKind::Selector(..) => self.literals_allowed >= 0,
            ExprKind::Index(..) => self.literals_allowed >= 0 && !is_value(t),
            ExprKind::ArrayType(..)
            | ExprKind::SliceType(_)
            | ExprKind::StructType(_)
            | ExprKind::MapType(..) => true,
            _ => false,
        }
    }

    /// LiteralValue = "{" [ ElementList [ "," ] ] "}" .
    pub(super) fn literal_value(&mut self, typ: Option<Expr>) -> Expr {
        let lbrace = self.pos;
        self.literals_allowed += 1;
        self.want(Token::Lbrace);
        let mut elems = Vec::new();
        let rbrace = self.list("composite literal", Token::Comma, Token::Rbrace, &mut |p| {
            let mut elem = p.element();
            let pos = p.pos;
            if p.got(Token::Colon) {
                let value = Box::new(p.element());
                elem = p.node(pos, ExprKind::KeyValue(Box::new(elem), value));
            }
            elems.push(elem);
            false
        });
        self.literals_allowed -= 1;
        let lit = CompositeLit { typ, elems, lbrace, rbrace };
        self.node(lbrace, ExprKind::CompositeLit(Box::new(lit)))
    }

    /// Element = Expression | LiteralValue .
    fn element(&mut self) -> Expr {
        if self.tok != Token::Lbrace {
            return self.expr();
        }
        match self.deeper(|p| p.literal_value(None)) {
            Some(lit) => lit,
            None => self.bad(),
        }
    }
}

/// Can `x` be nothing but a value?
fn is_value(x: &Expr) -> bool {
    match &x.kind {
        ExprKind::BasicLit(_)
        | ExprKind::CompositeLit(_)
        | ExprKind::FuncLit(_)
        | ExprKind::Slice(_)
        | ExprKind::TypeAssert(..)
        | ExprKind::TypeSwitchGuard(_)
        | ExprKind::Call(_)
        | ExprKind::Unary(..)
        | ExprKind::Binary(..) => true,
        ExprKind::Paren(x) => is_value(x),
        ExprKind::Index(x, index) => is_value(x) || matches!(index.as_slice(), [i] if is_value(i)),
        _ => false,
    }
}
