//! What an act changes, in the reader's words. The data are the protocol's: see `act/difference.rs`.

use std::collections::BTreeMap;

use isnad_node::reading::Who;
use isnad_protocol::act::Role;
use isnad_protocol::act::difference::Change;
use isnad_protocol::id::OrganisationId;
use isnad_protocol::key::PublicKey;
use isnad_protocol::locale::{self, Language};

use crate::commands::reading::{called, organisation_name};
use crate::output::{Printer, apart, inert};

/// Tells changes of acts in one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    printer: Printer,
    who: &'a Who,
    /// Names of those that are no members, by language.
    names: &'a BTreeMap<OrganisationId, BTreeMap<String, String>>,
}

impl<'a> Words<'a> {
    /// Tells for a reader what members and others are called.
    pub(crate) const fn new(
        printer: Printer,
        who: &'a Who,
        names: &'a BTreeMap<OrganisationId, BTreeMap<String, String>>,
    ) -> Self {
        Self { printer, who, names }
    }

    const fn language(&self) -> Language {
        self.printer.language
    }

    fn format(&self, key: &str, values: &[(&str, &str)]) -> String {
        locale::format(self.language(), key, values)
    }

    fn theirs(&self, text: &str) -> String {
        apart(text, self.language().direction())
    }

    /// What an organisation is called where this is told, with the digits of its id where it is no member.
    pub(crate) fn organisation(&self, id: OrganisationId) -> String {
        let member = self.who.organisations.iter().find(|member| member.id == id);
        let is_member = member.is_some_and(|member| !member.shares_name);
        if member.is_some() && !self.names.contains_key(&id) {
            return organisation_name(self.who, id, self.language());
        }
        let known = self.who.former.iter().chain(&self.who.candidates).find(|known| known.id == id);
        let names = self.names.get(&id).or_else(|| known.map(|known| &known.names));
        let name = names.and_then(|names| called(names, self.language()));
        match name {
            Some(name) if is_member => self.theirs(name),
            Some(name) => format!("{} [{}]", self.theirs(name), id.to_short()),
            None => id.to_short(),
        }
    }

    fn list(&self, items: impl Iterator<Item = String>) -> String {
        items.collect::<Vec<_>>().join(&format!("{} ", locale::word(self.language(), "preview.comma")))
    }

    fn keys(&self, keys: &[PublicKey]) -> String {
        self.list(keys.iter().map(PublicKey::to_short))
    }

    /// One change in a sentence.
    pub(crate) fn change(&self, change: &Change) -> String {
        match change {
            Change::Began { kind, has_admin } => self.began(kind.map(|kind| kind.name()), *has_admin),
            Change::Named { lang, from, to } => self.named(lang.as_deref(), from.as_deref(), to),
            Change::Admitted { organisation, predecessor } => {
                let organisation = self.organisation(*organisation);
                match predecessor {
                    None => self.format("change.admitted", &[("organisation", &organisation)]),
                    Some(old) => {
                        let old = self.organisation(*old);
                        self.format("change.readmitted", &[("organisation", &organisation), ("predecessor", &old)])
                    }
                }
            }
            Change::Removed { organisation, is_suspended, .. } => {
                let key = if *is_suspended { "change.suspended" } else { "change.removed" };
                self.format(key, &[("organisation", &self.organisation(*organisation))])
            }
            Change::Threshold { from, to, members } => {
                let (to, members) = (to.to_string(), members.to_string());
                let from = from.map(|from| from.to_string());
                let key = if from.is_some() { "change.threshold" } else { "change.threshold_first" };
                let from = from.unwrap_or_default();
                self.format(key, &[("from", &from), ("to", &to), ("members", &members)])
            }
            Change::Setting { is_policy, code, from, to } => {
                let what = if *is_policy { "policy" } else { "limit" };
                self.setting(what, code, from.as_deref(), to.as_deref())
            }
            Change::Label { to, .. } => self.format("change.label", &[("to", &inert(to))]),
            Change::Instead { act } => self.format("change.instead", &[("act", &act.to_short())]),
            Change::Settles { rivals, double } => {
                let rivals = self.list(rivals.iter().map(isnad_protocol::id::ActId::to_short));
                let names = self.list(double.iter().map(|id| self.organisation(*id)));
                let key = if double.is_empty() { "change.settles_nobody" } else { "change.settles" };
                self.format(key, &[("rivals", &rivals), ("double", &names)])
            }
            Change::Granted { key, role, label, expires } => {
                let day = expires.map(|day| day.to_string());
                let until = if day.is_some() { "change.granted_until" } else { "change.granted" };
                self.key(until, Some(*role), key, label, &[("day", day.as_deref().unwrap_or_default())])
            }
            Change::Revoked { key, role, label, reason } => {
                let reason = inert(locale::code(self.language(), "revocation_reason", reason));
                let known = if role.is_some() { "change.revoked" } else { "change.revoked_unknown" };
                self.key(known, *role, key, label.as_deref().unwrap_or_default(), &[("reason", &reason)])
            }
            Change::Roots { from, to, threshold, next, next_threshold } => {
                let (old, new) = (self.keys(from), self.keys(to));
                let counts = [*threshold, u64::try_from(*next).unwrap_or(u64::MAX), *next_threshold];
                let [threshold, next, next_threshold] = counts.map(|count| count.to_string());
                let key = if from.is_empty() { "change.roots_first" } else { "change.rotated" };
                let values = [
                    ("from", &*old),
                    ("to", &new),
                    ("threshold", &threshold),
                    ("next", &next),
                    ("next_threshold", &next_threshold),
                ];
                self.format(key, &values)
            }
        }
    }

    fn began(&self, kind: Option<&str>, has_admin: bool) -> String {
        // A first act need not say what it is.
        let kind = kind.map_or_else(
            || locale::word(self.language(), "act.organisation"),
            |kind| locale::code(self.language(), "kind_of", kind),
        );
        let key = if has_admin { "change.began_admin" } else { "change.began" };
        self.format(key, &[("kind", kind)])
    }

    fn named(&self, lang: Option<&str>, from: Option<&str>, to: &str) -> String {
        let key = match (lang.is_some(), from.is_some()) {
            (false, false) => "change.named",
            (false, true) => "change.renamed",
            (true, false) => "change.named_in",
            (true, true) => "change.renamed_in",
        };
        let lang = lang.map(|lang| inert(locale::code(self.language(), "language", lang))).unwrap_or_default();
        let from = from.map(|from| self.theirs(from)).unwrap_or_default();
        self.format(key, &[("lang", &lang), ("from", &from), ("to", &self.theirs(to))])
    }

    fn setting(&self, what: &str, code: &str, from: Option<&str>, to: Option<&str>) -> String {
        let how = match (from, to) {
            (None, _) => "set",
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "unset",
        };
        let theirs = |text: Option<&str>| text.map(|text| self.theirs(text)).unwrap_or_default();
        let values = [("code", &*inert(code)), ("from", &*theirs(from)), ("to", &*theirs(to))];
        self.format(&format!("change.{what}_{how}"), &values)
    }

    fn key(&self, key: &str, role: Option<Role>, public: &PublicKey, label: &str, more: &[(&str, &str)]) -> String {
        let role = role.map(|role| locale::code(self.language(), "role", role.name())).unwrap_or_default();
        let label = self.theirs(label);
        let digits = public.to_short();
        let values = [("role", role), ("key", &*digits), ("label", &*label)];
        self.format(key, &[&values[..], more].concat())
    }
}
