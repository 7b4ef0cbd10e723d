//! The claims of one property: each account by itself, contested ones side by side, what was taken back small below.

use std::collections::BTreeSet;

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{OrganisationId, kind_code};
use isnad_protocol::model::{self, ValueType};
use isnad_protocol::view::{
    Basis, Corroboration, Headline, How, Opinion, Property, Reference, ShownClaim, State, View, Wording,
};

use super::casualties;
use super::notes::Voices;
use super::pen::{Pen, TEXT_LINES};
use super::said::{Account, Said, accounts, said};
use super::value::Telling;
use crate::output::{beside, hung};

/// Columns from which on accounts stand beside each other.
const WIDE: usize = 120;
/// Accounts of one property; the rest is shown on demand, for a member may say thousands.
const MOST: usize = 60;

/// Who says most of what stands on a page, and on what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Common {
    pub(super) line: String,
    pub(super) basis: Vec<String>,
}

/// A page as the claims on it need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheet<'a> {
    pub(super) pen: Pen<'a>,
    pub(super) view: &'a View,
    /// Everybody who says anything on the page.
    pub(super) all: &'a BTreeSet<OrganisationId>,
    /// True if it has claims in several spaces: then each says in which it stands.
    pub(super) is_mixed: bool,
    /// Who says what names nobody else, and on what: told once, in the head.
    pub(super) common: Option<&'a Common>,
}

