//! `isnad list KIND --same-as`: pairs of records that may be the same, why, and how to judge them. MODEL §8, journey 7.

use std::time::Duration;

use isnad_node::reading::{Called, Candidates, Pair, Who};
use isnad_protocol::id::RecordId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::view::candidates::Reason;

use super::ids::{COMMAND, Ids, LIST};
use super::reading::{label, organisation_name, property_word};
use crate::args::ListArgs;
use crate::client::{Client, query};
use crate::error::{DONE, Outcome, Problem};
use crate::output::{apart, fit, hanging, inert, spinner, width};
use crate::session::Session;

pub(crate) async fn run(session: &Session, kind: u8, record: Option<&str>, args: &ListArgs) -> Outcome {
    let query = query(&[
        ("kind", Some(kind.to_string())),
        ("record", record.map(str::to_owned)),
        ("min_score", args.same_as.min_score.map(|score| score.to_string())),
        ("limit", args.limit.map(|limit| limit.to_string())),
        ("judged", Some(args.same_as.judged.to_string())),
    ]);
    let client = Client::to_read(session).await?;
    let found = patiently(session, client.get(&format!("/candidates{query}"))).await?;
    let who: Who = client.get("/who").await?;
    let pairs = found.pairs.iter().flat_map(|pair| [pair.candidate.first, pair.candidate.second]);
    let ids = Ids::of(&client, pairs).await?;
    session.printer.either(&found, |found| text(session, &who, found, &ids));
    Ok(DONE)
}

/// Waits for an answer; from a second on a person sees that work is going on.
async fn patiently(
    session: &Session,
    asked: impl Future<Output = Result<Candidates, Problem>>,
) -> Result<Candidates, Problem> {
    let mut asked = std::pin::pin!(asked);
    if let Ok(found) = tokio::time::timeout(Duration::from_secs(1), &mut asked).await {
        return found;
    }
    let bar = spinner(session.printer);
    let found = asked.await;
    bar.finish_and_clear();
    found
}

fn text(session: &Session, who: &Who, found: &Candidates, ids: &Ids) -> String {
    let format = |key: &str, values: &[(&str, &str)]| locale::format(session.language, key, values);
    let mut parts: Vec<String> = found.pairs.iter().map(|pair| pair_text(session, who, pair, ids)).collect();
    if parts.is_empty() {
        parts.push(session.word("candidates.none").to_owned());
    }
    let count = found.pairs.len().to_string();
    let mut end = vec![format("candidates.found", &[("count", &count), ("matcher", &inert(&found.matcher))])];
    if found.more > 0 {
        end.push(format("candidates.more", &[("count", &found.more.to_string())]));
    }
    if found.cut > 0 {
        let values = [("compared", &*found.compared.to_string()), ("cut", &*found.cut.to_string())];
        end.push(format("candidates.compared", &values));
    }
    parts.push(end.into_iter().map(|line| hanging("", &line, width())).collect::<Vec<_>>().join("\n"));
    parts.join("\n\n")
}

/// Columns before what is told of a pair.
const INDENT: &str = "     ";

fn pair_text(session: &Session, who: &Who, pair: &Pair, ids: &Ids) -> String {
    let candidate = &pair.candidate;
    let [first, second] = &pair.called;
    let mut lines = vec![
        format!("{:>3}  {}", candidate.score, record_text(session, candidate.first, first, ids)),
        format!("{INDENT}{}", record_text(session, candidate.second, second, ids)),
    ];
    let reasons: Vec<String> = candidate.reasons.iter().map(|reason| reason_text(session, reason)).collect();
    lines.push(hanging(INDENT, &reasons.join(separator(session.language)), width()));
    if !candidate.letters.is_empty() {
        let lead = format!("{INDENT}{} ", session.word("candidates.letters"));
        lines.push(hanging(&lead, &letters_text(session, &candidate.letters), width()));
    }
    for (organisation, verdict) in &candidate.judged {
        let name = organisation_name(who, *organisation, session.language);
        let verdict = inert(locale::code(session.language, "candidates.verdict", verdict));
        let values = [("organisation", &*name), ("verdict", &*verdict)];
        lines.push(hanging(INDENT, &locale::format(session.language, "candidates.judged", &values), width()));
    }
    let (first, second) = (ids.record(candidate.first, COMMAND), ids.record(candidate.second, COMMAND));
    lines.push(hanging(INDENT, &format!("→ {}", session.word("candidates.decide")), width()));
    // On a line of its own and never wrapped, for it is there to be copied.
    // Nor does it hold a verdict, which would be signed with the rest: the judge's own is to be put there.
    lines.push(format!("{INDENT}  isnad judge {first} {second} VERDICT"));
    lines.join("\n")
}

fn record_text(session: &Session, record: RecordId, called: &Called, ids: &Ids) -> String {
    let title = label(&called.labels, session.language)
        .map_or_else(|| record.to_string(), |text| apart(&text, session.language.direction()));
    let date = called.dates.first().map(|date| inert(date)).unwrap_or_default();
    let short = ids.record(record, LIST);
    let room = width().saturating_sub(INDENT.len() + short.len() + 2 + 12 + 1);
    format!("{short}  {} {}", fit(&date, 12), fit(&title, room)).trim_end().to_owned()
}

/// A reason, and what it weighs.
fn reason_text(session: &Session, reason: &Reason) -> String {
    let language = session.language;
    let told = |(name, value): (&String, &String)| {
        let value = match name.as_str() {
            "agent" => inert(locale::code(language, "agent", value)),
            "class" => inert(locale::code(language, "agent_class", value)),
            "scheme" => scheme(language, value),
            "property" => property_word(language, value),
            _ => apart(value, language.direction()),
        };
        (name.clone(), value)
    };
    let values: Vec<(String, String)> = reason.values.iter().map(told).collect();
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (&**name, &**value)).collect();
    let text = locale::format(language, &format!("candidates.{}", reason.code), &values);
    format!("{text} ({:+})", reason.weight)
}

/// What stands between two reasons.
const fn separator(language: Language) -> &'static str {
    match language {
        Language::Ar => "؛ ",
        Language::En => "; ",
        Language::Fr => " ; ",
    }
}

/// A scheme of identifiers, or the property that stands for one.
fn scheme(language: Language, code: &str) -> String {
    match locale::lookup(language, &format!("identifier_scheme.{code}")) {
        Some(word) => word.to_owned(),
        None => property_word(language, code),
    }
}

/// Words of two names, letter beside letter: `mu=م ha=ح`, a dash where one has no counterpart.
fn letters_text(session: &Session, words: &[Vec<(String, String)>]) -> String {
    let side = |letters: &str| if letters.is_empty() { "–".to_owned() } else { session.apart(letters) };
    let word = |letters: &Vec<(String, String)>| {
        letters.iter().map(|(one, other)| format!("{}={}", side(one), side(other))).collect::<Vec<_>>().join(" ")
    };
    words.iter().map(word).collect::<Vec<_>>().join(" · ")
}
