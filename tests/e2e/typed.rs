//! What people type, by flags and in forms, and what is made of it: nothing is signed that they did not say.

use std::path::Path;

use isnad_tests::binary::{Consortium, json, refused, say};

/// A source and a designation of it have one alias.
const DATASET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/data/incidents.json");

/// A record of a kind from the lines of a form.
fn new(consortium: &Consortium, kind: &str, text: &str) -> String {
    let file = consortium.file("form.txt", text);
    let written = json(&consortium.homes[0], &["record", "new", kind, "--from", &file]);
    written["record"].as_str().unwrap().to_owned()
}

/// The claims of a record on a property.
fn claims(home: &Path, record: &str, prop: &str) -> Vec<serde_json::Value> {
    let view = json(home, &["show", record]);
    let properties = view["properties"].as_array().unwrap().iter();
    properties
        .filter(|known| known["prop"] == prop)
        .flat_map(|known| known["claims"].as_array().unwrap().clone())
        .collect()
}

#[test]
fn what_is_typed_is_shown_as_a_quotation_only_where_its_author_quotes() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let record = new(&consortium, "incident", "title [en]: X\ndate: early April 2017\ncasualty: 25 to 30 killed\n");
    json(home, &["claim", "add", &record, "casualty", "ما لا يقل عن 40 مصابا"]);
    for prop in ["date", "casualty"] {
        assert!(claims(home, &record, prop).iter().all(|claim| claim["original"].is_null()), "{prop}");
    }
    json(home, &["claim", "add", &record, "casualty", "9 exposed", "--original", "تسعة"]);
    let quoted: Vec<_> =
        claims(home, &record, "casualty").into_iter().filter(|claim| !claim["original"].is_null()).collect();
    assert!(quoted.len() == 1 && quoted[0]["original"] == "تسعة", "{quoted:?}");
    let words =
        [("ar", "كما ورد في المصدر"), ("en", "as written in the source"), ("fr", "tel qu'écrit dans la source")];
    for (lang, word) in words {
        let shown = say(home, &["--lang", lang, "show", &record]).out;
        assert_eq!(shown.matches(word).count(), 1, "{shown}");
    }
}

#[test]
fn a_place_is_its_name_or_its_point_or_withheld_in_three_languages() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let record = new(&consortium, "incident", "title [en]: X\ndate: 2013\n");
    // What stands already is not shown as something to be signed.
    let other = new(&consortium, "incident", "title [en]: Y\ndate: 2013\n");
    for (typed, shown) in [
        ("36.10, 37.0", "36.1 37"),
        ("withheld", "known but withheld"),
        ("SY", "Syria"),
        ("{\"names\":[],\"lat\":\"35.0\",\"lon\":34.50}", "35 34.5"),
    ] {
        json(home, &["claim", "add", &record, "place", typed]);
        let page = say(home, &["show", &record]).out;
        assert!(page.contains(shown) && !page.contains("names"), "{page}");
    }
    for (lang, withheld, said) in
        [("ar", "محجوب", "محجوب"), ("en", "withheld", "withheld"), ("fr", "non divulgué", "non divulgué")]
    {
        let shown = say(home, &["--lang", lang, "claim", "add", &other, "place", withheld, "--preview"]);
        assert!(shown.code == 0 && shown.out.contains(said) && !shown.out.contains("names"), "{shown:?}");
        let page = say(home, &["--lang", lang, "show", &record]).out;
        assert!(!page.contains("names"), "{page}");
    }
    for lang in ["ar", "en", "fr"] {
        let refusal = refused(home, &["--lang", lang, "claim", "add", &record, "place", "site"], 3);
        assert_eq!(refusal["code"], "place_no_name", "{refusal}");
    }
    let table = say(home, &["list", "incident"]).out;
    let listed = say(home, &["list", "incident", "--format", "csv"]).out;
    assert!(!table.contains("names") && !listed.contains("{"), "{table}{listed}");
}

/// What an advice says to write, in «guillemets» as a line of the form: the last that it offers.
fn line_told(advice: &str) -> &str {
    let quoted = advice.split('«').skip(1).filter_map(|rest| rest.split_once('»')).map(|(line, _)| line);
    quoted.filter(|line| line.contains(": ")).last().unwrap_or_else(|| panic!("no line to write: {advice}"))
}

