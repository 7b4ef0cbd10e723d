//! What would be signed, in words, and the question whether it is to be. Every command that signs claims goes through here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, IsTerminal, Write as _};

use isnad_node::problem::Broken;
use isnad_node::reading::Who;
use isnad_node::writing::{Change, Drafted, Preview, Readers, Request, TakenBack, Text, Written};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{OrganisationId, RecordId};
use isnad_protocol::view::{Reference, View, value_text};
use isnad_protocol::{locale, model};
use serde::de::DeserializeOwned;

use super::ids::{Ids, USUAL};
use super::list::{Titled, titles};
use super::publishing;
use super::reading::{label, name, organisation_name, property_word};
use super::show::value_in_words;
use crate::client::Client;
use crate::error::{Problem, exit};
use crate::output::{Style, hanging, inert, squeezed, width};
use crate::session::Session;

/// Has a request signed: after it was shown and agreed to where a person sits at a terminal. `None` if it is to be shown alone.
pub(super) async fn sign(session: &Session, client: &Client, mut request: Request) -> Result<Option<Written>, Problem> {
    super::grave::warn_if_outside(session, client).await?;
    // Made of each: what its author is warned of is told to whoever is shown nothing first, too.
    let mut preview: Preview = match declaring(session, client, "/preview", &mut request).await {
        Err(problem) => return Err(with_names(session, client, problem).await),
        shown => shown?,
    };
    for warning in &mut preview.warnings {
        name_record(session, client, &mut warning.values).await;
    }
    if is_shown(session) {
        let who: Who = client.get("/who").await?;
        let answer = serde_json::to_vec(&preview).map_err(|error| Problem::fault(error.to_string()))?;
        let ids = Ids::on_page(client, &answer).await?;
        let titles = titles(session, client, named(&preview)).await;
        let sheet = Shown { session, who: &who, new: &preview.new, ids: &ids, titles: &titles };
        let duties = publishing::checklist(session, client, &who, &preview).await?;
        if session.preview {
            session.printer.either(&preview, |preview| {
                format!("{}{duties}\n\n{}", sheet.text(preview), session.word("preview.nothing_signed"))
            });
            return Ok(None);
        }
        if !preview.signs_nothing() {
            session.printer.text(&format!("{}{duties}", sheet.text(&preview)));
            agreed(session)?;
        }
    }
    let (known, warnings) = (preview.known, preview.warnings.clone());
    as_shown(&mut request, preview);
    let mut written: Written = declaring(session, client, "/contributions", &mut request).await?;
    written.known += known;
    Ok(Some(Written { warnings, ..written }))
}

/// A problem with what the records are called that its rules name.
pub(super) async fn with_names(session: &Session, client: &Client, mut problem: Problem) -> Problem {
    for broken in &mut problem.words.problems {
        name_record(session, client, &mut broken.values).await;
    }
    problem
}

/// Puts what a record is called before its id. That it cannot be read now is no failure.
async fn name_record(session: &Session, client: &Client, values: &mut BTreeMap<String, String>) {
    let Some(record) = values.get_mut("record").filter(|record| RecordId::parse(record).is_ok()) else { return };
    let Ok(view) = client.get::<View>(&format!("/records/{record}")).await else { return };
    let titled = Titled { kind: &view.kind, labels: &view.labels, about: view.about.as_ref(), ids: None };
    // The whole text is made inert where it is told, marks of direction too.
    if let Some(title) = titled.text(session.language, squeezed) {
        *record = format!("{title} ({record})");
    }
}

/// Hands in a request. If nothing stands against it but persons whom nothing accuses, their author is asked whether they are
/// victims or witnesses, and the answer is part of what is signed. MODEL §7, rule 5.
async fn declaring<T: DeserializeOwned>(
    session: &Session,
    client: &Client,
    path: &str,
    request: &mut Request,
) -> Result<T, Problem> {
    let problem = match client.post(path, request).await {
        Ok(said) => return Ok(said),
        Err(problem) => problem,
    };
    let Some(persons) = only_persons(&problem) else { return Err(problem) };
    if !declares(session) {
        return Err(problem);
    }
    for person in persons {
        let declaration = declaration();
        match request.changes.iter_mut().find(|change| change.record == person) {
            Some(change) => change.claims.push(declaration),
            None => request.changes.push(Change { claims: vec![declaration], ..Change::of(person) }),
        }
    }
    client.post(path, request).await
}

