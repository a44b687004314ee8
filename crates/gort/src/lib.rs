//! Gort as a library and as a command: from Go files to a running program.
//!
//! * [`load`]: reading files and directories, the only input of the front half (ARCH-5).
//! * [`goroot`]: the standard library's source tree.
//! * [`driver`]: parse, resolve imports, check.
//! * [`embed`]: files as values of variables.
//! * [`std_files`]: the Go files that stand in for package `runtime`.
//! * [`backend`]: lower and compile.
//! * [`testmain`]: the program that runs a package's tests.
//! * [`report`]: how mistakes are shown.
//! * [`cache`]: compiled programs on disk.
//! * [`cmd`]: the subcommands.

pub mod backend;
pub mod cache;
pub mod cmd;
pub mod driver;
pub mod embed;
pub mod goroot;
pub mod load;
pub mod report;
pub mod std_files;
pub mod testmain;
