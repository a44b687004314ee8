//! Type parameters and arguments, and parameter lists, which look like them.
//!
//! Two places need more than one token of lookahead. `type T[P ...` may go on as an array length or as a type
//! parameter list: an expression is read and taken apart afterwards ([`splits`]). And in `(a, b, c)` names may be
//! parameters or types, which the end of the list tells ([`Parser::params`]).

use super::Parser;
use super::typ::{Bracketed, plain_field};
use crate::ast::{BinaryOp, Expr, ExprKind, Field, Ident, UnaryOp};
use crate::source::Pos;
use crate::token::{BAR, TILDE, Token};

/// A parameter before it is known whether a lone name is its name or its type.
struct Param {
    pos: Pos,
    name: Option<Ident>,
    typ: Option<Expr>,
}

impl<'a> Parser<'a> {
    /// After `type T`, at `[`: an array, a slice, or type parameters and a type.
    pub(super) fn after_type_name(
        &mut self,
        type_params: &mut Vec<Field>,
        is_alias: &mut bool,
    ) -> Option<Expr> {
        let pos = self.pos;
        self.next();
        match self.tok {
            Token::Rbrack => {
                self.next();
                Some(self.slice_type(pos))
            }
            Token::Name => {
                let name = self.name();
                let mut x = Self::name_expr(name);
                // `P [`: no constant is indexed, so this is a parameter constrained by an array or slice.
                if self.tok != Token::Lbrack {
                    self.literals_allowed += 1;
                    x = self.primary_rest(x);
                    x = self.binary_rest(x, 0);
                    self.literals_allowed -= 1;
                }
                let lone_name = matches!(x.kind, ExprKind::Name(_));
                let is_param =
                    if lone_name { self.tok != Token::Rbrack } else { splits(&x, self.tok == Token::Comma) };
                if !is_param {
                    return Some(self.array_type(pos, Some(x)));
                }
                let first = split(x);
                *type_params = self.params(first, Token::Rbrack, true, false);
                *is_alias = self.got_assign();
                self.type_or_none()
            }
            _ => Some(self.array_type(pos, None)),
        }
    }

    /// `[A, B]` after a type.
    pub(super) fn type_instance(&mut self, typ: Expr) -> Expr {
        let pos = self.pos;
        self.want(Token::Lbrack);
        let args = if self.tok == Token::Rbrack {
            self.syntax_error("expected type argument list");
            vec![self.bad()]
        } else {
            self.type_list(true).0
        };
        self.want(Token::Rbrack);
        self.node(pos, ExprKind::Index(Box::new(typ), args))
    }

    /// `[n]E` or `[A, B]`, whichever it is.
    pub(super) fn array_or_type_args(&mut self) -> Bracketed {
        let pos = self.pos;
        self.want(Token::Lbrack);
        if self.got(Token::Rbrack) {
            return Bracketed::Type(self.slice_type(pos));
        }
        let (mut args, comma) = self.type_list(false);
        self.want(Token::Rbrack);
        if !comma && let Some(elem) = self.type_or_none() {
            let len = args.pop().map(Box::new);
            return Bracketed::Type(self.node(pos, ExprKind::ArrayType(len, Box::new(elem))));
        }
        Bracketed::Args(pos, args)
    }

    /// Types with commas between and perhaps after; unless `strict` the first may be any expression.
    /// Tells too whether there was a comma.
    pub(super) fn type_list(&mut self, strict: bool) -> (Vec<Expr>, bool) {
        self.literals_allowed += 1;
        let mut list = vec![if strict { self.typ() } else { self.expr() }];
        let mut comma = false;
        while self.got(Token::Comma) {
            comma = true;
            match self.type_or_none() {
                Some(t) => list.push(t),
                None => break,
            }
        }
        self.literals_allowed -= 1;
        (list, comma)
    }

