//! What entries did, as sentences in the reader's language.

use std::collections::BTreeMap;

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, NarrativeId, SpaceId, kind_code};
use isnad_protocol::locale;
use isnad_protocol::model::values::pointer;
use isnad_protocol::standing::Standing;
use isnad_protocol::time::Timestamp;
use isnad_protocol::view::{Did, History, Item, ShownClaim, View};

use crate::commands::list::Titled;
use crate::commands::show::{Pen, TEXT_LINES, Telling};
use crate::output::hung;

/// Tells the history of one record.
pub(in crate::commands) struct Story<'a> {
    pen: Pen<'a>,
    view: &'a View,
    /// Every claim that the view has, by its id, with its property.
    claims: BTreeMap<ClaimId, (&'a str, &'a ShownClaim)>,
    has_ids: bool,
}

impl<'a> Story<'a> {
    pub(in crate::commands) fn new(pen: Pen<'a>, view: &'a View, has_ids: bool) -> Self {
        let properties = view.properties.iter();
        let claims = properties
            .flat_map(|property| property.claims.iter().map(|claim| (claim.id, (property.prop.as_str(), claim))));
        Self { pen, view, claims: claims.collect(), has_ids }
    }

    /// The whole story: day by day, what each entry did.
    pub(in crate::commands) fn text(&self, history: &History) -> String {
        let pen = self.pen;
        let titled = Titled {
            kind: &self.view.kind,
            labels: &self.view.labels,
            about: self.view.about.as_ref(),
            ids: Some(pen.ids),
        };
        let title = titled.text(pen.language, |text| pen.foreign(text));
        let title = title.unwrap_or_else(|| pen.foreign(&pen.short(history.record)));
        let title = pen.say("history.title", &[("record", &title)]);
        let mut out = hung("", &pen.heading(&title), pen.width);
        out.extend(hung("", &pen.quiet(&pen.short(history.record)), pen.width));
        out.extend(hung("", &pen.quiet(&pen.word("history.caveat")), pen.width));
        let mut spaces: Vec<SpaceId> = history.items.iter().map(|item| item.space).collect();
        spaces.sort_unstable();
        spaces.dedup();
        let mut day = None;
        for item in &history.items {
            if day != Some(item.time.day()) {
                day = Some(item.time.day());
                out.push(String::new());
                out.extend(hung("", &pen.heading(&pen.day(item.time)), pen.width));
            }
            out.extend(self.item(item, spaces.len() > 1));
        }
        out.join("\n")
    }

    /// One entry: a sentence for each thing it did, values that it said together below one.
    fn item(&self, item: &Item, names_space: bool) -> Vec<String> {
        let pen = self.pen;
        let who = pen.organisation(item.organisation);
        let mut aside = Vec::new();
        aside.extend(names_space.then(|| pen.say("history.in_space", &[("space", &pen.space(item.space))])));
        if item.standing != Standing::Counts {
            let why = pen.standing(item.standing, item.cause);
            aside.push(pen.say("history.does_not_count", &[("why", &why)]));
        }
        let aside = if aside.is_empty() { String::new() } else { format!(" ({})", pen.notes(&aside)) };
        let mark = format!("  {}  ", time(item));
        let mut out = Vec::new();
        let mut is_listing = false;
        for did in &item.did {
            let (sentence, is_value) = self.sentence(&who, did);
            if is_value && !is_listing {
                let said = pen.say("history.said", &[("who", &who)]);
                out.extend(hung(&mark, pen.field(&format!("{said}{aside}"), "").trim_end(), pen.width));
            }
            is_listing = is_value;
            let text = if is_value { sentence } else { format!("{sentence}{aside}") };
            let mark = if is_value { "         + " } else { mark.as_str() };
            out.extend(hung(mark, &text, pen.width));
        }
        if item.did.is_empty() {
            out.extend(hung(&mark, &format!("{}{aside}", pen.say("history.unread", &[("who", &who)])), pen.width));
        }
        if self.has_ids {
            let values =
                [("entry", item.entry.to_string()), ("key", item.author.to_short()), ("seq", item.seq.to_string())];
            let values: Vec<(&str, &str)> = values.iter().map(|(key, text)| (*key, text.as_str())).collect();
            let line = pen.say("history.entry", &values);
            out.extend(hung("         ", &line, pen.width).into_iter().map(|line| pen.quiet(&line)));
        }
        out.extend(self.acknowledged(item));
        out
    }

