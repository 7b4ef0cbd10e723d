//! Organisations that are called alike. Each names itself, alone and at any time: a name that two have tells nobody apart.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::characters::letters;
use isnad_protocol::id::OrganisationId;

/// Those of which another bears one of the names, in any language, or one that differs in letter case, spaces, signs, marks or the
/// script of letters that look alike.
pub(super) fn namesakes<'a>(
    all: impl Iterator<Item = (OrganisationId, &'a BTreeMap<String, String>)>,
) -> BTreeSet<OrganisationId> {
    let mut bearers: BTreeMap<String, BTreeSet<OrganisationId>> = BTreeMap::new();
    for (organisation, names) in all {
        for name in names.values() {
            bearers.entry(letters(name)).or_default().insert(organisation);
        }
    }
    bearers.into_values().filter(|bearers| bearers.len() > 1).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_bears_the_name_of_another_is_found_in_any_language_and_spelling() {
        let named = |names: &[&str]| -> BTreeMap<String, String> {
            names.iter().enumerate().map(|(at, name)| (at.to_string(), (*name).to_owned())).collect()
        };
        let id = |byte: u8| OrganisationId::new([byte; 32]);
        let all = [
            (id(1), named(&["Documentation Centre", "مركز التوثيق"])),
            (id(2), named(&["documentation  centre."])),
            (id(3), named(&["Ministry", "مركزُ التوثيقِ"])),
            (id(4), named(&["Institute"])),
            // With Cyrillic and Greek letters that look alike.
            (id(5), named(&["Аgency fоr Reсords"])),
            (id(6), named(&["Agency for Records"])),
            (id(7), named(&["Αgency for Recοrds"])),
        ];
        let found = namesakes(all.iter().map(|(id, names)| (*id, names)));
        assert_eq!(found, [1, 2, 3, 5, 6, 7].map(id).into());
    }
}