#[test]
fn who_reads_arabic_alone_enters_an_accusation_by_what_the_marks_say() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let incident = new(&consortium, "incident", "title [en]: X\ndate: 2013\n");
    let source = new(&consortium, "source", "title [en]: A report\nkind: report\n");
    let subject = new(&consortium, "subject", "name [en]: A unit\nsubject type: entity\n");
    let form = |below: &[String], beside: &[String]| {
        let lines = ["المساحة: الأعضاء", &format!("الحادثة: {incident}"), "الخلاصة: مسؤول"].join("\n");
        let text = [vec![lines], below.to_vec(), beside.to_vec()].concat().join("\n") + "\n";
        consortium.file("form.txt", &text)
    };
    let arguments = |file: &str| ["--lang", "ar", "record", "new", "attribution", "--from", file].map(str::to_owned);
    let arguments = arguments(&form(&[], &[]));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let refusal = refused(home, &arguments, 3);
    let problems = refusal["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 4, "{refusal}");
    let (mut below, mut beside) = (Vec::new(), Vec::new());
    for problem in problems {
        let (why, advice) = (problem["why"].as_str().unwrap(), problem["try"].as_str().unwrap());
        assert!(!advice.contains(['{', '"']) && !why.contains("claims"), "{problem}");
        let line = line_told(advice).to_owned();
        // Whom and what a record is about is looked for with `isnad list`.
        if problem["code"] == "attribution_without_subject" {
            beside.push(line.replace('…', &subject));
        } else {
            below.push(format!("    {}", line.replace('…', &source)));
        }
    }
    form(&below, &beside);
    let written = json(home, &arguments);
    let outcome = &claims(home, written["record"].as_str().unwrap(), "outcome")[0];
    assert_eq!((&outcome["value"], &outcome["standard"]), (&"responsible".into(), &"unstated".into()), "{outcome}");
}

#[test]
fn an_alias_of_two_records_is_told_with_who_calls_them_so() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let name = json(home, &["status"])["name"].as_str().unwrap().to_owned();
    for lang in ["ar", "en", "fr"] {
        let refusal = refused(home, &["--lang", lang, "show", "fr-2018-05-18"], 1);
        let (why, advice) = (refusal["why"].as_str().unwrap(), refusal["try"].as_str().unwrap());
        assert_eq!(why.matches(&name).count(), 2, "{refusal}");
        assert_eq!(advice.matches("isnad show ").count(), 2, "{refusal}");
    }
}