    /// Who acknowledged an entry, and when by their own word.
    fn acknowledged(&self, item: &Item) -> Vec<String> {
        let pen = self.pen;
        let most = if pen.is_full { usize::MAX } else { TEXT_LINES };
        // That its own organisation holds what it said is no news.
        let others = item.acknowledged.iter().filter(|line| line.organisation != item.organisation);
        let more = others.clone().count().saturating_sub(most);
        let shown = others.clone().take(most);
        let mut told: Vec<String> = shown
            .map(|line| {
                let (name, time) = (pen.organisation(line.organisation), minute(line.time));
                pen.say("history.acknowledged_by", &[("name", &name), ("time", &time)])
            })
            .collect();
        if told.is_empty() {
            return Vec::new();
        }
        told.extend((more > 0).then(|| pen.say("history.acknowledged_more", &[("count", &more.to_string())])));
        let mut lines = hung("         ", &pen.say("history.acknowledged", &[("list", &pen.list(&told))]), pen.width);
        for line in others.filter(|_| self.has_ids) {
            let values = [
                ("name", pen.organisation(line.organisation)),
                ("seq", line.seq.to_string()),
                ("key", line.key.to_short()),
                ("entry", line.entry.to_string()),
            ];
            let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
            lines.extend(hung("         ", &pen.say("history.attestation", &values), pen.width));
        }
        lines.into_iter().map(|line| pen.quiet(&line)).collect()
    }

    /// What one operation did, and whether it is a value that stands in a list below "X said".
    fn sentence(&self, who: &str, did: &Did) -> (String, bool) {
        let pen = self.pen;
        match did {
            Did::Claimed { claim, prop, text, replaces } => self.claimed(who, *claim, prop.as_deref(), text, *replaces),
            Did::Retracted { claim, reason, note } => {
                let what = self.what(*claim, who);
                let reason = pen.code("retraction_reason", reason);
                let values = [("who", who), ("what", what.as_str()), ("reason", &reason)];
                let note = note.as_deref().map(|note| format!(": {}", pen.foreign(note))).unwrap_or_default();
                (format!("{}{note}", pen.say("history.retracted", &values)), false)
            }
            Did::Edited { narrative, begun, deleted, inserted, words } => {
                let (deleted, inserted, words) = (deleted.to_string(), inserted.to_string(), words.to_string());
                let values = [("who", who), ("words", &words), ("inserted", &inserted), ("deleted", &deleted)];
                let told = pen.say(if *begun { "history.began" } else { "history.edited" }, &values);
                (format!("{told}{}", self.language(self.written_in(*narrative))), false)
            }
            Did::Redacted { ground, text } => {
                let ground = pen.code("retraction_reason", ground);
                let text = text.as_deref().map(|text| format!(": {}", pen.foreign(text))).unwrap_or_default();
                (format!("{}{text}", pen.say("history.redacted", &[("who", who), ("ground", &ground)])), false)
            }
        }
    }

    fn claimed(
        &self,
        who: &str,
        claim: ClaimId,
        prop: Option<&str>,
        text: &str,
        replaces: Option<ClaimId>,
    ) -> (String, bool) {
        let pen = self.pen;
        let prop = prop.unwrap_or_default();
        let id = pen.quiet(&format!("[{}]", pen.claim(claim)));
        let shown = self.claims.get(&claim).map(|(_, shown)| *shown);
        let value = shown.and_then(|shown| shown.value.as_ref());
        if let Some(sentence) = value.and_then(|value| self.of_others(who, prop, value, shown)) {
            return (format!("{sentence} {id}"), false);
        }
        let word = self.property(prop);
        let mut told = shown.map_or_else(|| pen.foreign(text), |shown| self.value(prop, shown));
        told.push_str(&self.language(shown.and_then(|shown| shown.lang.as_deref())));
        let mut out = match replaces {
            Some(old) => {
                let old = match self.claims.get(&old) {
                    Some((prop, shown)) => {
                        format!("{}{}", self.value(prop, shown), self.language(shown.lang.as_deref()))
                    }
                    None => format!("[{}]", pen.claim(old)),
                };
                let values = [("who", who), ("property", &word), ("new", &told), ("old", &old)];
                pen.say("history.corrected", &values)
            }
            None => pen.field(&word, &told),
        };
        let mut notes = Vec::new();
        if let Some(shown) = shown {
            let body = shown.according_to.as_ref();
            notes.extend(body.map(|body| format!("{} {}", pen.word("view.according_to"), pen.record(body))));
            notes.extend(shown.basis.iter().take(TEXT_LINES).map(|basis| format!("← {}", pen.basis(basis))));
        }
        if !notes.is_empty() {
            out.push_str(&format!(" — {}", pen.notes(&notes)));
        }
        (format!("{out} {id}"), replaces.is_none())
    }

