//! `isnad who`: organisations, keys, spaces, and where the consortium halts; `--history`: how it came to be so.

use isnad_node::reading::{ActRef, Halted, Key, Organisation, Who};
use isnad_protocol::id::OrganisationId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::time::Day;

use crate::client::Client;
use crate::error::{DONE, Outcome};
use crate::output::{apart, fit, hanging, width};
use crate::session::Session;

mod halt;
mod story;

pub(super) use halt::names;
#[cfg(test)]
pub(in crate::commands) use story::text as story_of;

pub(crate) async fn run(session: &Session, history: bool) -> Outcome {
    if history {
        return story::run(session).await;
    }
    let who: Who = Client::to_read(session).await?.get("/who").await?;
    session.printer.either(&who, |who| Telling { language: session.language, who, today: Some(session.day()) }.text());
    Ok(DONE)
}

/// Of a halt to which the reader's own organisation gave its word twice: by which acts, and what ends it.
pub(super) fn own_part(language: Language, who: &Who, halt: &Halted) -> Vec<String> {
    Telling { language, who, today: None }.own_part(halt)
}

/// That the reader's own organisation signed two acts in one place, though no chain halts at them.
pub(super) fn own_double(language: Language, who: &Who) -> Vec<String> {
    Telling { language, who, today: None }.own_double()
}

/// The consortium in words.
pub(crate) fn who_text(language: Language, who: &Who) -> String {
    Telling { language, who, today: None }.text()
}

struct Telling<'a> {
    language: Language,
    who: &'a Who,
    /// The day on which a key is past its own, if that is asked.
    today: Option<Day>,
}

