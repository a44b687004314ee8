//! Types and method tables: [`crate::iface`].

use super::Pair;
use crate::iface::itab;
use crate::iface::type_info::TypeInfo;
use crate::shared::Shared;
use gort_abi::addr::Addr;
use gort_sched::Current;

pub(super) extern "C" fn get_itab(inter: Addr, typ: Addr) -> Addr {
    let cur = Current::get();
    let shared = Shared::of(&cur);
    shared.itabs.get(&shared.modules, inter, typ).unwrap_or_default()
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
    Pair::text(TypeInfo::new(&Shared::of(&cur).modules, typ).pkg_path())
}
