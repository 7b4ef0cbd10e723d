//! The figures of benches that are exact: bytes on the wire do not depend on the machine. The others are `isnad-tests -- bench`.

use isnad_tests::bench::wire;

#[test]
fn sessions_cost_what_was_asked_at_most() {
    let costs = wire::measure();
    assert!(costs.equal <= 300 && costs.equal_frames == 2, "{costs:?}");
    assert!(costs.first_entry <= 120 && costs.next_entry <= 120, "{costs:?}");
}
