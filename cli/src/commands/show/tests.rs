//! Pages of hostile records: whatever others wrote, in whichever field, a terminal stays inert and a page stays of a size.

use std::collections::{BTreeMap, BTreeSet};

use isnad_node::reading::{Organisation, Who};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, ConsortiumId, EntryId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::locale::Language;
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{
    Acknowledged, Basis, Computed, Did, History, Identity, Item, Line, Opinion, Overall, Policy, Property, Reference,
    Reply, Retracted, ShownClaim, ShownLeftOut, ShownNarrative, Signed, Speaker, State, View, Wording, Words,
};

use super::{Pen, Related, text};
use crate::commands::history::story::Story;
use crate::output::{Printer, columns, printed};

/// Texts that others might write to break a terminal, a line, or what a reader believes.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "\u{202e}txet desrever\u{202c}",
        "\u{202a}a",
        "\u{202b}a",
        "\u{202d}a",
        "\u{2066}a",
        "\u{2067}a",
        "\u{2068}a",
        "a\u{2069}",
        "\u{2069}\u{2069}\u{2069}",
        "\u{2067}\u{2067}\u{2067}x",
        "\u{200e}a",
        "\u{200f}a",
        "\u{61c}a",
        "a\u{200b}b",
        "a\u{200c}b",
        "a\u{200d}b",
        "a\u{2060}b",
        "a\u{feff}b",
        "a\u{ad}b",
        "a\u{34f}b",
        "a\u{180e}b",
        "\u{3164}",
        "\u{115f}\u{1160}",
        "\u{ffa0}",
        "\u{2800}\u{2800}",
        "a\u{e0041}\u{e007f}b",
        "a\u{e0100}b",
        "\u{1b}[2J\u{1b}[H",
        "\u{1b}]0;title\u{7}",
        "\u{1b}]8;;http://a\u{1b}\\x",
        "\u{9b}31m",
        "\u{90}q\u{9c}",
        "\u{7}\u{8}\u{7f}",
        "a\tb",
        "a\rb",
        "a\r\nb",
        "a\nb\n\nc",
        "\n\n\n",
        "a\u{b}b\u{c}c",
        "a\u{85}b",
        "a\u{2028}b\u{2029}c",
        "\0",
        "Kha\u{301}n",
        "Κhan al-Assal",
        "Аssad",
        "ﬁnding",
        "ⅠⅡ",
        "１２３",
        "خان العسل",
        "خان Khan العسل al-Assal",
        "דוּמָא",
        "abc (خان) 12-34",
        "12/خان/34",
        "👩\u{200d}👩\u{200d}👧",
        "🏴\u{e0067}\u{e0062}\u{e007f}",
        "☎\u{fe0f}☎\u{fe0f}",
        "漢字漢字漢字",
        "{who} {count} {value}",
        "[0123456789ab]",
        "=HYPERLINK(\"http://a\")",
        "• signed by a court",
        "",
        " ",
        "   a   ",
    ]
    .iter()
    .map(|text| (*text).to_owned())
    .collect();
    texts.push("x".repeat(12_000));
    texts.push("خان ".repeat(3_000));
    texts.push(format!("e{}", "\u{301}".repeat(600)));
    texts.push("a\n".repeat(6_000));
    texts.push("漢".repeat(12_000));
    texts
}

fn words(hostile: &str) -> Vec<Words> {
    vec![Words::new(Some(hostile.to_owned()), hostile.to_owned())]
}

fn reference(hostile: &str) -> Reference {
    Reference {
        record: RecordId::parse("subject/0ea19e729e680ab61beb6880a8002e").unwrap(),
        labels: words(hostile).into(),
    }
}

const ORGANISATION: OrganisationId = OrganisationId::new([1; 32]);
const SPACE: SpaceId = SpaceId::new([2; 32]);
const CLAIM: ClaimId = ClaimId::new([3; 32]);

fn signed() -> Signed {
    let (author, entry) = (PublicKey::new([4; 32]), EntryId::new([5; 32]));
    Signed { author, entry, seq: 1, time: Timestamp(1_554_595_200_000) }
}