/// The texts of a record that are there, oldest first.
fn narratives(home: &Path, record: &str) -> Vec<serde_json::Value> {
    json(home, &["show", record])["narratives"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_narrative_that_is_there_is_edited_and_another_is_begun_on_purpose_alone() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let record = new(&consortium, "incident", "title [en]: X\ndate: 2013\n");
    let edit = |arguments: &[&str], text: &str| {
        let file = consortium.file("text", text);
        let edit = ["narrative", "edit", &record, "--from", &file];
        json(home, &[&edit[..], arguments].concat())
    };
    let lang_of = |index: usize| claims(home, &record, "description")[index]["lang"].clone();
    // The language of the interface, where the letters of the text do not say another.
    edit(&["--lang", "fr"], "Les premiers patients sont arrivés.\n");
    assert_eq!(lang_of(0), "fr");
    edit(&["--lang", "ar", "--in", "French"], "Les premiers patients sont arrivés à trois heures.\n");
    // What nobody has seen in an editor takes no text's place unasked.
    let file = consortium.file("text", "The first patients arrived.\n");
    let problem = refused(home, &["narrative", "edit", &record, "--from", &file], 1);
    assert!(problem["code"] == "ambiguous" && problem["try"].as_str().unwrap().contains("--new"), "{problem}");
    let there = narratives(home, &record);
    assert!(there.len() == 1 && there[0]["text"].as_str().unwrap().contains("trois heures"), "{there:?}");
    // Another language is another text, and so is one that is begun on purpose.
    edit(&["--in", "العربية"], "وصل أول المرضى.\n");
    edit(&["--in", "fr", "--new"], "Un autre récit.\n");
    assert_eq!(narratives(home, &record).len(), 3);
    let french = there[0]["id"].as_str().unwrap();
    edit(&["--in", "ar"], "وصل أول المرضى في الثالثة.\n");
    let texts: Vec<_> = narratives(home, &record).iter().map(|text| text["text"].clone()).collect();
    assert!(texts.len() == 3 && texts.iter().any(|text| text == "وصل أول المرضى في الثالثة.\n"), "{texts:?}");
    // Nobody guesses which of several: each is named.
    let file = consortium.file("text", "Tout autre chose.\n");
    for lang in ["ar", "en", "fr"] {
        for arguments in [&["--in", "fr"][..], &[]] {
            let edit = ["--lang", lang, "narrative", "edit", &record, "--from", &file];
            let problem = refused(home, &[&edit[..], arguments].concat(), 1);
            assert_eq!(problem["code"], "ambiguous", "{problem}");
            let why = problem["why"].as_str().unwrap();
            assert_eq!(why.lines().count(), if arguments.is_empty() { 3 } else { 2 }, "{why}");
            assert!(why.contains(&format!("--narrative {}", &french[..12])), "{why}");
        }
    }
    edit(&["--narrative", &french[..12]], "Tout autre chose.\n");
    assert_eq!(narratives(home, &record).len(), 3);
    // One that was taken back is edited no more.
    let pointer = claims(home, &record, "description").into_iter().find(|claim| claim["lang"] == "ar").unwrap();
    let pointer = pointer["id"].as_str().unwrap();
    json(home, &["claim", "retract", &record, pointer, "--reason", "error", "--note", "x"]);
    edit(&["--in", "ar"], "نص جديد.\n");
    assert_eq!(narratives(home, &record).len(), 4);
}

#[test]
fn who_signs_without_a_question_is_warned_of_a_second_value_and_of_an_alias_that_is_taken() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let record = new(&consortium, "incident", "title [en]: X\nalias: the-town\ndate: 2013\n");
    let other = new(&consortium, "incident", "title [en]: Y\ndate: 2014\n");
    let date = claims(home, &record, "date")[0]["id"].as_str().unwrap()[..12].to_owned();
    for (lang, day) in [("ar", "5 آب 2013"), ("en", "6 August 2013"), ("fr", "7 août 2013")] {
        let told = say(home, &["--lang", lang, "claim", "add", &record, "date", day, "--yes"]);
        assert!(told.code == 0 && !told.out.contains("claim replace"), "{told:?}");
        let warned = told.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(warned.contains("isnad claim replace") && warned.contains(&date), "{told:?}");
    }
    let written = json(home, &["claim", "add", &other, "alias", "the-town"]);
    assert_eq!(written["warnings"][0]["code"], "alias_taken", "{written}");
    assert_eq!(written["warnings"][0]["path"], "claims[0]", "{written}");
    let written = json(home, &["claim", "add", &other, "date", "2015", "--according-to", &body(&consortium)]);
    assert!(written["warnings"].is_null(), "{written}");
}

#[test]
fn who_types_an_accusation_is_asked_for_source_standard_and_words_by_their_flags() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let source = new(&consortium, "source", "title [en]: A report\nkind: report\n");
    let subject = new(&consortium, "subject", "name [en]: A unit\nsubject type: entity\n");
    let weight = format!("  basis: {source}\n  standard: unstated\n  wording: not_seen\n");
    let form = format!("subject: {subject}\noutcome: alleged\n{weight}");
    let record = new(&consortium, "attribution", &form);
    let add = ["claim", "add", &record, "outcome", "responsible"];
    for lang in ["ar", "en", "fr"] {
        let problem = refused(home, &[&["--lang", lang], &add[..]].concat(), 3);
        let problems = problem["problems"].as_array().unwrap();
        // The subject stands already: nobody is told to add it.
        assert_eq!(problems.len(), 3, "{problem}");
        for (broken, flag) in problems.iter().zip(["--source", "--standard", "--wording"]) {
            let (why, advice) = (broken["why"].as_str().unwrap(), broken["try"].as_str().unwrap());
            assert!(advice.contains(flag) && !why.contains("claims"), "{broken}");
            assert!(!format!("{why}{advice}").contains(['{', '[', '"']), "{broken}");
        }
    }
    // Nobody says for him that he has not seen the words.
    let almost = [&add[..], &["--source", &source, "--standard", "unstated"]].concat();
    assert_eq!(refused(home, &almost, 3)["code"], "accusation_without_wording");
    let written = json(home, &[&almost[..], &["--wording", "not_seen"]].concat());
    let said = claims(home, &record, "outcome").into_iter().find(|claim| claim["id"] == written["claims"][0]);
    assert_eq!(said.unwrap()["wording"]["unavailable"], "not_seen");
}