    /// Parameters up to `close`; the opening token is behind us. `first` has been read already: its name, and
    /// perhaps its type. In the result either all have names or none has.
    pub(super) fn params(
        &mut self,
        first: Option<(Ident, Option<Expr>)>,
        close: Token,
        need_names: bool,
        dots_allowed: bool,
    ) -> Vec<Field> {
        let mut first = first;
        if self.tok == close && matches!(first, Some((_, Some(_)))) {
            self.next();
            return first
                .and_then(|(name, typ)| Some(plain_field(name.pos, Some(name), typ?)))
                .into_iter()
                .collect();
        }
        let mut list: Vec<Param> = Vec::new();
        let end = self.list("parameter list", Token::Comma, close, &mut |p| {
            let param = match first.take() {
                Some((name, Some(typ))) => Some(Param { pos: name.pos, name: Some(name), typ: Some(typ) }),
                Some((name, None)) => p.param(Some(name), close),
                None => p.param(None, close),
            };
            list.extend(param);
            false
        });
        let fields = self.distribute(list, end, need_names);
        self.check_dots(fields, dots_allowed)
    }

    /// Decides which lone names are types, and gives every name its type.
    fn distribute(&mut self, list: Vec<Param>, end: Pos, need_names: bool) -> Vec<Field> {
        let count = list.len();
        let named = list.iter().filter(|p| p.name.is_some() && p.typ.is_some()).count();
        let typed = list.iter().filter(|p| p.typ.is_some()).count();
        if named == 0 && !need_names {
            return list
                .into_iter()
                .filter_map(|p| Some(plain_field(p.pos, None, p.typ.or(p.name.map(Self::name_expr))?)))
                .collect();
        }
        let mut at = Pos::NONE;
        let mut typ: Option<Expr> = None;
        let mut fields = Vec::with_capacity(count);
        let mut list = list.into_iter().rev().peekable();
        while let Some(p) = list.next() {
            let name = match (p.name, &p.typ) {
                (None, Some(t)) => {
                    at = t.start();
                    Some(self.ident(at, "_"))
                }
                (name, _) => name,
            };
            if p.typ.is_some() {
                typ = p.typ;
            }
            // Copied only for another name of the same group.
            let shared = list.peek().is_some_and(|before| before.typ.is_none());
            let t = if shared { typ.clone() } else { typ.take() };
            let t = t.unwrap_or_else(|| {
                at = p.pos;
                let mut bad = self.bad();
                (bad.pos, bad.end) = (at, at);
                bad
            });
            fields.push(plain_field(p.pos, name, t));
        }
        fields.reverse();
        if named != count && at.is_some() {
            let (at, message) = match (named == typed, need_names) {
                // Names without types are left over at the end.
                (true, true) => (end, "missing type constraint"),
                (true, false) => (end, "missing parameter type"),
                (false, true) if count == 1 => (at, "missing type parameter name or invalid array length"),
                (false, true) => (at, "missing type parameter name"),
                (false, false) => (at, "missing parameter name"),
            };
            self.syntax_error_at(at, message);
        }
        fields
    }

    /// `...T` may be the last parameter only, and none at all of results and type parameters.
    fn check_dots(&mut self, mut fields: Vec<Field>, allowed: bool) -> Vec<Field> {
        let last = fields.len().saturating_sub(1);
        let mut reported = false;
        for (i, field) in fields.iter_mut().enumerate() {
            if let ExprKind::Ellipsis(elem) = &mut field.typ.kind
                && (!allowed || i < last)
            {
                if !reported {
                    let message = match allowed {
                        true => "can only use ... with final parameter",
                        false => "invalid use of ...",
                    };
                    self.error_at(field.typ.pos, "Lexical", message);
                }
                reported = true;
                if let Some(elem) = elem.take() {
                    field.typ = *elem;
                }
            }
        }
        fields
    }

    /// ParameterDecl = [ identifier ] [ "..." ] Type , with a union as type in a type parameter list.
    fn param(&mut self, name: Option<Ident>, close: Token) -> Option<Param> {
        let unions = close == Token::Rbrack;
        let pos = name.as_ref().map_or(self.pos, |n| n.pos);
        let mut param = Param { pos, name: None, typ: None };
        if name.is_some() || self.tok == Token::Name {
            let name = match name {
                Some(name) => name,
                None => self.name(),
            };
            let typ = match self.tok {
                Token::Lbrack => match self.array_or_type_args() {
                    Bracketed::Type(t) => {
                        param.name = Some(name);
                        t
                    }
                    Bracketed::Args(at, args) => {
                        self.node(at, ExprKind::Index(Box::new(Self::name_expr(name)), args))
                    }
                },
                Token::Dot => self.qualified_name(Some(name)),
                BAR if unions => Self::name_expr(name),
                _ => {
                    param.name = Some(name);
                    return self.param_type(param, unions, close);
                }
            };
            param.typ = Some(if unions { self.union_rest(typ) } else { typ });
            return Some(param);
        }
        self.param_type(param, unions, close)
    }

