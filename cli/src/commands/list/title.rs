//! What a record is called: by its title, or where its kind has none by what it says: who concludes or decides what, of whom.

use std::collections::BTreeMap;

use isnad_protocol::id::{RecordId, kind_code};
use isnad_protocol::limits;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model::is_tried;
use isnad_protocol::model::kinds::{ATTRIBUTION, CASE, DESIGNATION, FINDING};
use isnad_protocol::model::vocabularies as words;
use isnad_protocol::view::{About, Property, Reference, ShownClaim, View, Words};

use crate::client::Client;
use crate::commands::reading::label;
use crate::output::{apart, fit, squeezed};
use crate::session::Session;

/// Columns that hold who, what and whom.
const ROOMY: usize = 60;

/// A record to be called by a title.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Titled<'a> {
    /// The name of its kind.
    pub(crate) kind: &'a str,
    pub(crate) labels: &'a [Words],
    pub(crate) about: Option<&'a About>,
}

impl Titled<'_> {
    /// Its title; each text of others passes `shown`. `None` where it has none and says nothing.
    pub(crate) fn text(&self, language: Language, shown: impl Fn(&str) -> String) -> Option<String> {
        self.own_or_made(language, &shown, None)
    }

    /// The same for a line with so many columns for it, and another place for an outcome.
    pub(crate) fn within(&self, language: Language, columns: usize) -> Option<String> {
        self.own_or_made(language, &|text| apart(&squeezed(text), language.direction()), Some(columns))
    }

    fn own_or_made(
        &self,
        language: Language,
        shown: &dyn Fn(&str) -> String,
        columns: Option<usize>,
    ) -> Option<String> {
        // An alias, which is in no language, tells less than what is said.
        let is_title = self.labels.iter().any(|words| words.lang.is_some());
        let own = || label(self.labels, language).map(|text| shown(&text));
        if is_title { own() } else { self.made(language, shown, columns).or_else(own) }
    }

    fn made(&self, language: Language, shown: &dyn Fn(&str) -> String, columns: Option<usize>) -> Option<String> {
        let about = self.about?;
        let vocabulary = match kind_code(self.kind)? {
            FINDING | ATTRIBUTION => words::OUTCOME.name,
            DESIGNATION => words::MEASURE.name,
            CASE => words::CASE_STATUS.name,
            _ => return None,
        };
        let comma = format!("{} ", locale::word(language, "speech.comma"));
        let name = |reference: &Reference| match label(&reference.labels, language) {
            Some(text) => shown(&text),
            None => reference.record.to_string(),
        };
        let names = |all: &[Reference]| all.iter().map(name).collect::<Vec<_>>().join(&comma);
        let codes = about.codes.iter().map(|code| match locale::code(language, vocabulary, code) {
            word if word == code => shown(code),
            word => word.to_owned(),
        });
        let (mut who, mut what) = (names(&about.bodies), codes.collect::<Vec<_>>().join(&comma));
        if let Some(columns) = columns {
            // Who says it comes first always, and leaves room for whom; an outcome stands in a column of its own.
            who = fit(&who, columns / 2).trim_end().to_owned();
            if vocabulary == words::OUTCOME.name || columns < ROOMY && !about.subjects.is_empty() {
                what.clear();
            }
        }
        let head = match (who.is_empty(), what.is_empty()) {
            (false, false) => locale::format(language, "list.title", &[("who", &who), ("what", &what)]),
            _ => format!("{who}{what}"),
        };
        let parts = [head, names(&about.subjects), names(&about.incidents)];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let end = if about.cut { " …" } else { "" };
        (!parts.is_empty()).then(|| format!("{}{end}", parts.join(" · ")))
    }
}

/// What the record of a view is called: by its title, or by what it says.
pub(crate) fn titled(session: &Session, view: &View) -> Option<String> {
    let about = about(view);
    let titled = Titled { kind: &view.kind, labels: &view.labels, about: about.as_ref() };
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
        let may_be = matches!(reference.record.kind_code(), FINDING | ATTRIBUTION | DESIGNATION | CASE);
        if is_named || !may_be || found.contains_key(&reference.record) {
            continue;
        }
        let view = client.get::<View>(&format!("/records/{}", reference.record)).await.ok();
        found.extend(view.and_then(|view| titled(session, &view)).map(|title| (reference.record, title)));
    }
    found
}

/// What a view says of which a title is made.
pub(crate) fn about(view: &View) -> Option<About> {
    let (body, code) = match kind_code(&view.kind)? {
        FINDING | ATTRIBUTION => (None, "outcome"),
        DESIGNATION => (Some("authority"), "measure"),
        CASE => (Some("forum"), "status"),
        _ => return None,
    };
    let said = |prop: &str| {
        let of = |property: &&Property| property.prop == prop;
        let claims = view.properties.iter().filter(of).flat_map(|property| &property.claims);
        claims.filter(|claim| claim.takes_part()).collect::<Vec<&ShownClaim>>()
    };
    let mut cut = false;
    let mut first = |references: Vec<Reference>| {
        let mut once: Vec<Reference> = Vec::new();
        for reference in references {
            if once.iter().all(|known| known.record != reference.record) {
                once.push(reference);
            }
        }
        cut |= once.len() > limits::TITLE_PARTS;
        once.truncate(limits::TITLE_PARTS);
        once
    };
    let named = |prop: &str| said(prop).into_iter().flat_map(|claim| claim.refs.clone()).collect::<Vec<_>>();
    let bodies = match body {
        Some(prop) => named(prop),
        None => said(code).into_iter().filter_map(|claim| claim.according_to.clone()).collect(),
    };
    let mut codes: Vec<String> = Vec::new();
    for code in said(code).into_iter().filter_map(|claim| claim.value.as_ref()?.as_text()) {
        if codes.iter().all(|known| known != code) {
            codes.push(code.to_owned());
        }
    }
    let (bodies, incidents) = (first(bodies), first(named("incident")));
    let tried = said("party").into_iter().filter(|claim| claim.value.as_ref().is_some_and(is_tried));
    let subjects = match view.kind.as_str() {
        "case" => first(tried.flat_map(|claim| claim.refs.clone()).collect()),
        _ => first(named("subject")),
    };
    cut |= codes.len() > limits::TITLE_PARTS;
    codes.truncate(limits::TITLE_PARTS);
    let about = About { bodies, codes, subjects, incidents, cut };
    (about != About::default()).then_some(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(kind: u8, text: &str) -> Reference {
        let words = |lang: &str| Words { lang: Some(lang.to_owned()), text: text.to_owned() };
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
        };
        let alias = [Words { lang: None, text: "iit-3".to_owned() }];
        let titled = Titled { kind: "attribution", labels: &alias, about: Some(&about) };
        for language in Language::ALL {
            let title = titled.text(language, |text| format!("<{text}>")).unwrap();
            for part in ["<OPCW IIT>", "<a_later_code>", " · <Unit 1> · <Douma> …"] {
                assert!(title.contains(part), "{title}");
            }
            assert!(!title.contains("confirmed_use"), "{title}");
        }
        let silent = Titled { about: None, ..titled };
        assert_eq!(silent.text(Language::En, str::to_owned).as_deref(), Some("iit-3"));
        let own = [Words { lang: Some("fr".to_owned()), text: "Titre".to_owned() }];
        let own = Titled { labels: &own, ..titled };
        assert_eq!(own.text(Language::Ar, str::to_owned).as_deref(), Some("Titre"));
    }
}
