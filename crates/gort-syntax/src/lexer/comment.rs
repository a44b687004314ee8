//! Comments, and the two kinds that mean something: `line` and `go:` directives.

use super::{Lexer, Report};

impl Lexer<'_> {
    /// The rest of a `//` comment, without its newline.
    pub(super) fn line_comment(&mut self) {
        // Most comments are plain and long: find the end first, look for forbidden characters as usual.
        while !matches!(self.ch, None | Some('\n')) {
            self.bump();
        }
        let comment = self.segment();
        let body = comment.get(2..).unwrap_or("");
        let body = body.strip_suffix('\r').unwrap_or(body);
        if let Some(text) = body.strip_prefix("line ") {
            if self.start == self.line_begin() {
                let text_at = (self.start + 7) as u32;
                self.reports.push(Report::Line(text_at, text.to_owned(), (self.off + 1) as u32));
            }
        } else if body.starts_with("go:") {
            self.reports.push(Report::Pragma(self.start as u32, body.trim_end().to_owned()));
        }
    }

    /// Offset of the first byte of the line the token starts on.
    fn line_begin(&self) -> usize {
        self.text.get(..self.start).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1)
    }

    /// The rest of a `/*` comment.
    pub(super) fn block_comment(&mut self) {
        loop {
            match self.ch {
                None => {
                    self.error_at(self.start, "comment not terminated");
                    return;
                }
                Some('*') => {
                    self.bump();
                    if self.eat('/') {
                        break;
                    }
                }
                Some(_) => self.bump(),
            }
        }
        let comment = self.segment();
        let body = comment.get(2..comment.len().saturating_sub(2)).unwrap_or("");
        if let Some(text) = body.strip_prefix("line ")
            && !body.contains('\n')
        {
            self.reports.push(Report::Line((self.start + 7) as u32, text.to_owned(), self.off as u32));
        }
    }
}
