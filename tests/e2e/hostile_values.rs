//! What a member's own software lets through: sixty hostile values in every field of every kind. Nothing breaks, nothing
//! deceives, terminals and spreadsheets stay inert. THREATS rows 43 and 45.
//!
//! A node holds all that it is asked to sign against the model. So its part that signs is asked directly here: that is software
//! which checks nothing.

use std::path::Path;

use isnad_node::contribution::{Content, Contribution};
use isnad_node::home::Home;
use isnad_node::keystore::{Passphrase, Unlocker};
use isnad_node::node::{Node, Options};
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::id::{OpenSpace, RecordId};
use isnad_protocol::model::property::Member;
use isnad_protocol::model::{self, KINDS, ValueType};
use isnad_protocol::sheet::{Claim, Operation, write};
use isnad_tests::binary::{Consortium, RunningNode, Said, TCP, command, passphrase_file};
use serde_json::Value;

/// Values that somebody might send to break or to deceive.
fn hostile() -> Vec<String> {
    let mut values: Vec<String> = [
        // Direction: overrides, embeddings, isolates and marks, open, closed and nested.
        "\u{202e}txt.exe",
        "abc\u{202e}",
        "\u{202d}abc",
        "\u{202a}a\u{202b}b",
        "\u{2066}open",
        "close\u{2069}",
        "\u{2067}a\u{2068}b",
        "\u{2069}\u{2069}\u{2069}",
        "\u{200f}\u{200e}",
        "\u{061c}",
        "א\u{202e}ב\u{202c}",
        "خان\u{202d}العسل",
        // What has no width, and what looks like something else.
        "pass\u{200b}word",
        "a\u{200d}b",
        "\u{feff}bom",
        "soft\u{ad}hyphen",
        "\u{2060}",
        "\u{e0041}\u{e0042}tag",
        "Аssad",
        "Dоumа",
        "раypal",
        "\u{3000}wide",
        "ﷺ",
        "İ",
        "ß",
        "\u{1d400}\u{1d401}",
        "Z\u{0351}\u{0352}\u{0353}\u{0354}",
        "e\u{301}",
        "\u{301}",
        // Terminals.
        "\u{1b}[2J",
        "\u{1b}]0;title\u{7}",
        "\u{1b}[31mred",
        "\u{9b}2J",
        "\u{90}dcs\u{9c}",
        "bell\u{7}",
        "back\u{8}\u{8}\u{8}space",
        "\r\rover",
        "line\nbreak",
        "tab\tbed",
        "nul\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}line",
        "\u{2029}",
        // Spreadsheets, shells, markup.
        "=1+1",
        "+1",
        "-1+1",
        "@SUM(A1)",
        "=HYPERLINK(\"http://example.org\")",
        "\t=1+1",
        "\r=1+1",
        "\"quoted\",\"cells\"",
        "a;=1+1;b",
        "a; \"=1+1\"",
        "a\n@SUM(A1)",
        "\";\"=1+1",
        "＝1+1",
        "a,b;c",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "$(reboot)",
        "%00%0a",
        "{record}",
        // References that lead nowhere.
        "incident/000000000000000000000000000000",
        "incident/zz",
        "../../etc/passwd",
    ]
    .map(str::to_owned)
    .to_vec();
    values.extend(["x".repeat(12_000), "ع".repeat(12_000), "\u{301}".repeat(500), String::new(), " ".repeat(80)]);
    assert!(values.len() >= 60, "{}", values.len());
    values
}

/// A value of a type with the hostile text wherever a text may stand.
fn value(kind: &ValueType, text: &str) -> Json {
    let hostile = || Json::text(text);
    let named = || Json::object([("lang", hostile()), ("text", hostile())]);
    match kind {
        ValueType::Name => Json::object([("script", hostile()), ("text", hostile()), ("type", hostile())]),
        ValueType::Place => Json::object([
            ("admin1", hostile()),
            ("country", hostile()),
            ("geo_precision", hostile()),
            ("lat", hostile()),
            ("lon", hostile()),
            ("names", Json::List(vec![named(), named()])),
            ("role", hostile()),
        ]),
        ValueType::Count => Json::object([
            ("as_of", hostile()),
            ("category", hostile()),
            ("max", Json::Int(-1)),
            ("min", Json::Int(i64::from(i32::MAX))),
            ("qualifier", hostile()),
        ]),
        ValueType::Agent => Json::object([("basis", hostile()), ("code", hostile())]),
        ValueType::Identifier => Json::object([("scheme", hostile()), ("value", hostile())]),
        ValueType::Shape(members) => shape(members, text),
        ValueType::Int => Json::Int(-1),
        _ => hostile(),
    }
}

