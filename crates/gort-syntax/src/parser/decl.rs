//! Files and declarations.

use super::Parser;
use crate::ast::{ConstDecl, Decl, ExprKind, File, FuncDecl, FuncType, ImportDecl, TypeDecl, VarDecl};
use crate::token::Token;

const TOP_LEVEL: [Token; 5] = [Token::Import, Token::Const, Token::Type, Token::Var, Token::Func];

impl<'a> Parser<'a> {
    /// SourceFile = PackageClause ";" { ImportDecl ";" } { TopLevelDecl ";" } .
    pub(super) fn source_file(&mut self) -> File {
        let package_pos = self.pos;
        let mut file = File {
            file: self.file,
            package_pos,
            package: self.ident(package_pos, "_"),
            decls: Vec::new(),
            pragmas: Vec::new(),
            has_maps: false,
            eof: package_pos,
        };
        if !self.got(Token::Package) {
            self.syntax_error("package statement must be first");
            return file;
        }
        self.drop_pragmas();
        file.package = self.name();
        self.want(Token::Semi);
        if self.errors > 0 {
            return file;
        }
        let mut previous = Token::Import;
        while self.tok != Token::Eof {
            if self.tok == Token::Import && previous != Token::Import {
                self.syntax_error("imports must appear before other declarations");
            }
            previous = self.tok;
            self.top_level_decl(&mut file.decls);
        }
        file.pragmas = std::mem::take(&mut self.pragmas);
        file.has_maps = self.has_maps;
        file.eof = self.pos;
        file
    }

    fn top_level_decl(&mut self, decls: &mut Vec<Decl>) {
        match self.tok {
            Token::Import | Token::Const | Token::Type | Token::Var => self.decl_group(decls),
            Token::Func => decls.push(Decl::Func(Box::new(self.func_decl()))),
            _ => {
                let bodyless = matches!(decls.last(), Some(Decl::Func(f)) if f.body.is_none());
                if self.tok == Token::Lbrace && bodyless {
                    self.syntax_error("unexpected semicolon or newline before {");
                } else {
                    self.syntax_error("non-declaration statement outside function body");
                }
                return self.skip_to(&TOP_LEVEL);
            }
        }
        // Before the semicolon is consumed: a pragma after it belongs to the next declaration.
        self.drop_pragmas();
        if self.tok != Token::Eof && !self.got(Token::Semi) {
            self.syntax_error("after top level declaration");
            self.skip_to(&TOP_LEVEL);
        }
    }

    /// A declaration from its keyword on: one specification, or several in parentheses.
    pub(super) fn decl_group(&mut self, decls: &mut Vec<Decl>) {
        let keyword = self.tok;
        self.next();
        self.groups += 1;
        let group = self.groups;
        if self.tok != Token::Lparen {
            let decl = self.spec(keyword, group, 0);
            return decls.extend(decl);
        }
        self.drop_pragmas();
        self.next();
        let mut index = 0;
        self.list("grouped declaration", Token::Semi, Token::Rparen, &mut |p| {
            let decl = p.spec(keyword, group, index);
            decls.extend(decl);
            index += 1;
            false
        });
    }

    fn spec(&mut self, keyword: Token, group: u32, index: u32) -> Option<Decl> {
        match keyword {
            Token::Import => self.import_spec().map(Decl::Import),
            Token::Const => Some(Decl::Const(self.const_spec(group, index))),
            Token::Type => Some(Decl::Type(self.type_spec(group))),
            _ => Some(Decl::Var(self.var_spec())),
        }
    }

    /// ImportSpec = [ "." | PackageName ] ImportPath .
    fn import_spec(&mut self) -> Option<ImportDecl> {
        let pos = self.pos;
        let name = match self.tok {
            Token::Name => Some(self.name()),
            Token::Dot => {
                let dot = self.ident(pos, ".");
                self.next();
                Some(dot)
            }
            _ => None,
        };
        let path_pos = self.pos;
        if self.tok != Token::Literal {
            self.syntax_error("missing import path");
            self.skip_to(&[Token::Semi, Token::Rparen]);
            return None;
        }
        let literal = self.literal();
        match &literal.kind {
            ExprKind::BasicLit(lit) if lit.kind == crate::ast::LitKind::String => {
                let path = String::from_utf8_lossy(&lit.bytes).into_owned();
                Some(ImportDecl { pos, name, path, path_pos })
            }
            ExprKind::Bad => None,
            _ => {
                self.syntax_error_at(path_pos, "import path must be a string");
                None
            }
        }
    }

