//! Remembers what the source calls objects and parameters, for `-m`.

use super::Body;
use super::value::Val;
use super::variable::Home;
use crate::func::{NamedObject, NamedParam, Value};
use crate::lower::abi::{Pass, Results};
use gort_syntax::ast::Expr;
use gort_syntax::source::Pos;
use gort_types::object::ObjId;

impl Body<'_, '_> {
    fn note(&mut self, value: Value, pos: Pos, text: String, variable: bool) {
        let notes = self.b.func.notes.get_or_insert_default();
        notes.objects.push(NamedObject { value, pos, text, variable });
    }

    /// An object made by an expression.
    pub(super) fn note_expr(&mut self, value: Value, pos: Pos, text: impl FnOnce() -> String) {
        if self.l.explain {
            self.note(value, pos, text(), false);
        }
    }

    /// What is boxed to make an interface value of an expression.
    pub(super) fn note_boxed(&mut self, v: &Val, e: &Expr) {
        if let (Val::Scalars(words), true) = (v, self.l.explain)
            && let &[_, data] = words.as_slice()
        {
            self.note(data, e.pos, gort_syntax::print::expr(e), false);
        }
    }

    /// A variable in a cell.
    pub(super) fn note_variable(&mut self, obj: ObjId, home: &Home) {
        if let (Home::Cell(var), true) = (home, self.l.explain) {
            let cell = self.b.use_var(*var);
            self.note_cell(obj, cell);
        }
    }

    /// A variable in the cell at that address.
    pub(super) fn note_cell(&mut self, obj: ObjId, cell: Value) {
        if self.l.explain {
            let object = &self.l.prog.objs[obj];
            let (pos, name) = (object.pos, object.name.to_string());
            self.note(cell, pos, name, true);
        }
    }

    /// Where the function is.
    pub(super) fn note_func(&mut self, pos: Pos) {
        if self.l.explain {
            self.b.func.notes.get_or_insert_default().at = pos;
        }
    }

    /// A parameter.
    pub(super) fn note_param(&mut self, obj: ObjId, pass: &Pass) {
        if self.l.explain {
            let object = &self.l.prog.objs[obj];
            let (range, in_memory) = match pass {
                Pass::Scalars(r) => (r.clone(), false),
                Pass::Mem(i) => (*i..*i + 1, true),
            };
            let param = NamedParam { pos: object.pos, name: object.name.to_string(), range, in_memory };
            self.b.func.notes.get_or_insert_default().params.push(param);
        }
    }

    /// The results.
    pub(super) fn note_results(&mut self, objs: &[ObjId]) {
        if !self.l.explain {
            return;
        }
        let name = |i: usize, obj: ObjId| match &*self.l.prog.objs[obj].name {
            "" | "_" => format!("~r{i}"),
            name => name.to_owned(),
        };
        let names: Vec<String> = objs.iter().enumerate().map(|(i, &obj)| name(i, obj)).collect();
        let results = match &self.abi.results {
            Results::Registers(ranges) => names.into_iter().zip(ranges.iter().cloned()).collect(),
            // Which of them is not known: the first stands for all.
            Results::Memory { .. } => names.into_iter().take(1).map(|name| (name, 0..0)).collect(),
        };
        self.b.func.notes.get_or_insert_default().results = results;
    }
}
