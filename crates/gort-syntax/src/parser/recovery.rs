//! What to say about a mistake, and where to go on after it.
//!
//! A message that begins with `expected`, `in`, `at` or `after` is about the current token and gets
//! `unexpected TOKEN` put before it; any other stands alone. After a mistake the parser skips to a token that may
//! follow the production, or, in a function, to one that starts a statement.

use super::{MAX_DEPTH, Parser};
use crate::source::Pos;
use crate::token::{STAR, Token};

impl Parser<'_> {
    /// Reports something that is not a syntax error in Go's terms.
    pub(super) fn error_at(&mut self, pos: Pos, code: &'static str, message: impl Into<String>) {
        self.errors += 1;
        self.diags.error(pos, code, message);
    }

    /// Reports a syntax error at the current token.
    pub(super) fn syntax_error(&mut self, message: impl AsRef<str>) {
        self.syntax_error_at(self.pos, message);
    }

    /// Reports a syntax error at `pos`.
    pub(super) fn syntax_error_at(&mut self, pos: Pos, message: impl AsRef<str>) {
        let message = message.as_ref();
        if self.tok == Token::Eof && self.errors > 0 {
            return; // a consequence of an earlier mistake
        }
        let glue = if message.starts_with("expected ") {
            ", "
        } else if ["in ", "at ", "after "].iter().any(|p| message.starts_with(p)) {
            " "
        } else {
            return self.error_at(pos, "", format!("syntax error: {message}"));
        };
        let found = match self.tok {
            Token::Name => format!("name {}", self.lex.lit),
            Token::Semi => self.lex.lit.to_owned(),
            Token::Literal => format!("literal {}", self.lex.lit),
            other => other.describe(),
        };
        self.error_at(pos, "", format!("syntax error: unexpected {found}{glue}{message}"));
    }

    /// Skips to one of `follow` (any operator but `*` if one of them is an operator), or in a function to the
    /// start of a statement, or to the end.
    pub(super) fn skip_to(&mut self, follow: &[Token]) {
        while self.tok != Token::Eof
            && !(self.function_depth > 0 && self.tok.starts_statement())
            && !(self.tok != STAR && follow.iter().any(|t| t.same_kind(self.tok)))
        {
            self.next();
        }
    }

    /// Skips one token, so that the parser gets on.
    pub(super) fn skip_one(&mut self) {
        if self.tok != Token::Eof {
            self.next();
        }
    }

    /// Gives up: the text nests deeper than [`MAX_DEPTH`].
    pub(super) fn too_deep(&mut self) {
        if self.tok != Token::Eof {
            self.error_at(self.pos, "", "syntax error: exceeded max nesting depth");
            self.lex.skip_to_end();
            while self.tok != Token::Eof {
                self.next();
            }
        }
        debug_assert!(self.depth <= MAX_DEPTH, "INV-SYNTAX-1");
    }
}
