//! Journey 4: an incident entered in Arabic on a laptop without a network, and on its way when the network returns.

use std::path::Path;

use isnad_tests::binary::{Consortium, json, say_with_input};

use super::{Two, claims, flat, shows, told};

/// A form as the template asks for it; the place is not told to others.
const INCIDENT: &str = "\
العنوان [ar]: قصف بغاز الكلور
التاريخ: بداية نيسان 2017
المكان: ريف حماة الشمالي؛ محجوب
الضحايا: 6 قتلى
    وفقا لـ: HOSPITAL
الضحايا: 4 قتلى
    وفقا لـ: CLINIC
اسم مختصر: chlorine-april
";

fn hospital(home: &Path, name: &str) -> String {
    let form = format!("الاسم [ar]: {name}\nالنوع: منظمة غير حكومية\n");
    let new = ["--json", "--lang", "ar", "record", "new", "organisation", "--from", "-"];
    say_with_input(home, &new, form.as_bytes()).json()["record"].as_str().unwrap().to_owned()
}

#[test]
fn journey_4_an_incident_is_entered_offline_in_arabic_and_told_how_far_it_has_come() {
    let mut two = Two { consortium: Consortium::found(2), nodes: Vec::new() };
    let home = two.home(0).to_owned();
    let names = ["مشفى الشام", "مركز الطوارئ"];
    let [one, other] = names.map(|name| hospital(&home, name));
    let form = INCIDENT.replace("HOSPITAL", &one).replace("CLINIC", &other);
    let file = two.consortium.file("form.txt", form);
    let new = ["record", "new", "incident", "--from", &file];

    // Before it leaves: the words, the marking, the readers.
    let preview = flat(&told(&home, "ar", &[&new[..], &["--preview"]].concat()));
    shows(&preview, &["TLP:AMBER", "Organisation 0", "Organisation 1", "قصف بغاز الكلور", names[0], names[1]]);
    shows(&preview, &["2017-04-01/2017-04-10~", "محجوب", "معاينة فقط: لم يُوقَّع شيء"]);
    assert_eq!(json(&home, &["list", "incident"]).as_array().unwrap().len(), 0);

    // Later: video files, hashed, with their custody (issue 9).
    let written = json(&home, &[&["--lang", "ar"], &new[..]].concat());
    let record = written["record"].as_str().unwrap();
    let view = json(&home, &["show", record]);
    assert_eq!(claims(&view, "date")[0]["value"], "2017-04-01/2017-04-10~");
    let place = &claims(&view, "place")[0]["value"];
    assert_eq!((&place["geo_precision"], &place["lat"]), (&"withheld".into(), &serde_json::Value::Null));
    let bodies: Vec<_> =
        claims(&view, "casualty").iter().map(|claim| claim["according_to"]["record"].clone()).collect();
    assert!(bodies.len() == 2 && bodies.contains(&one.into()) && bodies.contains(&other.into()), "{bodies:?}");

    // Signed here, and nowhere else yet.
    let entries = json(&home, &["status"])["sent"]["entries"].as_u64().unwrap();
    assert_eq!(entries, 3);
    shows(
        &flat(&told(&home, "ar", &["status"])),
        &["3 قيود لمنظمتكم؛ العقد الأخرى: 1، وصلت إلى 0 منها", "Organisation 1"],
    );
    two.connect();
    two.nodes[0].wait_for("/status", |_, status| (status["sent"]["nodes"] == 1).then_some(()));
    let status = flat(&told(&home, "ar", &["status"]));
    shows(&status, &["3 قيود لمنظمتكم؛ العقد الأخرى: 1، وصلت إلى 1 منها"]);
    assert!(!status.contains("لم تصل بعد"), "{status}");
    let read = flat(&told(two.home(1), "ar", &["show", "chlorine-april"]));
    shows(&read, &["قصف بغاز الكلور", "الضحايا", names[0], names[1], "محجوب"]);
}
