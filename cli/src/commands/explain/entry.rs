//! `isnad explain ENTRY`: why one entry counts or not, down to acts and acknowledgements.

use isnad_node::governing::Described;
use isnad_node::reading::{AcknowledgedBy, CutExplained, EntryExplained, KeyExplained, Who};
use isnad_protocol::locale;

use crate::client::{Client, encoded};
use crate::commands::acts;
use crate::commands::reading::organisation_name;
use crate::error::{DONE, Outcome};
use crate::output::{Style, hanging, width};
use crate::session::Session;

#[cfg(test)]
mod tests;

/// Who acknowledged an entry, named one by one; of more, the first and how many.
const NAMED: usize = 12;

/// True for what is written as a position: KEY:SEQ or KEY:SPACE:SEQ.
pub(super) fn is_position(text: &str) -> bool {
    text.contains(':')
}

pub(super) async fn run(session: &Session, client: &Client, text: &str) -> Outcome {
    let told: EntryExplained = client.get(&format!("/standing/{}", encoded(text))).await?;
    let who: Who = client.get("/who").await?;
    session.printer.either(&told, |told| Explaining { session, who: &who, told }.text());
    Ok(DONE)
}

struct Explaining<'a> {
    session: &'a Session,
    who: &'a Who,
    told: &'a EntryExplained,
}

