//! What would be signed, in words, and the question whether it is to be. Every command that signs claims goes through here.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write as _};

use isnad_node::problem::Broken;
use isnad_node::reading::Who;
use isnad_node::writing::{Drafted, Preview, Readers, Request, TakenBack, Text, Written};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{OrganisationId, RecordId};
use isnad_protocol::view::{Reference, value_text};
use isnad_protocol::{locale, model};

use super::reading::{label, organisation_name, property_word};
use super::show::value_in_words;
use crate::client::Client;
use crate::error::{Problem, exit};
use crate::output::{Style, hanging, inert, isolated, width};
use crate::session::Session;

/// Has a request signed: after it was shown and agreed to where a person sits at a terminal. `None` if it is to be shown alone.
pub(super) async fn sign(session: &Session, client: &Client, mut request: Request) -> Result<Option<Written>, Problem> {
    let mut known = 0;
    if session.preview || asks(session) {
        let preview: Preview = client.post("/preview", &request).await?;
        let who: Who = client.get("/who").await?;
        let sheet = Shown { session, who: &who, new: &preview.new };
        if session.preview {
            session.printer.either(&preview, |preview| {
                format!("{}\n\n{}", sheet.text(preview), session.word("preview.nothing_signed"))
            });
            return Ok(None);
        }
        if !preview.signs_nothing() {
            session.printer.text(&sheet.text(&preview));
            agreed(session)?;
        }
        known = preview.known;
        as_shown(&mut request, preview);
    }
    let mut written: Written = client.post("/contributions", &request).await?;
    written.known += known;
    Ok(Some(written))
}

/// Shows where records taken from a file would go, with their number, and asks. False if they are to be shown alone.
pub(super) async fn import(session: &Session, client: &Client, space: &str, count: &str) -> Result<bool, Problem> {
    if !session.preview && !asks(session) {
        return Ok(true);
    }
    let request = Request { space: space.into(), changes: Vec::new(), only_new: true };
    let preview: Preview = client.post("/preview", &request).await?;
    let who: Who = client.get("/who").await?;
    let sheet = Shown { session, who: &who, new: &preview.new };
    let text = |preview: &Preview| format!("{}\n\n{count}", sheet.head(preview).join("\n"));
    if session.preview {
        let end = session.word("preview.nothing_signed");
        session.printer.either(&preview, |preview| format!("{}\n{end}", text(preview)));
        return Ok(false);
    }
    session.printer.text(&text(&preview));
    agreed(session).map(|()| true)
}

/// True if a person sits there who can be asked.
fn asks(session: &Session) -> bool {
    !session.yes && !session.printer.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

fn agreed(session: &Session) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "\n{} ", session.word("preview.question"));
    let _ = out.flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    let answer = answer.trim().to_lowercase();
    let mut yes = session.word("preview.yes").split(' ');
    if read.is_ok() && yes.any(|yes| yes == answer) {
        return Ok(());
    }
    let word = |key| session.word(key);
    let (what, why, advice) =
        (word("preview.declined.error"), word("preview.declined.why"), word("preview.declined.try"));
    Err(Problem::new(exit::NO, "declined", what, why, advice))
}

/// The request with the claims as they were shown: one that needs a nonce was given it there.
fn as_shown(request: &mut Request, preview: Preview) {
    let mut drafted = preview.claims;
    for change in &mut request.changes {
        let (own, rest) = drafted.into_iter().partition(|claim: &Drafted| claim.record.record == change.record);
        drafted = rest;
        let own: Vec<Drafted> = own;
        change.claims = own.into_iter().map(|drafted| drafted.claim).collect();
    }
}

