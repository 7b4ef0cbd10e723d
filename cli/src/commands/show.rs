//! `isnad show`: every organisation's account of a record, side by side.

use std::fmt::Write as _;

use isnad_node::reading::Who;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::view::{Line, Property, Reference, ShownClaim, State, View, Wording};

use super::reading::{label, organisation_name, property_word, state_code};
use crate::client::{Client, encoded, query};
use crate::error::{DONE, Outcome};
use crate::output::{Style, hanging, inert, isolated, width};
use crate::session::Session;

pub(crate) async fn run(session: &Session, record: &str) -> Outcome {
    let client = Client::to_read(session).await?;
    let query = query(&[
        ("today", session.today.map(|day| day.to_string())),
        ("lang", Some(session.language.code().to_owned())),
    ]);
    let view: View = client.get(&format!("/records/{}{query}", encoded(record))).await?;
    let who: Who = client.get("/who").await?;
    session.printer.either(&view, |view| Page { session, who: &who }.text(view));
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
            let _ = write!(out, "\n\n{}", self.property(property));
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
            let _ = write!(out, "\n\nentry {} of key {}: {why}", left.entry.to_short(), left.author.to_short());
        }
        let _ = write!(out, "\n\n{} {}", self.word("view.as_of"), view.today);
        out
    }

    fn property(&self, property: &Property) -> String {
        let printer = self.session.printer;
        let mut out = printer.styled(&property_word(self.language(), &property.prop), Style::Strong);
        for headline in &property.computed.headlines {
            let category = headline.category.as_deref().map(|code| format!("{} ", inert(code))).unwrap_or_default();
            if headline.accounts > 1 {
                let _ = write!(out, "  {category}{} [{}]", isolated(&headline.text), headline.accounts);
            }
        }
        if property.computed.contested {
            let _ = write!(out, "  {}", printer.styled(&self.word("view.contested"), Style::Alert));
        }
        for claim in &property.claims {
            out.push('\n');
            out.push_str(&self.claim(claim));
        }
        out
    }

    fn claim(&self, claim: &ShownClaim) -> String {
        let value = claim.value.as_ref().map(|value| self.value(value, &claim.refs)).unwrap_or_default();
        let mark = match claim.state {
            State::Live => "  • ",
            State::Replaced => "  ○ ",
            State::Retracted => "  − ",
        };
        let mut out = hanging(mark, &isolated(&value), width());
        let mut notes = Vec::new();
        notes.extend(
            claim.according_to.as_ref().map(|body| format!("{} {}", self.word("view.according_to"), self.name(body))),
        );
        notes.extend(claim.standard.as_deref().map(|code| self.standard(code)));
        notes.push(format!(
            "{} {}",
            self.word("view.signed_by"),
            organisation_name(self.who, claim.organisation, self.language())
        ));
        for (is_so, key) in [
            (claim.state == State::Retracted, "view.retracted"),
            (claim.state == State::Replaced, "view.replaced"),
            (claim.unverified, "view.unverified"),
            (claim.malformed, "view.malformed"),
        ] {
            notes.extend(is_so.then(|| self.word(key)));
        }
        for opinion in &claim.opinions {
            let who = organisation_name(self.who, opinion.organisation, self.language());
            let stance = locale::code(self.language(), "stance", &opinion.stance);
            let earlier =
                if opinion.on_earlier { format!(" ({})", self.word("view.endorsed_earlier")) } else { String::new() };
            let text = opinion.text.as_deref().map(|text| format!(": {}", isolated(text))).unwrap_or_default();
            notes.push(format!("{who} {}{earlier}{text}", inert(stance)));
        }
        notes.push(format!("[{}]", claim.id.to_short()));
        let _ = write!(out, "\n{}", hanging("    ", &notes.join("; "), width()));
        if let Some(Wording::Verbatim { text, .. }) = &claim.wording {
            let _ = write!(out, "\n{}", hanging("    ", &format!("“{}”", isolated(text)), width()));
        }
        out
    }

    fn value(&self, value: &isnad_protocol::encoding::json::Json, refs: &[Reference]) -> String {
        let names: Vec<String> = refs.iter().map(|reference| self.name(reference)).collect();
        if names.is_empty() { isnad_protocol::view::value_text(value) } else { names.join(", ") }
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
            if let Some(Wording::Verbatim { text, .. }) = &line.wording {
                let _ = writeln!(out, "{}", hanging("    ", &format!("“{}”", isolated(text)), width()));
            }
        }
        out.trim_end().to_owned()
    }
}
