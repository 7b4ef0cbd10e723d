//! Where the consortium halts, in words: whose acknowledgements count, who gave his word twice, what can end it and what cannot.

use std::collections::BTreeSet;

use isnad_node::reading::{DoubleWord, Halted, RivalWords, Settlement, Who};
use isnad_protocol::act::Kind;
use isnad_protocol::id::{ActId, EntryId, OrganisationId};
use isnad_protocol::locale::{self, Language};

use super::Telling;
use crate::commands::reading::organisation_name;
use crate::output::{hanging, width};

/// What organisations are called, in a list.
pub(crate) fn names(who: &Who, organisations: &BTreeSet<OrganisationId>, language: Language) -> String {
    let names: Vec<String> = organisations.iter().map(|id| organisation_name(who, *id, language)).collect();
    names.join(&format!("{} ", locale::word(language, "preview.comma")))
}

/// Pairs of acts that a status tells of the reader's own organisation: `isnad who` has them all.
const OWN: usize = 4;

impl Telling<'_> {
    pub(super) fn halt(&self, halt: &Halted) -> Vec<String> {
        let comma = format!("{} ", locale::word(self.language, "preview.comma"));
        let rivals: Vec<String> = halt.rivals.iter().map(|act| self.act(act)).collect();
        let kind = match halt.organisation {
            Some(id) => organisation_name(self.who, id, self.language),
            None => locale::code(self.language, "act", &halt.kind).to_owned(),
        };
        let values = [("chain", &*kind), ("after", &*self.act(&halt.after)), ("rivals", &*rivals.join(&comma))];
        let mut lines = vec![String::new(), hanging("! ", &self.told("who.halt", &values), width())];
        let mut said: Vec<String> = halt.double.iter().map(|word| self.double(word)).collect();
        said.extend(halt.words.iter().flat_map(|words| self.words(halt, words)));
        said.extend(self.ends(halt));
        lines.extend(said.iter().map(|line| hanging("    ", line, width())));
        lines
    }

    /// See [`super::own_part`].
    pub(super) fn own_part(&self, halt: &Halted) -> Vec<String> {
        let own = halt.double.iter().filter(|word| Some(word.organisation) == self.who.own);
        let mut said: Vec<String> = own.take(OWN).map(|word| self.double(word)).collect();
        if said.is_empty() {
            return said;
        }
        said.push(locale::word(self.language, "status.own_double").to_owned());
        said.extend(self.ends(halt));
        said.iter().map(|line| hanging("    ", line, width())).collect()
    }

    /// See [`super::own_double`].
    pub(super) fn own_double(&self) -> Vec<String> {
        let own = self.apart().filter(|word| Some(word.organisation) == self.who.own).take(OWN);
        let mut lines: Vec<String> = own.map(|word| hanging("! ", &self.double(word), width())).collect();
        if !lines.is_empty() {
            lines.push(hanging("    ", locale::word(self.language, "status.own_double"), width()));
        }
        lines
    }

    /// Who signed two acts in one place, beyond what is told of halts.
    fn apart(&self) -> impl Iterator<Item = &DoubleWord> {
        let halts = self.who.halts.iter();
        let told: BTreeSet<(OrganisationId, [ActId; 2])> =
            halts.flat_map(|halt| halt.double.iter().map(|word| (word.organisation, word.acts))).collect();
        self.who.double_signers.iter().filter(move |word| !told.contains(&(word.organisation, word.acts)))
    }

    /// The same in words.
    pub(super) fn double_signers(&self) -> Vec<String> {
        let lines: Vec<String> = self.apart().map(|word| hanging("    ", &self.double(word), width())).collect();
        if lines.is_empty() {
            return lines;
        }
        let head = hanging("! ", locale::word(self.language, "who.double_signers"), width());
        [vec![String::new(), head], lines].concat()
    }

    fn double(&self, word: &DoubleWord) -> String {
        let name = organisation_name(self.who, word.organisation, self.language);
        let [one, other] = word.acts.each_ref().map(ActId::to_short);
        let comma = format!("{} ", locale::word(self.language, "preview.comma"));
        let entries: Vec<String> = word.attestations.iter().map(EntryId::to_short).collect();
        let key = if word.attestations.is_empty() { "who.signed_both" } else { "who.acknowledged_both" };
        let values =
            [("organisation", &*name), ("one", &*one), ("other", &*other), ("entries", &*entries.join(&comma))];
        self.told(key, &values)
    }

    /// Whose acknowledgements of a rival count, and whose do not.
    fn words(&self, halt: &Halted, words: &RivalWords) -> Vec<String> {
        let (act, have, needed) = (words.act.to_short(), words.counted.len().to_string(), halt.needed.to_string());
        let counted = names(self.who, &words.counted, self.language);
        let not_counted = names(self.who, &words.not_counted, self.language);
        let values =
            [("act", &*act), ("have", &have), ("needed", &needed), ("counted", &counted), ("names", &not_counted)];
        let head = if words.counted.is_empty() { "who.rival_words_none" } else { "who.rival_words" };
        let left_out = (!words.not_counted.is_empty()).then(|| self.told("who.rival_not_counted", &values));
        [self.told(head, &values)].into_iter().chain(left_out).collect()
    }

    fn ends(&self, halt: &Halted) -> Vec<String> {
        let settlement = halt.settlement.as_ref().filter(|_| halt.kind == Kind::Charter.name());
        let Some(settlement) = settlement else {
            return vec![self.told(&format!("who.ends_by.{}", halt.ends_by), &[])];
        };
        let needed = halt.needed;
        let may = |words: &RivalWords| words.counted.len().saturating_add(words.awaited.len()) >= needed;
        let key = if halt.words.iter().any(may) { "who.ends_named" } else { "who.ends_not_named" };
        let values = [("needed", &*needed.to_string())];
        let mut lines = vec![self.told(key, &values)];
        lines.extend(self.settles(settlement));
        lines
    }

    /// What a settlement takes, and what is left where none is possible.
    fn settles(&self, settlement: &Settlement) -> Vec<String> {
        let double = names(self.who, &settlement.double, self.language);
        let others = names(self.who, &settlement.others, self.language);
        let [needed, members, most] =
            [settlement.needed, settlement.members, settlement.most].map(|count| count.to_string());
        let values =
            [("double", &*double), ("others", &others), ("needed", &needed), ("members", &members), ("most", &most)];
        if !settlement.is_possible {
            return vec![self.told("who.settles_never", &values), self.told("who.settles_last", &values)];
        }
        let mut lines = vec![self.told("who.settles", &values)];
        if settlement.double.len() > settlement.most {
            lines.push(self.told("who.settles_some", &values));
        }
        if settlement.takes_a_double_signer {
            let key = if settlement.others.is_empty() { "who.settles_takes_all" } else { "who.settles_takes" };
            lines.extend([self.told(key, &values), self.told("who.settles_last", &values)]);
        }
        lines
    }
}