/// The persons whom nothing accuses, if that is all that is wrong.
fn only_persons(problem: &Problem) -> Option<BTreeSet<RecordId>> {
    let problems = &problem.words.problems;
    let persons = problems.iter().map(|broken| {
        let is_it = broken.code == PERSON_NOT_ACCUSED;
        RecordId::parse(broken.values.get("record").filter(|_| is_it)?).ok()
    });
    persons.collect::<Option<BTreeSet<RecordId>>>().filter(|persons| !persons.is_empty())
}

/// The rule that a declaration answers.
pub(super) const PERSON_NOT_ACCUSED: &str = "person_not_accused";

/// The claim that records what its author declared.
pub(super) fn declaration() -> Json {
    Json::object([("prop", Json::text("declaration")), ("value", Json::text("not_victim_or_witness"))])
}

/// True if the author declares that a person is neither victim nor witness: by flag, or asked at a terminal.
pub(super) fn declares(session: &Session) -> bool {
    session.not_victim_or_witness || (asks(session) && says_yes(session, "preview.declare"))
}

/// True if what would be signed is shown first.
pub(super) fn is_shown(session: &Session) -> bool {
    session.preview || asks(session)
}

/// Where it would go, who signs it, who reads it.
pub(super) async fn head(session: &Session, client: &Client, preview: &Preview) -> Result<Vec<String>, Problem> {
    let who: Who = client.get("/who").await?;
    let titles = BTreeMap::new();
    Ok(Shown { session, who: &who, new: &preview.new, ids: &USUAL, titles: &titles }.head(preview))
}

/// True if a person sits there who can be asked.
pub(super) fn asks(session: &Session) -> bool {
    !session.yes && !session.printer.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Passes if the person who sits there says yes.
pub(super) fn agreed(session: &Session) -> Result<(), Problem> {
    if says_yes(session, "preview.question") {
        return Ok(());
    }
    let word = |key| session.word(key);
    let (what, why, advice) =
        (word("preview.declined.error"), word("preview.declined.why"), word("preview.declined.try"));
    Err(Problem::new(exit::NO, "declined", what, why, advice))
}

/// True if the answer to a question is one of the words for yes.
pub(super) fn says_yes(session: &Session, question: &str) -> bool {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "\n{} ", session.word(question));
    let _ = out.flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    let answer = answer.trim().to_lowercase();
    read.is_ok() && session.word("preview.yes").split(' ').any(|yes| yes == answer)
}

/// What the person who sits there answers to a question; `None` where nobody can be asked.
pub(super) fn answer(session: &Session, question: &str) -> Option<String> {
    if session.printer.json || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return None;
    }
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "\n{question} ");
    let _ = out.flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok().then(|| answer.trim().to_owned())
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
        broken.why = why(session, broken);
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

/// Why a rule refuses something, in the reader's language, behind its place where the model named one.
pub(super) fn why(session: &Session, broken: &Broken) -> String {
    // What stands where is told with what the model refuses.
    let is_placed = broken.why.starts_with(&broken.path);
    match said(session, broken, &format!("refusal.{}.why", broken.code)) {
        Some(why) if is_placed => format!("{}: {why}", broken.path),
        Some(why) => why,
        None => broken.why.clone(),
    }
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
    /// How many digits ids take.
    ids: &'a Ids,
    /// Of records without a name, what they say.
    titles: &'a BTreeMap<RecordId, String>,
}

