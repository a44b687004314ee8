//! Types and method tables: [`crate::iface`]; offsets in descriptors.

use super::Pair;
use crate::iface::itab;
use crate::iface::type_info::TypeInfo;
use crate::shared::Shared;
use gort_abi::addr::Addr;
use gort_abi::type_desc::TYPED_METHOD;
use gort_sched::Current;

pub(super) extern "C" fn get_itab(inter: Addr, typ: Addr) -> Addr {
    let cur = Current::get();
    let shared = Shared::of(&cur);
    shared.itabs.get(&shared.modules, inter, typ)
}

pub(super) extern "C" fn missing_method(inter: Addr, typ: Addr) -> Pair {
    let cur = Current::get();
    Pair::text(itab::missing_method(&Shared::of(&cur).modules, inter, typ))
}

pub(super) extern "C" fn type_string(typ: Addr) -> Pair {
    let cur = Current::get();
    Pair::text(TypeInfo::new(&Shared::of(&cur).modules, typ).string())
}

pub(super) extern "C" fn type_pkg_path(typ: Addr) -> Pair {
    let cur = Current::get();
    Pair::text(TypeInfo::new(&Shared::of(&cur).modules, typ).names_path())
}

/// What the data offset `offset` in the descriptor at `typ` means.
pub(super) extern "C" fn resolve_data_off(typ: Addr, offset: i64) -> Addr {
    let cur = Current::get();
    Shared::of(&cur).modules.data_offset(typ, offset as i32).unwrap_or_default()
}

/// What the code offset `offset` in the descriptor at `typ` means; `helper` is the func value of `calltypedmethod`.
pub(super) extern "C" fn resolve_text_off(typ: Addr, offset: i64, helper: Addr) -> Addr {
    let cur = Current::get();
    let shared = Shared::of(&cur);
    let (modules, offset) = (&shared.modules, offset as i32);
    if offset < TYPED_METHOD {
        return modules.text_offset(typ, offset).unwrap_or_default();
    }
    let step = super::frames::typed_method as *const () as usize;
    shared.typed_methods.code(modules, typ, offset, helper, step).unwrap_or_default()
}

/// An offset for an address that the program made. The program keeps what is there.
pub(super) extern "C" fn add_reflect_off(at: Addr) -> i64 {
    let cur = Current::get();
    let shared = Shared::of(&cur);
    match shared.modules.made.add(at) {
        Some(offset) => i64::from(offset),
        None => crate::fatal::throw(&cur, shared, "reflect: too many types made at run time"),
    }
}

pub(super) extern "C" fn typelinks() -> Pair {
    let cur = Current::get();
    let types = Shared::of(&cur).typelinks();
    Pair(types.as_ptr() as u64, types.len() as u64)
}
