//! Model of INV-CREDIT-1: a waiter does not sleep while its debt could be paid.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::assist_credit::AssistCredit;
use loom::sync::{Arc, Mutex};
use loom::thread;

/// The queue holds debts; pays from the front, as the collector does.
fn pay(credit: &AssistCredit, queue: &mut Vec<u64>) {
    while let Some(debt) = queue.first_mut() {
        *debt -= credit.take(*debt);
        if *debt > 0 {
            return;
        }
        queue.remove(0);
        credit.leave(1);
    }
}

#[test]
fn nobody_sleeps_rich() {
    loom::model(|| {
        let shared = Arc::new((AssistCredit::new(), Mutex::new(Vec::new())));
        let waiter = {
            let shared = shared.clone();
            thread::spawn(move || {
                let mut queue = shared.1.lock().unwrap();
                queue.push(2_u64);
                if shared.0.join() {
                    pay(&shared.0, &mut queue);
                }
            })
        };
        for _ in 0..2 {
            if shared.0.earn(1) {
                pay(&shared.0, &mut shared.1.lock().unwrap());
            }
        }
        waiter.join().unwrap();
        assert!(shared.1.lock().unwrap().is_empty(), "INV-CREDIT-1: asleep with two bytes in the pool");
        assert_eq!(shared.0.take(9), 0, "INV-CREDIT-2");
    });
}

#[test]
fn stealers_and_a_waiter_share_what_is_earned() {
    loom::model(|| {
        let shared = Arc::new((AssistCredit::new(), Mutex::new(Vec::new())));
        let stealer = {
            let shared = shared.clone();
            thread::spawn(move || shared.0.take(1))
        };
        {
            let mut queue = shared.1.lock().unwrap();
            queue.push(1_u64);
            if shared.0.join() {
                pay(&shared.0, &mut queue);
            }
        }
        if shared.0.earn(2) {
            pay(&shared.0, &mut shared.1.lock().unwrap());
        }
        let stolen = stealer.join().unwrap();
        assert!(shared.1.lock().unwrap().is_empty(), "INV-CREDIT-1");
        assert_eq!(stolen + 1 + shared.0.take(9), 2, "INV-CREDIT-2");
    });
}
