//! A summary of a size that an index keeps, whatever is said of the record: what tells most comes first, no part takes the room of
//! all others, and what is left out is said to be.

use std::collections::BTreeMap;

use crate::encoding::json;
use crate::id::OrganisationId;
use crate::limits;
use crate::view::{About, Codes, DesignationState, Listing, Reference, Spot, Summary, Terms, Words};

use super::super::Used;

/// Bytes of an id or of a day in JSON, with its quotes, its key and what parts it from others.
const ID_BYTES: usize = 88;
/// The same of a number or a code's key.
const KEY_BYTES: usize = 16;

impl Summary {
    /// The same in at most [`limits::SUMMARY_BYTES`] of JSON; one in which something was left out or shortened says so.
    #[must_use]
    pub fn bounded(self) -> Self {
        let mut room =
            Room { left: limits::SUMMARY_BYTES.saturating_sub(limits::SUMMARY_FRAME_BYTES), is_cut: self.is_cut };
        // Members are few. Behind them whom the record is not: whoever gives it a title in each language of the world does
        // not hide that it was taken for somebody else. MODEL §9.3.
        let organisations = room.part(|room| room.keep(self.organisations, |_| ID_BYTES));
        let not_same_as = room.shares(2, |room| room.keep(self.not_same_as, |_| ID_BYTES));
        let same_as = room.part(|room| room.keep(self.same_as, |_| ID_BYTES));
        let labels = room.part(|room| room.words(self.labels));
        let named_by = room.part(|room| room.named_by(self.named_by));
        let identifiers = room.part(|room| room.texts(self.identifiers));
        let statuses = room.part(|room| room.texts(self.statuses));
        let dates = room.part(|room| room.texts(self.dates));
        let terms = self.terms.filter(|terms| room.takes(terms_bytes(terms)));
        let in_force = self.in_force.map(|state| room.state(state));
        Self {
            organisations,
            not_same_as,
            same_as,
            labels,
            named_by,
            identifiers,
            statuses,
            dates,
            terms,
            in_force,
            places: room.part(|room| room.words(self.places)),
            regions: room.part(|room| room.texts(self.regions)),
            countries: room.part(|room| room.keep(self.countries, |text| quoted(text))),
            agents: room.part(|room| room.texts(self.agents)),
            listing: self.listing.map(|listing| room.listing(listing)),
            spots: room.spots(self.spots),
            aliases: room.part(|room| room.texts(self.aliases)),
            standards: room.part(|room| room.keep(self.standards, |text| quoted(text))),
            measures: room.part(|room| room.texts(self.measures)),
            replies_of: room.part(|room| room.keep(self.replies_of, |_| ID_BYTES)),
            codes_by: room.part(|room| room.codes_by(self.codes_by)),
            named: room.part(|room| room.by_each(self.named, Room::references)),
            bodies: room.part(|room| room.keep(self.bodies, |_| ID_BYTES)),
            about: self.about.map(|about| room.about(about)),
            further_labels: room.texts(self.further_labels),
            is_cut: room.is_cut,
            ..self
        }
    }
}

/// What is left of the size, and whether something did not fit.
struct Room {
    left: usize,
    is_cut: bool,
}

