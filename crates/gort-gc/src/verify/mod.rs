//! What is traced anew with the world stopped: verifiers, which trust nothing that marking has computed, and the search
//! for leaked goroutines.

mod checkmark;
mod leaks;
mod retrace;
