//! What a reader chose, told before what it made: no view that is not the default looks like one. Whose claims count, who comes
//! first, as of which day, which records are taken for one.

use std::collections::BTreeSet;

use isnad_node::reading::Who;
use isnad_protocol::id::{OrganisationId, RecordId};
use isnad_protocol::locale;
use isnad_protocol::time::Day;
use isnad_protocol::view::{AsOf, BodyClass, Conflict, Judgements, Origin, Policy, Reference, View, Whose};

use super::reading::{name, organisation_name};
use crate::output::{apart, hanging, width};
use crate::session::Session;

/// Tells readers' choices in the session's language.
pub(crate) struct Chosen<'a> {
    pub(crate) session: &'a Session,
    pub(crate) who: &'a Who,
}

impl Chosen<'_> {
    /// The text with what was chosen before it; the text alone where nothing was.
    pub(crate) fn before(&self, mut lines: Vec<String>, policy: &Policy, as_of: Option<&AsOf>, text: String) -> String {
        lines.splice(0..0, self.policy(policy));
        lines.splice(0..0, as_of.map(|as_of| self.as_of(as_of)));
        if lines.is_empty() {
            return text;
        }
        format!("{}\n\n{text}", lines.join("\n"))
    }

    /// A policy that is not the default, in a few lines.
    pub(crate) fn policy(&self, policy: &Policy) -> Vec<String> {
        let mut lines = Vec::new();
        match &policy.whose {
            Whose::All => {}
            Whose::Only(chosen) => lines.push(self.told("policy.whose_only", &self.organisations(chosen))),
            Whose::Classes(chosen) => lines.push(self.told("policy.whose_classes", &self.classes(chosen))),
        }
        if !policy.order.is_empty() {
            lines.push(self.told("policy.order", &self.classes(&policy.order)));
        }
        if !policy.first.is_empty() {
            lines.push(self.told("policy.first", &self.organisations(&policy.first)));
        }
        match &policy.judgements {
            Judgements::None => {}
            Judgements::Own(whose) | Judgements::Partner(whose) => {
                lines.push(self.told("policy.judgements_of", &self.organisations([whose])));
            }
            Judgements::Majority => lines.push(self.told("policy.judgements_majority", "")),
        }
        if !lines.is_empty() {
            lines.insert(0, locale::word(self.session.language, "policy.head").to_owned());
        }
        lines
    }

    /// The day that a list is as of.
    pub(crate) fn day(&self, day: Day) -> String {
        self.line("policy.as_of_day", &[("day", &day.to_string())])
    }

    fn as_of(&self, as_of: &AsOf) -> String {
        let values = [("day", as_of.day.to_string()), ("count", as_of.left_out.to_string())];
        self.line("policy.as_of", &values.each_ref().map(|(key, value)| (*key, value.as_str())))
    }

    /// The records that a view takes for one, or why it takes none.
    pub(crate) fn identity(&self, view: &View) -> Vec<String> {
        let mut lines = Vec::new();
        let names = |records: &[Reference]| {
            let names: Vec<String> =
                records.iter().map(|record| format!("{} ({})", self.name(record), record.record)).collect();
            self.list(&names)
        };
        if !view.grouped.is_empty() {
            lines.push(self.told("policy.grouped", &names(&view.grouped)));
        } else if !view.identity.same.is_empty() {
            lines.push(self.told("policy.same", &names(&view.identity.same)));
            lines.push(self.told("policy.try_grouped", ""));
        }
        for conflict in &view.identity.conflicts {
            let (key, pair) = match conflict {
                Conflict::Denied { records } => ("policy.denied", Some(records)),
                Conflict::Kinds { records } => ("policy.kinds", Some(records)),
                Conflict::TooMany => ("policy.too_many", None),
                Conflict::NotFollowed => ("policy.not_followed", None),
            };
            let (one, other) = pair.map(|(one, other)| (self.name(one), self.name(other))).unwrap_or_default();
            lines.push(self.line(key, &[("one", &one), ("other", &other)]));
        }
        lines
    }

    fn told(&self, key: &str, names: &str) -> String {
        self.line(key, &[("names", names)])
    }

    fn line(&self, key: &str, values: &[(&str, &str)]) -> String {
        hanging("  ", &locale::format(self.session.language, key, values), width())
    }

    fn organisations<'b>(&self, chosen: impl IntoIterator<Item = &'b OrganisationId>) -> String {
        let names = chosen.into_iter().map(|id| organisation_name(self.who, *id, self.session.language));
        self.list(&names.collect::<Vec<_>>())
    }

    fn classes<'b>(&self, chosen: impl IntoIterator<Item = &'b BodyClass>) -> String {
        let words = chosen.into_iter().map(|class| locale::code(self.session.language, "body_class", class.name()));
        self.list(&words.map(str::to_owned).collect::<Vec<_>>())
    }

    /// Names in a row, with the comma of the language.
    pub(crate) fn list(&self, names: &[String]) -> String {
        names.join(locale::word(self.session.language, "policy.comma").trim_matches('"'))
    }

    /// Another record by its label.
    pub(crate) fn name(&self, reference: &Reference) -> String {
        let language = self.session.language;
        name(reference, language, None, |text| apart(text, language.direction()))
            .unwrap_or_else(|| reference.record.to_string())
    }

    /// Where a chain of bases leads, or a link of it.
    pub(crate) fn origin(&self, origin: &Origin) -> String {
        let language = self.session.language;
        let own_word = |name: &str| locale::format(language, "explain.own_word", &[("name", name)]);
        match origin {
            Origin::Record { record } => self.name(record),
            Origin::Body { record } => own_word(&self.name(record)),
            Origin::Organisation { organisation } => own_word(&organisation_name(self.who, *organisation, language)),
            Origin::Publisher { name } => {
                locale::format(language, "explain.publisher", &[("name", &apart(name, language.direction()))])
            }
        }
    }

    /// The same where these bodies speak: another one has published what they say, and not said it.
    pub(crate) fn origin_of_words(&self, origin: &Origin, speakers: &BTreeSet<RecordId>) -> String {
        match origin {
            Origin::Body { record } if !speakers.is_empty() && !speakers.contains(&record.record) => {
                locale::format(self.session.language, "explain.published", &[("name", &self.name(record))])
            }
            other => self.origin(other),
        }
    }
}
