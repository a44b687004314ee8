//! What compiled code knows about allocation: the windows that it takes small objects from.
//!
//! `PContext::alloc_windows` points to a table of windows `{next, end}`, one per layout. To allocate an
//! object whose type has a window, code loads `next`; if it equals `end`, it calls `runtime.newobject`;
//! else it stores `next + slot_size` back, and `next` is the zeroed object. Which window a type has is
//! known when its module is loaded, see [`crate::module::RelocKind`].

/// Offset of `next` in a window.
pub const WINDOW_NEXT: i32 = 0;

/// Offset of `end` in a window.
pub const WINDOW_END: i32 = 8;

/// Largest object that compiled code may allocate by itself.
pub const MAX_INLINE: usize = 512;

/// Bytes of the slot that an object of `bytes` (1 to 32768) gets: steps of 8 up to 128, then eight equal
/// steps per doubling.
pub const fn slot_size(bytes: usize) -> usize {
    if bytes <= 128 {
        return bytes.next_multiple_of(8);
    }
    let step = 1 << ((bytes - 1).ilog2() - 3);
    bytes.next_multiple_of(step)
}