/// A body that is cited.
fn body(consortium: &Consortium) -> String {
    new(consortium, "organisation", "name [en]: Hospital A\nkind: ngo\nrole: cited_body\n")
}

#[test]
fn a_source_that_another_body_published_is_not_told_as_the_word_of_that_body() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let hospital =
        |name: &str| new(&consortium, "organisation", &format!("name [en]: {name}\nkind: ngo\nrole: cited_body\n"));
    let (one, other) = (hospital("Hospital A"), hospital("Hospital B"));
    let source = new(&consortium, "source", "title [en]: Admissions\nkind: report\npublisher: Hospital A\n");
    let casualty =
        |body: &str, value: &str| format!("casualty: {value}\n  according to: {body}\n  basis: {source}, p. 7\n");
    let form = [casualty(&one, "25 killed"), casualty(&other, "40 injured")].concat();
    let record = new(&consortium, "incident", &format!("title [en]: X\ndate: 2013\n{form}"));
    let story = say(home, &["history", &record]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(story.matches("Admissions, p. 7").count(), 2, "the page is told with the source: {story}");
    for claim in claims(home, &record, "casualty") {
        let told = say(home, &["explain", claim["id"].as_str().unwrap()]).out;
        let is_other = claim["value"]["category"] == "injured";
        let body = if is_other { "Hospital B" } else { "Hospital A" };
        assert!(told.contains(&format!("according to {body}")), "{told}");
        assert_eq!(told.contains("own word of Hospital A"), !is_other, "{told}");
        assert_eq!(told.contains("published by Hospital A"), is_other, "{told}");
    }
}

#[test]
fn a_space_is_named_on_the_command_line_in_each_language() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let file = consortium.file("form.txt", "title [en]: X\ndate: 2013\n");
    let new = ["record", "new", "incident", "--from", &file, "--preview", "--space"];
    for (word, space) in [("عام", "public"), ("العموم", "public"), ("الأعضاء", "members"), ("membres", "members")]
    {
        assert_eq!(json(home, &[&new[..], &[word]].concat())["space"], space, "{word}");
    }
    let said = say(home, &[&["--lang", "ar"], &new[..], &["xyz"]].concat());
    assert!(said.code == 2 && said.err.contains("العموم"), "{said:?}");
}

#[test]
fn a_source_with_its_page_and_a_title_in_the_place_of_an_alias_are_told_how_to_be_written() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let source =
        new(&consortium, "source", "title [en]: A report of the hospital\nalias: hospital-note\nkind: report\n");
    let record = new(&consortium, "incident", "title [en]: X\ndate: 2013\n");
    for (lang, page) in [("ar", "ص 4"), ("en", "p. 4"), ("fr", "p. 4")] {
        let form = format!("title [en]: X\ndate: 2013\ncasualty: 9 killed\n  basis: hospital-note {page}\n");
        let form = consortium.file("form.txt", form);
        let problem = refused(home, &["--lang", lang, "record", "new", "incident", "--from", &form], 3);
        let advice = problem["try"].as_str().unwrap();
        assert!(
            advice.contains(&format!("hospital-note, {page}")) || advice.contains("hospital-note، ص 4"),
            "{problem}"
        );
        let typed = format!("hospital-note، {page}");
        let add = ["--lang", lang, "claim", "add", &record, "casualty", "9 killed", "--source", &typed];
        let problem = refused(home, &add, 1);
        let advice = problem["try"].as_str().unwrap();
        assert!(advice.contains("--source hospital-note --locator"), "{problem}");
        // A title is nobody's name alone: which records have it is said, and how each is named.
        let show = ["--lang", lang, "show", "A report of the hospital"];
        let problem = refused(home, &show, 1);
        assert!(problem["code"] == "not_found" && problem["why"].as_str().is_some(), "{problem}");
        for typed in ["report of the hospital", "hospitl-note", "hospital-nota"] {
            let add = ["--lang", lang, "claim", "add", &record, "source", typed];
            let problem = refused(home, &add, 1);
            assert!(problem["try"].as_str().unwrap().contains(&source["source/".len()..][..8]), "{problem}");
        }
    }
}