/// The records that a preview names.
fn named(preview: &Preview) -> impl Iterator<Item = &Reference> {
    let claims = preview.claims.iter().flat_map(|drafted| drafted.refs.iter().chain([&drafted.record]));
    let taken = preview.retractions.iter().flat_map(|taken| taken.refs.iter().chain([&taken.record]));
    claims.chain(taken).chain(preview.narratives.iter().map(|text| &text.record))
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
            let mut claim = of
                .filter(|(index, _)| is_on(*index))
                .map(|(_, claim)| format!(" [{}]", self.ids.claim(&claim.id.to_string())));
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
        let own = || label(&record.labels, self.session.language).map(|text| self.session.apart(&text));
        let name = self.titles.get(&record.record).cloned().or_else(own);
        let new = self.new.contains(&record.record).then(|| self.session.word("preview.new_record").to_owned());
        let told = new.or(name).map_or_else(|| id.clone(), |name| format!("{name} ({id})"));
        self.format("preview.on", &[("record", &told)])
    }

    fn name(&self, refs: &[Reference], id: &str) -> String {
        let found = refs.iter().find(|reference| reference.record.to_string() == id);
        if let Some(title) = found.and_then(|found| self.titles.get(&found.record)) {
            return title.clone();
        }
        let shown = |text: &str| self.session.apart(text);
        let name = found.and_then(|found| name(found, self.session.language, None, shown));
        let is_new = || found.is_some_and(|found| self.new.contains(&found.record));
        match name {
            Some(name) => name,
            None if is_new() => self.session.apart(id),
            // Nothing is wrong with that, but it may as well be a mistyped id.
            None => format!("{} ({})", self.session.apart(id), self.session.word("view.dangling")),
        }
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
        notes.extend(claim.get("value").into_iter().flat_map(|value| self.further(value)));
        notes.extend(self.notes(claim, &drafted.refs));
        notes.push(format!("[{}]", self.ids.claim(&drafted.id.to_string())));
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

    /// What a page leaves out of a value, and is signed all the same: every name of a place with its language, what the place is
    /// in the incident, the script of a name.
    fn further(&self, value: &Json) -> Vec<String> {
        let text =
            |value: &Json, key: &str| value.get(key).and_then(Json::as_text).map(|text| self.session.apart(text));
        let name = |name: &Json| {
            let lang = text(name, "lang").map(|lang| format!(" ({lang})")).unwrap_or_default();
            Some(format!("{}{lang}", text(name, "text")?))
        };
        let names: Vec<String> =
            value.get("names").and_then(Json::as_list).unwrap_or_default().iter().filter_map(name).collect();
        let glue = format!("{} ", self.session.word("preview.comma"));
        let told = |key: &str, text: String| format!("{}: {text}", self.session.word(key));
        let role = value.get("role").and_then(Json::as_text).filter(|_| !names.is_empty());
        let role = role.map(|code| self.session.apart(locale::code(self.session.language, "place_role", code)));
        let script = text(value, "script").map(|script| told("template.part.script", script));
        let names = (names.len() > 1).then(|| told("member.names", names.join(&glue)));
        names.into_iter().chain(role).chain(script).collect()
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
        let further: Vec<String> = channel
            .into_iter()
            .chain(text("date").map(|day| self.session.apart(&model::speech::date_in(language, day))))
            .collect();
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
        line.push_str(&format!(" [{}]", self.ids.claim(&taken.retraction.claim.to_string())));
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

/// What a claim says in one line: of an opinion or a reply also whose words it is about, and why.
pub(super) fn claim_in_a_line(
    session: &Session,
    who: &Who,
    record: &Reference,
    prop: &str,
    value: Option<&Json>,
    refs: &[Reference],
) -> String {
    let (new, titles) = (BTreeSet::new(), BTreeMap::new());
    let told = Shown { session, who, new: &new, ids: &USUAL, titles: &titles }.value(record.record, prop, value, refs);
    if told.is_empty() {
        value.map(value_text).as_deref().map(|text| session.apart(text)).unwrap_or_default()
    } else {
        told
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
    if told.is_empty() { session.apart(&value_text(value)) } else { told }
}