fn shape(members: &[Member], text: &str) -> Json {
    Json::Object(members.iter().map(|member| (member.key.to_owned(), value(&member.value, text))).collect())
}

/// A claim that is hostile in its value and in each of its fields.
fn claim(prop: &str, kind: &ValueType, text: &str) -> Json {
    let mut members: Object = [
        "confidence",
        "credibility",
        "lang",
        "likelihood",
        "marking",
        "original",
        "reliability",
        "standard",
        "valid",
        "according_to",
    ]
    .map(|field| (field.to_owned(), Json::text(text)))
    .into();
    members.insert("prop", Json::text(prop));
    members.insert("value", value(kind, text));
    members
        .insert("basis", Json::List(vec![Json::object([("locator", Json::text(text)), ("source", Json::text(text))])]));
    members.insert("wording", Json::object([("lang", Json::text(text)), ("text", Json::text(text))]));
    Json::Object(members)
}

fn record(kind: u8, number: u8) -> RecordId {
    let mut bytes = [number; 16];
    bytes[0] = kind;
    RecordId::new(bytes)
}

/// Has a home's keys sign claims that its own commands would refuse.
fn sign(home: &Path, said: Vec<(RecordId, Vec<Json>)>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let unlocker = Unlocker::new(Passphrase::from_file(&passphrase_file(home)).unwrap());
        let options = Options { home: Home::open(home).unwrap(), unlocker: Some(unlocker), network: None };
        let node = Node::start(options, &mut |_| {}).await.unwrap();
        let space = OpenSpace::Members.id(&node.consortium());
        for (record, claims) in said {
            let claims = claims.into_iter().map(|claim| Claim::new(claim.into_object().unwrap()).unwrap());
            let operations: Vec<Operation> = claims.map(Operation::Claim).collect();
            let payloads = write::claims(&operations).unwrap().into_iter().map(Content::Operations);
            let contributions = payloads.map(|content| Contribution { space, record, content });
            node.contribute(contributions.collect()).await.unwrap();
        }
    });
}

/// Says of a record all that is hostile, in every property of its kind.
fn all_of_kind(kind: u8) -> Vec<Json> {
    let properties = model::properties(kind).flat_map(|property| {
        hostile().into_iter().map(move |text| claim(property.code, &property.value, &text)).collect::<Vec<_>>()
    });
    let of_no_kind = hostile().into_iter().map(|text| claim(&text, &ValueType::Text, &text));
    // What the format itself has no room for is not signed by anybody.
    properties.chain(of_no_kind).filter(|claim| claim.encode().len() < 30_000).collect()
}

/// Cycles, of every relation that could have one, and a thousand names for one record.
fn tangles() -> Vec<(RecordId, Vec<Json>)> {
    let said = |prop: &str, value: Json| Json::object([("prop", Json::text(prop)), ("value", value)]);
    let id = |record: RecordId| Json::text(record.to_string());
    let judged = |other: RecordId, verdict: &str| {
        let relation = [("record", id(other)), ("relation", Json::text("same_as")), ("verdict", Json::text(verdict))];
        said("judgement", Json::object(relation))
    };
    let (a, b, c) = (record(1, 201), record(1, 202), record(1, 203));
    let (d, e) = (record(5, 201), record(5, 202));
    let renewal = |other| {
        vec![said("replaces", id(other)), said("start", Json::text("2018-05-18")), said("duration", Json::text("P6M"))]
    };
    let aliases = (0..1_000).map(|number| said("alias", Json::text(format!("one-name-{number}"))));
    vec![
        (a, vec![said("part_of", id(a)), said("part_of", id(b)), judged(b, "positive"), judged(a, "positive")]),
        (b, vec![said("part_of", id(c)), judged(c, "positive"), judged(a, "negative")]),
        (c, vec![said("part_of", id(a)), judged(a, "positive")]),
        (d, renewal(e)),
        (e, renewal(d)),
        (record(1, 204), aliases.chain([said("alias", Json::text("shared"))]).collect()),
        (record(1, 205), vec![said("alias", Json::text("shared"))]),
    ]
}

