//! Methods as functions of their receiver: what `reflect.Type.Method(i).Func` calls.
//!
//! Compiled code has each method of a descriptor as an interface calls it, with a word for its receiver. As a func value it is
//! wanted seldom, so its code is made when reflect asks for it: a thunk that knows the method, and a Go function
//! (`calltypedmethod`) that boxes the receiver.
//!
//! Go counterpart: `Method.Tfn` of `internal/abi/type.go`, whose code the linker has.

use super::type_info::TypeInfo;
use crate::code::Modules;
use gort_abi::addr::Addr;
use gort_abi::type_desc::TYPED_METHOD;
use gort_stack::arch::{MADE_SIZE, write_made};
use gort_sync::{LockRank, Mutex};
use gort_sys::{OsError, mem};
use std::collections::HashMap;

/// A method, as `calltypedmethod` of package runtime sees it.
#[derive(Debug)]
#[repr(C)]
pub struct TypedMethod {
    /// The receiver's type.
    pub typ: Addr,
    /// The method's type, without receiver.
    pub ftyp: Addr,
    /// Its code, which takes the receiver's word.
    pub code: Addr,
    /// The func value of the Go function that calls it.
    pub helper: Addr,
}

/// The code made for the methods of one type.
#[derive(Debug)]
struct Made {
    records: Box<[TypedMethod]>,
    code: Addr,
    bytes: usize,
}

impl Drop for Made {
    fn drop(&mut self) {
        // SAFETY: mapped in `make`; the runtime that used it is gone.
        unsafe { mem::release(self.code, self.bytes) };
    }
}

/// All code made so far, by receiver type.
#[derive(Debug)]
pub struct TypedMethods(Mutex<HashMap<Addr, Made>>);

impl Default for TypedMethods {
    fn default() -> Self {
        Self(Mutex::new(LockRank::Itab, HashMap::new()))
    }
}

impl TypedMethods {
    /// The code at the offset `offset`, which is at least [`TYPED_METHOD`], for a method of `typ`. `step` is what its thunk
    /// calls. None if there is no such method, or no memory.
    pub fn code(&self, modules: &Modules, typ: Addr, offset: i32, helper: Addr, step: usize) -> Option<Addr> {
        let code = modules.text_offset(typ, offset - TYPED_METHOD)?;
        let mut all = self.0.lock();
        let made = match all.entry(typ) {
            std::collections::hash_map::Entry::Occupied(e) => e.into_mut(),
            std::collections::hash_map::Entry::Vacant(e) => e.insert(make(modules, typ, helper, step).ok()?),
        };
        let index = made.records.iter().position(|m| m.code == code)?;
        Some(made.code.add(index * MADE_SIZE))
    }
}

fn make(modules: &Modules, typ: Addr, helper: Addr, step: usize) -> Result<Made, OsError> {
    let methods = TypeInfo::new(modules, typ).methods();
    let records: Box<[TypedMethod]> =
        methods.map(|m| TypedMethod { typ, ftyp: m.method.typ, code: m.ifn, helper }).collect();
    let bytes = mem::round_up_page(records.len().max(1) * MADE_SIZE);
    let code = mem::reserve(bytes, Addr::NULL)?;
    let made = Made { records, code, bytes };
    // SAFETY: the range just reserved.
    unsafe { mem::commit(code, bytes)? };
    // SAFETY: committed, and nobody else's.
    let out = unsafe { std::slice::from_raw_parts_mut(code.0 as *mut u8, bytes) };
    for (record, out) in made.records.iter().zip(out.chunks_mut(MADE_SIZE)) {
        write_made(std::ptr::from_ref(record) as usize, step, out);
    }
    // SAFETY: whole pages of the mapping.
    unsafe { mem::protect_execute(code, bytes)? };
    Ok(made)
}