fn opinion(hostile: &str, on_earlier: bool) -> Opinion {
    Opinion {
        organisation: ORGANISATION,
        claim: CLAIM,
        stance: hostile.to_owned(),
        reason: Some(hostile.to_owned()),
        text: Some(hostile.to_owned()),
        on_earlier,
    }
}

fn reply(hostile: &str) -> Reply {
    Reply {
        basis: Vec::new(),
        organisation: ORGANISATION,
        claim: CLAIM,
        space: SPACE,
        subject: Some(reference(hostile)),
        stance: hostile.to_owned(),
        text: hostile.to_owned(),
        lang: Some(hostile.to_owned()),
        channel: Some(hostile.to_owned()),
        date: Some(hostile.to_owned()),
        on_earlier: true,
        of_another: true,
        further: 3,
    }
}

/// A claim with the text in each field that holds one.
fn claim(hostile: &str, value: Json, state: State) -> ShownClaim {
    let said = || Some(hostile.to_owned());
    ShownClaim {
        record: None,
        warnings: Vec::new(),
        id: CLAIM,
        organisation: ORGANISATION,
        space: SPACE,
        generation: 0,
        value: Some(value),
        refs: vec![reference(hostile)],
        lang: said(),
        original: said(),
        according_to: Some(reference(hostile)),
        basis: vec![Basis {
            source: Some(reference(hostile)),
            locator: said(),
            unverified: true,
            unverified_by: BTreeSet::new(),
        }],
        standard: said(),
        wording: Some(Wording::Verbatim { text: hostile.to_owned(), lang: said() }),
        likelihood: said(),
        confidence: said(),
        reliability: said(),
        credibility: said(),
        marking: said(),
        valid: said(),
        replaces: None,
        signed: vec![signed()],
        state,
        retracted: vec![Retracted { signed: signed(), reason: hostile.to_owned(), note: said(), malformed: true }],
        replaced_by: vec![CLAIM],
        opinions: vec![opinion(hostile, true)],
        replies: vec![reply(hostile)],
        stands_behind: BTreeSet::new(),
        disputed_by: BTreeSet::new(),
        counts: true,
        malformed: false,
        unknown: false,
        flags: vec![hostile.to_owned()],
        unverified: true,
    }
}

