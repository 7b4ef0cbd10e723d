//! A row of the catalogue: what of a summary lists are filtered and ordered by, in few bytes.
//!
//! A row has a bound, and a summary has none: where a row could not take all of it, it says so, and the summary is asked.

use std::collections::BTreeSet;

use isnad_protocol::encoding::Reader;
use isnad_protocol::id::{OrganisationId, RecordId};
use isnad_protocol::model::edtf::Edtf;
use isnad_protocol::model::speech::searched;
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{Bounds, InForce, Summary, Terms};

use super::contested;

/// A part of a row ends here, the words apart: 32 organisations, 16 bodies or records that are named, 32 dates or coordinates, 64 marks.
const PART_BYTES: usize = 256;
/// The row ends here; titles, names and places have what the other parts leave.
const MOST_BYTES: usize = crate::index::ROW_BYTES;

/// The first bytes of an organisation's id: members are few, and ids are hashes of acts.
pub(super) type Voice = [u8; 8];

/// The first bytes of a claim's id, or what a record shares with another as a number: both spread evenly.
pub(in crate::reading) type Mark = [u8; 4];

/// What a record is found by beside its summary.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Of every claim ever said of it.
    pub(super) claims: BTreeSet<Mark>,
    /// Of what it shares with records that may be the same.
    pub(super) traits: BTreeSet<Mark>,
    /// What it concludes on other records, as [`contested::encode`] writes it.
    pub(super) conclusions: Vec<u8>,
}

/// What stands before a code.
pub(super) mod tag {
    pub(in crate::reading::list) const AGENT: u8 = b'a';
    pub(in crate::reading::list) const COUNTRY: u8 = b'c';
    pub(in crate::reading::list) const STANDARD: u8 = b's';
    pub(in crate::reading::list) const STATUS: u8 = b'u';
    /// A title or name, first of its language: the language's first two letters follow.
    pub(in crate::reading::list) const LABEL: u8 = b'l';
    /// Another title, name or alias.
    pub(in crate::reading::list) const OTHER: u8 = b'o';
    pub(in crate::reading::list) const PLACE: u8 = b'p';
}

/// A row as it stands in the catalogue.
#[derive(Debug, Clone, Copy)]
pub(in crate::reading) struct Row<'a> {
    /// False if the row could not take all of the summary.
    pub(super) is_whole: bool,
    pub(super) is_contested: bool,
    /// Of a designation alone.
    pub(super) terms: Option<Bounds>,
    /// The earliest day that is claimed, as [`number`] counts; [`NO_DAY`] if none.
    pub(super) earliest: i32,
    /// Milliseconds since 1970.
    pub(super) changed: u64,
    pub(super) claims: u32,
    /// How many organisations speak.
    pub(super) speaking: u32,
    organisations: &'a [u8],
    bodies: &'a [u8],
    named: &'a [u8],
    dates: &'a [u8],
    spots: &'a [u8],
    codes: &'a [u8],
    further_terms: &'a [u8],
    /// `None` where there are more marks than the row could take.
    claim_marks: Option<&'a [u8]>,
    trait_marks: Option<&'a [u8]>,
    /// `None` where it concludes more than the row could take.
    pub(super) conclusions: Option<&'a [u8]>,
    words: &'a [u8],
}

/// Bytes of all that has one length: flags, three days, counts, and the lengths of the parts.
const HEAD_BYTES: usize = 2 + 3 * 4 + 8 + 2 * 4 + 10 * 4;

/// Before every day.
pub(super) const NO_DAY: i32 = i32::MIN;
/// Behind every day.
const ALWAYS: i32 = i32::MAX;

/// A number that grows from day to day, and can be read back.
pub(super) fn number(day: Day) -> i32 {
    let date = day.date();
    (i32::from(date.year()) * 16 + i32::from(date.month())) * 32 + i32::from(date.day())
}

fn day(number: i32) -> Option<Day> {
    let part = |number: i32| i8::try_from(number).ok();
    Day::new(i16::try_from(number.div_euclid(512)).ok()?, part(number.div_euclid(32) & 15)?, part(number & 31)?)
}

/// The row of a summary, within bounds.
pub(super) fn row(summary: &Summary, marks: &Marks) -> Vec<u8> {
    Parts::of(summary).encode(marks, PART_BYTES, MOST_BYTES)
}

