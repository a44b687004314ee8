//! Marking: white objects become grey ([`shade`]), grey ones are scanned and become black ([`drain`]).

pub(crate) mod ahead;
pub(crate) mod drain;
pub(crate) mod edges;
pub(crate) mod kernel;
pub(crate) mod scan_object;
pub(crate) mod scan_stack;
pub(crate) mod shade;
pub(crate) mod work_buffer;
pub mod worker;
