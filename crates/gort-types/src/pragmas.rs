//! `//go:` comments that stand where they may not.
//!
//! Go counterpart: `cmd/compile/internal/noder` (`pragma`, `checkEmbed`).

use crate::checker::Checker;
use gort_syntax::ast::{Decl, File, Pragma};
use gort_syntax::source::Pos;

/// Directives for Go's runtime only.
const RUNTIME_ONLY: [&str; 4] =
    ["go:nowritebarrier", "go:nowritebarrierrec", "go:systemstack", "go:yeswritebarrierrec"];

/// Directives that the tool cgo writes.
const CGO: [&str; 7] = [
    "go:cgo_export_dynamic",
    "go:cgo_export_static",
    "go:cgo_import_dynamic",
    "go:cgo_import_static",
    "go:cgo_dynamic_linker",
    "go:cgo_ldflag",
    "go:cgo_unsafe_args",
];

/// Directives for functions.
const OF_FUNCTIONS: [&str; 8] = [
    "go:noescape",
    "go:norace",
    "go:nosplit",
    "go:noinline",
    "go:nocheckptr",
    "go:uintptrkeepalive",
    "go:uintptrescapes",
    "go:registerparams",
];

impl<'a> Checker<'a> {
    /// Checks the directives of programs; the standard library's are right.
    pub(crate) fn check_pragmas(&mut self) {
        if self.options.bodyless {
            return;
        }
        let files: &'a [File] = self.files;
        for file in files {
            for p in &file.pragmas {
                self.check_pragma(file, p);
            }
            for decl in &file.decls {
                if let Decl::Func(f) = decl
                    && f.body.is_some()
                    && f.pragmas.iter().any(|p| &**p == "go:noescape")
                {
                    let msg = "can only use //go:noescape with external func implementations";
                    self.error(f.pos, "", msg);
                }
            }
        }
    }

    fn check_pragma(&mut self, file: &'a File, p: &'a Pragma) {
        let imports = |path: &str| file.decls.iter().any(|d| matches!(d, Decl::Import(i) if i.path == path));
        let mut words = p.text.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let msg = match verb {
            "go:embed" if !imports("embed") => {
                "go:embed only allowed in Go files that import \"embed\"".to_owned()
            }
            "go:embed" if in_function(file, p) => "go:embed cannot apply to var inside func".to_owned(),
            "go:linkname" if !imports("unsafe") => {
                "//go:linkname only allowed in Go files that import \"unsafe\"".to_owned()
            }
            "go:linknamestd" => "//go:linknamestd is only allowed in the standard library".to_owned(),
            "go:cgo_ldflag" if words.next().is_none() => "usage: //go:cgo_ldflag \"arg\"".to_owned(),
            _ if RUNTIME_ONLY.contains(&verb) => format!("//{verb} only allowed in runtime"),
            _ if CGO.contains(&verb) => format!("//{} only allowed in cgo-generated code", p.text),
            "go:build" if p.pos > file.package_pos => "misplaced compiler directive".to_owned(),
            _ if OF_FUNCTIONS.contains(&verb) && !p.of_func => "misplaced compiler directive".to_owned(),
            _ => return,
        };
        // Behind the slashes.
        self.error(Pos(p.pos.0 + 2), "", msg);
    }
}

fn in_function(file: &File, p: &Pragma) -> bool {
    file.decls.iter().any(|d| match d {
        Decl::Func(f) => f.body.as_ref().is_some_and(|b| b.lbrace < p.pos && p.pos < b.rbrace),
        _ => false,
    })
}