    /// The type of a parameter, if there is one; the name, if any, is behind us.
    fn param_type(&mut self, mut param: Param, unions: bool, close: Token) -> Option<Param> {
        let pos = self.pos;
        if self.got(Token::DotDotDot) {
            param.typ = Some(match self.type_or_none() {
                Some(elem) => self.node(pos, ExprKind::Ellipsis(Some(Box::new(elem)))),
                None => {
                    let bad = self.bad();
                    self.syntax_error("... is missing type");
                    bad
                }
            });
            return Some(param);
        }
        let typ = if unions && self.tok == TILDE { Some(self.embedded_term()) } else { self.type_or_none() };
        param.typ = match typ {
            Some(t) if unions => Some(self.union_rest(t)),
            t => t,
        };
        if param.name.is_some() || param.typ.is_some() {
            return Some(param);
        }
        self.syntax_error(format!("expected {}", close.describe()));
        self.skip_to(&[Token::Comma, close]);
        None
    }
}

/// Can `x`, read as an expression, be `name constraint`? `P *C`, `P (C)`, `P *C|D`. Only if the constraint could
/// not be a value, or with `force`.
fn splits(x: &Expr, force: bool) -> bool {
    match &x.kind {
        ExprKind::Binary(BinaryOp::Mul, l, r) => {
            matches!(l.kind, ExprKind::Name(_)) && (force || is_type_elem(r))
        }
        ExprKind::Binary(BinaryOp::Or, l, r) => splits(l, force || is_type_elem(r)),
        ExprKind::Call(c) => match c.args.as_slice() {
            [arg] => {
                matches!(c.fun.kind, ExprKind::Name(_))
                    && c.ellipsis.is_none()
                    && (force || is_type_elem(arg))
            }
            _ => false,
        },
        _ => false,
    }
}

/// The parts of a name, or of an expression that [`splits`].
fn split(x: Expr) -> Option<(Ident, Option<Expr>)> {
    let Expr { id, pos, end, kind } = x;
    match kind {
        ExprKind::Name(name) => Some((name, None)),
        ExprKind::Binary(BinaryOp::Mul, l, r) => {
            let star = Expr { id, pos, end, kind: ExprKind::Star(r) };
            split(*l).map(|(name, _)| (name, Some(star)))
        }
        ExprKind::Binary(BinaryOp::Or, l, r) => {
            let (name, lhs) = split(*l)?;
            let kind = ExprKind::Binary(BinaryOp::Or, Box::new(lhs?), r);
            Some((name, Some(Expr { id, pos, end, kind })))
        }
        ExprKind::Call(mut call) => {
            let mut arg = call.args.pop()?;
            while let ExprKind::Paren(inner) = arg.kind {
                arg = *inner;
            }
            split(call.fun).map(|(name, _)| (name, Some(arg)))
        }
        _ => None,
    }
}

/// Can `x` be nothing but a type?
fn is_type_elem(x: &Expr) -> bool {
    match &x.kind {
        ExprKind::ArrayType(..)
        | ExprKind::SliceType(_)
        | ExprKind::StructType(_)
        | ExprKind::FuncType(_)
        | ExprKind::InterfaceType(_)
        | ExprKind::MapType(..)
        | ExprKind::ChanType(..)
        | ExprKind::Unary(UnaryOp::Tilde, _) => true,
        ExprKind::Unary(_, x) | ExprKind::Star(x) | ExprKind::Paren(x) => is_type_elem(x),
        ExprKind::Binary(_, l, r) => is_type_elem(l) || is_type_elem(r),
        _ => false,
    }
}
