//! Root jobs: a piece of the globals, or one goroutine that the host suspends for us.
//!
//! The scan bit is held while the call-back runs, so it takes no lock above the work buffers, wakes nobody
//! and waits for nobody (heart rule R3). What it finds goes to the local buffers (R7). A mark worker is a
//! goroutine like any other, and may scan itself: while it drains it is `SuspendVisible`.

use crate::collector::Collector;
use crate::host::{Frames, GoroutineView, Suspendable, word_at};
use crate::mark::shade::Shader;
use crate::mark::work_buffer::Grey;
use crate::mutator::Mutator;
use crate::roots::RootJob;
use gort_abi::addr::Addr;

/// Calls `visit` with every word of the view that may be a root.
pub(crate) fn each_root(view: &GoroutineView<'_>, mut visit: impl FnMut(usize)) {
    view.words.iter().copied().for_each(&mut visit);
    match view.frames {
        Frames::Go(frames) => frames.each_root(&mut visit),
        Frames::Native { sp, hi } => {
            let mut at = (sp.0 + 7) & !7;
            while at + 8 <= hi.0 {
                visit(word_at(Addr(at)));
                at += 8;
            }
        }
        Frames::Empty => {}
    }
}

impl Collector {
    /// Runs a root job. False if the goroutine has to be tried again later.
    pub(crate) fn run_root_job(&self, own: &Mutator, who: &Suspendable<'_>, job: RootJob) -> bool {
        let shader = self.shader();
        match job {
            RootJob::Globals(piece) => {
                let grey = own.grey();
                self.roots.each_word(piece, |at| {
                    shader.shade_root(grey, word_at(at));
                    grey.scan_work += 8;
                });
            }
            RootJob::Specials(job) => self.shade_specials(own, job),
            RootJob::Goroutine(index) => {
                let mut scanned = false;
                let done = self.host().scan_goroutine(index, who, &mut |view| {
                    assert!(!std::mem::replace(&mut scanned, true), "INV-GC-3: goroutine scanned twice");
                    self.scan_goroutine_view(shader, own.grey(), view);
                });
                if !done {
                    self.roots.put_back(index);
                    return false;
                }
                assert!(scanned, "INV-GC-3: goroutine not scanned");
            }
        }
        self.roots.finish();
        true
    }

    fn scan_goroutine_view(&self, shader: Shader<'_>, grey: &mut Grey, view: &GoroutineView<'_>) {
        each_root(view, |value| shader.shade_root(grey, value));
        self.stack_bytes.add(view.used_bytes as u64);
        grey.scan_work += view.used_bytes as u64;
    }
}
