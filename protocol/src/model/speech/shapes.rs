//! Values of several members, each named: `alg: sha-256; hex: e3b0c4…`.

use super::super::property::Member;
use super::fold::plain;
use super::{NotUnderstood, value_from};
use crate::encoding::json::{Json, Object};
use crate::locale::{self, Language};

/// The object that a text says, each member on a line or before a semicolon, by its key or its word in a language.
pub(super) fn read(members: &'static [Member], text: &str, lang: Option<&str>) -> Result<Json, NotUnderstood> {
    let mut object = Object::new();
    for part in text.split([';', '؛', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        let fault = |code| NotUnderstood::new(code, "shape").with("typed", part).with("members", &keys(members));
        let (key, typed) = part.split_once(':').ok_or_else(|| fault("member"))?;
        let member = members.iter().find(|member| is_named(member, key)).ok_or_else(|| fault("member"))?;
        let spoken = value_from(&member.value, typed, lang)?;
        if object.insert(member.key.to_owned(), spoken.value).is_some() {
            return Err(fault("member_twice"));
        }
    }
    Ok(Json::Object(object))
}

fn keys(members: &[Member]) -> String {
    members.iter().map(|member| member.key).collect::<Vec<_>>().join(", ")
}

fn is_named(member: &Member, typed: &str) -> bool {
    let typed = plain(typed);
    let words = Language::ALL
        .into_iter()
        .flat_map(|language| ["member", "property", "field"].map(|room| locale::code(language, room, member.key)));
    plain(member.key) == typed || words.into_iter().any(|word| plain(word) == typed)
}
