//! One request at a time says something of a record: what it is held against still stands when it is signed.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::RecordId;
use tokio::sync::Notify;

use super::Request;

/// The records that requests are under way about.
#[derive(Debug, Default)]
pub struct Turns {
    under_way: Mutex<BTreeSet<RecordId>>,
    freed: Notify,
}

/// A request's turn at its records; over when it is dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    records: BTreeSet<RecordId>,
}

impl Turns {
    /// Waits until no other request is under way about what this one is about. Requests about other records go on beside it.
    pub(super) async fn wait_for(&self, request: &Request) -> Turn<'_> {
        let records = records(request);
        loop {
            let mut freed = pin!(self.freed.notified());
            // Before the look: what is freed in between wakes this one all the same.
            freed.as_mut().enable();
            {
                let mut under_way = self.lock();
                if under_way.is_disjoint(&records) {
                    under_way.extend(&records);
                    return Turn { turns: self, records };
                }
            }
            freed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<RecordId>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut under_way = self.turns.lock();
        self.records.iter().for_each(|record| {
            under_way.remove(record);
        });
        drop(under_way);
        self.turns.freed.notify_waiters();
    }
}

/// What a request is about: its records, and the other one of each pair that it judges.
fn records(request: &Request) -> BTreeSet<RecordId> {
    let claims = request.changes.iter().flat_map(|change| &change.claims);
    let judged = claims.filter(|claim| claim.get("prop").and_then(Json::as_text) == Some("judgement"));
    let others = judged.filter_map(|claim| RecordId::parse(claim.get("value")?.get("record")?.as_text()?).ok());
    others.chain(request.changes.iter().map(|change| change.record)).collect()
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::writing::Change;

    fn about(records: &[u8]) -> Request {
        let changes = records.iter().map(|record| Change::of(RecordId::new([*record; 16]))).collect();
        Request { changes, ..Request::default() }
    }

    #[test]
    fn requests_about_one_record_wait_for_each_other_and_about_others_do_not() {
        let turns = Turns::default();
        let mut context = Context::from_waker(Waker::noop());
        let (one, other, both) = (about(&[1]), about(&[2]), about(&[1, 2]));
        let (mut first, mut second) = (Box::pin(turns.wait_for(&one)), Box::pin(turns.wait_for(&other)));
        let Poll::Ready(first) = first.as_mut().poll(&mut context) else { panic!("nobody is before it") };
        let Poll::Ready(second) = second.as_mut().poll(&mut context) else { panic!("it is about another record") };
        let mut third = Box::pin(turns.wait_for(&both));
        assert!(third.as_mut().poll(&mut context).is_pending());
        drop(first);
        assert!(third.as_mut().poll(&mut context).is_pending());
        drop(second);
        assert!(third.as_mut().poll(&mut context).is_ready());
        assert!(turns.lock().is_empty(), "and it is over");
    }

    #[test]
    fn a_judgement_is_about_both_of_its_records() {
        let mut request = about(&[1]);
        let value = Json::object([("record", Json::text(RecordId::new([2; 16]).to_string()))]);
        request.changes[0].claims = vec![Json::object([("prop", Json::text("judgement")), ("value", value)])];
        assert_eq!(records(&request), BTreeSet::from([RecordId::new([1; 16]), RecordId::new([2; 16])]));
    }
}