    /// ConstSpec = IdentifierList [ [ Type ] "=" ExpressionList ] .
    fn const_spec(&mut self, group: u32, iota: u32) -> ConstDecl {
        let pos = self.pos;
        let names = self.name_list();
        let mut decl = ConstDecl { pos, names, typ: None, values: Vec::new(), iota, group };
        if !matches!(self.tok, Token::Eof | Token::Semi | Token::Rparen) {
            decl.typ = self.type_or_none();
            if self.got_assign() {
                decl.values = self.expr_list();
            }
        }
        decl
    }

    /// VarSpec = IdentifierList ( Type [ "=" ExpressionList ] | "=" ExpressionList ) .
    fn var_spec(&mut self) -> VarDecl {
        let pos = self.pos;
        let names = self.name_list();
        let mut decl = VarDecl { pos, names, typ: None, values: Vec::new() };
        if self.got_assign() {
            decl.values = self.expr_list();
        } else {
            decl.typ = Some(self.typ());
            if self.got_assign() {
                decl.values = self.expr_list();
            }
        }
        decl
    }

    /// TypeSpec = identifier [ TypeParams ] [ "=" ] Type .
    fn type_spec(&mut self, group: u32) -> TypeDecl {
        let pos = self.pos;
        let name = self.name();
        let mut type_params = Vec::new();
        let mut is_alias = false;
        let typ = if self.tok == Token::Lbrack {
            self.after_type_name(&mut type_params, &mut is_alias)
        } else {
            is_alias = self.got_assign();
            self.type_or_none()
        };
        let typ = typ.unwrap_or_else(|| {
            let bad = self.bad();
            self.syntax_error("in type declaration");
            self.skip_to(&[Token::Semi, Token::Rparen]);
            bad
        });
        TypeDecl { pos, name, type_params, is_alias, typ, group }
    }

    /// FunctionDecl = "func" [ Receiver ] identifier [ TypeParams ] Signature [ Body ] .
    fn func_decl(&mut self) -> FuncDecl {
        let (pos, first) = (self.pos, self.ids.0);
        let pragmas = self.take_pragmas();
        self.next();
        let mut recv = None;
        let has_recv = self.got(Token::Lparen);
        if has_recv {
            let receivers = self.params(None, Token::Rparen, false, false);
            match receivers.len() {
                0 => self.error_at(self.pos, "Receiver", "method has no receiver"),
                1 => {}
                _ => self.error_at(self.pos, "Receiver", "method has multiple receivers"),
            }
            recv = receivers.into_iter().next();
        }
        let (name, type_params, sig);
        if self.tok == Token::Name {
            name = self.name();
            (type_params, sig) = self.signature(pos, "");
        } else {
            name = self.ident(self.pos, "_");
            (type_params, sig) = (Vec::new(), FuncType { pos, params: Vec::new(), results: Vec::new() });
            self.syntax_error(if has_recv { "expected name" } else { "expected name or (" });
            self.skip_to(&[Token::Lbrace, Token::Semi]);
        }
        let body = (self.tok == Token::Lbrace).then(|| self.func_body());
        let ids = first..self.ids.0;
        FuncDecl { pos, recv, name, type_params, sig, body, ids, pragmas }
    }

    /// A function body. Its labels and jumps are checked if nothing else is wrong in it.
    pub(super) fn func_body(&mut self) -> crate::ast::BlockStmt {
        self.function_depth += 1;
        let errors = self.errors;
        let body = self.block("");
        self.function_depth -= 1;
        if errors == self.errors {
            crate::branches::check(&body, self.sources, self.diags);
        }
        body
    }
}
