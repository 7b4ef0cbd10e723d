//! What stands around a value: whose word it is and since when, on what it rests, in which words, and what others say of it.

use std::collections::BTreeSet;

use isnad_protocol::id::OrganisationId;
use isnad_protocol::locale;
use isnad_protocol::time::Timestamp;
use isnad_protocol::view::{Basis, Opinion, Reference, Reply, Retracted, ShownClaim, Wording};

use super::pen::{Pen, TEXT_LINES};
use super::said::Said;
use crate::output::{columns, hung};

/// Signers and a cited body, as a page names them.
#[derive(Debug, Clone)]
pub(super) struct Voices<'a> {
    pub(super) body: Option<&'a Reference>,
    pub(super) signers: &'a [OrganisationId],
    pub(super) times: &'a [Timestamp],
    /// Everybody who says anything on the page: named once, in its head.
    pub(super) all: &'a BTreeSet<OrganisationId>,
}

/// So many organisations are told as "all".
const MANY: usize = 3;

impl Pen<'_> {
    /// *X says*; or according to whom, and by whom it is signed.
    pub(super) fn voices(self, voices: &Voices<'_>) -> String {
        let names: Vec<String> = voices.signers.iter().map(|id| self.organisation(*id)).collect();
        let is_all = voices.signers.len() >= MANY && voices.signers.len() == voices.all.len();
        let count = voices.signers.len().to_string();
        let signers = if is_all { self.say("show.all", &[("count", &count)]) } else { names.join(" + ") };
        match (voices.body, voices.signers.len()) {
            (Some(body), _) => self.say("show.according_to", &[("body", &self.record(body)), ("who", &signers)]),
            (None, 1) => self.say("show.says", &[("who", &signers)]),
            (None, _) => self.say("show.say", &[("who", &signers)]),
        }
    }

    /// The line over an account: who says it, on which day, and what one organisation alone may read.
    pub(super) fn account_line(self, voices: &Voices<'_>, space: Option<&str>) -> String {
        let mut parts = vec![self.voices(voices)];
        parts.extend(self.days(voices.times));
        parts.extend(space.map(str::to_owned));
        self.list(&parts)
    }

    /// The day on which something was said, or the first and the last.
    pub(super) fn days(self, times: &[Timestamp]) -> Option<String> {
        let (first, last) = (times.iter().min()?, times.iter().max()?);
        let (first, last) = (self.day(*first), self.day(*last));
        Some(if first == last { first } else { self.say("format.count_range", &[("min", &first), ("max", &last)]) })
    }

    /// What a claim says of itself: standard, ratings, validity; and what it lacks.
    pub(super) fn own_notes(self, claim: &ShownClaim) -> Vec<String> {
        let mut notes = Vec::new();
        notes.extend(claim.standard.as_deref().map(|code| self.standard(code)));
        for (field, vocabulary, code) in [
            ("likelihood", "likelihood", &claim.likelihood),
            ("confidence", "confidence", &claim.confidence),
            ("reliability", "source_reliability", &claim.reliability),
            ("credibility", "information_credibility", &claim.credibility),
            ("marking", "marking", &claim.marking),
        ] {
            let word = |code: &String| self.field(&self.word(&format!("field.{field}")), &self.code(vocabulary, code));
            notes.extend(code.as_ref().map(word));
        }
        let valid = |dates: &String| self.field(&self.word("field.valid"), &self.date(dates));
        notes.extend(claim.valid.as_ref().map(valid));
        notes.extend((!claim.counts).then(|| self.word("show.not_counted")));
        notes
    }

    /// The declared standard of proof.
    pub(super) fn standard(self, code: &str) -> String {
        self.field(&self.word("view.standard"), &self.code("standard_of_proof", code))
    }

    /// What a program found wrong or strange with a claim.
    pub(super) fn flags(self, claim: &ShownClaim) -> Vec<String> {
        let mut flags = Vec::new();
        flags.extend(claim.malformed.then(|| self.word("view.malformed")));
        flags.extend(claim.unknown.then(|| self.word("view.unknown")));
        for code in claim.flags.iter().filter(|code| code.as_str() != "unknown_code" || !claim.unknown) {
            let warning = claim.warnings.iter().find(|warning| warning.code == *code);
            let told = warning.map(|warning| self.paragraphs(&warning.text_in(self.language)));
            let known = [format!("warning.{code}"), format!("flag.{code}"), format!("refusal.{code}.why")];
            let known = known.iter().filter_map(|key| locale::lookup(self.language, key));
            // A text that wants values has none to tell here.
            let plain = || known.filter(|text| !text.contains('{')).map(str::to_owned).next();
            flags.push(told.or_else(plain).unwrap_or_else(|| self.foreign(code)));
        }
        flags
    }

    /// What a claim rests on: a source by its name, and where in it.
    pub(crate) fn basis(self, basis: &Basis) -> String {
        let source = basis.source.as_ref().map_or_else(|| self.word("view.malformed"), |source| self.record(source));
        let mut parts = vec![source];
        parts.extend(basis.locator.as_deref().map(|locator| self.foreign(locator)));
        let doubts = self.unverified(basis.unverified, &basis.unverified_by);
        let doubts = if doubts.is_empty() { String::new() } else { format!(" ({})", self.notes(&doubts)) };
        format!("{}{doubts}", self.list(&parts))
    }

    /// That a source was written down from memory: by the word of who cites it, and of others in their names.
    pub(super) fn unverified(self, is_unverified: bool, by: &BTreeSet<OrganisationId>) -> Vec<String> {
        let mut doubts: Vec<String> = is_unverified.then(|| self.word("view.unverified")).into_iter().collect();
        if !by.is_empty() {
            let key = if is_unverified { "show.unverified_also" } else { "show.unverified_by" };
            doubts.push(self.say(key, &[("who", &self.organisations(by))]));
        }
        doubts
    }

    /// A body's own words in its own language, or why they are not given.
    pub(super) fn wording(self, wording: &Wording, indent: &str, width: usize) -> Vec<String> {
        match wording {
            Wording::Verbatim { text, lang } => self.quoted(text, lang.as_deref(), indent, width),
            Wording::Unavailable { unavailable } => {
                hung(indent, &format!("({})", self.code("wording_unavailable", unavailable)), width)
            }
        }
    }

    /// Words of others between quotation marks, with their language where it is not the reader's.
    pub(super) fn quoted(self, text: &str, lang: Option<&str>, indent: &str, width: usize) -> Vec<String> {
        let lang = lang.filter(|lang| *lang != self.language.code()).map(|lang| format!(" ({})", self.foreign(lang)));
        let quoted = format!("{}{}", self.quotation(&self.paragraphs(text)), lang.unwrap_or_default());
        let set = self.barred(&quoted, width.saturating_sub(indent.len()), TEXT_LINES);
        set.into_iter().map(|line| format!("{indent}{line}")).collect()
    }

    /// What an organisation says of a claim, and the sign that stands before it: its further lines stand behind that.
    pub(super) fn opinion(self, opinion: &Opinion) -> (&'static str, String) {
        let sign = match opinion.stance.as_str() {
            "dispute" => "✗",
            _ => "✓",
        };
        let who = self.organisation(opinion.organisation);
        let key = format!("show.opinion.{}", opinion.stance);
        let told = match locale::lookup(self.language, &key) {
            Some(_) => self.say(&key, &[("who", &who)]),
            None => self.field(&who, &self.foreign(&opinion.stance)),
        };
        let mut head = told;
        if opinion.on_earlier {
            head.push_str(&format!(" ({})", self.word("view.earlier_version")));
        }
        let reason = opinion.reason.as_deref().map(|code| self.code("dispute_reason", code));
        let words: Vec<String> =
            reason.into_iter().chain(opinion.text.as_deref().map(|text| self.foreign(text))).collect();
        let id = format!("[{}]", self.claim(opinion.claim));
        let told = if words.is_empty() { head } else { self.field(&head, &self.notes(&words)) };
        (sign, format!("{told} {id}"))
    }

    /// A subject's reply, drawn as large as what it answers.
    pub(super) fn reply(self, reply: &Reply, indent: &str, width: usize) -> Vec<String> {
        let subject =
            reply.subject.as_ref().map_or_else(|| self.word("view.malformed"), |subject| self.record(subject));
        let head = [("subject", subject.as_str()), ("stance", &self.code("response_stance", &reply.stance))];
        let mut parts = vec![self.say("show.reply", &head)];
        parts.extend(reply.channel.as_deref().map(|code| self.code("channel", code)));
        parts.extend(reply.date.as_deref().map(|date| self.date(date)));
        parts.push(self.say("show.entered_by", &[("who", &self.organisation(reply.organisation))]));
        if reply.on_earlier {
            parts.push(self.word("view.earlier_version"));
        }
        if reply.of_another {
            parts.push(self.alert(&self.word("flag.reply_of_another")));
        }
        let head = self.list(&parts);
        let mut out = hung(&format!("{indent}↳ "), &head, width);
        let mut words = self.quoted(&reply.text, reply.lang.as_deref(), &format!("{indent}  "), width);
        let id = format!("[{}]", self.claim(reply.claim));
        match words.last_mut().filter(|last| columns(last).saturating_add(1).saturating_add(columns(&id)) <= width) {
            Some(last) => last.push_str(&format!(" {}", self.quiet(&id))),
            None => words.push(format!("{indent}  {}", self.quiet(&id))),
        }
        out.extend(words);
        let mark = format!("{indent}  ← ");
        out.extend(reply.basis.iter().flat_map(|basis| hung(&mark, &self.basis(basis), width)));
        if reply.further > 0 {
            let further = self.say("show.further_replies", &[("count", &reply.further.to_string())]);
            out.extend(hung(&format!("{indent}  "), &further, width));
        }
        out
    }

    /// Who took a claim back, when and why.
    pub(super) fn retraction(self, said: &Said<'_>, retracted: &Retracted) -> String {
        let who = said.signers.first().map_or_else(String::new, |id| self.organisation(*id));
        let values = [
            ("who", who.as_str()),
            ("date", &self.day(retracted.signed.time)),
            ("reason", &self.code("retraction_reason", &retracted.reason)),
        ];
        let note = retracted.note.as_deref().map(|note| format!(": {}", self.foreign(note))).unwrap_or_default();
        let flag = if retracted.malformed { format!(" ({})", self.word("view.malformed")) } else { String::new() };
        format!("{}{note}{flag}", self.say("show.retracted", &values))
    }
}
