//! Journey 13, as far as it exists: an organisation's home, its founding by files, and how its node fares.

use isnad_tests::binary::json;

use super::{LANGUAGES, Two, flat, shows, told};

#[test]
fn journey_13_members_found_a_consortium_by_files_and_see_how_their_nodes_fare() {
    // `Two` is founded by `init`, `organisation export`, `found draft`, `sign`, `assemble` and `join`, as people would.
    let two = Two::with_incidents();
    let own: Vec<_> =
        [0, 1].map(|number| json(two.home(number), &["organisation", "show"])["organisation"].clone()).into();
    for number in [0, 1] {
        let home = two.home(number);
        let who = json(home, &["who"]);
        let members: Vec<_> = who["organisations"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        assert!(own.iter().all(|id| members.contains(id)), "each reads the id that the other shows: {who}");
        assert!(who["acts"].as_array().unwrap().iter().all(|act| act["in_effect"] == true));
        let status = json(home, &["status"]);
        let peers: Vec<_> = status["peers"].as_object().unwrap().values().collect();
        assert!(peers.len() == 1 && peers[0]["behind"] == 0 && peers[0]["due"] == 0, "{status}");
        for (language, word) in LANGUAGES.into_iter().zip(["متزامنة", "in sync", "synchronisé"]) {
            let name = format!("Organisation {}", 1 - number);
            shows(&flat(&told(home, language, &["status"])), &[word, &name]);
        }
    }
    // Check words, invitations and amendments: `tests/e2e/joining.rs` and `governing.rs`.
    // Later: clock skew, inert entries and disk in `status`.
}