    /// What is said of others' words, of other records, or for a subject: a sentence of its own.
    fn of_others(&self, who: &str, prop: &str, value: &Json, shown: Option<&ShownClaim>) -> Option<String> {
        let pen = self.pen;
        let member = |key: &str| value.get(key).and_then(Json::as_text);
        let refs = shown.map(|shown| shown.refs.as_slice()).unwrap_or_default();
        match prop {
            "opinion" => {
                let on = member("claim").and_then(|id| ClaimId::parse(id).ok())?;
                let key = format!("history.opinion.{}", member("stance")?);
                locale::lookup(pen.language, &key)?;
                let reason = member("reason").map(|code| pen.code("dispute_reason", code));
                let lang = self.language(shown.and_then(|shown| shown.lang.as_deref()));
                let text = member("text").map(|text| format!("{}{lang}", pen.foreign(text)));
                let words: Vec<String> = reason.into_iter().chain(text).collect();
                let told = pen.say(&key, &[("who", who), ("what", &self.what(on, who))]);
                Some(if words.is_empty() { told } else { pen.field(&told, &pen.notes(&words)) })
            }
            "judgement" => {
                let verdict = Telling { pen, refs }.brief(kind_code(&self.view.kind), prop, value);
                Some(pen.say("history.judged", &[("who", who), ("verdict", &verdict)]))
            }
            "response" => {
                let subject = refs.first().map(|subject| pen.record(subject)).unwrap_or_default();
                let stance = pen.code("response_stance", member("stance")?);
                let told = pen.say("history.replied", &[("who", who), ("subject", &subject), ("stance", &stance)]);
                let words = pen.quotation(&pen.foreign(member("text")?));
                Some(pen.field(&told, &format!("{words}{}", self.language(member("lang")))))
            }
            _ => None,
        }
    }

    /// The language of a narrative, which the claim that points to it says.
    fn written_in(&self, narrative: NarrativeId) -> Option<&str> {
        let points = |shown: &&ShownClaim| shown.value.as_ref().and_then(pointer) == Some(narrative);
        self.claims.values().map(|(_, shown)| *shown).find(points).and_then(|shown| shown.lang.as_deref())
    }

    /// The language of what was said, where it is not the reader's.
    fn language(&self, lang: Option<&str>) -> String {
        let lang = lang.filter(|lang| *lang != self.pen.language.code());
        lang.map(|lang| format!(" ({})", self.pen.foreign(lang))).unwrap_or_default()
    }

    /// A claim by its property and value, and whose it is where that is another than who speaks.
    fn what(&self, claim: ClaimId, who: &str) -> String {
        let pen = self.pen;
        let Some((prop, shown)) = self.claims.get(&claim) else {
            return pen.say("history.claim", &[("id", &pen.claim(claim))]);
        };
        let what = format!("{} {} [{}]", self.property(prop), self.value(prop, shown), pen.claim(claim));
        let whose = pen.organisation(shown.organisation);
        if whose == who { what } else { pen.say("history.of", &[("what", &what), ("who", &whose)]) }
    }

    fn value(&self, prop: &str, shown: &ShownClaim) -> String {
        let telling = Telling { pen: self.pen, refs: &shown.refs };
        shown.value.as_ref().map(|value| telling.brief(kind_code(&self.view.kind), prop, value)).unwrap_or_default()
    }

    fn property(&self, prop: &str) -> String {
        locale::lookup(self.pen.language, &format!("property.{prop}"))
            .map_or_else(|| self.pen.foreign(prop), str::to_owned)
    }
}

/// Day and time of day, in UTC.
fn minute(time: Timestamp) -> String {
    time.to_string().chars().take(16).collect::<String>().replace('T', " ")
}

/// The time of day that an entry claims.
fn time(item: &Item) -> String {
    item.time.to_string().chars().skip(11).take(5).collect()
}
