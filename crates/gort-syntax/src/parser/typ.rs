//! Types.

use super::Parser;
use crate::ast::{ChanDir, Expr, ExprKind, Field, FuncType, Ident, InterfaceElem};
use crate::source::Pos;
use crate::token::{BAR, STAR, TILDE, Token};

const CONTEXT_METHOD: &str = "interface method";

impl<'a> Parser<'a> {
    /// A type; complains if there is none.
    pub(super) fn typ(&mut self) -> Expr {
        self.type_or_none().unwrap_or_else(|| {
            let bad = self.bad();
            self.syntax_error("expected type");
            self.skip_to(&[
                Token::Comma,
                Token::Colon,
                Token::Semi,
                Token::Rparen,
                Token::Rbrack,
                Token::Rbrace,
            ]);
            bad
        })
    }

    /// Type = TypeName | TypeLit | "(" Type ")" . `None` if no type begins here.
    pub(super) fn type_or_none(&mut self) -> Option<Expr> {
        match self.deeper(Self::type_or_none_here) {
            Some(t) => t,
            None => Some(self.bad()),
        }
    }

    fn type_or_none_here(&mut self) -> Option<Expr> {
        let pos = self.pos;
        Some(match self.tok {
            STAR => {
                self.next();
                let elem = Box::new(self.typ());
                self.node(pos, ExprKind::Star(elem))
            }
            Token::Arrow => {
                self.next();
                self.want(Token::Chan);
                let elem = Box::new(self.chan_elem());
                self.node(pos, ExprKind::ChanType(ChanDir::Recv, elem))
            }
            Token::Chan => {
                self.next();
                let dir = if self.got(Token::Arrow) { ChanDir::Send } else { ChanDir::Both };
                let elem = Box::new(self.chan_elem());
                self.node(pos, ExprKind::ChanType(dir, elem))
            }
            Token::Func => {
                self.next();
                // Go's position of a function type is its opening parenthesis.
                let paren = self.pos;
                let (_, sig) = self.signature(pos, "function type");
                self.node(paren, ExprKind::FuncType(Box::new(sig)))
            }
            Token::Lbrack => {
                self.next();
                if self.got(Token::Rbrack) { self.slice_type(pos) } else { self.array_type(pos, None) }
            }
            Token::Map => {
                self.has_maps = true;
                self.next();
                self.want(Token::Lbrack);
                let key = Box::new(self.typ());
                self.want(Token::Rbrack);
                let value = Box::new(self.typ());
                self.node(pos, ExprKind::MapType(key, value))
            }
            Token::Struct => self.struct_type(),
            Token::Interface => self.interface_type(),
            Token::Name => self.qualified_name(None),
            Token::Lparen => {
                self.next();
                let t = self.typ();
                self.want(Token::Rparen);
                t
            }
            _ => return None,
        })
    }

    /// `[]` is behind us.
    pub(super) fn slice_type(&mut self, pos: Pos) -> Expr {
        let elem = Box::new(self.typ());
        self.node(pos, ExprKind::SliceType(elem))
    }

    /// `[` is behind us, and the length too if given.
    pub(super) fn array_type(&mut self, pos: Pos, len: Option<Expr>) -> Expr {
        let mut len = len;
        if len.is_none() && !self.got(Token::DotDotDot) {
            self.literals_allowed += 1;
            len = Some(self.expr());
            self.literals_allowed -= 1;
        }
        if self.tok == Token::Comma {
            // Fine after a type parameter, not after a length.
            self.syntax_error("unexpected comma; expected ]");
            self.next();
        }
        self.want(Token::Rbrack);
        let elem = Box::new(self.typ());
        self.node(pos, ExprKind::ArrayType(len.map(Box::new), elem))
    }

    fn chan_elem(&mut self) -> Expr {
        self.type_or_none().unwrap_or_else(|| {
            let bad = self.bad();
            self.syntax_error("missing channel element type");
            bad
        })
    }

    /// [ TypeParams ] Parameters [ Result ] . With a `context`, type parameters are an error in it.
    pub(super) fn signature(&mut self, pos: Pos, context: &str) -> (Vec<Field>, FuncType) {
        let at = self.pos;
        let mut type_params = Vec::new();
        if self.got(Token::Lbrack) {
            if !context.is_empty() {
                self.syntax_error_at(at, format!("{context} must have no type parameters"));
            }
            if self.tok == Token::Rbrack {
                self.syntax_error("empty type parameter list");
                self.next();
            } else {
                type_params = self.params(None, Token::Rbrack, true, false);
            }
        }
        self.want(Token::Lparen);
        let params = self.params(None, Token::Rparen, false, true);
        let results = self.results();
        (type_params, FuncType { pos, params, results })
    }