fn object(members: &[(&str, Json)]) -> Json {
    Json::Object(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

/// Values of each form, with the text in each place.
fn values(hostile: &str) -> Vec<(&'static str, Json)> {
    let text = || Json::text(hostile);
    let subject = || Json::text("subject/0ea19e729e680ab61beb6880a8002e");
    let names = Json::List(vec![object(&[("text", text()), ("lang", text())])]);
    let place = [("names", names), ("country", text()), ("admin1", text()), ("lat", text()), ("lon", text())];
    let count = |min, max| {
        let members = [("category", text()), ("min", min), ("max", max), ("qualifier", text()), ("as_of", text())];
        object(&members)
    };
    let response = [("stance", text()), ("text", text()), ("lang", text()), ("subject", subject()), ("date", text())];
    let judgement = [
        ("record", subject()),
        ("relation", Json::text("same_as")),
        ("verdict", Json::text("negative")),
        ("explanation", text()),
    ];
    vec![
        ("title", text()),
        ("date", text()),
        ("place", object(&place)),
        ("agent", object(&[("code", text()), ("basis", text())])),
        ("casualty", count(Json::Int(3), Json::Int(i64::MAX))),
        ("casualty", count(Json::Int(i64::MIN), text())),
        ("status", text()),
        ("source", subject()),
        ("response", object(&response)),
        ("judgement", object(&judgement)),
        ("opinion", object(&[("stance", text()), ("claim", text()), ("reason", text())])),
        ("step", object(&[("date", text()), ("type", text()), ("outcome", text()), ("retracts", text())])),
    ]
}

fn property(hostile: &str, prop: &str, value: &Json) -> Property {
    let states = [State::Live, State::Live, State::Replaced, State::Retracted];
    let claims = states.iter().enumerate().map(|(index, state)| {
        let id = ClaimId::new([u8::try_from(index).unwrap_or(9); 32]);
        ShownClaim { id, malformed: index == 1, ..claim(hostile, value.clone(), *state) }
    });
    Property {
        prop: prop.to_owned(),
        is_known: true,
        is_single: true,
        accuses: true,
        claims: claims.collect(),
        computed: Computed { contested: true, contesting: BTreeSet::from([CLAIM]), ..Computed::default() },
    }
}

fn line(hostile: &str, kind: &str) -> Line {
    let said = || Some(hostile.to_owned());
    Line {
        record: reference(hostile),
        kind: kind.to_owned(),
        by: BTreeSet::from([hostile.to_owned()]),
        linked_by: BTreeSet::from([ORGANISATION]),
        organisation: ORGANISATION,
        space: SPACE,
        author: signed().author,
        entry: signed().entry,
        seq: 1,
        time: signed().time,
        claim: CLAIM,
        according_to: Some(reference(hostile)),
        prop: Some(if kind == "designation" { "reason" } else { "outcome" }.to_owned()),
        value: Some(Json::text(hostile)),
        subjects: vec![reference(hostile), reference(hostile)],
        subjects_by: BTreeMap::new(),
        standard: said(),
        wording: Some(Wording::Unavailable { unavailable: hostile.to_owned() }),
        likelihood: said(),
        confidence: said(),
        date: said(),
        details: ["measure", "authority", "mandate", "involvement", "incident", "status"]
            .map(|detail| (detail.to_owned(), vec![hostile.to_owned()]))
            .into(),
        state: State::Live,
        endorsed_by: BTreeSet::from([ORGANISATION]),
        disputed_by: BTreeSet::from([ORGANISATION]),
        opinions: vec![opinion(hostile, false)],
        replies: vec![reply(hostile)],
        counts: false,
        malformed: true,
        unknown: false,
        unverified: true,
        unverified_by: BTreeSet::from([ORGANISATION]),
        contested: true,
        in_force: None,
    }
}

fn view(hostile: &str) -> View {
    let mut properties: Vec<Property> =
        values(hostile).iter().map(|(prop, value)| property(hostile, prop, value)).collect();
    properties.push(property(hostile, hostile, &Json::text(hostile)));
    let names = words(hostile);
    View {
        as_of: None,
        grouped: vec![reference(hostile)],
        identity: Identity { same: vec![reference(hostile)], ..Identity::default() },
        record: RecordId::parse("incident/f705d9459e8a8a12c4324204c2f45d").unwrap(),
        kind: "incident".to_owned(),
        labels: [words(hostile), words("Khan al-Assal")].concat(),
        further_labels: words(hostile),
        about: None,
        aliases: vec![hostile.to_owned()],
        organisations: vec![Speaker { organisation: ORGANISATION, names, counts: true, live_claims: 9 }],
        properties,
        narratives: vec![ShownNarrative {
            id: isnad_protocol::id::NarrativeId::new([6; 16]),
            organisation: ORGANISATION,
            space: SPACE,
            generation: 0,
            text: hostile.to_owned(),
            heads: Vec::new(),
            authors: BTreeSet::from([signed().author]),
            edits: 2,
        }],
        related: ["attribution", "finding", "designation", "case", "evidence", "incident", hostile]
            .map(|kind| line(hostile, kind))
            .into(),
        left_out: vec![ShownLeftOut {
            entry: signed().entry,
            organisation: ORGANISATION,
            author: signed().author,
            seq: 1,
            space: SPACE,
            generation: 0,
            time: signed().time,
            standing: isnad_protocol::standing::Standing::Revoked,
            rule: Some(hostile.to_owned()),
            cause: None,
        }],
        computed: Overall { contested: true, state: None },
        policy: Policy { first: vec![ORGANISATION], ..Policy::default() },
        today: Day::new(2026, 11, 26).unwrap(),
    }
}

fn who(hostile: &str) -> Who {
    let names = [("en".to_owned(), hostile.to_owned())].into();
    Who {
        consortium: ConsortiumId::new([7; 32]),
        name: Some(hostile.to_owned()),
        threshold: None,
        own: None,
        charter: None,
        organisations: vec![Organisation::named(ORGANISATION, names)],
        former: Vec::new(),
        candidates: Vec::new(),
        halts: Vec::new(),
        double_signers: Vec::new(),
        spaces: Vec::new(),
        acts: Vec::new(),
    }
}

fn history(view: &View, hostile: &str) -> History {
    let claims = view.properties.iter().flat_map(|property| {
        property.claims.iter().map(|claim| Did::Claimed {
            claim: claim.id,
            prop: Some(property.prop.clone()),
            text: hostile.to_owned(),
            replaces: Some(CLAIM),
        })
    });
    let retracted = Did::Retracted { claim: CLAIM, reason: hostile.to_owned(), note: Some(hostile.to_owned()) };
    let redacted = Did::Redacted { ground: hostile.to_owned(), text: Some(hostile.to_owned()) };
    let unknown = ClaimId::new([99; 32]);
    let said =
        Did::Claimed { claim: unknown, prop: Some(hostile.to_owned()), text: hostile.to_owned(), replaces: None };
    let item = Item {
        entry: signed().entry,
        seq: 1,
        organisation: ORGANISATION,
        author: signed().author,
        space: SPACE,
        generation: 0,
        time: signed().time,
        standing: isnad_protocol::standing::Standing::Revoked,
        cause: None,
        kind: 1,
        did: claims.chain([retracted, redacted, said]).collect(),
        acknowledged: vec![Acknowledged {
            organisation: ORGANISATION,
            time: signed().time,
            key: signed().author,
            seq: 1,
            entry: signed().entry,
        }],
    };
    History { record: view.record, items: vec![item], as_of: None }
}

fn pen(language: Language, who: &Who, width: usize) -> Pen<'_> {
    let printer = Printer { json: false, is_terminal: false, direction: language.direction(), language };
    Pen { printer, language, who, width, is_plain: false, is_full: false, ids: &crate::commands::ids::USUAL }
}

/// Nothing moves the cursor; each line fits and closes the isolates that it opens; the whole is of a size.
fn check(name: &str, page: &str, width: usize, most: usize) {
    let mut count = 0;
    for line in page.split('\n') {
        count += 1;
        assert!(!line.chars().any(char::is_control), "{name}: {line:?}");
        assert!(!line.contains(['\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}']), "{name}: {line:?}");
        let mut open = 0_i32;
        for character in line.chars() {
            open += match character {
                '\u{2066}'..='\u{2068}' => 1,
                '\u{2069}' => -1,
                _ => 0,
            };
            assert!(open >= 0, "{name}: {line:?}");
        }
        assert_eq!(open, 0, "{name}: {line:?}");
        assert!(columns(line) <= width, "{name}: {} columns: {line:?}", columns(line));
    }
    assert!(count <= most, "{name}: {count} lines");
}

#[test]
fn whatever_others_write_a_terminal_stays_inert_and_a_page_of_a_size() {
    let readers = [(Language::En, 40), (Language::Ar, 80), (Language::Fr, 160)];
    for (index, hostile) in hostile().into_iter().enumerate() {
        let (view, who) = (view(&hostile), who(&hostile));
        let name: String = hostile.chars().take(24).collect();
        // Each in one reader's language, the long ones where they take most room: the test is to stay short.
        let (language, width) = readers[if hostile.len() > 1_000 { 0 } else { index % readers.len() }];
        let pen = pen(language, &who, width);
        check(&name, &printed(pen.printer, &text(pen, &view, false)), width, 8_000);
        if hostile.len() > 1_000 {
            continue;
        }
        check(&format!("brief: {name}"), &printed(pen.printer, &text(pen, &view, true)), width, 2_000);
        let told = Story::new(pen, &view, true).text(&history(&view, &hostile));
        check(&format!("history: {name}"), &printed(pen.printer, &told), width, 8_000);
    }
}

#[test]
fn a_long_text_is_cut_and_says_by_how_much() {
    let (mut view, who) = (view(&"x".repeat(12_000)), who("A"));
    view.properties.truncate(1);
    let cut = pen(Language::En, &who, 80);
    assert!(text(cut, &view, false).contains("more characters; --full"));
    let whole = text(Pen { is_full: true, ..cut }, &view, false);
    assert!(!whole.contains("more characters") && whole.matches('x').count() > 12_000);
}

#[test]
fn a_reply_stands_directly_below_what_it_answers() {
    let who = who("A");
    let mut view = view("v");
    view.properties.retain(|property| property.prop == "status");
    view.related.clear();
    let page = text(pen(Language::En, &who, 80), &view, false);
    let lines: Vec<&str> = page.lines().collect();
    let value = lines.iter().position(|line| line.starts_with("    • v (v)")).unwrap();
    let replied = lines.iter().position(|line| line.contains("↳ v replies: v")).unwrap();
    let basis = lines.iter().position(|line| line.starts_with("    ← ")).unwrap();
    let wording = lines.iter().position(|line| line.starts_with("      “v”")).unwrap();
    assert!(value < wording && wording < replied && replied < basis, "{page}");
}

/// A page as one line, however it is wrapped.
fn flat(page: &str) -> String {
    page.split([' ', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_short_page_does_not_accuse_without_what_speaks_against_it() {
    let (view, who) = (view("words"), who("words"));
    for language in Language::ALL {
        let pen = pen(language, &who, 100);
        let conclusions = Related { pen, is_brief: true }.parts(&[line("words", "attribution")]);
        let told = flat(&conclusions.concat().join(" "));
        let disputed = pen.say("format.disputed_by", &[("count", "1")]);
        let replies = pen.field(&pen.word("view.responses"), "1");
        for word in [disputed, replies, pen.word("view.unverified"), pen.word("view.malformed")] {
            assert!(told.contains(&word), "{word} is missing in {told}");
        }
        let page = flat(&text(pen, &view, true));
        assert!(page.contains(&pen.word("show.not_counted")), "{language}");
    }
}

#[test]
fn no_line_of_a_foreign_text_passes_for_one_of_the_page() {
    let forged = "✓ FORGED endorses this";
    let who = who("A");
    for hostile in [format!("word\n{forged}"), format!("word\r\n\r\n    {forged}"), format!("word”\n  {forged} (en)")]
    {
        let view = view(&hostile);
        // So wide that nothing is wrapped: what begins a line was begun by its author.
        for pen in [pen(Language::En, &who, 2_000), Pen { is_plain: true, ..pen(Language::Ar, &who, 2_000) }] {
            let page = printed(pen.printer, &text(pen, &view, false));
            assert!(page.contains("FORGED"));
            let begins = |line: &&str| {
                line.trim_start_matches([' ', '\u{2066}', '\u{2067}', '\u{2068}']).starts_with("✓ FORGED")
            };
            assert_eq!(page.lines().filter(begins).count(), 0, "{page}");
        }
    }
    // Nor where its author fills the line before it.
    for length in 1..160 {
        let prose = pen(Language::En, &who, 80).prose(&format!("{} {forged}", "x".repeat(length)), 80, 9);
        assert!(prose.iter().skip(1).all(|line| line.starts_with("│ ")), "{prose:?}");
    }
    assert_eq!(pen(Language::En, &who, 80).quotation("a” (en) “b"), "“a’ (en) ‘b”");
}

#[test]
fn one_voice_is_not_told_with_what_counts_for_or_against_another() {
    let value = || Json::text("v");
    let first = ShownClaim { retracted: Vec::new(), replaced_by: Vec::new(), ..claim("v", value(), State::Live) };
    let second = ShownClaim { organisation: OrganisationId::new([9; 32]), ..first.clone() };
    assert_eq!(super::said::said(&[first.clone(), second.clone()]).len(), 1);
    for other in [
        ShownClaim { counts: false, ..second.clone() },
        ShownClaim { malformed: true, ..second.clone() },
        ShownClaim { flags: vec!["derivative".to_owned()], ..second.clone() },
        ShownClaim { unknown: true, ..second.clone() },
        ShownClaim { refs: vec![reference("another name")], ..second },
    ] {
        assert_eq!(super::said::said(&[first.clone(), other]).len(), 2);
    }
}
