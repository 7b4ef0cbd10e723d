//! What a record is called: by its title, or where its kind has none by what it says: who concludes or decides what, of whom.

use std::collections::BTreeMap;

use isnad_protocol::id::{OrganisationId, RecordId, kind_code};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model::kinds::{ATTRIBUTION, CASE, DESIGNATION, FINDING, is_about_somebody};
use isnad_protocol::model::vocabularies as words;
use isnad_protocol::view::{About, Reference, View, Words};

use crate::client::Client;
use crate::commands::ids::Ids;
use crate::commands::reading::{label, name};
use crate::output::{apart, fit, squeezed};
use crate::session::Session;

/// Columns that hold who, what and whom.
pub(crate) const ROOMY: usize = 60;

/// A record to be called by a title.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Titled<'a> {
    /// The name of its kind.
    pub(crate) kind: &'a str,
    pub(crate) labels: &'a [Words],
    pub(crate) about: Option<&'a About>,
    /// How many digits ids take; all where it is unknown.
    pub(crate) ids: Option<&'a Ids>,
}

impl Titled<'_> {
    /// Its title; each text of others passes `shown`. `None` where it has none and says nothing.
    pub(crate) fn text(&self, language: Language, shown: impl Fn(&str) -> String) -> Option<String> {
        self.own_or_made(language, &shown, None)
    }

    /// The same for a line with so many columns for it, and another place for an outcome; for whose word it is too, unless that is
    /// to be told here.
    pub(crate) fn within(&self, language: Language, columns: usize, tells_whose: bool) -> Option<String> {
        self.own_or_made(language, &|text| apart(&squeezed(text), language.direction()), Some((columns, tells_whose)))
    }

    /// Whose word its title is made of, where it has none of its own.
    pub(crate) fn whose(&self) -> Option<OrganisationId> {
        self.about.filter(|_| !self.has_title())?.organisation
    }

    /// The title in two lines, for a terminal that has no room for it in one: who says it, and below it what, of whom and of
    /// which incidents. `None` where it has a title of its own, or one of the two is missing.
    pub(crate) fn in_two(&self, language: Language) -> Option<(String, String)> {
        let about = self.about.filter(|_| !self.has_title())?;
        let shown = |text: &str| apart(&squeezed(text), language.direction());
        let mut measure = String::new();
        let head = self.head(language, about, &shown, |_, what, vocabulary| {
            let what = std::mem::take(what);
            if vocabulary != words::OUTCOME.name {
                measure = what;
            }
        })?;
        let [subjects, incidents] = [&about.subjects, &about.incidents].map(|all| self.names(language, all, &shown));
        let end = if about.cut { " …" } else { "" };
        let parts = [measure, subjects, incidents];
        let whom = parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ");
        (!head.is_empty() && !whom.is_empty()).then(|| (head, format!("{whom}{end}")))
    }

    /// Who says what, once the room for it has been made; the name of the vocabulary says what the codes are.
    fn head(
        &self,
        language: Language,
        about: &About,
        shown: &dyn Fn(&str) -> String,
        make_room: impl FnOnce(&mut String, &mut String, &str),
    ) -> Option<String> {
        let vocabulary = match kind_code(self.kind)? {
            FINDING | ATTRIBUTION => words::OUTCOME.name,
            DESIGNATION => words::MEASURE.name,
            CASE => words::CASE_STATUS.name,
            _ => return None,
        };
        let comma = format!("{} ", locale::word(language, "speech.comma"));
        let codes = about.codes.iter().map(|code| match locale::code(language, vocabulary, code) {
            word if word == code => shown(code),
            word => word.to_owned(),
        });
        let (mut who, mut what) = (self.names(language, &about.bodies, shown), codes.collect::<Vec<_>>().join(&comma));
        make_room(&mut who, &mut what, vocabulary);
        Some(match (who.is_empty(), what.is_empty()) {
            (false, false) => locale::format(language, "list.title", &[("who", &who), ("what", &what)]),
            _ => format!("{who}{what}"),
        })
    }

    fn names(&self, language: Language, all: &[Reference], shown: &dyn Fn(&str) -> String) -> String {
        let comma = format!("{} ", locale::word(language, "speech.comma"));
        let called = |reference: &Reference| {
            name(reference, language, self.ids, shown).unwrap_or_else(|| reference.record.to_string())
        };
        all.iter().map(called).collect::<Vec<_>>().join(&comma)
    }

    /// An alias, which is in no language, tells less than what is said.
    fn has_title(&self) -> bool {
        self.labels.iter().any(|words| words.lang.is_some())
    }

    fn own_or_made(
        &self,
        language: Language,
        shown: &dyn Fn(&str) -> String,
        room: Option<(usize, bool)>,
    ) -> Option<String> {
        let own = || label(self.labels, language).map(|text| shown(&text));
        if self.has_title() { own() } else { self.made(language, shown, room).or_else(own) }
    }

    fn made(&self, language: Language, shown: &dyn Fn(&str) -> String, room: Option<(usize, bool)>) -> Option<String> {
        let (columns, tells_whose) = room.map_or((None, true), |(columns, tells)| (Some(columns), tells));
        let about = self.about?;
        let names = |all: &[Reference]| self.names(language, all, shown);
        let head = self.head(language, about, shown, |who, what, vocabulary| {
            let Some(columns) = columns else { return };
            // Who says it comes first always, and leaves room for whom; an outcome stands in a column of its own.
            *who = fit(who, columns / 2).trim_end().to_owned();
            if vocabulary == words::OUTCOME.name || columns < ROOMY && !about.subjects.is_empty() {
                what.clear();
            }
        })?;
        let parts = [head, names(&about.subjects), names(&about.incidents)];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let end = if about.cut { " …" } else { "" };
        let title = (!parts.is_empty()).then(|| format!("{}{end}", parts.join(" · ")))?;
        // That a body concluded something is the word of whoever reports it: no sentence stands there as if it were the record's, nor
        // is its author cut off.
        let Some(whose) = about.organisation.filter(|_| tells_whose) else { return Some(title) };
        let whose = label(&about.names, language).map_or_else(|| whose.to_short(), |whose| shown(&whose));
        let whose = columns.map_or_else(|| whose.clone(), |columns| fit(&whose, columns / 3).trim_end().to_owned());
        Some(locale::format(language, "list.says", &[("who", &whose), ("what", &title)]))
    }
}

