//! What tests of several crates share: fixtures a Go programmer can read, and how they are judged.

pub mod error_comments;
