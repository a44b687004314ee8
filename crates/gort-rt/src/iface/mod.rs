//! Types and method sets at run time: what assertions and type switches ask.

pub mod call_layout;
pub mod call_layouts;
pub mod itab;
pub mod type_info;
pub mod typed_method;