impl Explaining<'_> {
    fn format(&self, key: &str, values: &[(&str, &str)]) -> String {
        locale::format(self.session.language, key, values)
    }

    fn text(&self) -> String {
        let mut lines = vec![self.session.printer.styled(&hanging("", &self.head(), width()), Style::Strong)];
        if let Some(record) = &self.told.record {
            lines.push(hanging("  ", &self.format("entry.about", &[("record", &record.to_string())]), width()));
        }
        lines.push(hanging("", &self.verdict(), width()));
        lines.extend(self.key());
        lines.extend(self.membership());
        lines.extend(self.told.cuts.iter().map(|cut| self.cut(cut)));
        if let Some(seq) = self.told.fork {
            let position = if self.told.seq < seq { "entry.fork_behind" } else { "entry.fork_before" };
            let values = [("seq", &*seq.to_string()), ("own", &*self.told.seq.to_string())];
            lines.push(hanging("", &self.format(position, &values), width()));
        }
        lines.extend(self.acknowledged());
        lines.join("\n")
    }

    fn head(&self) -> String {
        let told = self.told;
        let language = self.session.language;
        let kind = locale::code(language, "entry_word", &told.kind);
        let values = [
            ("kind", kind),
            ("entry", &*told.entry.to_short()),
            ("organisation", &*organisation_name(self.who, told.organisation, language)),
            ("seq", &*told.seq.to_string()),
            ("key", &*told.author.to_short()),
            ("space", locale::code(language, "space", &told.space_name)),
            ("day", &*told.time.day().to_string()),
        ];
        self.format("entry.head", &values)
    }

    /// Whether it counts, and by which sections.
    fn verdict(&self) -> String {
        let told = self.told;
        let language = self.session.language;
        let name = told.standing.name();
        let comma = format!("{} ", self.session.word("preview.comma"));
        let rules: Vec<String> = told.rules.iter().map(|section| format!("§{section}")).collect();
        let code = told.code.to_string();
        let because = told.why.as_deref().unwrap_or(name);
        let values = [
            ("standing", locale::code(language, "standing", name)),
            ("why", locale::code(language, "entry_why", because)),
            ("code", &*code),
            ("rules", &*rules.join(&comma)),
        ];
        self.format(if told.code == 0 { "entry.counts" } else { "entry.does_not_count" }, &values)
    }

    fn key(&self) -> Vec<String> {
        let Some(key) = &self.told.key else {
            return vec![hanging("", &self.format("entry.key_unknown", &[]), width())];
        };
        let role = locale::code(self.session.language, "role", &key.role);
        let label = self.session.apart(&key.label);
        let author = self.told.author.to_short();
        let values = [("key", &*author), ("role", role), ("label", &*label)];
        let mut lines = vec![hanging("", &self.format("entry.key", &values), width())];
        lines.extend(key.granted_by.as_ref().map(|act| self.act("entry.granted", act)));
        lines.extend(key.revoked_by.iter().map(|act| self.act("entry.revoked", act)));
        lines.extend(key.lost_to.as_ref().map(|act| self.act("entry.lost", act)));
        lines.extend(self.about_key(key));
        lines
    }

    fn about_key(&self, key: &KeyExplained) -> Vec<String> {
        let word = |day| if self.session.day() > day { "who.expired" } else { "who.expires" };
        let expires = key.expires.map(|day| self.format(word(day), &[("day", &day.to_string())]));
        let halted = key.after_halt.then(|| self.format("who.after_halt", &[]));
        halted.into_iter().chain(expires).map(|note| hanging("  ", &note, width())).collect()
    }

    /// An act, and why it is in effect or not.
    fn act(&self, key: &str, act: &Described) -> String {
        let words = acts::Words::new(self.session.printer, self.who, &act.names);
        let semicolon = self.session.printer.semicolon();
        let not_counted = acts::not_counted(self.session, &words, act).map(|line| format!("{semicolon}{line}"));
        let state = format!("{}{}", acts::state(self.session, act), not_counted.unwrap_or_default());
        let head = acts::head(self.session, &words, act);
        let signers: Vec<String> = act
            .signed
            .iter()
            .filter(|line| line.has_signed)
            .map(|line| organisation_name(self.who, line.organisation, self.session.language))
            .collect();
        let comma = format!("{} ", self.session.word("preview.comma"));
        let signed = self.format("story.signed", &[("names", &signers.join(&comma))]);
        let signed =
            if signers.is_empty() { String::new() } else { format!("{}{signed}", self.session.printer.semicolon()) };
        hanging("  ", &self.format(key, &[("act", &format!("{head} — {state}{signed}"))]), width())
    }

    fn membership(&self) -> Vec<String> {
        let key = if self.told.is_member { "entry.member" } else { "entry.member_before" };
        match &self.told.member_by {
            Some(act) => vec![hanging("", &self.format(key, &[]), width()), self.act("entry.named_by", act)],
            None => vec![hanging("", &self.format("entry.no_member", &[]), width())],
        }
    }

    fn cut(&self, cut: &CutExplained) -> String {
        let (own, last) = (self.told.seq.to_string(), cut.last.unwrap_or(0).to_string());
        let key = match (cut.last, cut.is_within) {
            (None, _) => "entry.cut_whole",
            (Some(_), true) => "entry.cut_behind",
            (Some(_), false) => "entry.cut_before",
        };
        let head =
            acts::head(self.session, &acts::Words::new(self.session.printer, self.who, &cut.act.names), &cut.act);
        hanging("", &self.format(key, &[("act", &head), ("last", &last), ("own", &own)]), width())
    }

    fn acknowledged(&self) -> Vec<String> {
        let told = self.told;
        let (count, others) = (told.acknowledged.len().to_string(), told.others.to_string());
        if told.acknowledged.is_empty() {
            return vec![hanging("", &self.format("entry.acknowledged_by_nobody", &[("others", &others)]), width())];
        }
        let values = [("count", &*count), ("others", &*others)];
        let mut lines = vec![hanging("", &self.format("entry.acknowledged", &values), width())];
        lines.extend(told.acknowledged.iter().take(NAMED).map(|word| self.word(word)));
        let more = told.acknowledged.len().saturating_sub(NAMED);
        lines.extend((more > 0).then(|| format!("  … +{more}")));
        lines
    }

    fn word(&self, word: &AcknowledgedBy) -> String {
        let name = organisation_name(self.who, word.organisation, self.session.language);
        let (day, entry) = (word.time.day().to_string(), word.entry.to_short());
        let values = [("organisation", &*name), ("day", &*day), ("entry", &*self.session.apart(&entry))];
        let is_late = !word.knew.is_empty();
        let key = if is_late { "entry.acknowledged_late" } else { "entry.acknowledged_by" };
        hanging("  • ", &self.format(key, &values), width())
    }
}
