//! Memory by size and by page: the allocator under the collector.
//!
//! An allocation climbs. A P's [`mcache`] has, for every [`layout`], a window of zeroed slots: taking one
//! is a comparison and an addition. A used-up window is refilled from the [`span`] it lies in; a used-up
//! span goes back to the [`mcentral`] of its layout, which gives another one, sweeping on the way
//! ([`sweep_one`]); when there is none, [`mheap`] makes one from pages ([`page_alloc`]) of the [`arena`],
//! which grows by asking the system. Objects over 32 KiB start at the pages ([`large`]). Pages that stay free go
//! back to the system ([`scavenge`]).
//!
//! The heap knows spans and bits; it knows neither colours nor goroutines. Who may call what follows from
//! ownership: a cache belongs to its P, a span to whoever has it in hand (INV-CENTRAL-1), pages to a span.
//!
//! Go counterpart: `malloc.go`, `mheap.go` and their neighbours.

pub mod arena;
pub mod large;
pub mod layout;
pub mod mcache;
mod mcentral;
pub mod mem_profile;
pub mod mheap;
pub mod owned_word;
pub mod page_alloc;
mod page_bits;
mod page_cache;
pub mod scavenge;
pub mod size_class;
pub mod span;
mod span_pool;
pub mod special;
pub mod stats;
pub mod sweep_one;
pub mod type_ref;

pub use layout::{LayoutId, Placement};
pub use mcache::{AllocWindow, EMPTY_WINDOW, MCache, Placed};
pub use mheap::{Heap, ObjectRef, OutOfMemory};
pub use span::{ScanKind, Span, SpanRef};
pub use stats::HeapStats;
pub use type_ref::TypeRef;