/// What the record of a view is called: by its title, or by what it says.
pub(crate) fn titled(session: &Session, view: &View) -> Option<String> {
    let titled = Titled { kind: &view.kind, labels: &view.labels, about: view.about.as_ref(), ids: None };
    titled.text(session.language, |text| session.apart(text))
}

/// The titles of those of these records that have no name of their own. That one cannot be read now is no failure: it is then
/// called by its id.
pub(crate) async fn titles<'a>(
    session: &Session,
    client: &Client,
    records: impl IntoIterator<Item = &'a Reference>,
) -> BTreeMap<RecordId, String> {
    let mut found = BTreeMap::new();
    for reference in records {
        let is_named = reference.labels.iter().any(|words| words.lang.is_some());
        let may_be = is_about_somebody(reference.record.kind_code());
        if is_named || !may_be || found.contains_key(&reference.record) {
            continue;
        }
        let view = client.get::<View>(&format!("/records/{}", reference.record)).await.ok();
        found.extend(view.and_then(|view| titled(session, &view)).map(|title| (reference.record, title)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(kind: u8, text: &str) -> Reference {
        let words = |lang: &str| Words::new(Some(lang.to_owned()), text.to_owned());
        Reference { record: RecordId::new([kind; 16]), labels: [words("en")].into() }
    }

    #[test]
    fn what_has_no_title_is_called_by_what_it_says() {
        let about = About {
            bodies: vec![called(9, "OPCW IIT")],
            codes: vec!["confirmed_use".to_owned(), "a_later_code".to_owned()],
            subjects: vec![called(2, "Unit 1")],
            incidents: vec![called(1, "Douma")],
            cut: true,
            ..About::default()
        };
        let alias = [Words::new(None, "iit-3".to_owned())];
        let titled = Titled { kind: "attribution", labels: &alias, about: Some(&about), ids: None };
        for language in Language::ALL {
            let title = titled.text(language, |text| format!("<{text}>")).unwrap();
            for part in ["<OPCW IIT>", "<a_later_code>", " · <Unit 1> · <Douma> …"] {
                assert!(title.contains(part), "{title}");
            }
            assert!(!title.contains("confirmed_use"), "{title}");
        }
        let silent = Titled { about: None, ..titled };
        assert_eq!(silent.text(Language::En, str::to_owned).as_deref(), Some("iit-3"));
        let own = [Words::new(Some("fr".to_owned()), "Titre".to_owned())];
        let own = Titled { labels: &own, ..titled };
        assert_eq!(own.text(Language::Ar, str::to_owned).as_deref(), Some("Titre"));
    }

    #[test]
    fn a_title_that_is_made_names_whose_word_it_is() {
        let words = |text: &str| Words::new(Some("en".to_owned()), text.to_owned());
        let differing = Words { differs: true, ..words("Unit 1") };
        let subject = Reference { record: RecordId::new([2; 16]), labels: [differing].into() };
        let about = About {
            organisation: Some(OrganisationId::new([1; 32])),
            is_one_of_several: true,
            names: vec![words("Org A")],
            subjects: vec![subject],
            ..About::default()
        };
        let titled = Titled { kind: "attribution", labels: &[], about: Some(&about), ids: None };
        let title = titled.text(Language::En, str::to_owned).unwrap();
        assert_eq!(
            title,
            format!("Org A says: Unit 1 ({})", RecordId::new([2; 16])),
            "and the id of whom not all call so"
        );
        for language in Language::ALL {
            let cut = titled.within(language, 40, true).unwrap();
            assert!(cut.contains("Org A"), "{cut}");
        }
        let ids = Some(&crate::commands::ids::USUAL);
        assert_eq!(
            Titled { ids, ..titled }.text(Language::En, str::to_owned).unwrap(),
            "Org A says: Unit 1 (subject/020202020202)"
        );
        assert_eq!(titled.whose(), about.organisation);
        assert!(titled.within(Language::En, 60, true).unwrap().starts_with("Org A says: "));
        assert!(titled.within(Language::En, 60, false).unwrap().starts_with("Unit 1 "), "told in another place");
        let alone = About { is_one_of_several: false, ..about.clone() };
        let alone = Titled { about: Some(&alone), ids, ..titled };
        assert!(alone.text(Language::En, str::to_owned).unwrap().starts_with("Org A says: "));
    }
}