    /// Result = Parameters | Type .
    fn results(&mut self) -> Vec<Field> {
        if self.got(Token::Lparen) {
            return self.params(None, Token::Rparen, false, false);
        }
        let pos = self.pos;
        self.type_or_none().map(|typ| plain_field(pos, None, typ)).into_iter().collect()
    }

    /// StructType = "struct" "{" { FieldDecl ";" } "}" .
    fn struct_type(&mut self) -> Expr {
        let pos = self.pos;
        self.want(Token::Struct);
        self.want(Token::Lbrace);
        let mut fields = Vec::new();
        self.list("struct type", Token::Semi, Token::Rbrace, &mut |p| {
            p.field_decl(&mut fields);
            false
        });
        self.node(pos, ExprKind::StructType(fields))
    }

    /// FieldDecl = (IdentifierList Type | EmbeddedField) [ Tag ] .
    fn field_decl(&mut self, fields: &mut Vec<Field>) {
        let pos = self.pos;
        let embedded = match self.tok {
            Token::Name => {
                let name = self.name();
                if matches!(self.tok, Token::Dot | Token::Literal | Token::Semi | Token::Rbrace) {
                    self.qualified_name(Some(name))
                } else {
                    match self.named_fields(name, fields) {
                        Some(embedded) => embedded,
                        None => return,
                    }
                }
            }
            STAR => {
                self.next();
                let parens = self.tok == Token::Lparen;
                if parens {
                    self.syntax_error("cannot parenthesize embedded type");
                    self.next();
                }
                let typ = Box::new(self.qualified_name(None));
                if parens {
                    self.got(Token::Rparen);
                }
                self.node(pos, ExprKind::Star(typ))
            }
            Token::Lparen => {
                self.syntax_error("cannot parenthesize embedded type");
                self.next();
                let star = self.pos;
                let typ = if self.got(STAR) {
                    let typ = Box::new(self.qualified_name(None));
                    self.node(star, ExprKind::Star(typ))
                } else {
                    self.qualified_name(None)
                };
                self.got(Token::Rparen);
                typ
            }
            _ => {
                self.syntax_error("expected field name or embedded type");
                return self.skip_to(&[Token::Semi, Token::Rbrace]);
            }
        };
        let (tag, tag_pos) = self.tag();
        fields.push(Field { pos, name: None, typ: embedded, tag, tag_pos, embedded: true });
    }

    /// Fields from their first name on. Returns the type if it turns out to be an embedded `T[P]`.
    fn named_fields(&mut self, first: Ident, fields: &mut Vec<Field>) -> Option<Expr> {
        let mut names = vec![first];
        while self.got(Token::Comma) {
            names.push(self.name());
        }
        let typ = match (names.as_slice(), self.tok) {
            ([name], Token::Lbrack) => match self.array_or_type_args() {
                Bracketed::Type(t) => t,
                Bracketed::Args(pos, args) => {
                    let name = Box::new(Self::name_expr(name.clone()));
                    return Some(self.node(pos, ExprKind::Index(name, args)));
                }
            },
            _ => self.typ(),
        };
        let (tag, tag_pos) = self.tag();
        let field = |name: Ident, typ: Expr, tag: Option<String>| Field {
            pos: name.pos,
            name: Some(name),
            typ,
            tag,
            tag_pos,
            embedded: false,
        };
        // The last one gets the type itself: copies of deeply nested ones would take quadratic time.
        let last = names.pop();
        fields.extend(names.into_iter().map(|name| field(name, typ.clone(), tag.clone())));
        fields.extend(last.map(|name| field(name, typ, tag)));
        None
    }

    fn tag(&mut self) -> (Option<String>, Pos) {
        let pos = self.pos;
        if self.tok != Token::Literal {
            return (None, Pos::NONE);
        }
        match self.literal().kind {
            ExprKind::BasicLit(lit) if lit.kind == crate::ast::LitKind::String => {
                (Some(String::from_utf8_lossy(&lit.bytes).into_owned()), pos)
            }
            ExprKind::Bad => (None, pos),
            _ => {
                self.error_at(pos, "InvalidTag", "struct field tag must be a string");
                (None, pos)
            }
        }
    }

