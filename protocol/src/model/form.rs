//! An example of each type of value: what an author is shown who wrote it in another form.

use super::property::{Member, ValueType};
use super::values::{AGENT, BLOB, COUNT, IDENTIFIER};
use crate::encoding::json::Json;

/// The first bytes of SHA-256 are as good as any for an example.
const SHA_256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

impl ValueType {
    /// A value in the form that this type asks for.
    #[must_use]
    pub fn example(self) -> Json {
        match self {
            Self::Text => Json::text("Six witnesses were heard."),
            Self::Plain => Json::text("S/2021/3"),
            Self::Name => Json::text("Aleppo"),
            Self::Date => Json::text("2018-04-07"),
            Self::Place => place(),
            Self::Count => shape(COUNT),
            Self::Agent => shape(AGENT),
            Self::Duration => Json::text("P6M"),
            Self::Ref(kinds) => Json::text(record(kinds)),
            Self::Blob => shape(BLOB),
            Self::Code(vocabulary) => Json::text(vocabulary.codes.first().copied().unwrap_or_default()),
            Self::Country => Json::text("sy"),
            Self::Language => Json::text("ar"),
            Self::Bool => Json::Bool(true),
            Self::Int => Json::Int(26),
            Self::Url => Json::text("https://example.org/report"),
            Self::Identifier => shape(IDENTIFIER),
            Self::Shape(members) => shape(members),
        }
    }
}

/// The members that must be there; where none must, the first.
fn shape(members: &[Member]) -> Json {
    let needs_any = members.iter().any(|member| member.is_required);
    let shown = members.iter().enumerate().filter(|(index, member)| member.is_required || (!needs_any && *index == 0));
    Json::Object(shown.map(|(_, member)| (member.key.to_owned(), of_member(member))).collect())
}

fn of_member(member: &Member) -> Json {
    match member.key {
        "hex" | "sha256" | "organisation" | "claim" | "entry" => Json::text(SHA_256),
        "media_type" => Json::text("image/jpeg"),
        _ => member.value.example(),
    }
}

fn place() -> Json {
    let name = Json::object([("lang", Json::text("en")), ("text", Json::text("Aleppo"))]);
    Json::object([("country", Json::text("sy")), ("names", Json::List(vec![name]))])
}

fn record(kinds: &[u8]) -> String {
    let kind = kinds.first().and_then(|code| super::kind(*code)).map_or("incident", |kind| kind.name);
    format!("{kind}/8690e26d4f0b1c2d3e4f5061728394")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::Path;
    use crate::model::{KINDS, properties, values};

    #[test]
    fn each_example_is_in_the_form_that_it_shows() {
        for kind in KINDS {
            for property in properties(kind.code) {
                let mut report = Vec::new();
                values::check(&property.value, &property.value.example(), Path::Top("value"), &mut report);
                assert_eq!(report, [], "{}: {:?}", property.code, property.value.example());
            }
        }
    }

    #[test]
    fn an_agent_is_shown_by_its_code() {
        assert_eq!(ValueType::Agent.example().encode(), br#"{"code":"sarin"}"#);
    }
}