/// True for what moves a cursor, changes a colour, hides, or turns a line round.
fn is_unsafe(character: char) -> bool {
    matches!(character, '\0'..='\u{9}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2065}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// A terminal that shows this stays as it was: each line closes what it opens.
fn is_inert(said: &Said, what: &str) {
    for line in said.out.lines().chain(said.err.lines()) {
        let found = line.chars().find(|character| is_unsafe(*character));
        assert_eq!(found, None, "{what}: {line:?}");
        let mut open = 0_i32;
        for character in line.chars() {
            open += i32::from(matches!(character, '\u{2066}'..='\u{2068}')) - i32::from(character == '\u{2069}');
            assert!(open >= 0, "{what} closes what it did not open: {line:?}");
        }
        assert_eq!(open, 0, "{what} leaves an isolate open: {line:?}");
    }
}

/// A spreadsheet runs no cell: none begins as a formula does, unless it is a number. Cells end wherever some spreadsheet ends
/// them: in French and Arabic at semicolons, and where the quotes then count for nothing at the end of a line too.
fn is_no_formula(csv: &str, what: &str) {
    for (number, row) in csv.split("\r\n").enumerate().skip(1).filter(|(_, row)| !row.is_empty()) {
        for cell in row.split([',', ';', '\n', '\t']) {
            // What stands before a formula and is passed over.
            let cell = cell.trim_start_matches(['"', ' ', '\u{a0}', '\u{3000}']);
            let is_formula =
                cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\r']) && cell.parse::<f64>().is_err();
            assert!(!is_formula, "{what}, row {number}: {cell:?}");
        }
    }
}

#[test]
fn no_hostile_value_breaks_or_deceives() {
    let consortium = Consortium::found(2);
    let (foreign, home) = (&consortium.homes[0], &consortium.homes[1]);
    let of_kinds = KINDS.iter().map(|kind| (record(kind.code, 100), all_of_kind(kind.code)));
    sign(foreign, of_kinds.chain(tangles()).collect());
    let node = RunningNode::start(foreign, TCP, &[]);
    let held = node.get("/status").unwrap().1["entries"].as_u64().unwrap();
    let reader = RunningNode::start(home, TCP, &node.listening);
    reader.wait_for_entries(held);
    let read = |arguments: &[&str], columns: &str| {
        Said::of(&command(home, arguments).env("COLUMNS", columns).output().unwrap())
    };
    for (lang, columns) in [("ar", "80"), ("en", "40"), ("fr", "160")] {
        for kind in KINDS {
            let id = record(kind.code, 100).to_string();
            for arguments in [vec!["show", &id], vec!["history", &id], vec!["list", kind.name]] {
                let what = format!("{lang} {arguments:?}");
                let said = read(&[&["--lang", lang], arguments.as_slice()].concat(), columns);
                assert_eq!(said.code, 0, "{what}: {}", said.err);
                is_inert(&said, &what);
            }
        }
    }
    for (record, _) in tangles() {
        let said = read(&["show", &record.to_string()], "80");
        assert_eq!(said.code, 0, "{said:?}");
        is_inert(&said, "show");
    }
    assert_eq!(read(&["show", "shared"], "80").code, 1, "an alias of two records names neither");
    for kind in KINDS {
        let format = |format: &str| read(&["list", kind.name, "--format", format], "80");
        let csv = format("csv");
        assert_eq!(csv.code, 0, "{csv:?}");
        is_no_formula(&csv.out, kind.name);
        for line in format("jsonl").out.lines() {
            let _: Value = serde_json::from_str(line).unwrap();
        }
        let geojson: Value = serde_json::from_str(&format("geojson").out).unwrap();
        assert_eq!(geojson["type"], "FeatureCollection");
        let _: Value = serde_json::from_str(&format("json").out).unwrap();
    }
    for arguments in [vec!["due", "--within", "3650d"], vec!["list", "incident", "--same-as"], vec!["tasks"]] {
        let said = read(&arguments, "80");
        assert_eq!(said.code, 0, "{said:?}");
        is_inert(&said, &format!("{arguments:?}"));
    }
}