    /// InterfaceType = "interface" "{" { ( MethodSpec | EmbeddedElem ) ";" } "}" .
    fn interface_type(&mut self) -> Expr {
        let pos = self.pos;
        self.want(Token::Interface);
        self.want(Token::Lbrace);
        let mut elems = Vec::new();
        self.list("interface type", Token::Semi, Token::Rbrace, &mut |p| {
            let elem = if p.tok == Token::Name {
                p.method_or_type()
            } else {
                let term = p.embedded_term();
                InterfaceElem::Embedded(term)
            };
            elems.push(match elem {
                InterfaceElem::Embedded(t) => InterfaceElem::Embedded(p.union_rest(t)),
                method => method,
            });
            false
        });
        self.node(pos, ExprKind::InterfaceType(elems))
    }

    /// A method, or a type that begins with a name.
    fn method_or_type(&mut self) -> InterfaceElem {
        let name = self.name();
        match self.tok {
            Token::Lparen => self.method(name),
            Token::Lbrack => self.method_or_instance(name),
            _ => InterfaceElem::Embedded(self.qualified_name(Some(name))),
        }
    }

    fn method(&mut self, name: Ident) -> InterfaceElem {
        let (_, sig) = self.signature(name.pos, CONTEXT_METHOD);
        InterfaceElem::Method(name, sig)
    }

    /// `name[`: an instantiated type to embed, or (an error) a method with type parameters.
    fn method_or_instance(&mut self, name: Ident) -> InterfaceElem {
        let pos = self.pos;
        self.next();
        if self.tok == Token::Rbrack {
            let at = self.pos;
            self.next();
            let method = self.tok == Token::Lparen;
            let what = if method { "empty type parameter list" } else { "empty type argument list" };
            self.error_at(at, "Lexical", what);
            return if method { self.method(name) } else { InterfaceElem::Embedded(Self::name_expr(name)) };
        }
        let list = self.params(None, Token::Rbrack, false, false);
        if list.first().is_some_and(|f| f.name.is_some()) {
            let method = self.method(name);
            self.error_at(pos, "Lexical", "interface method must have no type parameters");
            return method;
        }
        if list.is_empty() {
            return match self.tok {
                Token::Lparen => self.method(name),
                _ => InterfaceElem::Embedded(Self::name_expr(name)),
            };
        }
        let args = list.into_iter().map(|f| f.typ).collect();
        InterfaceElem::Embedded(self.node(pos, ExprKind::Index(Box::new(Self::name_expr(name)), args)))
    }

    /// `| term`s after `first`.
    pub(super) fn union_rest(&mut self, first: Expr) -> Expr {
        let mut union = first;
        let mut chain = 0;
        while self.tok == BAR && self.chain_goes_on(&mut chain) {
            let pos = self.pos;
            self.next();
            let term = Box::new(self.embedded_term());
            union = self.node(pos, ExprKind::Binary(crate::ast::BinaryOp::Or, Box::new(union), term));
        }
        union
    }

    /// EmbeddedTerm = [ "~" ] Type .
    pub(super) fn embedded_term(&mut self) -> Expr {
        let pos = self.pos;
        if self.got(TILDE) {
            let t = Box::new(self.typ());
            return self.node(pos, ExprKind::Unary(crate::ast::UnaryOp::Tilde, t));
        }
        self.type_or_none().unwrap_or_else(|| {
            let bad = self.bad();
            self.syntax_error("expected ~ term or type");
            self.skip_to(&[BAR, Token::Semi, Token::Rparen, Token::Rbrack, Token::Rbrace]);
            bad
        })
    }

    /// TypeName [ TypeArgs ], from its name on if that has been read.
    pub(super) fn qualified_name(&mut self, name: Option<Ident>) -> Expr {
        let mut x = match name {
            Some(name) => Self::name_expr(name),
            None if self.tok == Token::Name => Self::name_expr(self.name()),
            None => {
                let missing = self.ident(self.pos, "_");
                self.syntax_error("expected name");
                self.skip_to(&[Token::Dot, Token::Semi, Token::Rbrace]);
                Self::name_expr(missing)
            }
        };
        if self.got(Token::Dot) {
            let sel = self.name();
            x = self.node(sel.pos, ExprKind::Selector(Box::new(x), sel));
        }
        if self.tok == Token::Lbrack {
            x = self.type_instance(x);
        }
        x
    }
}

/// What brackets after a name were.
pub(super) enum Bracketed {
    /// `[n]E`, `[]E`
    Type(Expr),
    /// `[A, B]`, at that position.
    Args(Pos, Vec<Expr>),
}

/// A field with neither tag nor embedding.
pub(super) fn plain_field(pos: Pos, name: Option<Ident>, typ: Expr) -> Field {
    Field { pos, name, typ, tag: None, tag_pos: Pos::NONE, embedded: false }
}