/// The row of a summary with all that it says, however long, and without marks.
pub(super) fn whole_row(summary: &Summary) -> Vec<u8> {
    Parts::of(summary).encode(&Marks::default(), usize::MAX, usize::MAX)
}

/// The pieces of each part, the most telling ones first.
struct Parts<'a> {
    summary: &'a Summary,
    lists: [Vec<Vec<u8>>; 7],
    words: Vec<Vec<u8>>,
}

impl<'a> Parts<'a> {
    fn of(summary: &'a Summary) -> Self {
        let dates = summary.dates.iter().filter_map(|date| Edtf::parse(date).ok()).map(|date| {
            let [first, last] =
                [(date.earliest, NO_DAY), (date.latest, ALWAYS)].map(|(day, open)| day.map_or(open, number));
            [first.to_be_bytes(), last.to_be_bytes()].concat()
        });
        let spots = summary.spots.iter().filter_map(|spot| {
            let (lat, lon) = spot.position()?;
            Some([lat.to_be_bytes(), lon.to_be_bytes()].concat())
        });
        Self {
            summary,
            lists: [
                summary.organisations.iter().map(|organisation| voice(*organisation).to_vec()).collect(),
                summary.bodies.iter().map(|body| body.as_bytes().to_vec()).collect(),
                named(summary),
                dates.collect(),
                spots.collect(),
                codes(summary),
                further_terms(summary),
            ],
            words: words(summary),
        }
    }

    fn encode(self, marks: &Marks, part_bytes: usize, most: usize) -> Vec<u8> {
        let Self { summary, lists, words } = self;
        let mut is_whole = true;
        let mut kept = |pieces: Vec<Vec<u8>>, most: usize| {
            let part = within(pieces, most);
            is_whole &= part.1;
            part.0
        };
        let lists = lists.map(|list| kept(list, part_bytes));
        let conclusions = marks.conclusions.clone();
        let marks = [&marks.claims, &marks.traits].map(|marks| {
            let all = marks.iter().flatten().copied().collect::<Vec<u8>>();
            (all.len() <= part_bytes).then_some(all)
        });
        let conclusions = Some(conclusions).filter(|all| all.len() <= contested::MOST_BYTES);
        let marks = marks.into_iter().chain([conclusions]).collect::<Vec<_>>();
        let parts = lists.iter().chain(marks.iter().flatten());
        let taken = parts.map(Vec::len).sum::<usize>().saturating_add(HEAD_BYTES);
        let words = kept(words, most.saturating_sub(taken));
        let terms = summary.terms.as_ref().map(|terms| terms.bounds());
        let is_computed = terms.is_some_and(|terms| terms.is_computed);
        let flags = [is_whole, summary.contested, terms.is_some(), is_computed].into_iter();
        let flags = flags.chain(marks.iter().map(Option::is_some)).collect::<Vec<_>>();
        let mut bytes = vec![flags.iter().rev().fold(0, |bits, flag| bits << 1 | u8::from(*flag))];
        let terms = terms.unwrap_or_default();
        bytes.push(lifted_code(terms.lifted));
        for day in [summary.earliest, terms.since, terms.until] {
            bytes.extend(day.map_or(NO_DAY, number).to_be_bytes());
        }
        bytes.extend(summary.changed.unwrap_or(Timestamp(0)).0.to_be_bytes());
        for count in [summary.live_claims, summary.organisations.len()] {
            bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
        }
        for part in lists.into_iter().chain(marks.into_iter().map(Option::unwrap_or_default)) {
            bytes.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend(part);
        }
        bytes.extend(words);
        bytes
    }
}

/// As many of the pieces as there is room for, and whether these are all.
fn within(pieces: Vec<Vec<u8>>, most: usize) -> (Vec<u8>, bool) {
    let mut part = Vec::new();
    for piece in pieces {
        if part.len().saturating_add(piece.len()) > most {
            return (part, false);
        }
        part.extend(piece);
    }
    (part, true)
}

fn codes(summary: &Summary) -> Vec<Vec<u8>> {
    let tagged = |tag: u8, code: &String| line(&[tag], code);
    let mut codes: Vec<_> = summary.countries.iter().map(|code| tagged(tag::COUNTRY, code)).collect();
    codes.extend(summary.statuses.iter().map(|code| tagged(tag::STATUS, code)));
    codes.extend(summary.agents.iter().map(|code| tagged(tag::AGENT, code)));
    codes.extend(summary.standards.iter().map(|code| tagged(tag::STANDARD, code)));
    codes
}