#[test]
fn whose_letters_and_accents_are_put_together_is_told_so() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let apart = "Prise d'e\u{301}chantillons";
    let form = consortium.file("accents.txt", format!("title [fr]: {apart}\ndate: 2013\n"));
    let record = new(&consortium, "incident", "title [en]: X\ndate: 2013\n");
    let add = ["claim", "add", &record, "note", apart, "--in", "fr"];
    for (lang, word) in [("ar", "NFC"), ("en", "NFC"), ("fr", "NFC")] {
        for command in [&["record", "new", "incident", "--preview", "--from", &form][..], &add] {
            let said = say(home, &[&["--lang", lang], command].concat());
            assert!(said.code == 0 && said.err.contains(word), "{said:?}");
        }
    }
    assert_eq!(claims(home, &record, "note")[0]["value"], "Prise d'\u{e9}chantillons");
    let claim = claims(home, &record, "note")[0]["id"].as_str().unwrap().to_owned();
    let said = say(home, &["claim", "retract", &record, &claim, "--reason", "error", "--note", apart]);
    assert!(said.code == 0 && said.err.contains("NFC"), "{said:?}");
    let said = say(home, &["claim", "add", &record, "note", "d'\u{e9}chantillons", "--in", "fr"]);
    assert!(said.code == 0 && !said.err.contains("NFC"), "{said:?}");
}

#[test]
fn a_number_with_no_upper_bound_is_told_in_one_way() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    for (typed, told) in [
        ("more than 25 killed", [("ar", "أكثر من 25"), ("en", "more than 25"), ("fr", "plus de 25")]),
        ("at least 25 killed", [("ar", "25"), ("en", "25 or more"), ("fr", "25 ou plus")]),
    ] {
        let record = new(&consortium, "incident", &format!("title [en]: X\ndate: 2013\ncasualty: {typed}\n"));
        for (lang, words) in told {
            let page = say(home, &["--lang", lang, "show", &record]).out;
            assert!(page.contains(words), "{page}");
            for other in ["(more than)", "(at least)", "(plus de)", "(أكثر من)"] {
                assert!(!page.contains(other), "{page}");
            }
        }
    }
}

#[test]
fn what_only_a_node_knows_is_told_with_all_else_and_records_by_their_names() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let record =
        new(&consortium, "incident", "title [en]: The town\ntitle [ar]: البلدة\nalias: the-town\ndate: 2013\n");
    let file = consortium.file("form.txt", "title [en]: X\nalias: the-town\ndate: yesterday\n");
    let problem = refused(home, &["record", "new", "incident", "--from", &file], 3);
    let codes: Vec<&str> =
        problem["problems"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(codes.len() == 2 && codes.contains(&"alias_taken"), "{problem}");
    let told = say(home, &["--lang", "ar", "record", "new", "incident", "--from", &file]).err;
    assert!(told.contains("البلدة") && told.contains(&record), "{told}");
    assert!(json(home, &["list", "incident"]).as_array().unwrap().len() == 1, "and nothing was signed");
}

#[test]
fn whoever_writes_chooses_between_records_in_his_own_language() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    for title in ["title [en]: One town\ntitle [ar]: بلدة أولى", "title [en]: Another town\ntitle [ar]: بلدة ثانية"]
    {
        let record = new(&consortium, "incident", &format!("{title}\ndate: 2013\n"));
        json(home, &["claim", "add", &record, "alias", "twin"]);
    }
    let told = say(home, &["--lang", "ar", "claim", "add", "twin", "casualty", "مئة قتيل"]).err;
    assert!(told.contains("بلدة أولى") && told.contains("بلدة ثانية") && !told.contains("town"), "{told}");
}
