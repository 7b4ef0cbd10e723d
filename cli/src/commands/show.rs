//! `isnad show`: every organisation's account of a record, side by side.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use isnad_node::reading::Who;
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, OrganisationId, kind_code};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::view::{
    Basis, Headline, How, Line, Opinion, Property, Reference, ShownClaim, State, View, Wording,
};

use super::policy::Chosen;
use super::reading::{label, organisation_name, property_word, state_code};
use crate::args::ShowArgs;
use crate::client::{Client, encoded, query};
use crate::error::{DONE, Outcome};
use crate::output::{Style, hanging, inert, isolated, pasted, width};
use crate::session::Session;

mod value;

use value::Telling;

pub(crate) async fn run(session: &Session, args: &ShowArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    let own = [
        ("today", session.today.map(|day| day.to_string())),
        ("lang", Some(session.language.code().to_owned())),
        ("as_of", args.as_of.day()?.map(|day| day.to_string())),
        ("grouped", args.grouped.then(|| "true".to_owned())),
    ];
    let query = query(&[&own[..], &args.policy.parts()].concat());
    let view: View = client.get(&format!("/records/{}{query}", encoded(pasted(&args.record)))).await?;
    let who: Who = client.get("/who").await?;
    session.printer.either(&view, |view| {
        let chosen = Chosen { session, who: &who };
        let text = Page { session, who: &who }.text(view);
        chosen.before(chosen.identity(view), &view.policy, view.as_of.as_ref(), text)
    });
    Ok(DONE)
}

/// Draws views for a terminal.
pub(crate) struct Page<'a> {
    pub(crate) session: &'a Session,
    pub(crate) who: &'a Who,
}

