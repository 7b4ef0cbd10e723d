//! What the claims of a payload name, so that they are found by it: read without building them, since every entry is once it is held.

use std::collections::BTreeSet;

use crate::encoding::json::{DecodeError, Parser};
use crate::id::RecordId;
use crate::limits;
use crate::model::check::depth;
use crate::model::values;

use super::claim::records_in;
use super::operations;

/// What the claims of a payload name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// Records named in value, cited body or basis of a claim.
    pub records: BTreeSet<RecordId>,
    /// Aliases claimed for the record itself.
    pub aliases: BTreeSet<String>,
}

/// Reads what the claims of a payload name; nothing of a payload that is no change.
#[must_use]
pub fn mentions(payload: &[u8]) -> Mentions {
    let mut found = Mentions::default();
    let read = operations::read(payload, |parser| found.read_claim(parser));
    let is_set = read.is_ok_and(|(ops, after)| after.is_none() && operations::is_set(&ops).is_ok());
    if is_set { found } else { Mentions::default() }
}

impl Mentions {
    /// `None` of what has not the form of a claim: the payload is inert then, whatever was found in it.
    fn read_claim(&mut self, parser: &mut Parser<'_>) -> Result<Option<()>, DecodeError> {
        let (mut is_alias, mut below) = (false, 0);
        let is_object = parser.members(|key, parser| {
            let levels = match key {
                "prop" => {
                    let levels = parser.pass(&mut |text| is_alias = text == "alias")?;
                    // A list of it is no property.
                    is_alias &= levels == 1;
                    levels
                }
                // Members stand in the order of their keys.
                "value" if is_alias => {
                    let value = parser.value()?;
                    self.aliases.extend(values::name_text(&value).map(str::to_owned));
                    self.records.extend(records_in(&value));
                    depth(&value)
                }
                "value" | "according_to" | "basis" => {
                    parser.pass(&mut |text| self.records.extend(RecordId::parse(text).ok()))?
                }
                _ => parser.pass(&mut |_| ())?,
            };
            below = below.max(levels);
            Ok(())
        })?;
        Ok((is_object && below < limits::CLAIM_DEPTH).then_some(()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::json::Json;
    use crate::sheet::claims_in;

    /// The same from claims that are built.
    fn plainly(payload: &[u8]) -> Mentions {
        let mut found = Mentions::default();
        for claim in claims_in(payload) {
            found.records.extend(claim.refs());
            let alias = claim.value().and_then(values::name_text).filter(|_| claim.prop() == Some("alias"));
            found.aliases.extend(alias.map(str::to_owned));
        }
        found
    }

    fn value() -> impl Strategy<Value = Json> {
        let record = (0_u8..4).prop_map(|number| Json::text(RecordId::new([number + 1; 16]).to_string()));
        let word =
            prop::sample::select(vec!["alias", "title", "Khan \"Shaykhun\"", "دوما", "a\nb", ""]).prop_map(Json::text);
        let leaf = prop_oneof![record, word, any::<bool>().prop_map(Json::Bool), (-9_i64..9).prop_map(Json::Int)];
        leaf.prop_recursive(4, 12, 3, |inner| {
            let key = prop::sample::select(vec!["source", "text", "value", "prop"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Json::List),
                prop::collection::vec((key, inner), 0..3).prop_map(|members| Json::Object(
                    members.into_iter().map(|(key, of)| (key.to_owned(), of)).collect()
                )),
            ]
        })
    }

    fn operation() -> impl Strategy<Value = Json> {
        let key = prop::sample::select(vec!["prop", "value", "basis", "according_to", "lang"]);
        let members = prop::collection::vec((key, value()), 0..5);
        let claim = members
            .prop_map(|members| Json::Object(members.into_iter().map(|(key, of)| (key.to_owned(), of)).collect()))
            .prop_map(|claim| Json::object([("claim", claim)]));
        let alias = value().prop_map(|value| {
            Json::object([("claim", Json::object([("prop", Json::text("alias")), ("value", value)]))])
        });
        let retract = Json::object([("reason", Json::text("error")), ("retract", Json::text("ab".repeat(32)))]);
        prop_oneof![8 => claim, 4 => alias, 1 => Just(retract), 1 => value()]
    }

    proptest! {
        #[test]
        fn what_is_named_is_what_the_claims_name(
            ops in prop::collection::vec(operation(), 0..4),
            flip in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let mut payload = Json::object([("ops", Json::List(ops))]).encode();
            if let Some((at, byte)) = flip {
                let at = at.index(payload.len());
                payload[at] = byte;
            }
            prop_assert_eq!(mentions(&payload), plainly(&payload));
        }
    }
}