/// What a measure comes to by the word of others.
fn further_terms(summary: &Summary) -> Vec<Vec<u8>> {
    let further = summary.terms.iter().flat_map(Terms::further_bounds).map(|terms| {
        let days = [terms.since, terms.until].map(|day| day.map_or(NO_DAY, number).to_be_bytes());
        [&[lifted_code(terms.lifted)][..], &days.concat()].concat()
    });
    further.collect()
}

/// Whom and what it names, each once.
fn named(summary: &Summary) -> Vec<Vec<u8>> {
    let named: BTreeSet<RecordId> = summary.named.values().flatten().map(|reference| reference.record).collect();
    named.into_iter().map(|record| record.as_bytes().to_vec()).collect()
}

fn words(summary: &Summary) -> Vec<Vec<u8>> {
    let label = |lang: Option<&str>, text: &str| {
        let mut letters = lang.unwrap_or_default().bytes().filter(u8::is_ascii_alphabetic).chain(*b"  ");
        let head = [tag::LABEL, letters.next().unwrap_or(b' '), letters.next().unwrap_or(b' ')];
        line(&head, &folded(text))
    };
    let mut words: Vec<_> = summary.labels.iter().map(|words| label(words.lang.as_deref(), &words.text)).collect();
    let regions = summary.regions.iter().map(String::as_str);
    let places = summary.places.iter().map(|place| &*place.text).chain(regions);
    words.extend(places.map(|place| line(&[tag::PLACE], &folded(place))));
    let others = summary.further_labels.iter().chain(&summary.aliases);
    words.extend(others.map(|text| line(&[tag::OTHER], &folded(text))));
    words
}

const LINE: u8 = b'\n';

fn line(head: &[u8], text: &str) -> Vec<u8> {
    [head, text.replace('\n', " ").as_bytes(), &[LINE]].concat()
}

/// How texts are compared: as people type them.
pub(super) fn folded(text: &str) -> String {
    searched(text).replace('\n', " ")
}

pub(super) fn voice(organisation: OrganisationId) -> Voice {
    organisation.as_bytes().first_chunk().copied().unwrap_or_default()
}

const fn lifted_code(lifted: Option<InForce>) -> u8 {
    match lifted {
        Some(InForce::Delisted) => 1,
        Some(InForce::Annulled) => 2,
        Some(InForce::AuthorityRevoked) => 3,
        // Computed from dates, never said.
        Some(InForce::NotYet | InForce::InForce | InForce::TermOver | InForce::OpenEnded | InForce::Unknown) | None => {
            0
        }
    }
}

const fn lifted(code: u8) -> Option<InForce> {
    match code {
        1 => Some(InForce::Delisted),
        2 => Some(InForce::Annulled),
        3 => Some(InForce::AuthorityRevoked),
        _ => None,
    }
}

