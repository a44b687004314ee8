//! Variables: where they live, and their declaration.

use super::Body;
use super::place::Place;
use super::value::{Addr, Base, MAX_SLOT, Val};
use crate::builder::Var;
use crate::func::{Slot, SlotData, Value};
use crate::inst::{Op, Ty};
use gort_syntax::source::Pos;
use gort_types::object::{ObjId, ObjKind, VarKind};
use gort_types::types::TypeId;
use std::rc::Rc;

/// Where a local variable lives.
#[derive(Clone, Debug)]
pub(super) enum Home {
    /// In SSA variables, one for each scalar.
    Scalars(Rc<[Var]>),
    /// In a slot.
    Slot(Slot),
    /// In memory of the caller that is ours for the call: the address.
    Stack(Var),
    /// In a heap cell: its address.
    Cell(Var),
    /// In a heap cell whose address is in a slot.
    CellSlot(Slot),
    /// Captured by value: in the closure, never written.
    Capture(Var, u64),
}

impl Body<'_, '_> {
    /// A place for a new variable, its content undefined; in the heap if `in_cell`.
    pub(super) fn new_home(&mut self, t: TypeId, in_cell: bool) -> Home {
        let layout = self.layout(t);
        if in_cell || layout.size > MAX_SLOT {
            let cell = self.new_object(t);
            return Home::Cell(self.ptr_var(cell));
        }
        match layout.scalars {
            Some(scalars) => Home::Scalars(scalars.iter().map(|s| self.b.declare_var(s.ty)).collect()),
            None => Home::Slot(self.slot_for(t)),
        }
    }

    /// An SSA variable that holds a pointer.
    pub(super) fn ptr_var(&mut self, p: Value) -> Var {
        let var = self.b.declare_var(Ty::Ptr);
        self.b.def_var(var, p);
        var
    }

    /// A slot that holds a pointer.
    pub(super) fn ptr_slot(&mut self, p: Value) -> Slot {
        let slot = self.b.create_slot(SlotData { size: 8, align: 8, pointers: vec![0] });
        self.b.emit(Op::SlotStore(slot, 0, p), &[]);
        slot
    }

    pub(super) fn home_place(&mut self, home: &Home) -> Place {
        match home {
            Home::Scalars(vars) => Place::Vars(vars.to_vec()),
            Home::Slot(s) => Place::Mem(Addr::slot(*s)),
            Home::Stack(v) => Place::Mem(Addr::stack(self.b.use_var(*v))),
            Home::Cell(v) => Place::Mem(Addr::heap(self.b.use_var(*v))),
            Home::CellSlot(s) => {
                let p = self.b.emit1(Op::SlotLoad(*s, 0), Ty::Ptr);
                Place::Mem(Addr::heap(p))
            }
            Home::Capture(v, offset) => Place::Mem(Addr::heap(self.b.use_var(*v)).plus(*offset)),
        }
    }

    pub(super) fn store_home(&mut self, t: TypeId, home: &Home, v: &Val) {
        let place = self.home_place(home);
        self.store_place(t, place, v);
    }

    pub(super) fn load_home(&mut self, t: TypeId, home: &Home) -> Val {
        let place = self.home_place(home);
        self.load_place(t, place)
    }

    /// A new variable with this value, or zero.
    pub(super) fn declare(&mut self, obj: ObjId, init: Option<Val>) {
        let t = self.l.obj_type(obj);
        let in_cell = self.facts.in_cell(obj);
        if let (Some(slot), false) = (whole_slot(init.as_ref()), in_cell) {
            // A temporary becomes the variable.
            self.homes.insert(obj, Home::Slot(slot));
            return;
        }
        let home = self.new_home(t, in_cell);
        self.note_variable(obj, &home);
        match init {
            Some(v) => self.store_home(t, &home, &v),
            None if matches!(home, Home::Cell(_)) => {}
            None => match self.home_place(&home) {
                Place::Mem(addr) => self.zero(t, addr),
                place => {
                    let v = self.zero_val(t);
                    self.store_place(t, place, &v);
                }
            },
        }
        self.homes.insert(obj, home);
    }

    /// The variable of that object as a place.
    pub(super) fn object_place(&mut self, obj: ObjId, pos: Pos) -> Place {
        if let ObjKind::Var { kind: VarKind::Package, .. } = self.l.prog.objs[obj].kind {
            let s = self.l.global_symbol(obj);
            let p = self.b.emit1(Op::SymAddr(s, 0), Ty::Ptr);
            return Place::Mem(Addr::heap(p));
        }
        match self.homes.get(&obj).cloned() {
            Some(home) => self.home_place(&home),
            None => {
                let name = self.l.prog.objs[obj].name.clone();
                self.surprise(pos, &format!("variable {name} has no place"));
                Place::Blank
            }
        }
    }

    /// Gives a loop variable that lives in a cell a new cell with the same value.
    pub(super) fn renew_cell(&mut self, obj: ObjId) {
        let Some(Home::Cell(var)) = self.homes.get(&obj).cloned() else { return };
        let t = self.l.obj_type(obj);
        let old = self.b.use_var(var);
        let v = self.load(t, Addr::heap(old));
        let new = self.new_object(t);
        self.store(t, Addr::heap(new), &v);
        self.b.def_var(var, new);
    }
}

/// The slot that a temporary value fills.
fn whole_slot(v: Option<&Val>) -> Option<Slot> {
    match v {
        Some(Val::Mem { addr: Addr { base: Base::Slot(s), offset: 0 }, fresh: true }) => Some(*s),
        _ => None,
    }
}