impl Room {
    fn takes(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => {
                self.is_cut = true;
                return false;
            }
        }
        true
    }

    /// What is kept of a part, which takes no more than its share.
    fn part<T>(&mut self, keep: impl FnOnce(&mut Self) -> T) -> T {
        self.shares(1, keep)
    }

    /// The same of one that has the shares of several.
    fn shares<T>(&mut self, shares: usize, keep: impl FnOnce(&mut Self) -> T) -> T {
        let rest = self.left.saturating_sub(limits::SUMMARY_PART_BYTES.saturating_mul(shares));
        self.left = self.left.saturating_sub(rest);
        let kept = keep(self);
        self.left = self.left.saturating_add(rest);
        kept
    }

    /// The first items, as many as fit.
    fn keep<T, C: IntoIterator<Item = T> + FromIterator<T>>(&mut self, items: C, bytes: impl Fn(&T) -> usize) -> C {
        items.into_iter().take_while(|item| self.takes(bytes(item))).collect()
    }

    fn texts(&mut self, texts: Vec<String>) -> Vec<String> {
        let texts: Vec<String> = texts.into_iter().map(|text| self.short(text)).collect();
        self.keep(texts, |text| quoted(text))
    }

    fn words(&mut self, words: Vec<Words>) -> Vec<Words> {
        let words: Vec<Words> =
            words.into_iter().map(|words| Words { text: self.short(words.text), ..words }).collect();
        self.keep(words, words_bytes)
    }

    fn named_by(&mut self, named_by: BTreeMap<OrganisationId, Vec<Words>>) -> BTreeMap<OrganisationId, Vec<Words>> {
        let mut kept = BTreeMap::new();
        for (organisation, words) in named_by {
            if !self.takes(ID_BYTES) {
                break;
            }
            kept.insert(organisation, self.words(words));
        }
        kept
    }

    fn codes_by(&mut self, codes_by: BTreeMap<OrganisationId, Codes>) -> BTreeMap<OrganisationId, Codes> {
        self.by_each(codes_by, |room, codes| Codes {
            statuses: room.texts(codes.statuses),
            standards: room.keep(codes.standards, |text| quoted(text)),
            measures: room.texts(codes.measures),
        })
    }

    /// What is kept of the word of each organisation: all have the same share, so that one that says much leaves room for the others.
    fn by_each<T>(
        &mut self,
        said: BTreeMap<OrganisationId, T>,
        mut keep: impl FnMut(&mut Self, T) -> T,
    ) -> BTreeMap<OrganisationId, T> {
        let (mut kept, mut coming) = (BTreeMap::new(), said.len());
        for (organisation, own) in said {
            let rest = self.left.saturating_sub(self.left.checked_div(coming).unwrap_or_default());
            self.left = self.left.saturating_sub(rest);
            coming = coming.saturating_sub(1);
            if self.takes(ID_BYTES.saturating_add(KEY_BYTES.saturating_mul(3))) {
                kept.insert(organisation, keep(self, own));
            }
            self.left = self.left.saturating_add(rest);
        }
        kept
    }

    fn spots(&mut self, spots: Vec<Spot>) -> Vec<Spot> {
        let mut kept = Vec::new();
        for spot in spots {
            let optional = [&spot.country, &spot.precision, &spot.role].into_iter().flatten();
            let at = spot.at.iter().map(|(lat, lon)| quoted(lat).saturating_add(quoted(lon)));
            let own = sum(optional.map(|text| quoted(text)).chain(at)).saturating_add(ID_BYTES.saturating_mul(4));
            if !self.takes(own) {
                break;
            }
            kept.push(Spot { names: self.words(spot.names), ..spot });
        }
        kept
    }

    fn listing(&mut self, listing: Listing) -> Listing {
        Listing {
            organisation: listing.organisation,
            authorities: self.keep(listing.authorities, |_| ID_BYTES),
            legal_bases: self.texts(listing.legal_bases),
            subjects: self.keep(listing.subjects, |_| ID_BYTES),
        }
    }

    fn about(&mut self, about: About) -> About {
        About {
            names: self.words(about.names),
            bodies: self.references(about.bodies),
            codes: self.texts(about.codes),
            subjects: self.references(about.subjects),
            incidents: self.references(about.incidents),
            ..about
        }
    }

    fn references(&mut self, references: Vec<Reference>) -> Vec<Reference> {
        let words = |reference: &Reference| sum(reference.labels.iter().map(words_bytes));
        self.keep(references, |reference| words(reference).saturating_add(ID_BYTES))
    }

    fn state(&mut self, state: DesignationState) -> DesignationState {
        let why = self.keep(state.why, used_bytes);
        DesignationState { why, others: self.keep(state.others, |_| ID_BYTES.saturating_mul(3)), ..state }
    }

    /// A text with its end left out, where it is longer than a line of a list shows.
    fn short(&mut self, text: String) -> String {
        if text.chars().nth(limits::SUMMARY_TEXT_CHARS).is_none() {
            return text;
        }
        self.is_cut = true;
        text.chars().take(limits::SUMMARY_TEXT_CHARS.saturating_sub(1)).chain(['…']).collect()
    }
}