impl<'a> Row<'a> {
    /// Reads a row; `None` for bytes that are none.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let (flags, lifted) = (reader.u8().ok()?, lifted(reader.u8().ok()?));
        let mut day_number = || reader.array().ok().map(i32::from_be_bytes);
        let (earliest, since, until) = (day_number()?, day_number()?, day_number()?);
        let (changed, claims, speaking) = (reader.u64().ok()?, reader.u32().ok()?, reader.u32().ok()?);
        let mut part = || {
            let length = usize::try_from(reader.u32().ok()?).ok()?;
            reader.bytes(length).ok()
        };
        let (organisations, bodies, named) = (part()?, part()?, part()?);
        let (dates, spots, codes, further_terms) = (part()?, part()?, part()?, part()?);
        let (claim_marks, trait_marks, conclusions) = (part()?, part()?, part()?);
        let has = |bit: u8| flags >> bit & 1 == 1;
        let terms = has(2).then(|| Bounds { since: day(since), until: day(until), is_computed: has(3), lifted });
        Some(Self {
            is_whole: has(0),
            is_contested: has(1),
            terms,
            earliest,
            changed,
            claims,
            speaking,
            organisations,
            bodies,
            named,
            dates,
            spots,
            codes,
            further_terms,
            claim_marks: has(4).then_some(claim_marks),
            trait_marks: has(5).then_some(trait_marks),
            conclusions: has(6).then_some(conclusions),
            words: reader.rest(),
        })
    }

    /// The same where other records are looked at as well.
    pub(super) const fn or_contested(&self, is_contested: bool) -> Self {
        Self { is_contested: self.is_contested || is_contested, ..*self }
    }

    pub(super) fn organisations(&self) -> impl Iterator<Item = Voice> + use<'a> {
        self.organisations.as_chunks().0.iter().copied()
    }

    pub(super) fn bodies(&self) -> impl Iterator<Item = RecordId> + use<'a> {
        self.bodies.as_chunks().0.iter().map(|bytes| RecordId::new(*bytes))
    }

    /// What a measure comes to by the word of each organisation, one that all follow first.
    pub(super) fn all_terms(&self) -> impl Iterator<Item = Bounds> + use<'a> {
        let further = self.further_terms.as_chunks::<9>().0.iter().map(|bytes| {
            let [code, a, b, c, d, e, f, g, h] = *bytes;
            let [since, until] = [[a, b, c, d], [e, f, g, h]].map(|bytes| day(i32::from_be_bytes(bytes)));
            Bounds { since, until, is_computed: false, lifted: lifted(code) }
        });
        self.terms.into_iter().chain(further)
    }

    /// Whom and what a record without a title names.
    pub(super) fn named(&self) -> impl Iterator<Item = RecordId> + use<'a> {
        self.named.as_chunks().0.iter().map(|bytes| RecordId::new(*bytes))
    }

    /// The first and last day that each date may mean.
    pub(super) fn dates(&self) -> impl Iterator<Item = (i32, i32)> + use<'a> {
        pairs(self.dates)
    }

    /// Coordinates, in 100,000ths of a degree.
    pub(super) fn spots(&self) -> impl Iterator<Item = (i32, i32)> + use<'a> {
        pairs(self.spots)
    }

    /// False if no claim's id begins so that was ever said of the record.
    pub(in crate::reading) fn may_say(&self, start: Mark) -> bool {
        self.claim_marks.is_none_or(|claims| claims.as_chunks().0.contains(&start))
    }

    /// False if the record shares none of these with others.
    pub(in crate::reading) fn may_share(&self, traits: &BTreeSet<Mark>) -> bool {
        self.trait_marks.is_none_or(|own| own.as_chunks().0.iter().any(|mark| traits.contains(mark)))
    }

    /// True if one of these codes stands under the tag.
    pub(super) fn has_code(&self, tag: u8, codes: &[String]) -> bool {
        let mut said = self.codes.split(|byte| *byte == LINE).filter_map(<[u8]>::split_first);
        said.any(|(found, code)| *found == tag && codes.iter().any(|asked| asked.as_bytes() == code))
    }

    /// True if a word of these tags contains a folded text.
    pub(super) fn mentions(&self, tags: &[u8], text: &str) -> bool {
        // The whole first, for most rows have it nowhere. Words are folded text: they are UTF-8.
        let Ok(words) = std::str::from_utf8(self.words) else { return false };
        words.contains(text) && lines(words).any(|(tag, word)| tags.contains(&tag) && word.contains(text))
    }

    /// True if a word of these tags contains a folded text as whole words: Aleppo is no part of Halabja.
    pub(super) fn mentions_words(&self, tags: &[u8], text: &str) -> bool {
        let Ok(words) = std::str::from_utf8(self.words) else { return false };
        let is_within = |word: &str| {
            word.match_indices(text).any(|(at, found)| {
                let before = word.get(..at).is_none_or(|before| before.is_empty() || before.ends_with(' '));
                let behind = word.get(at.saturating_add(found.len())..);
                before && behind.is_none_or(|behind| behind.is_empty() || behind.starts_with(' '))
            })
        };
        words.contains(text) && lines(words).any(|(tag, word)| tags.contains(&tag) && is_within(word))
    }

    /// The label in a language, else in English, else any: folded.
    pub(super) fn title(&self, language: &str) -> &'a str {
        let words = std::str::from_utf8(self.words).unwrap_or_default();
        let labels = || words.split('\n').filter_map(|line| line.strip_prefix(char::from(tag::LABEL)));
        let of = |code: &str| labels().find_map(|label| label.strip_prefix(code));
        of(language).or_else(|| of("en")).or_else(|| labels().next()?.get(2..)).unwrap_or_default()
    }
}