/// A problem with the texts of its broken rules in the reader's language. An advice that the command made itself stays.
pub(super) fn told(session: &Session, mut problem: Problem) -> Problem {
    let Some(first) = problem.words.problems.first() else { return problem };
    let is_own_advice = first.advice != problem.advice;
    // What has no key was told where it was found, with its line.
    for broken in problem.words.problems.iter_mut().filter(|broken| !broken.try_key.is_empty()) {
        // What stands where is told with what the model refuses.
        let is_placed = broken.why.starts_with(&broken.path);
        if let Some(why) = said(session, broken, &format!("refusal.{}.why", broken.code)) {
            broken.why = if is_placed { format!("{}: {why}", broken.path) } else { why };
        }
        if let Some(advice) = said(session, broken, &broken.try_key) {
            broken.advice = advice;
        }
    }
    if let Some(first) = problem.words.problems.first() {
        session.word("preview.not_signed").clone_into(&mut problem.error);
        problem.why.clone_from(&first.why);
        if !is_own_advice {
            problem.advice.clone_from(&first.advice);
        }
    }
    problem
}

/// A text of a broken rule; `None` if no locale has it.
fn said(session: &Session, broken: &Broken, key: &str) -> Option<String> {
    locale::lookup(session.language, key)?;
    Some(model::problem::told(session.language, key, &broken.values))
}

/// Draws a preview for a terminal.
struct Shown<'a> {
    session: &'a Session,
    who: &'a Who,
    /// Records of which nothing was said before.
    new: &'a BTreeSet<RecordId>,
}

