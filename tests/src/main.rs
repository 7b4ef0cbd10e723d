//! `cargo run --release -p isnad-tests -- bench`: figures as ratios; long campaigns.

fn main() {}
