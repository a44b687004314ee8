//! Addresses with a purpose: no naked `usize` crosses a crate border.
//!
//! All three are plain numbers in the address space of this process. They carry no right to read or
//! write: that right comes with a witness of the crate that owns the memory.

use std::fmt;

macro_rules! address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(transparent)]
        pub struct $name(pub usize);

        impl $name {
            /// The address that points nowhere.
            pub const NULL: Self = Self(0);

            /// Is it the null address?
            pub const fn is_null(self) -> bool {
                self.0 == 0
            }

            /// `self + bytes`; wraps like machine arithmetic.
            #[must_use]
            pub const fn add(self, bytes: usize) -> Self {
                Self(self.0.wrapping_add(bytes))
            }

            /// `self - bytes`; wraps like machine arithmetic.
            #[must_use]
            pub const fn sub(self, bytes: usize) -> Self {
                Self(self.0.wrapping_sub(bytes))
            }

            /// Distance in bytes from `base` up to `self`; wraps like machine arithmetic.
            pub const fn offset_from(self, base: Self) -> usize {
                self.0.wrapping_sub(base.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}", self.0)
            }
        }
    };
}

address! {
    /// An address of data.
    Addr
}
address! {
    /// An address of code: a program counter.
    Pc
}
address! {
    /// An address in a stack: a stack or frame pointer.
    Sp
}
