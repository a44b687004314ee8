//! Stacks of goroutines in Go's format.
//!
//! ```text
//! goroutine 1 [chan receive]:
//! main.f(...)
//!     /src/x.go:12 +0x1d
//! created by main.main in goroutine 1
//!     /src/x.go:20 +0x45
//! ```
//!
//! Argument values are not known to the runtime, so a call is shown as Go shows an inlined one. Frames of
//! package runtime and of compiler-made wrappers are left out, as Go does.
//!
//! Go counterpart: `runtime/traceback.go`.

use crate::debug_vars::Traceback;
use gort_abi::addr::Sp;
use gort_abi::module::FuncFlags;
use gort_protocols::g_status::GState;
use gort_sched::{GRef, Sched};
use gort_stack::func_table::{Call, FuncTable, Position};
use gort_stack::walk::FrameCursor;
use std::fmt::Write;

/// Frames shown from each end of a deep stack.
const SHOWN_NEWEST: usize = 50;
const SHOWN_OLDEST: usize = 50;

/// The text for one goroutine, which stands still.
///
/// # Safety
/// Its saved context is current and it does not run meanwhile.
pub unsafe fn goroutine(sched: &Sched, g: GRef, status: &str, level: Traceback) -> String {
    // SAFETY: the caller's contract.
    unsafe { goroutine_from(sched, g, status, level, None) }
}

/// As [`goroutine`], without the frames up to the one with frame pointer `from`.
///
/// # Safety
/// As [`goroutine`].
pub unsafe fn goroutine_from(
    sched: &Sched,
    g: GRef,
    status: &str,
    level: Traceback,
    from: Option<Sp>,
) -> String {
    let table = sched.funcs();
    let bubble = match g.bubble() {
        0 => String::new(),
        id => format!(", synctest bubble {id}"),
    };
    let mut text = format!("goroutine {} [{status}{bubble}]:\n", g.goid());
    let mut frames = Vec::new();
    // SAFETY: the caller's contract.
    for frame in unsafe { FrameCursor::new(g.stack_view(), table) } {
        let Some(info) = frame.info else { continue };
        if from.is_some_and(|from| frame.fp <= from) {
            continue;
        }
        for call in table.calls(frame.line_pc()) {
            if level >= Traceback::System || is_shown(call.name, call.flags, frames.is_empty()) {
                // As in Go, a call without a frame has no offset.
                let offset = (!call.inlined).then(|| frame.pc.offset_from(info.entry()));
                frames.push((printed_call(&call), call.position, offset));
            }
        }
    }
    let hidden = frames.len().saturating_sub(SHOWN_NEWEST + SHOWN_OLDEST);
    for (i, (call, position, offset)) in frames.iter().enumerate() {
        if hidden > 0 && i == SHOWN_NEWEST {
            let _ = writeln!(text, "...{hidden} frames elided...");
        }
        if hidden == 0 || i < SHOWN_NEWEST || i >= SHOWN_NEWEST + hidden {
            let _ = writeln!(text, "{call}");
            position_line(&mut text, *position, *offset);
        }
    }
    created_by(&mut text, table, g);
    text
}

fn position_line(text: &mut String, p: Position<'_>, offset: Option<usize>) {
    let _ = write!(text, "\t{}:{}", p.file, p.line);
    if let Some(offset) = offset {
        let _ = write!(text, " +{offset:#x}");
    }
    text.push('\n');
}

fn created_by(text: &mut String, table: &FuncTable, g: GRef) {
    let (parent, pc) = g.created_by();
    if g.goid() == 1 {
        return;
    }
    if let Some(info) = table.find_return(pc) {
        // The `go` statement may be in an inlined function.
        let Some(call) = table.calls(pc.sub(1)).next() else { return };
        let _ = writeln!(text, "created by {} in goroutine {parent}", printed_name(call.name));
        position_line(text, call.position, Some(pc.offset_from(info.entry())));
    }
}

/// Is a frame of this function shown to the programmer? Frames of the runtime are not, except its
/// exported functions and a panic that is not the newest thing on the stack.
fn is_shown(name: &str, flags: FuncFlags, newest: bool) -> bool {
    if flags.contains(FuncFlags::WRAPPER) {
        return false;
    }
    match name.strip_prefix("runtime.") {
        None => name.contains('.'),
        Some("gopanic") => !newest,
        Some(own) => own.starts_with(|c: char| c.is_ascii_uppercase()),
    }
}

fn printed_name(name: &str) -> &str {
    if name == "runtime.gopanic" { "panic" } else { name }
}

fn printed_call(call: &Call<'_>) -> String {
    let takes_none = call.flags.contains(FuncFlags::NO_PARAMS) && !call.inlined || call.name == "main.main";
    format!("{}({})", printed_name(call.name), if takes_none { "" } else { "..." })
}

/// The texts of all goroutines of the program but `except`, each after an empty line.
///
/// # Safety
/// The world is frozen.
pub unsafe fn others(sched: &Sched, except: Option<GRef>, level: Traceback) -> String {
    let mut text = String::new();
    sched.each_g(|g| {
        if Some(g) == except || g.is_hidden() || is_gone(g) {
            return;
        }
        text.push('\n');
        // SAFETY: the caller's contract.
        text.push_str(&unsafe { goroutine(sched, g, &status_text(g), level) });
    });
    text
}

/// Does it run nothing any more?
pub fn is_gone(g: GRef) -> bool {
    matches!(g.status.view().state, GState::Idle | GState::Dead)
}

/// Go's word for what a goroutine is doing.
fn status_text(g: GRef) -> String {
    let durable;
    let text = match g.status.view().state {
        GState::Idle => "idle",
        GState::Runnable => "runnable",
        GState::Running | GState::SuspendVisible => "running",
        GState::Syscall => "syscall",
        GState::Waiting => match g.wait_reason().text() {
            "" => "waiting",
            reason if g.bubble() != 0 && g.wait_reason().is_durable() && !reason.ends_with("(durable)") => {
                durable = format!("{reason} (durable)");
                &durable
            }
            reason if g.is_leaked() => return format!("{reason} (leaked)"),
            reason => reason,
        },
        GState::Preempted => "preempted",
        GState::CopyStack => "copystack",
        GState::Dead => "dead",
    };
    let now = gort_sys::clock::nanotime();
    match g.wait_since().map_or(0, |since| (now - since) / 60_000_000_000) {
        0 => text.to_owned(),
        minutes => format!("{text}, {minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtime_frames_are_hidden() {
        let none = FuncFlags::empty();
        assert!(is_shown("main.f", none, true));
        assert!(is_shown("runtime.Goexit", none, true));
        assert!(!is_shown("runtime.chanrecv1", none, false));
        assert!(!is_shown("runtime.gopanic", none, true));
        assert!(is_shown("runtime.gopanic", none, false));
        assert!(!is_shown("main.T.f", FuncFlags::WRAPPER, false));
    }
}
