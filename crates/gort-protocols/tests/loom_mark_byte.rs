//! Model of INV-MARK-1: whoever meets at a white object, one of them scans it, and it stays marked.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::mark_byte::{MARKED, WHITE, is_marked, mark, set};
use loom::sync::Arc;
use loom::sync::atomic::AtomicU8;
use loom::thread;

#[test]
fn somebody_scans() {
    loom::model(|| {
        let byte = Arc::new(AtomicU8::new(WHITE));
        let markers = [0, 1].map(|_| {
            let byte = byte.clone();
            thread::spawn(move || mark(&byte))
        });
        let mine = mark(&byte);
        let scanned =
            markers.map(|m| m.join().unwrap()).into_iter().filter(|s| *s).count() + usize::from(mine);
        assert!(scanned >= 1, "INV-MARK-1: nobody scans it");
        assert!(is_marked(&byte) && !mark(&byte));
    });
}

/// A slot that is handed out while marking may be met by a marker that follows a stale root: it stays marked.
#[test]
fn born_marked_stays_marked() {
    loom::model(|| {
        let byte = Arc::new(AtomicU8::new(WHITE));
        let marker = {
            let byte = byte.clone();
            thread::spawn(move || mark(&byte))
        };
        set(&byte, MARKED);
        marker.join().unwrap();
        assert!(is_marked(&byte));
    });
}
