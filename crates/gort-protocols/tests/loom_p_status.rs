//! Model of INV-P-2: a P in a system call has one winner, which sees the per-P state.
#![cfg(loom)]
#![allow(unsafe_code, missing_docs)]

use gort_protocols::p_status::{PStatus, Token};
use loom::{cell::UnsafeCell, sync::Arc, thread};

struct P {
    status: PStatus,
    state: UnsafeCell<u32>,
}
// SAFETY: INV-P-1; loom checks it.
unsafe impl Sync for P {}
// SAFETY: INV-P-1; loom checks it.
unsafe impl Send for P {}

impl P {
    fn touch(&self) {
        // SAFETY: INV-P-1.
        self.state.with_mut(|p| unsafe { *p += 1 });
    }
}

#[test]
fn one_winner() {
    loom::model(|| {
        let p = Arc::new(P { status: PStatus::new(), state: UnsafeCell::new(0) });
        p.status.resume();
        let takes: [fn(&PStatus, Token) -> bool; 2] = [PStatus::try_retake, PStatus::try_stop_syscall];
        let others = takes.map(|take| {
            let p = p.clone();
            thread::spawn(move || {
                let won = p.status.syscall_token().is_some_and(|call| take(&p.status, call));
                if won {
                    p.touch();
                }
                won
            })
        });
        p.touch();
        let call = p.status.enter_syscall();
        let mut winners = 0;
        if p.status.try_exit_syscall(call) {
            p.touch();
            winners += 1;
        }
        for other in others {
            winners += i32::from(other.join().unwrap());
        }
        assert_eq!(winners, 1);
    });
}