impl Sheet<'_> {
    /// A property with all that is said of it.
    pub(super) fn property(&self, property: &Property) -> Vec<String> {
        let mut out = self.head(property);
        let claims: Vec<Said<'_>> = said(&property.claims);
        out.extend(self.strips(property, &claims));
        out.extend(self.accounts(property, &claims));
        out.extend(self.former(property, &claims));
        out
    }

    /// The name of a property and what all accounts come to.
    pub(super) fn head(&self, property: &Property) -> Vec<String> {
        let pen = self.pen;
        let word = property_word(pen, &property.prop);
        let mut head = vec![pen.heading(&word)];
        if property.computed.contested {
            head.push(pen.alert(&format!("≠ {}", pen.word("view.contested"))));
        }
        let mut out = hung("", &head.join("  "), pen.width);
        // Those of counts stand over their strips.
        let headlines = property.computed.headlines.iter().filter(|headline| headline.category.is_none());
        for headline in headlines.filter_map(|headline| self.headline(property, headline)) {
            out.extend(hung("  ", &headline, pen.width));
        }
        for line in property.computed.corroboration.iter().filter_map(|found| self.corroboration(property, found)) {
            out.extend(hung("  ", &line, pen.width));
        }
        out
    }

    /// On how many independent sources a value rests that several say; names and sources corroborate nothing.
    fn corroboration(&self, property: &Property, found: &Corroboration) -> Option<String> {
        let kind = kind_code(&self.view.kind)?;
        let is_weighed = |value: ValueType| {
            matches!(
                value,
                ValueType::Date | ValueType::Place | ValueType::Agent | ValueType::Count | ValueType::Code(_)
            )
        };
        model::property(kind, &property.prop).filter(|known| is_weighed(known.value))?;
        if found.organisations.max(found.bodies) < 2 || found.independent_sources == 0 {
            return None;
        }
        let pen = self.pen;
        let refs: Vec<Reference> = property.claims.iter().flat_map(|claim| claim.refs.clone()).collect();
        let value = Telling { pen, refs: &refs }.brief(Some(kind), &property.prop, &found.value);
        let organisations = pen.counted("organisations", found.organisations);
        let sources = pen.counted("independent_sources", found.independent_sources);
        let values = [("value", &*value), ("organisations", &*organisations), ("sources", &*sources)];
        let mut told = pen.say("show.corroboration", &values);
        if !found.derivative.is_empty() {
            told = pen.notes(&[told, pen.say("show.derivative", &[("count", &found.derivative.len().to_string())])]);
        }
        if !found.circular.is_empty() {
            told = pen.notes(&[told, pen.word("show.circular")]);
        }
        Some(told)
    }

    /// Casualties on one scale for all claimants, by category.
    pub(super) fn strips(&self, property: &Property, claims: &[Said<'_>]) -> Vec<String> {
        let mut out = Vec::new();
        for (category, rows) in casualties::categories(self.pen, claims) {
            let headlines = property.computed.headlines.iter();
            let headline = headlines.filter(|headline| headline.category.as_deref() == Some(category.as_str()));
            let told = headline.filter_map(|headline| self.headline(property, headline)).next();
            let told = told.unwrap_or_else(|| self.pen.code("casualty_category", &category));
            out.extend(hung("  ", &told, self.pen.width));
            out.extend(casualties::strip(self.pen, &rows));
        }
        out
    }

    /// What several accounts come to, where that can be said in few words.
    pub(super) fn headline(&self, property: &Property, headline: &Headline) -> Option<String> {
        if headline.accounts < 2 {
            return None;
        }
        let pen = self.pen;
        let told = match (&headline.category, headline.min) {
            (Some(category), Some(min)) => {
                let range = Telling { pen, refs: &[] }.range(min, headline.max);
                Some(format!("{} {range}", pen.code("casualty_category", category)))
            }
            _ if let Some((first, last)) = &headline.span => {
                let ends = [("min", &*pen.date(first)), ("max", &*pen.date(last))];
                Some(pen.say("format.count_range", &ends))
            }
            _ => headline.values.first().filter(|_| headline.how == How::Same && property.is_single).map(|value| {
                let refs: Vec<Reference> = property.claims.iter().flat_map(|claim| claim.refs.clone()).collect();
                Telling { pen, refs: &refs }.brief(kind_code(&self.view.kind), &property.prop, value)
            }),
        };
        let told = told.filter(|_| property.computed.contested || headline.how != How::Same)?;
        let accounts = headline.accounts.to_string();
        Some(pen.say("show.headline", &[("value", &told), ("count", &accounts)]))
    }

    fn accounts(&self, property: &Property, claims: &[Said<'_>]) -> Vec<String> {
        let all = accounts(claims);
        let most = if self.pen.is_full { all.len() } else { MOST };
        let shown = all.get(..most.min(all.len())).unwrap_or_default();
        let mut out = Vec::new();
        if property.computed.contested && self.pen.width >= WIDE && shown.len() > 1 {
            let half = self.pen.width.saturating_sub(2) / 2;
            for pair in shown.chunks(2) {
                let blocks = pair.iter().map(|account| (self.account(property, account, half, false), half));
                out.extend(beside(&blocks.collect::<Vec<_>>()));
            }
        } else {
            let is_only = all.len() == 1 && !property.computed.contested && !property.accuses;
            out.extend(shown.iter().flat_map(|account| self.account(property, account, self.pen.width, is_only)));
        }
        out.extend(more(self.pen, all.len().saturating_sub(shown.len())));
        out
    }

    /// One account: who says it, the values, and below them what they rest on.
    pub(super) fn account(
        &self,
        property: &Property,
        account: &Account<'_>,
        width: usize,
        is_only: bool,
    ) -> Vec<String> {
        let pen = self.pen;
        let Some(first) = account.first() else { return Vec::new() };
        let space = self.is_mixed.then(|| pen.space(first.claim.space));
        let voices = Voices {
            body: first.claim.according_to.as_ref(),
            signers: &first.signers,
            times: &first.times,
            all: self.all,
        };
        let line = pen.account_line(&voices, space.as_deref());
        let basis: Vec<String> = first.claim.basis.iter().map(|basis| pen.basis(basis)).collect();
        let is_common = is_only && self.common.is_some_and(|common| common.line == line && common.basis == basis);
        let mut out = if is_common { Vec::new() } else { hung("  ", &line, width) };
        // What answers all of them alike stands below all of them, once.
        let is_answered_alike = account.said.iter().all(|said| said.claim.replies == first.claim.replies);
        let most = if pen.is_full { account.said.len() } else { MOST };
        for said in account.said.iter().take(most) {
            out.extend(self.said(property, said, width));
            if !is_answered_alike {
                out.extend(self.replies(said, width));
            }
        }
        out.extend(more(pen, account.said.len().saturating_sub(most)));
        let notes = pen.own_notes(first.claim);
        if !notes.is_empty() {
            out.extend(hung("      ", &pen.notes(&notes), width));
        }
        if let Some(wording) = &first.claim.wording {
            out.extend(pen.wording(wording, "      ", width));
        }
        if is_answered_alike {
            out.extend(self.replies(first, width));
        }
        if !is_common {
            out.extend(basis.iter().flat_map(|basis| hung("    ← ", basis, width)));
        }
        out
    }

    fn replies(&self, said: &Said<'_>, width: usize) -> Vec<String> {
        said.claim.replies.iter().flat_map(|reply| self.pen.reply(reply, "    ", width)).collect()
    }

    /// One value with its id, and directly below it what is said of it.
    fn said(&self, property: &Property, said: &Said<'_>, width: usize) -> Vec<String> {
        let (pen, claim) = (self.pen, said.claim);
        let mark = if property.computed.contesting.contains(&claim.id) { "    ≠ " } else { "    • " };
        let mut out = self.value(property, claim, mark, width);
        if let Some(original) = &claim.original {
            // What stands for the body's words without being them is no quotation.
            let is_paraphrase = claim.wording.as_ref().is_some_and(Wording::is_paraphrase);
            let field = if is_paraphrase { "field.paraphrase" } else { "field.original" };
            let original = pen.field(&pen.word(field), &pen.foreign(original));
            out.extend(hung("      ", &original, width));
        }
        for flag in pen.flags(claim) {
            out.extend(hung("      ! ", &flag, width).into_iter().map(|line| pen.alert(&line)));
        }
        for opinion in &claim.opinions {
            let (sign, told) = pen.opinion(opinion);
            out.extend(hung(&format!("      {sign} "), &told, width));
            out.extend(self.bases_of(opinion).flat_map(|basis| hung("        ← ", &pen.basis(basis), width)));
        }
        out
    }

    /// What an opinion rests on, as its own claim on this page says it.
    fn bases_of<'a>(&'a self, opinion: &'a Opinion) -> impl Iterator<Item = &'a Basis> {
        let said = self.view.properties.iter().filter(|property| property.prop == "opinion");
        let said = said.flat_map(|property| &property.claims).find(|claim| claim.id == opinion.claim);
        said.into_iter().flat_map(|claim| &claim.basis)
    }

    /// The value and the id by which commands name it.
    fn value(&self, property: &Property, claim: &ShownClaim, mark: &str, width: usize) -> Vec<String> {
        let pen = self.pen;
        let telling = Telling { pen, refs: &claim.refs };
        let told = claim.value.as_ref().map(|value| telling.value(kind_code(&self.view.kind), &property.prop, value));
        let mut text = told.unwrap_or_default();
        if let Some(lang) = claim.lang.as_deref().filter(|lang| *lang != pen.language.code()) {
            text.push_str(&format!(" ({})", pen.foreign(lang)));
        }
        let id = pen.quiet(&format!("[{}]", pen.claim(claim.id)));
        let room = width.saturating_sub(mark.chars().count());
        let mut set = pen.barred(&format!("{text} {id}"), room, TEXT_LINES);
        // What was cut has lost its id.
        if !set.iter().any(|line| line.contains(&pen.claim(claim.id))) {
            set.push(id);
        }
        let blank = " ".repeat(mark.chars().count());
        set.into_iter()
            .enumerate()
            .map(|(row, line)| format!("{}{line}", if row == 0 { mark } else { &blank }))
            .collect()
    }

    /// Each value that stands and who gives it, in as few lines as it takes.
    pub(super) fn values(&self, property: &Property, claims: &[Said<'_>]) -> Vec<String> {
        let pen = self.pen;
        let standing: Vec<&Said<'_>> = claims.iter().filter(|said| said.claim.state == State::Live).collect();
        let mut out = Vec::new();
        for said in standing.iter().take(MOST) {
            let telling = Telling { pen, refs: &said.claim.refs };
            let value = said.claim.value.as_ref();
            let told = value.map(|value| telling.brief(kind_code(&self.view.kind), &property.prop, value));
            let body = said.claim.according_to.as_ref();
            let voices = Voices { body, signers: &said.signers, times: &said.times, all: self.all };
            let mark = if property.computed.contesting.contains(&said.claim.id) { "  ≠ " } else { "  • " };
            out.extend(hung(mark, &format!("{} — {}", told.unwrap_or_default(), pen.voices(&voices)), pen.width));
        }
        out.extend(more(pen, standing.len().saturating_sub(MOST)));
        out
    }

    /// What no longer stands: a line each.
    pub(super) fn former(&self, property: &Property, claims: &[Said<'_>]) -> Vec<String> {
        let pen = self.pen;
        let former: Vec<&Said<'_>> = claims.iter().filter(|said| said.claim.state != State::Live).collect();
        let most = if pen.is_full { former.len() } else { MOST / 3 };
        let mut out = Vec::new();
        for said in former.iter().take(most) {
            let claim = said.claim;
            let telling = Telling { pen, refs: &claim.refs };
            let value =
                claim.value.as_ref().map(|value| telling.brief(kind_code(&self.view.kind), &property.prop, value));
            let (mark, notes) = match claim.state {
                State::Replaced | State::Live => {
                    let new: Vec<String> = claim.replaced_by.iter().map(|id| format!("[{}]", pen.claim(*id))).collect();
                    let signers: Vec<String> = said.signers.iter().map(|id| pen.organisation(*id)).collect();
                    let values = [("who", &*signers.join(" + ")), ("new", &*pen.list(&new))];
                    ("  ○ ", vec![pen.say("show.replaced", &values)])
                }
                State::Retracted => {
                    ("  − ", claim.retracted.iter().map(|retracted| pen.retraction(said, retracted)).collect())
                }
            };
            let text = format!("{} [{}] — {}", value.unwrap_or_default(), pen.claim(claim.id), pen.notes(&notes));
            out.extend(hung(mark, &text, pen.width).into_iter().map(|line| pen.quiet(&line)));
        }
        out.extend(more(pen, former.len().saturating_sub(most)));
        out
    }
}

/// How many are not shown.
pub(super) fn more(pen: Pen<'_>, count: usize) -> Vec<String> {
    if count == 0 {
        return Vec::new();
    }
    let note = pen.say("show.more", &[("count", &count.to_string())]);
    hung("  ", &note, pen.width).into_iter().map(|line| pen.quiet(&line)).collect()
}

/// The word of a property; of an unknown one its code, bounded.
pub(super) fn property_word(pen: Pen<'_>, prop: &str) -> String {
    isnad_protocol::locale::lookup(pen.language, &format!("property.{prop}"))
        .map_or_else(|| pen.foreign(prop), str::to_owned)
}

/// A member of a value as text.
pub(super) fn text<'a>(value: &'a Json, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Json::as_text)
}