fn terms_bytes(terms: &Terms) -> usize {
    let all = [&terms.starts, &terms.ends, &terms.durations, &terms.lifted];
    let others = terms.others.values().map(|theirs| terms_bytes(theirs).saturating_add(ID_BYTES));
    sum(all.into_iter().flatten().map(used_bytes)).saturating_add(sum(others))
}

fn used_bytes(used: &Used) -> usize {
    let texts = [Some(&used.prop), Some(&used.value), used.valid.as_ref()];
    sum(texts.into_iter().flatten().map(|text| quoted(text))).saturating_add(ID_BYTES.saturating_mul(2))
}

fn words_bytes(words: &Words) -> usize {
    sum([quoted(&words.text), words.lang.as_deref().map_or(0, quoted), KEY_BYTES].into_iter())
}

/// The bytes of a text in JSON, and of the key before it.
fn quoted(text: &str) -> usize {
    json::text_len(text).saturating_add(KEY_BYTES)
}

fn sum(bytes: impl Iterator<Item = usize>) -> usize {
    bytes.fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{OrganisationId, RecordId};

    #[test]
    fn one_that_says_much_leaves_the_others_their_codes() {
        let codes = |count: usize| Codes {
            statuses: (0..count).map(|number| format!("{number} {}", "a".repeat(100))).collect(),
            ..Codes::default()
        };
        let codes_by =
            [(1, 500), (2, 1), (3, 500), (4, 1)].map(|(id, count)| (OrganisationId::new([id; 32]), codes(count)));
        let empty = Summary::of(RecordId::new([1; 16]), &Default::default(), &Default::default());
        let bounded = Summary { codes_by: codes_by.into(), ..empty }.bounded();
        let kept: Vec<usize> = bounded.codes_by.values().map(|codes| codes.statuses.len()).collect();
        assert!(bounded.is_cut && kept.len() == 4 && kept.iter().all(|count| *count >= 1), "{kept:?}");
    }

    /// One member names a record in every language, or gives it dates and codes without end.
    #[test]
    fn nobody_crowds_out_who_speaks_and_whom_a_record_is_not() {
        let long = "A".repeat(limits::SUMMARY_TEXT_CHARS);
        let texts: Vec<String> = (0..200).map(|number| format!("{number} {long}")).collect();
        let languages = ('a'..='z').flat_map(|one| ('a'..='z').map(move |two| format!("{one}{two}")));
        let titles = languages.map(|lang| Words::new(Some(lang), long.clone())).collect();
        let other = RecordId::new([2; 16]);
        let summary = Summary {
            organisations: [OrganisationId::ZERO].into(),
            not_same_as: [other].into(),
            identifiers: vec!["lei:1".to_owned()],
            dates: vec!["2018-04-07".to_owned()],
            ..Summary::of(RecordId::new([1; 16]), &Default::default(), &Default::default())
        };
        let flooded = [
            Summary { labels: titles, ..summary.clone() },
            Summary { statuses: texts.clone(), ..summary.clone() },
            Summary { aliases: texts.clone(), places: Vec::new(), agents: texts.clone(), ..summary.clone() },
        ];
        for flooded in flooded {
            let bounded = flooded.bounded();
            assert!(bounded.is_cut);
            assert!(bounded.not_same_as.contains(&other) && !bounded.organisations.is_empty());
            assert_eq!((bounded.identifiers.len(), bounded.dates.len()), (1, 1));
        }
    }
}
