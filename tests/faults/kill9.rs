//! Row 28 against the real process; the long form is `cargo run --release -p isnad-tests -- kill9 --rounds 500`.

#[test]
fn a_node_killed_at_any_moment_keeps_what_it_acknowledged_and_uses_no_seq_twice() {
    let report = isnad_tests::kill9::run(40, 1);
    println!("{report:?}");
    assert!(report.acknowledged > 40, "{report:?}");
}
