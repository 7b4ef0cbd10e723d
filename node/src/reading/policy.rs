//! The reader's policy: what isnad.toml says, and before it what a request asks for. Organisations are named as people name them.

use std::collections::BTreeSet;

use isnad_protocol::id::OrganisationId;
use isnad_protocol::view::{BodyClass, Judgements, Policy, Whose};
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::config::{Config, PolicyTable};
use crate::problem::{Problem, exit};

/// Digits of an id that are enough to name an organisation.
const DIGITS: usize = 8;

/// Digits that name an organisation, as long as one alone begins so: there are some hundred.
pub const ORGANISATION_DIGITS: usize = 4;

/// A policy in a request: lists with a comma between, or with a line for each where names have commas. What is left out is as
/// isnad.toml says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyQuery {
    /// `everyone`, organisations, or classes of bodies.
    #[serde(default)]
    pub whose: Option<String>,
    /// Classes of bodies, or `none`.
    #[serde(default)]
    pub order: Option<String>,
    /// Organisations, or `none`.
    #[serde(default)]
    pub first: Option<String>,
    /// `none`, `own`, `majority`, or an organisation.
    #[serde(default)]
    pub judgements: Option<String>,
}

impl PolicyQuery {
    /// What it asks for, and else what the home's table says.
    fn over(&self, table: PolicyTable) -> PolicyTable {
        PolicyTable {
            whose: self.whose.as_deref().map_or(table.whose, |text| listed(text, "everyone")),
            order: self.order.as_deref().map_or(table.order, |text| listed(text, "none")),
            first: self.first.as_deref().map_or(table.first, |text| listed(text, "none")),
            judgements: self.judgements.clone().or(table.judgements),
        }
    }
}

/// The items of a list; none where the word for none stands alone.
fn listed(text: &str, none: &str) -> Vec<String> {
    let separator = if text.contains('\n') { '\n' } else { ',' };
    let items = text.split(separator).map(str::trim).filter(|item| !item.is_empty() && *item != none);
    items.map(str::to_owned).collect()
}

impl Reader<'_> {
    /// The policy of a request over that of isnad.toml, which is read each time: a change needs no new start.
    ///
    /// # Errors
    /// [`Problem`] if the file is not understood, or an organisation or class is not known.
    pub fn policy(&self, query: &PolicyQuery, lang: Option<&str>) -> Result<Policy, Problem> {
        let path = self.node.home().config();
        let table = if path.exists() { Config::load(&path)?.policy } else { PolicyTable::default() };
        let table = query.over(table);
        Ok(Policy {
            whose: self.whose(&table.whose)?,
            order: classes(&table.order)?,
            first: self.organisations(&table.first)?,
            judgements: self.judgements(table.judgements.as_deref().unwrap_or("none"))?,
            languages: lang.into_iter().map(str::to_owned).collect(),
        })
    }

    fn whose(&self, items: &[String]) -> Result<Whose, Problem> {
        if items.is_empty() {
            return Ok(Whose::All);
        }
        if items.iter().any(|item| BodyClass::parse(item).is_some()) {
            return Ok(Whose::Classes(classes(items)?.into_iter().collect()));
        }
        Ok(Whose::Only(self.organisations(items)?.into_iter().collect()))
    }

    fn judgements(&self, text: &str) -> Result<Judgements, Problem> {
        match text {
            "none" => Ok(Judgements::None),
            "majority" => Ok(Judgements::Majority),
            "own" => Ok(Judgements::Own(self.own()?)),
            partner => Ok(Judgements::Partner(self.organisation(partner)?)),
        }
    }

    fn own(&self) -> Result<OrganisationId, Problem> {
        self.node.own_organisation().ok_or_else(|| Problem::told(exit::USAGE, "usage", "policy_own", &[]))
    }

    fn organisations(&self, items: &[String]) -> Result<Vec<OrganisationId>, Problem> {
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            let organisation = self.organisation(item)?;
            if !found.contains(&organisation) {
                found.push(organisation);
            }
        }
        Ok(found)
    }

    /// The organisation that a text names: `own`, a name in any language, an id, or the only beginning of one of these.
    ///
    /// # Errors
    /// [`Problem`] if there is none, or more than one.
    pub fn organisation(&self, text: &str) -> Result<OrganisationId, Problem> {
        if text == "own" {
            return self.own();
        }
        let lower = text.to_lowercase();
        let known: Vec<(OrganisationId, Vec<String>)> = self
            .names
            .iter()
            .map(|(id, words)| (*id, words.iter().map(|words| words.text.to_lowercase()).collect()))
            .collect();
        let having = |is_it: &dyn Fn(&str) -> bool| -> BTreeSet<OrganisationId> {
            let named = known.iter().filter(|(_, names)| names.iter().any(|name| is_it(name)));
            named.map(|(id, _)| *id).collect()
        };
        let mut found = having(&|name| name == lower);
        if found.is_empty() {
            found = having(&|name| name.starts_with(&lower));
        }
        // Few digits may be the beginning of a name too: that goes first.
        if lower.len() >= if found.is_empty() { ORGANISATION_DIGITS } else { DIGITS } {
            found.extend(known.iter().filter(|(id, _)| id.to_string().starts_with(&lower)).map(|(id, _)| *id));
        }
        // Who has left is still in what was said.
        found.extend(OrganisationId::parse(&lower).ok());
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(organisation), None) => Ok(organisation),
            (Some(_), Some(_)) => {
                Err(Problem::told(exit::USAGE, "ambiguous", "organisation_ambiguous", &[("text", text)]))
            }
            (None, _) => Err(Problem::told(exit::USAGE, "usage", "organisation_unknown", &[("text", text)])),
        }
    }
}

fn classes(items: &[String]) -> Result<Vec<BodyClass>, Problem> {
    let mut found = Vec::with_capacity(items.len());
    for item in items {
        let class = BodyClass::parse(item).ok_or_else(|| {
            let known = BodyClass::ALL.map(BodyClass::name).join(", ");
            Problem::told(exit::USAGE, "usage", "body_class_unknown", &[("item", item), ("known", &known)])
        })?;
        if !found.contains(&class) {
            found.push(class);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_commas_or_lines_between_and_a_word_for_none() {
        for (text, expected) in [
            ("court, mandated", &["court", "mandated"][..]),
            ("none", &[]),
            ("A, Inc.\n", &["A, Inc."]),
            ("A, Inc.\nB\n", &["A, Inc.", "B"]),
            ("", &[]),
        ] {
            assert_eq!(listed(text, "none"), expected, "{text:?}");
        }
    }

    #[test]
    fn what_a_request_leaves_out_is_as_the_file_says() {
        let table =
            PolicyTable { first: vec!["B".to_owned()], judgements: Some("own".to_owned()), ..Default::default() };
        let query =
            PolicyQuery { first: Some("none".to_owned()), order: Some("court".to_owned()), ..Default::default() };
        let expected =
            PolicyTable { order: vec!["court".to_owned()], judgements: Some("own".to_owned()), ..Default::default() };
        assert_eq!(query.over(table), expected);
    }
}
