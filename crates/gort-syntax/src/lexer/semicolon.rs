//! Automatic semicolons: a line that ends in one of these tokens ends a statement.
//!
//! The specification's rule 1; rule 2 (no semicolon needed before `)` and `}`) is the parser's.

use crate::token::Token;

/// Does a newline after `token` count as a semicolon?
pub(super) const fn may_end_statement(token: Token) -> bool {
    matches!(
        token,
        Token::Name
            | Token::Literal
            | Token::Break
            | Token::Continue
            | Token::Fallthrough
            | Token::Return
            | Token::IncDec(_)
            | Token::Rparen
            | Token::Rbrack
            | Token::Rbrace
    )
}