impl Page<'_> {
    fn language(&self) -> Language {
        self.session.language
    }

    fn word(&self, key: &str) -> String {
        locale::word(self.language(), key).to_owned()
    }

    /// The whole page of a record.
    pub(crate) fn text(&self, view: &View) -> String {
        let printer = self.session.printer;
        let title =
            label(&view.labels, self.language()).map_or_else(|| view.record.to_string(), |text| isolated(&text));
        let mut out = printer.styled(&title, Style::Strong);
        let _ = write!(out, "\n{} {}", self.word(&format!("kind.{}", view.kind)), view.record);
        if let Some(state) = &view.computed.state {
            let code = state_code(state);
            let word = locale::code(self.language(), "designation_status", &code);
            let until = state.until.map(|until| format!(", {until}")).unwrap_or_default();
            let _ = write!(
                out,
                "\n{}",
                printer.styled(&format!("{word}{until} ({})", self.word("view.computed")), Style::Alert)
            );
        }
        if view.computed.contested {
            let note = format!("{} ({})", self.word("view.contested"), self.word("view.computed"));
            let _ = write!(out, "\n{}", printer.styled(&note, Style::Alert));
        }
        let mut properties: Vec<&Property> = view.properties.iter().collect();
        properties.sort_by_key(|property| !property.computed.contested);
        for property in properties {
            let _ = write!(out, "\n\n{}", self.property(view, property));
        }
        if !view.related.is_empty() {
            let _ = write!(out, "\n\n{}", self.related(&view.related));
        }
        for narrative in &view.narratives {
            let name = organisation_name(self.who, narrative.organisation, self.language());
            let _ = write!(out, "\n\n{} {} — {name}\n", self.word("view.narratives"), narrative.id.to_short());
            out.push_str(&hanging("  ", &isolated(&narrative.text), width()));
        }
        for left in &view.left_out {
            let why = self.word(&format!("standing.{}", left.standing.name()));
            let entry = format!("{} {}", self.word("view.entry"), left.entry.to_short());
            let key = format!("{} {}", self.word("view.key"), left.author.to_short());
            let _ = write!(out, "\n\n{entry}, {key}: {why}");
        }
        let _ = write!(out, "\n\n{} {}", self.word("view.as_of"), view.today);
        out
    }

    fn property(&self, view: &View, property: &Property) -> String {
        let printer = self.session.printer;
        let mut head = vec![printer.styled(&property_word(self.language(), &property.prop), Style::Strong)];
        head.extend(property.computed.headlines.iter().filter_map(|headline| self.headline(view, property, headline)));
        if property.computed.contested {
            head.push(printer.styled(&self.word("view.contested"), Style::Alert));
        }
        let mut out = head.join("  ");
        for said in said(&property.claims) {
            out.push('\n');
            out.push_str(&self.claim(view, property, &said));
        }
        out
    }

    /// What several accounts come to, where that can be said in few words.
    fn headline(&self, view: &View, property: &Property, headline: &Headline) -> Option<String> {
        if headline.accounts < 2 {
            return None;
        }
        let told = match (&headline.category, headline.min) {
            (Some(category), Some(min)) => {
                let category = locale::code(self.language(), "casualty_category", category);
                Some(format!("{} {}", isolated(category), self.telling(&[]).range(min, headline.max)))
            }
            _ if let Some((first, last)) = &headline.span => {
                let ends = [("min", first.as_str()), ("max", last.as_str())];
                Some(isolated(&locale::format(self.language(), "format.count_range", &ends)))
            }
            _ => headline.values.first().filter(|_| headline.how == How::Same && property.is_single).map(|value| {
                let refs: Vec<Reference> = property.claims.iter().flat_map(|claim| claim.refs.clone()).collect();
                self.telling(&refs).value(kind_code(&view.kind), &property.prop, value)
            }),
        };
        let accounts = headline.accounts.to_string();
        let accounts = locale::format(self.language(), "format.accounts", &[("count", &accounts)]);
        Some(told.map_or_else(|| format!("({accounts})"), |told| format!("{told} ({accounts})")))
    }

    fn claim(&self, view: &View, property: &Property, said: &Said<'_>) -> String {
        let claim = said.claim;
        let mark = match claim.state {
            State::Live if property.computed.contesting.contains(&claim.id) => "  ≠ ",
            State::Live => "  • ",
            State::Replaced => "  ○ ",
            State::Retracted => "  − ",
        };
        let mut value = claim.value.as_ref().map(|value| self.value(view, property, value, claim)).unwrap_or_default();
        if let Some(lang) = claim.lang.as_deref().filter(|lang| *lang != self.language().code()) {
            let _ = write!(value, " ({})", inert(lang));
        }
        let mut out = hanging(mark, &value, width());
        let _ = write!(out, "\n{}", hanging("    ", &self.notes(said).join("; "), width()));
        for basis in &claim.basis {
            let _ = write!(out, "\n{}", hanging("    ← ", &self.basis(basis), width()));
        }
        if let Some(wording) = &claim.wording {
            let _ = write!(out, "\n{}", hanging("    ", &self.wording(wording), width()));
        }
        out
    }

    fn value(&self, view: &View, property: &Property, value: &Json, claim: &ShownClaim) -> String {
        let member = |key: &str| value.get(key).and_then(Json::as_text);
        if property.prop == "opinion"
            && let Some((stance, on)) = member("stance").zip(member("claim").or_else(|| member("entry")))
        {
            let stance = locale::code(self.language(), "stance", stance);
            let reason = member("reason").map(|code| locale::code(self.language(), "dispute_reason", code));
            let words: Vec<String> = reason.into_iter().chain(member("text")).map(isolated).collect();
            let on: String = on.chars().take(12).collect();
            return [vec![format!("{stance} [{}]", inert(&on))], words].concat().join(": ");
        }
        self.telling(&claim.refs).value(kind_code(&view.kind), &property.prop, value)
    }

    /// Whose word it is, by which standard, in which state, and what others say of it.
    fn notes(&self, said: &Said<'_>) -> Vec<String> {
        let claim = said.claim;
        let mut notes = Vec::new();
        notes.extend(
            claim.according_to.as_ref().map(|body| format!("{} {}", self.word("view.according_to"), self.name(body))),
        );
        notes.extend(claim.standard.as_deref().map(|code| self.standard(code)));
        for (field, vocabulary, code) in [
            ("likelihood", "likelihood", &claim.likelihood),
            ("confidence", "confidence", &claim.confidence),
            ("reliability", "source_reliability", &claim.reliability),
            ("credibility", "information_credibility", &claim.credibility),
            ("marking", "marking", &claim.marking),
            ("valid", "", &claim.valid),
            ("original", "", &claim.original),
        ] {
            notes.extend(code.as_ref().map(|code| {
                let word = locale::code(self.language(), vocabulary, code);
                format!("{}: {}", self.word(&format!("field.{field}")), isolated(word))
            }));
        }
        let signers: Vec<String> =
            said.signers.iter().map(|id| organisation_name(self.who, *id, self.language())).collect();
        notes.push(format!("{} {}", self.word("view.signed_by"), signers.join(" + ")));
        for (is_so, key) in [
            (claim.state == State::Replaced, "view.replaced"),
            (claim.unverified, "view.unverified"),
            (claim.malformed, "view.malformed"),
            (claim.flags.iter().any(|flag| flag == "unknown_code"), "view.unknown"),
        ] {
            notes.extend(is_so.then(|| self.word(key)));
        }
        for retracted in &claim.retracted {
            let reason = locale::code(self.language(), "retraction_reason", &retracted.reason);
            let note = retracted.note.as_deref().map(|note| format!(": {}", isolated(note))).unwrap_or_default();
            notes.push(format!("{} ({}){note}", self.word("view.retracted"), inert(reason)));
        }
        notes.extend(claim.opinions.iter().map(|opinion| self.opinion(opinion)));
        notes.extend(
            claim
                .record
                .map(|record| locale::format(self.language(), "policy.on_record", &[("record", &record.to_string())])),
        );
        notes.push(format!("[{}]", claim.id.to_short()));
        notes
    }

    fn opinion(&self, opinion: &Opinion) -> String {
        let who = organisation_name(self.who, opinion.organisation, self.language());
        let stance = locale::code(self.language(), "stance", &opinion.stance);
        let earlier =
            if opinion.on_earlier { format!(" ({})", self.word("view.earlier_version")) } else { String::new() };
        let reason = opinion.reason.as_deref().map(|code| locale::code(self.language(), "dispute_reason", code));
        let words: Vec<String> = reason.into_iter().chain(opinion.text.as_deref()).map(isolated).collect();
        [vec![format!("{who} {}{earlier}", inert(stance))], words].concat().join(": ")
    }

    fn basis(&self, basis: &Basis) -> String {
        let source = basis.source.as_ref().map_or_else(|| self.word("view.malformed"), |source| self.name(source));
        let locator = basis.locator.as_deref().map(|locator| format!(", {}", isolated(locator))).unwrap_or_default();
        let unverified = if basis.unverified { format!(" ({})", self.word("view.unverified")) } else { String::new() };
        format!("{source}{locator}{unverified}")
    }

    fn wording(&self, wording: &Wording) -> String {
        match wording {
            Wording::Verbatim { text, lang } => {
                let lang = lang.as_deref().filter(|lang| *lang != self.language().code());
                format!("“{}”{}", isolated(text), lang.map(|lang| format!(" ({})", inert(lang))).unwrap_or_default())
            }
            Wording::Unavailable { unavailable } => {
                format!("({})", inert(locale::code(self.language(), "wording_unavailable", unavailable)))
            }
        }
    }

    /// A value in the reader's words, for other pages.
    pub(super) fn told(&self, kind: &str, prop: &str, value: &Json, refs: &[Reference]) -> String {
        self.telling(refs).value(kind_code(kind), prop, value)
    }

    fn telling<'b>(&'b self, refs: &'b [Reference]) -> Telling<'b> {
        Telling { language: self.language(), page: self, refs }
    }

    fn standard(&self, code: &str) -> String {
        let word = locale::code(self.language(), "standard_of_proof", code);
        format!("{}: {}", self.word("view.standard"), inert(word))
    }

    /// Another record by its label.
    fn name(&self, reference: &Reference) -> String {
        label(&reference.labels, self.language())
            .map_or_else(|| format!("{} ({})", reference.record, self.word("view.dangling")), |text| isolated(&text))
    }

    /// Conclusions and measures about the record: who, according to whom, standard, wording, signed by.
    pub(crate) fn related(&self, lines: &[Line]) -> String {
        let mut out = String::new();
        let mut lines: Vec<&Line> = lines.iter().collect();
        lines.sort_by_key(|line| (!line.contested, line.kind.clone()));
        for line in lines {
            let kind = self.word(&format!("kind.{}", line.kind));
            let outcome = line.value.as_ref().and_then(|value| value.as_text()).unwrap_or_default();
            let outcome = locale::code(self.language(), "finding_outcome", outcome);
            let subjects: Vec<String> = line.subjects.iter().map(|subject| self.name(subject)).collect();
            let mut head = format!("{kind}: {}", inert(outcome));
            if !subjects.is_empty() {
                let _ = write!(head, " — {}", subjects.join(", "));
            }
            if let Some(state) = &line.in_force {
                let _ = write!(head, " ({})", locale::code(self.language(), "designation_status", &state_code(state)));
            }
            let mark = if line.contested { "  ≠ " } else { "  • " };
            let _ = writeln!(out, "{}", hanging(mark, &head, width()));
            let mut notes = Vec::new();
            notes.extend(
                line.according_to
                    .as_ref()
                    .map(|body| format!("{} {}", self.word("view.according_to"), self.name(body))),
            );
            notes.extend(line.standard.as_deref().map(|code| self.standard(code)));
            notes.extend(line.date.as_deref().map(inert));
            notes.push(format!(
                "{} {}",
                self.word("view.signed_by"),
                organisation_name(self.who, line.organisation, self.language())
            ));
            notes.extend(line.unverified.then(|| self.word("view.unverified")));
            let _ = writeln!(out, "{}", hanging("    ", &notes.join("; "), width()));
            if let Some(wording) = &line.wording {
                let _ = writeln!(out, "{}", hanging("    ", &self.wording(wording), width()));
            }
        }
        out.trim_end().to_owned()
    }
}

/// One claim, and every organisation that says it in the same state: the same words are one claim with several signers.
struct Said<'a> {
    claim: &'a ShownClaim,
    signers: Vec<OrganisationId>,
}

fn said(claims: &[ShownClaim]) -> Vec<Said<'_>> {
    let mut all: Vec<Said<'_>> = Vec::new();
    // By id, for a member may say thousands.
    let mut places: BTreeMap<ClaimId, Vec<usize>> = BTreeMap::new();
    for claim in claims {
        let is_same = |first: &ShownClaim| {
            first.state == claim.state
                && first.opinions == claim.opinions
                && first.retracted.is_empty()
                && claim.retracted.is_empty()
        };
        let known = places.entry(claim.id).or_default();
        let place = known.iter().copied().find(|place| all.get(*place).is_some_and(|said| is_same(said.claim)));
        match place.and_then(|place| all.get_mut(place)) {
            Some(said) if said.signers.contains(&claim.organisation) => {}
            Some(said) => said.signers.push(claim.organisation),
            None => {
                known.push(all.len());
                all.push(Said { claim, signers: vec![claim.organisation] });
            }
        }
    }
    all
}
