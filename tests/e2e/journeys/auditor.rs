//! Journeys 9 and 10: what was known when, and that nothing was removed or rewritten.

use std::collections::BTreeSet;
use std::path::Path;

use isnad_node::home::Home;
use isnad_node::identity;
use isnad_node::keystore::{Keystore, Passphrase, Purpose, Unlocker};
use isnad_node::node::{Node, Options};
use isnad_protocol::act::{Act, Body, Cut, OrganisationBody, Place, Revocation};
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::{Governance, bundle_acts, parse_acts};
use isnad_protocol::id::{ActId, NodeId, OpenSpace, OrganisationId, RecordId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::replica::{Replica, Stored};
use isnad_protocol::store::{LogView as _, MemoryStore};
use isnad_protocol::time::{Day, Timestamp};
use isnad_tests::binary::{Consortium, json, passphrase_file, refused};
use isnad_tests::consortium::{Site, carried};
use serde_json::Value;

use super::{Two, claims, shows, told, told_flat};

const DOUMA: RecordId = RecordId::new([1, 0xd0, 0x07, 0xa0, 0x20, 0x18, 4, 7, 0, 0, 0, 0, 0, 0, 0, 1]);

/// What an organisation said of Douma on several days of 2018 and 2019, as its own entries claim.
const SAID: [((i16, i8, i8), &str); 4] = [
    ((2018, 4, 8), r#"{"lang":"en","prop":"title","value":"Douma"}"#),
    ((2018, 4, 9), r#"{"prop":"alias","value":"douma-2018-04-07"}"#),
    ((2018, 7, 6), r#"{"lang":"en","prop":"note","value":"Interim report of the FFM: chlorinated organics."}"#),
    ((2019, 3, 1), r#"{"lang":"en","prop":"note","value":"Final report of the FFM: reasonable grounds."}"#),
];

/// An organisation's replica with its real contributor key, to sign with the times of the past.
fn site(consortium: &Consortium, number: usize) -> Site {
    let home = &consortium.homes[number];
    let file = consortium.path("acts");
    json(home, &["export", "--format", "acts", "-o", &file]);
    let acts = parse_acts(&std::fs::read(file).unwrap()).unwrap();
    let governance = Governance::assemble(acts).unwrap();
    let store = Keystore::open(&Home::open(home).unwrap().keys()).unwrap();
    let infos = store.list().unwrap();
    let info = infos.iter().find(|info| info.purpose == Purpose::Contributor).unwrap();
    let mut unlocker = Unlocker::new(Passphrase::from_file(&passphrase_file(home)).unwrap());
    let key = SecretKey::from_seed(store.unlock(info, &mut unlocker).unwrap().as_bytes());
    let organisation = json(home, &["organisation", "show"])["organisation"].as_str().unwrap().to_owned();
    Site {
        number: 0,
        node: NodeId::new([9; 32]),
        organisation: OrganisationId::parse(&organisation).unwrap(),
        colleague: SecretKey::from_seed(&[9; 32]),
        replica: Replica::new(governance, Stored::default(), BTreeSet::from([key.public()])),
        key,
        store: MemoryStore::default(),
    }
}

/// Says all of [`SAID`] in its log, each at noon of its day.
fn speak(site: &mut Site) {
    SAID.into_iter().for_each(|(day, claim)| say_on(site, DOUMA, day, claim));
}

fn say_on(site: &mut Site, record: RecordId, (year, month, day): (i16, i8, i8), claim: &str) {
    let midnight = Day::new(year, month, day).unwrap();
    let draft = Draft {
        kind: Kind::Change,
        space: OpenSpace::Members.id(&site.replica.governance().consortium()),
        organisation: site.organisation,
        record,
        generation: 0,
        time: noon(midnight),
        payload: Payload { salt: [7; 16], bytes: format!(r#"{{"ops":[{{"claim":{claim}}}]}}"#).into_bytes() },
    };
    let end = site.replica.end_of(site.log());
    let entry: Entry = draft.seal((end.seq, end.id), &site.key);
    assert_eq!(site.submit(vec![entry]), Ok(()));
}

fn noon(day: Day) -> Timestamp {
    let days = (0..60_000_u64).find(|days| Timestamp(days * 86_400_000).day() == day).unwrap();
    Timestamp(days * 86_400_000 + 43_200_000)
}

/// Hands a home what that replica holds, through the door that every carried file passes.
fn take_in(home: &Path, site: &Site) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = Options { home: Home::open(home).unwrap(), unlocker: None, network: None };
        let node = Node::start(options, &mut |_| ()).await.unwrap();
        assert_eq!(node.carry_in(carried(site)).await.unwrap(), Vec::<String>::new());
        node.stop().await;
    });
}

#[test]
fn journey_9_a_page_is_read_as_it_could_have_been_shown_that_day() {
    let consortium = Consortium::found(3);
    // The third organisation signed all along; its entries reach the first today.
    let mut site = site(&consortium, 2);
    speak(&mut site);
    take_in(&consortium.homes[0], &site);
    let mut two = Two { consortium, nodes: Vec::new() };
    two.connect();
    for home in [two.home(0), two.home(1)] {
        let notes = |arguments: &[&str]| {
            claims(&json(home, &[&["show", "douma-2018-04-07"], arguments].concat()), "note").len()
        };
        assert_eq!(notes(&[]), 2);
        assert_eq!(notes(&["--as-of", "2018-07-06"]), 1);
        assert_eq!(notes(&["--as-of", "2018-05-18"]), 0);
        let page = told_flat(home, &["show", "douma-2018-04-07", "--as-of", "2018-05-18"]);
        shows(&page, &["Douma", "2018-05-18"]);
        assert!(!page.contains("FFM"), "the interim report was not out yet: {page}");
        let view = json(home, &["show", "douma-2018-04-07", "--as-of", "2018-05-18"]);
        assert_eq!((&view["as_of"]["left_out"], &view["today"]), (&2.into(), &"2018-05-18".into()));
        assert_eq!(refused(home, &["show", "douma-2018-04-07", "--as-of", "2018-04-07"], 1)["code"], "not_found");
        let story = told_flat(home, &["history", "douma-2018-04-07", "--as-of", "2018-12-31"]);
        assert!(story.contains("Interim report") && !story.contains("Final report"), "{story}");
        let listed = json(home, &["list", "incident", "--as-of", "2018-04-08"]);
        assert_eq!(listed.as_array().unwrap().len(), 1);
        assert_eq!(json(home, &["list", "incident", "--as-of", "2018-04-07"]).as_array().unwrap().len(), 0);
    }
    // Later: `isnad bundle`, one file for a separate verifier, and the frontier that was read (issue 8).
}

/// The act by which a site's organisation revokes its contributor key behind a position of its log.
fn revoked(consortium: &Consortium, site: &Site, seq: u64) -> String {
    let governance = site.replica.governance();
    let scope = ActId::new(*site.organisation.as_bytes());
    let last = site.store.read_log(site.log(), seq - 1, 1).unwrap().remove(0);
    let mut number = 0;
    let random = || {
        number += 1;
        [number; Cut::RANDOM_SIZE]
    };
    let cuts = Cut::fill(vec![Cut::new(&site.log(), last.end())], random);
    let revocations = vec![Revocation { cuts, key: site.key.public(), reason: "left".to_owned() }];
    let body = Body::Organisation(OrganisationBody { revocations, ..OrganisationBody::default() });
    let place = Place { version: 2, consortium: governance.consortium(), scope, previous: scope };
    let home = &consortium.homes[2];
    let mut unlocker = Unlocker::new(Passphrase::from_file(&passphrase_file(home)).unwrap());
    let act = identity::sign(&Home::open(home).unwrap(), Act::draft(place, &body).unwrap(), &mut unlocker).unwrap();
    consortium.file("revocation", bundle_acts([&act]))
}

/// What an organisation unsays by revoking its own key stays what readers saw until they heard of it.
#[test]
fn journey_9_what_was_unsaid_later_is_there_as_of_the_days_before() {
    const ELSEWHERE: RecordId = RecordId::new([1, 0xd0, 0x07, 0xa0, 0x20, 0x18, 4, 7, 0, 0, 0, 0, 0, 0, 0, 2]);
    let consortium = Consortium::found(3);
    for home in &consortium.homes {
        std::fs::write(home.join("isnad.toml"), "attest_after = 0\n").unwrap();
    }
    let mut site = site(&consortium, 2);
    speak(&mut site);
    say_on(&mut site, ELSEWHERE, (2018, 9, 1), r#"{"lang":"en","prop":"title","value":"Said nowhere else"}"#);
    let entry = format!("{}:4", site.key.public().to_short());
    take_in(&consortium.homes[0], &site);
    let mut two = Two { consortium, nodes: Vec::new() };
    two.connect();
    // Both others hold all of it, and say so, before anybody knows that it is to be unsaid.
    let held = |_, told: &Value| (told["acknowledged"].as_array()?.len() == 2).then_some(());
    two.nodes.iter().for_each(|node| node.wait_for(&format!("/standing/{entry}"), held));
    let file = revoked(&two.consortium, &site, 2);
    let act = json(two.home(0), &["act", "take", &file])["id"].clone();
    let known = |_, story: &Value| {
        let of = story.as_array()?.iter().find(|chapter| chapter["id"] == act)?;
        (of["acknowledged"].as_array()?.len() == 2).then_some(())
    };
    two.nodes.iter().for_each(|node| node.wait_for("/who/history", known));
    for home in [two.home(0), two.home(1)] {
        assert_eq!(json(home, &["explain", &entry])["standing"], "repudiated");
        let as_of = |day: &str| {
            let day = (!day.is_empty()).then_some(["--as-of", day]);
            let day = day.as_ref().map(|day| &day[..]).unwrap_or_default();
            let view = json(home, &[&["show", "douma-2018-04-07"], day].concat());
            let listed = json(home, &[&["list", "incident", "--search", "Said nowhere"], day].concat());
            (claims(&view, "note").len(), listed.as_array().unwrap().len())
        };
        let days = ["2018-07-05", "2018-07-06", "2018-12-31", "2019-12-31", "2999-01-01", ""];
        assert_eq!(days.map(as_of), [(0, 0), (1, 0), (1, 1), (2, 1), (0, 0), (0, 0)]);
        // Its history and its explanation say the same, with the day.
        let story = told_flat(home, &["history", "douma-2018-04-07", "--as-of", "2018-12-31"]);
        shows(&story, &["Interim report", "2018-12-31"]);
        let view = json(home, &["show", "douma-2018-04-07", "--as-of", "2018-12-31"]);
        let note = claims(&view, "note")[0]["id"].as_str().unwrap().to_owned();
        let explained = |day: &[&str]| json(home, &[&["explain", &note], day].concat());
        let (then, now) = (explained(&["--as-of", "2018-12-31"]), explained(&[]));
        assert_eq!(then["said_by"][0]["standing"], "counts", "{then}");
        assert_eq!(now["said_by"][0]["standing"], "repudiated", "{now}");
        assert_ne!(then["place"], now["place"]);
    }
}

#[test]
fn journey_10_nothing_is_removed_or_rewritten_and_both_can_show_it() {
    let two = Two::with_incidents();
    let (one, other) = (two.home(0), two.home(1));
    let view = json(one, &["show", "technolab"]);
    let note = claims(&view, "note")[0]["id"].as_str().unwrap().to_owned();
    json(one, &["claim", "retract", "technolab", &note, "--reason", "error", "--note", "mistyped"]);
    two.agree();
    for home in [one, other] {
        let story = told_flat(home, &["history", "technolab"]);
        shows(&story, &["A response denying the allegation is on record", "retracted"]);
        let audit = json(home, &["audit"]);
        assert_eq!((&audit["faults"], &audit["entries"]), (&0.into(), &312.into()), "{audit}");
        // Counts, not contents.
        let report = told(home, "en", &["audit"]);
        shows(&report, &["entries", "signatures", "faults: 0"]);
        assert!(!report.contains("Technolab") && !report.contains("response"), "{report}");
    }
    let spaces = [one, other].map(|home| json(home, &["digest"])["spaces"].clone());
    assert_eq!(spaces[0], spaces[1]);
    for home in [one, other] {
        let status = json(home, &["status"]);
        let peers = status["peers"].as_object().unwrap();
        assert!(
            peers.values().all(|peer| peer["is_live"] == true && peer["behind"] == 0 && peer["due"] == 0),
            "{status}"
        );
    }
    // Later: `audit --peers`, gaps and erasures by peer, forks with both signatures (issues 5 and 8).
}