fn lines(words: &str) -> impl Iterator<Item = (u8, &str)> {
    words.split('\n').filter_map(|line| {
        let tag = *line.as_bytes().first()?;
        Some((tag, line.get(if tag == tag::LABEL { 3.. } else { 1.. })?))
    })
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = (i32, i32)> + use<'_> {
    bytes.as_chunks::<8>().0.iter().map(|bytes| {
        let [a, b, c, d, e, f, g, h] = *bytes;
        (i32::from_be_bytes([a, b, c, d]), i32::from_be_bytes([e, f, g, h]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::ROW_BYTES;

    fn summary(members: &serde_json::Value) -> Summary {
        let mut all = serde_json::json!({
            "record": RecordId::new([1; 16]), "kind": "incident",
            "labels": [{"lang": "en", "text": "Attack on Douma"}, {"lang": "ar", "text": "هجوم دوما"}],
            "organisations": [], "live_claims": 3, "contested": false,
        });
        for (key, value) in members.as_object().unwrap() {
            all[key] = value.clone();
        }
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn days_are_numbers_in_order_and_back() {
        let days = [Day::new(-1, 12, 31), Day::new(0, 1, 1), Day::new(1988, 3, 16), Day::new(2013, 3, 19)];
        let numbers = days.map(|day| number(day.unwrap()));
        assert!(numbers.is_sorted() && numbers[0] > NO_DAY);
        assert_eq!(numbers.map(day), days);
        assert_eq!(day(NO_DAY), None);
    }

    #[test]
    fn a_search_looks_at_every_title_name_and_alias_and_at_no_place() {
        let summary = summary(&serde_json::json!({
            "further_labels": ["Douma, the ALLEGED\nattack"], "aliases": ["S/2018/1"], "places": [{"text": "Ghouta"}],
        }));
        let bytes = row(&summary, &Marks::default());
        let row = Row::decode(&bytes).unwrap();
        assert!(row.is_whole);
        for (search, is_found) in
            [("Attack on", true), ("alleged attack", true), ("2018/1", true), ("latamneh", false), ("ghouta", false)]
        {
            assert_eq!(row.mentions(&[tag::LABEL, tag::OTHER], &folded(search)), is_found, "{search}");
        }
        assert_eq!((row.title("ar"), row.title("fr")), ("هجوم دوما", "attack on douma"));
    }

    #[test]
    fn a_row_has_a_bound_and_says_so() {
        let aliases: Vec<String> = (0..1_000).map(|number| format!("alias {number}")).collect();
        let organisations: Vec<String> = (0..200).map(|number| format!("{number:064x}")).collect();
        let summary = summary(&serde_json::json!({
            "aliases": aliases, "organisations": organisations,
            "bodies": (0..200).map(|number| RecordId::new([number; 16])).filter(|body| *body != RecordId::ZERO).collect::<Vec<_>>(),
            "agents": (0..200).map(|number| format!("agent_{number}")).collect::<Vec<_>>(),
            "dates": (0..200).map(|number| format!("{:04}", 1_000 + number)).collect::<Vec<_>>(),
        }));
        let marks = |count: u32| (0..count).map(u32::to_be_bytes).collect();
        let bytes =
            row(&summary, &Marks { claims: marks(64), traits: marks(65), conclusions: vec![0; contested::MOST_BYTES] });
        assert!(bytes.len() <= ROW_BYTES, "{}", bytes.len());
        let cut = Row::decode(&bytes).unwrap();
        assert!(!cut.is_whole && cut.speaking == 200 && cut.conclusions.is_some());
        let conclusions = vec![0; contested::MOST_BYTES + 1];
        let beyond = row(&summary, &Marks { conclusions, ..Marks::default() });
        assert!(Row::decode(&beyond).unwrap().conclusions.is_none(), "all of them or none");
        let (known, unknown) = (7_u32.to_be_bytes(), 99_u32.to_be_bytes());
        assert!(cut.may_say(known) && !cut.may_say(unknown));
        assert!(cut.may_share(&BTreeSet::from([unknown])), "what a row could not take is asked of the record");
        let bytes = whole_row(&summary);
        let whole = Row::decode(&bytes).unwrap();
        assert!(whole.is_whole && whole.mentions(&[tag::OTHER], "alias 999"));
        assert_eq!(whole.dates().count(), 200);
    }
}
