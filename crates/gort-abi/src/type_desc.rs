//! Run-time type descriptors, in the form of Go's `internal/abi.Type`.
//!
//! Go counterpart: `internal/abi/type.go`. Compiled modules hold them as data; the runtime and Go's own
//! `reflect` read them. On amd64 the common head is 48 bytes:
//!
//! ```text
//!  0 Size_ uintptr       8 PtrBytes uintptr    16 Hash uint32   20 TFlag u8  21 Align_ u8
//! 22 FieldAlign_ u8     23 Kind_ u8            24 Equal *funcval  32 GCData *byte
//! 40 Str int32 (NameOff)  44 PtrToThis int32 (TypeOff)
//! ```
//!
//! `Str` and every other `NameOff`, `TypeOff` and `TextOff` is an offset from the module's data base.
//! `GCData` points to a mask of one bit per word for the first `PtrBytes` bytes, whatever the size.
//! A `Name` is: flag byte (1 exported, 2 has tag, 4 has package path, 8 embedded), varint length, bytes,
//! then tag (varint length, bytes) and a 4-byte package-path NameOff if flagged.

/// Size in bytes of the common head.
pub const TYPE_HEAD: usize = 48;

/// Added to the code offset of a method in an interface (`Method.Ifn`) it gives the offset for the method as a function of
/// its receiver (`Method.Tfn`). There is no code at such offsets: the runtime makes it when somebody asks.
pub const TYPED_METHOD: i32 = 1 << 30;

/// Offsets of the common head's fields, in bytes.
pub mod offset {
    #![allow(missing_docs)]
    pub const SIZE: usize = 0;
    pub const PTR_BYTES: usize = 8;
    pub const HASH: usize = 16;
    pub const TFLAG: usize = 20;
    pub const ALIGN: usize = 21;
    pub const FIELD_ALIGN: usize = 22;
    pub const KIND: usize = 23;
    pub const EQUAL: usize = 24;
    pub const GC_DATA: usize = 32;
    pub const STR: usize = 40;
    pub const PTR_TO_THIS: usize = 44;
}

/// `TFlag` bits.
pub mod tflag {
    #![allow(missing_docs)]
    pub const UNCOMMON: u8 = 1;
    pub const EXTRA_STAR: u8 = 2;
    pub const NAMED: u8 = 4;
    pub const REGULAR_MEMORY: u8 = 8;
    pub const GC_MASK_ON_DEMAND: u8 = 16;
    pub const DIRECT_IFACE: u8 = 32;
}

/// `Kind_` values, Go's numbering.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    Array,
    Chan,
    Func,
    Interface,
    Map,
    Pointer,
    Slice,
    String,
    Struct,
    UnsafePointer,
}