impl Telling<'_> {
    fn told(&self, key: &str, values: &[(&str, &str)]) -> String {
        locale::format(self.language, key, values)
    }

    fn theirs(&self, text: &str) -> String {
        apart(text, self.language.direction())
    }

    fn act(&self, act: &ActRef) -> String {
        self.told("who.act_ref", &[("version", &act.version.to_string()), ("act", &act.id.to_short())])
    }

    fn text(&self) -> String {
        let who = self.who;
        let unfounded = || locale::word(self.language, "who.not_founded").to_owned();
        let name = who.name.as_deref().map_or_else(unfounded, |name| self.theirs(name));
        let id = who.consortium.to_string();
        let set = |text: String| hanging("", &text, width());
        let mut lines =
            vec![set(self.told("who.consortium", &[("name", &name)])), set(self.told("who.id", &[("id", &id)]))];
        if let Some(threshold) = who.threshold {
            let (threshold, count) = (threshold.to_string(), who.organisations.len().to_string());
            lines.push(set(self.told("who.threshold", &[("threshold", &threshold), ("organisations", &count)])));
        }
        lines.extend(who.charter.as_ref().map(|act| set(self.told("who.charter", &[("act", &self.act(act))]))));
        lines.extend(who.halts.iter().flat_map(|halt| self.halt(halt)));
        lines.extend(self.double_signers());
        lines.extend(who.organisations.iter().flat_map(|organisation| self.organisation(organisation)));
        for (heading, several) in [("who.candidates", &who.candidates), ("who.former", &who.former)] {
            if !several.is_empty() {
                lines.extend([String::new(), hanging("", locale::word(self.language, heading), width())]);
            }
            lines.extend(several.iter().flat_map(|organisation| self.organisation(organisation)));
        }
        lines.push(String::new());
        let word = locale::word(self.language, "who.space");
        lines.extend(who.spaces.iter().map(|space| {
            let name = fit(locale::code(self.language, "space", &space.name), 8);
            format!("{word} {name} {:<10} {}", space.tlp, space.id.to_short())
        }));
        lines.push(self.acts());
        lines.join("\n")
    }

    /// How many acts are held, and where their story is told.
    fn acts(&self) -> String {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let waiting = self.who.acts.iter().filter(|act| !act.in_effect).count();
        let held = locale::counted(self.language, "who_acts", count(self.who.acts.len()), &[]);
        if waiting == 0 {
            return hanging("", &held, width());
        }
        let waiting = locale::counted(self.language, "who_acts_not_in_effect", count(waiting), &[]);
        hanging("", &format!("{held}{} {waiting}", locale::word(self.language, "preview.comma")), width())
    }

    fn organisation(&self, organisation: &Organisation) -> Vec<String> {
        let names = self.names(organisation);
        let is_own = self.who.own == Some(organisation.id);
        let own = if is_own { format!(" {}", self.told("who.own", &[])) } else { String::new() };
        let kind = locale::code(self.language, "kind_of", organisation.kind.as_deref().unwrap_or("organisation"));
        let head = hanging("", &format!("{} — {kind}{own}", names.join(" · ")), width());
        let mut lines = vec![format!("\n{head}\n  {}", organisation.id)];
        let mut say = |key: &str, act: &ActRef| {
            lines.push(hanging("  ", &self.told(key, &[("act", &self.act(act))]), width()));
        };
        if let Some(act) = &organisation.since {
            say("who.since", act);
        }
        if let Some(act) = &organisation.taken_out {
            say(if organisation.is_suspended { "who.suspended" } else { "who.removed" }, act);
        }
        if let Some(act) = organisation.standing.as_ref().filter(|act| act.version > 1) {
            say("who.standing", act);
        }
        for (key, other) in [("who.predecessor", organisation.predecessor), ("who.successor", organisation.successor)] {
            let told = other.map(|id| self.told(key, &[("name", &self.once_called(id))]));
            lines.extend(told.map(|text| hanging("  ", &text, width())));
        }
        if let Some(roots) = &organisation.roots {
            let keys: Vec<String> = roots.keys.iter().map(isnad_protocol::key::PublicKey::to_short).collect();
            let keys = keys.join(&format!("{} ", locale::word(self.language, "preview.comma")));
            let (threshold, next) = (roots.threshold.to_string(), roots.next.to_string());
            let values = [("keys", &*keys), ("threshold", &*threshold), ("next", &*next)];
            lines.push(hanging("  ", &self.told("who.roots", &values), width()));
        }
        lines.extend(organisation.keys.iter().chain(&organisation.ended).map(|key| self.key(key)));
        lines
    }

    /// What an organisation is called that was or is a member, with its digits: both of a succession may be called the same.
    fn once_called(&self, id: OrganisationId) -> String {
        let mut all = self.who.organisations.iter().chain(&self.who.former);
        let name = all.find(|known| known.id == id).and_then(|known| self.names(known).into_iter().next());
        name.map_or_else(|| id.to_short(), |name| format!("{name} [{}]", id.to_short()))
    }

    /// Its names, that in the reader's language first and in English next.
    fn names(&self, organisation: &Organisation) -> Vec<String> {
        let mut names: Vec<(&String, &String)> = organisation.names.iter().collect();
        names.sort_by_key(|(lang, _)| (*lang != self.language.code(), *lang != "en"));
        names.into_iter().map(|(_, name)| self.theirs(name)).collect()
    }

    fn key(&self, key: &Key) -> String {
        let role = locale::code(self.language, "role", &key.role);
        let head = format!("  {} {}  ", fit(role, 12), key.key.to_short());
        let head = hanging(&head, &self.theirs(&key.label), width());
        let mut notes = Vec::new();
        // A first act is the organisation itself: that it grants a key is no news.
        let granted = key.granted_by.as_ref().filter(|act| act.version > 1);
        notes.extend(granted.map(|act| self.told("who.granted", &[("act", &self.act(act))])));
        notes.extend(key.revoked_by.iter().map(|act| self.told("who.revoked", &[("act", &self.act(act))])));
        notes.extend(key.lost_to.as_ref().map(|act| self.told("who.lost", &[("act", &self.act(act))])));
        notes.extend(key.after_halt.then(|| self.told("who.after_halt", &[])));
        if let Some(day) = key.expires {
            let is_past = self.today.is_some_and(|today| today > day);
            let word = if is_past { "who.expired" } else { "who.expires" };
            notes.push(self.told(word, &[("day", &day.to_string())]));
        }
        notes.extend(key.peer_id.as_ref().map(|peer| self.told("who.opens", &[("address", &format!("/p2p/{peer}"))])));
        let notes: Vec<String> = notes.iter().map(|note| hanging("    ", note, width())).collect();
        [vec![head], notes].concat().join("\n")
    }
}