impl Shown<'_> {
    fn format(&self, key: &str, values: &[(&str, &str)]) -> String {
        locale::format(self.session.language, key, values)
    }

    fn organisation(&self, id: OrganisationId) -> String {
        organisation_name(self.who, id, self.session.language)
    }

    /// The whole preview.
    fn text(&self, preview: &Preview) -> String {
        let mut lines = self.head(preview);
        let mut about: Option<RecordId> = None;
        let mut under = |record: &Reference, lines: &mut Vec<String>| {
            if about != Some(record.record) {
                about = Some(record.record);
                lines.extend([String::new(), hanging("", &self.on(record), width())]);
            }
        };
        for claim in &preview.claims {
            under(&claim.record, &mut lines);
            lines.extend(self.claim(claim));
        }
        for taken in &preview.retractions {
            under(&taken.record, &mut lines);
            lines.push(self.retraction(taken));
        }
        for text in &preview.narratives {
            under(&text.record, &mut lines);
            lines.push(self.narrative(text));
        }
        if preview.known > 0 {
            lines.extend([String::new(), self.format("preview.known", &[("count", &preview.known.to_string())])]);
        }
        for warning in &preview.warnings {
            let of = preview.claims.iter().enumerate();
            let is_on = |index: usize| warning.path.starts_with(&format!("claims[{index}]"));
            let mut claim =
                of.filter(|(index, _)| is_on(*index)).map(|(_, claim)| format!(" [{}]", claim.id.to_short()));
            let label = self.session.printer.styled(self.session.word("preview.warning"), Style::Alert);
            let label = format!("{label}{}: ", claim.next().unwrap_or_default());
            let text = inert(&warning.text_in(self.session.language));
            lines.push(format!("\n{}", hanging("", &format!("{label}{text}"), width())));
        }
        lines.join("\n")
    }

    /// Where it goes, who signs it, who reads it.
    fn head(&self, preview: &Preview) -> Vec<String> {
        let space = locale::code(self.session.language, "space", &preview.space);
        let tlp = preview.tlp.to_uppercase();
        let organisation = self.organisation(preview.organisation);
        let by = [
            ("organisation", organisation.as_str()),
            ("label", &self.session.apart(&preview.key_label)),
            ("key", &preview.key.to_short()),
        ];
        let readers = match &preview.readers {
            Readers::Everyone => self.session.word("preview.everyone").to_owned(),
            Readers::Members(members) => {
                let names: Vec<String> = members.iter().map(|member| self.organisation(*member)).collect();
                let glue = self.session.word("preview.comma");
                self.format("preview.members", &[("members", &names.join(&format!("{glue} ")))])
            }
        };
        vec![
            self.session.printer.styled(self.session.word("preview.title"), Style::Strong),
            hanging("  ", &self.format("preview.space", &[("space", space), ("tlp", &tlp)]), width()),
            hanging("  ", &self.format("preview.by", &by), width()),
            hanging("  ", &readers, width()),
        ]
    }

    fn on(&self, record: &Reference) -> String {
        let id = record.record.to_string();
        let name = label(&record.labels, self.session.language).map(|text| self.session.apart(&text));
        let new = self.new.contains(&record.record).then(|| self.session.word("preview.new_record").to_owned());
        let told = new.or(name).map_or_else(|| id.clone(), |name| format!("{name} ({id})"));
        self.format("preview.on", &[("record", &told)])
    }

    fn name(&self, refs: &[Reference], id: &str) -> String {
        let found = refs.iter().find(|reference| reference.record.to_string() == id);
        let name = found.and_then(|found| label(&found.labels, self.session.language));
        self.session.apart(name.as_deref().unwrap_or(id))
    }

    fn claim(&self, drafted: &Drafted) -> Vec<String> {
        let claim = &drafted.claim;
        let text = |key: &str| claim.get(key).and_then(Json::as_text);
        let prop = text("prop").unwrap_or_default();
        let mut value = self.value(drafted.record.record, prop, claim.get("value"), &drafted.refs);
        if let Some(lang) = text("lang") {
            value.push_str(&format!(" ({})", inert(lang)));
        }
        let head = self.session.field(&property_word(self.session.language, prop), &value);
        let mut lines = vec![hanging("  • ", &head, width())];
        let mut notes = Vec::new();
        if let Some(old) = &drafted.instead_of {
            let old = self.value(drafted.record.record, prop, Some(old), &drafted.refs);
            notes.push(self.format("preview.instead_of", &[("value", &old)]));
        }
        notes.extend(self.notes(claim, &drafted.refs));
        notes.push(format!("[{}]", drafted.id.to_short()));
        lines.push(hanging("    ", &notes.join(self.session.printer.semicolon()), width()));
        for basis in claim.get("basis").and_then(Json::as_list).unwrap_or_default() {
            let member = |key: &str| basis.get(key).and_then(Json::as_text);
            let source = self.name(&drafted.refs, member("source").unwrap_or_default());
            let locator = member("locator")
                .map(|locator| format!("{} {}", self.session.word("preview.comma"), self.session.apart(locator)))
                .unwrap_or_default();
            lines.push(hanging("    ← ", &format!("{source}{locator}"), width()));
        }
        lines.extend(claim.get("wording").map(|wording| hanging("    ", &self.wording(wording), width())));
        lines
    }

    /// What a claim says besides its value, source and wording.
    fn notes(&self, claim: &Json, refs: &[Reference]) -> Vec<String> {
        let text = |key: &str| claim.get(key).and_then(Json::as_text);
        let mut notes = Vec::new();
        notes.extend(
            text("according_to")
                .map(|body| format!("{} {}", self.session.word("view.according_to"), self.name(refs, body))),
        );
        for (field, vocabulary) in [
            ("standard", "standard_of_proof"),
            ("likelihood", "likelihood"),
            ("confidence", "confidence"),
            ("reliability", "source_reliability"),
            ("credibility", "information_credibility"),
            ("marking", "marking"),
            ("valid", ""),
            ("original", ""),
        ] {
            notes.extend(text(field).map(|code| {
                let word = locale::code(self.session.language, vocabulary, code);
                self.session.field(self.session.word(&format!("field.{field}")), &self.session.apart(word))
            }));
        }
        notes
    }

    fn wording(&self, wording: &Json) -> String {
        let text = |key: &str| wording.get(key).and_then(Json::as_text);
        match (text("text"), text("unavailable")) {
            (Some(words), _) => {
                let lang = text("lang").map(|lang| format!(" ({})", inert(lang))).unwrap_or_default();
                format!("{}{lang}", self.session.printer.quotation(&self.session.apart(words)))
            }
            (None, code) => {
                let word = locale::code(self.session.language, "wording_unavailable", code.unwrap_or_default());
                format!("({})", inert(word))
            }
        }
    }

    fn value(&self, record: RecordId, prop: &str, value: Option<&Json>, refs: &[Reference]) -> String {
        let Some(value) = value else { return String::new() };
        let text = |key: &str| value.get(key).and_then(Json::as_text);
        if let (true, Some(stance)) = (matches!(prop, "opinion" | "response"), text("stance")) {
            return self.said_of(prop, stance, value, refs);
        }
        value_in_words(self.session, self.who, record, prop, value, refs)
    }

    /// An opinion or a reply: whose claim it is about, and why.
    fn said_of(&self, prop: &str, stance: &str, value: &Json, refs: &[Reference]) -> String {
        let language = self.session.language;
        let text = |key: &str| value.get(key).and_then(Json::as_text);
        let vocabulary = if prop == "opinion" { "stance" } else { "response_stance" };
        let mut head = vec![inert(locale::code(language, vocabulary, stance))];
        if let Some(subject) = text("subject") {
            let name = self.name(refs, subject);
            head.insert(0, self.format("respond.for", &[("subject", &name)]));
        }
        let whose = text("organisation").and_then(|id| OrganisationId::parse(id).ok());
        let on = text("claim").map(|id| inert(&id.chars().take(12).collect::<String>()));
        let whose = whose.map(|whose| self.organisation(whose));
        head.extend(match (whose, on) {
            (Some(whose), Some(on)) => Some(self.format("opinion.on", &[("claim", &on), ("organisation", &whose)])),
            (whose, on) => whose.or(on),
        });
        let colon = format!("{} ", self.session.printer.colon());
        let mut parts = vec![head.join(&colon)];
        parts.extend(text("reason").map(|code| inert(locale::code(language, "dispute_reason", code))));
        parts.extend(text("text").map(|words| self.session.apart(words)));
        let channel = text("channel").map(|code| inert(locale::code(language, "channel", code)));
        let further: Vec<String> = channel.into_iter().chain(text("date").map(|day| self.session.apart(day))).collect();
        let further = if further.is_empty() {
            String::new()
        } else {
            format!(" ({})", further.join(&format!("{} ", self.session.word("preview.comma"))))
        };
        format!("{}{further}", parts.join(&colon))
    }

    fn retraction(&self, taken: &TakenBack) -> String {
        let text = |key: &str| taken.claim.get(key).and_then(Json::as_text);
        let prop = text("prop").unwrap_or_default();
        let value = self.value(taken.record.record, prop, taken.claim.get("value"), &taken.refs);
        let property = property_word(self.session.language, prop);
        let mut line = self.format("preview.takes_back", &[("property", &property), ("value", &value)]);
        let reason = locale::code(self.session.language, "retraction_reason", &taken.retraction.reason);
        line.push_str(&format!(" ({})", inert(reason)));
        line.extend(
            taken
                .retraction
                .note
                .as_deref()
                .map(|note| format!("{} {}", self.session.printer.colon(), self.session.apart(note))),
        );
        line.push_str(&format!(" [{}]", taken.retraction.claim.to_short()));
        hanging("  − ", &line, width())
    }

    fn narrative(&self, text: &Text) -> String {
        let count = |text: &str| text.chars().count().to_string();
        let new = count(&text.new);
        let head = match &text.old {
            Some(old) => self.format("preview.edits", &[("old", &count(old)), ("new", &new)]),
            None => self.format("preview.begins", &[("count", &new)]),
        };
        hanging("  • ", &format!("{head}\n{}", self.session.apart(&text.new)), width())
    }
}

/// A value in one line, for a claim that is named in a sentence.
pub(super) fn in_a_line(
    session: &Session,
    who: &Who,
    record: &Reference,
    prop: &str,
    value: &Json,
    refs: &[Reference],
) -> String {
    let told = value_in_words(session, who, record.record, prop, value, refs);
    if told.is_empty() { isolated(&value_text(value)) } else { told }
}
