//! The model as MODEL.md has it, held against the tables of this crate. MODEL §3, §4, §6.
//!
//! The rows stand here as there, so that neither moves without the other. `*` accuses, `!` is said in restricted spaces alone.

use std::collections::BTreeSet;

use super::property::{Cardinality, ValueType};
use super::standards::{FAMILIES, compare_standards};
use super::vocabularies::{self, AGENTS};
use super::{KINDS, properties};
use crate::locale::{self, Language};

const INCIDENT: &str = "title Text 1..n, alias Name 0..n, description Text 0..n, date Date 1, place Place 1..n, \
    agent Agent 0..n, delivery Code 0..n, casualty Count 0..n, target_type Code 0..n, status Code 0..1, part_of Ref 0..n, \
    source Ref 1..n";
const SUBJECT: &str = "subject_type Code 1, name Name 1..n, birth_date Date 0..1, birth_place Text 0..1, \
    country Country 0..n, nationality Country 0..n, jurisdiction Country 0..n, identifier Identifier 0..n, position Text 0..n, \
    member_of Shape 0..n, controls Shape 0..n, role* Code 0..1, life_status Code 0..1, note Text 0..n, \
    declaration Code 0..1";
const FINDING: &str = "incident Ref 1..n, outcome* Code 1, mandate Code 1, date Date 1, replaces Ref 0..1";
const ATTRIBUTION: &str = "incident Ref 1..n, subject* Ref 1..n, outcome* Code 1, involvement* Code 0..n, mandate Code 1, \
    date Date 1, replaces Ref 0..1, state_responsibility* Code 0..1";
const DESIGNATION: &str = "subject* Ref 0..n, unlisted_count Int 0..1, authority Ref 1, programme Shape 0..1, \
    measure Code 1..n, legal_basis Shape 1..n, start Date 1, end Date 0..1, duration Duration 0..1, listing_date Date 0..1, \
    reason* Text 0..n, incident Ref 0..n";
const EVIDENCE: &str = "title Text 1, evidence_type Code 1, digest Shape 1, blob Blob 0..1, captured_at Date 0..1, \
    captured_where Place 0..1, acquired_at Date 1, acquired_from! Text 1, method Code 1, custody Shape 1..n, \
    copy_type Code 1, consent! Shape 0..1, holder Ref 1, access Code 1, depicts Ref 0..n, supports Ref 0..n";
const SOURCE: &str = "title Text 1..n, publisher Plain 0..1, symbol Plain 0..1, date Date 0..1, lang Language 0..n, \
    url Url 0..n, archived Shape 0..n";
const CASE: &str = "title Text 1..n, forum Ref 1, case_number Identifier 0..n, jurisdiction_basis Code 0..n, \
    party Shape 0..n, step Shape 0..n, exhibit Shape 0..n, confidentiality Code 0..1";
const ORGANISATION: &str = "name Name 1..n, kind Code 1, country Country 0..1, role Code 0..1, accession Date 0..1, \
    withdrawal Date 0..1, successor Ref 0..n";
const REQUEST: &str = "to Ref 1..n, about Ref 0..n, legal_basis Shape 0..n, due_date Date 0..1, reply Text 0..n";
const NOTICE: &str = "target Ref 1..n, reason Text 0..n, legal_basis Shape 0..n, deadline Date 0..1, \
    acknowledgement Text 0..n";
const OF_ALL: &str = "opinion Shape 0..n, judgement Shape 0..n, response Shape 0..n";

#[test]
fn kinds_have_the_properties_of_the_model() {
    let tables =
        [INCIDENT, SUBJECT, FINDING, ATTRIBUTION, DESIGNATION, EVIDENCE, SOURCE, CASE, ORGANISATION, REQUEST, NOTICE];
    for (kind, table) in KINDS.iter().zip(tables) {
        let rows: BTreeSet<String> = properties(kind.code)
            .map(|property| {
                let mark = if property.accuses { "*" } else { "" };
                let mark = if property.restricted_only { "!" } else { mark };
                format!("{}{mark} {} {}", property.code, type_of(property.value), often(property.cardinality))
            })
            .collect();
        for row in table.split(", ").chain(OF_ALL.split(", ")) {
            assert!(rows.contains(row), "{}: {row} is not in {rows:?}", kind.name);
        }
    }
}

const fn often(cardinality: Cardinality) -> &'static str {
    match cardinality {
        Cardinality::One => "1",
        Cardinality::Optional => "0..1",
        Cardinality::Some => "1..n",
        Cardinality::Any => "0..n",
    }
}

fn type_of(value: ValueType) -> String {
    let text = format!("{value:?}");
    text.split(['(', '{', ' ']).next().unwrap_or_default().to_owned()
}

/// MODEL §6, in its order; `of` an alphabet or numbers where it gives those.
const VOCABULARIES: &[(&str, &str)] = &[
    (
        "agent",
        "sarin soman tabun vx sulfur_mustard lewisite nitrogen_mustard saxitoxin ricin novichok bz phosgene \
         cyanogen_chloride hydrogen_cyanide chloropicrin chlorine cs cn riot_control_unspecified nerve_agent_unspecified \
         organophosphorus_unspecified cns_acting_other unknown_toxic unknown",
    ),
    ("agent_class", "nerve blister choking blood incapacitating riot_control toxin unknown"),
    (
        "delivery_method",
        "aerial_bomb air_dropped_cylinder barrel_bomb helicopter_munition rocket_surface missile artillery_shell mortar \
         grenade drone ied vehicle_release cylinder_ground container_release spray_manual contact_surface injection \
         food_drink aerial_spray other unknown",
    ),
    (
        "incident_status",
        "alleged under_review corroborated corroborated_contested_attribution confirmed_use inconclusive \
         not_corroborated ruled_out withdrawn",
    ),
    (
        "finding_outcome",
        "confirmed_use likely_use agent_confirmed inconclusive insufficient_information not_corroborated not_used \
         responsible not_responsible alleged under_investigation disputed",
    ),
    ("involvement", "ordered executed commanded produced supplied financed assisted failed_to_prevent owner_of_means"),
    ("mandate", "attribute fact_find_only judicial executive none"),
    ("likelihood", "almost_no_chance very_unlikely unlikely roughly_even likely very_likely almost_certain"),
    ("confidence", "low moderate high"),
    ("source_reliability", "A B C D E F"),
    ("information_credibility", "1 2 3 4 5 6"),
    ("marking", "tlp:red tlp:amber+strict tlp:amber tlp:green tlp:clear"),
    (
        "measure",
        "asset_freeze funds_prohibition travel_ban transaction_ban export_control arms_embargo procurement_ban \
         state_measures publication",
    ),
    (
        "designation_status",
        "in_force renewed_annually expired expired_or_renewed delisted annulled authority_revoked unknown term_over",
    ),
    (
        "dispute_reason",
        "factual_error wrong_person outdated source_unreliable standard_not_met legal_proceedings duplicate \
         mislabelled_marking political_objection",
    ),
    (
        "retraction_reason",
        "error source_withdrawn consent_withdrawn court_order delisted data_protection safety superseded key_compromise",
    ),
    ("geo_precision", "exact site locality district region country withheld"),
    (
        "evidence_type",
        "document photo video audio satellite sample lab_report testimony medical_record munition_remnant intercept \
         dataset",
    ),
    ("method", "controlled_capture open_source interview sampling transfer seizure"),
    ("copy_type", "evidentiary working derivative redacted"),
    ("access", "open on_request withheld referenced_only"),
    ("digest_alg", "sha-256 blake3"),
    ("name_type", "primary alias transliteration abbreviation former weak"),
    ("identifier_scheme", "un_symbol eli ecli celex nor lei ofac_sdn imo wikidata"),
    ("subject_type", "person entity group"),
    ("life_status", "alive dead dissolved unknown"),
    ("wording_unavailable", "paraphrase not_seen"),
    ("stance", "endorse dispute corroborate"),
    ("relation", "same_as part_of"),
    ("verdict", "positive negative unsure"),
    (
        "state_responsibility",
        "state-prohibited state-prohibited-but-inadequate state-ignored state-encouraged state-shaped state-coordinated \
         state-ordered state-rogue-conducted state-executed state-integrated",
    ),
];

#[test]
fn vocabularies_are_those_of_the_model() {
    for (name, codes) in VOCABULARIES {
        let held = vocabularies::ALL.iter().find(|vocabulary| vocabulary.name == *name).expect(name);
        let codes: BTreeSet<_> = codes.split_whitespace().collect();
        assert_eq!(held.codes.iter().copied().collect::<BTreeSet<_>>(), codes, "{name}");
    }
}

/// Code, CAS number and schedule where MODEL §6 gives them.
const CHEMICALS: &str = "sarin 107-44-8 1A(1); soman 96-64-0 1A(1); tabun 77-81-6 1A(2); vx 50782-69-9 1A(3); \
    sulfur_mustard 505-60-2 1A(4); lewisite 541-25-3 1A(5); nitrogen_mustard - 1A(6); saxitoxin - 1A(7); ricin - 1A(8); \
    bz - 2A(3); phosgene 75-44-5 3A(1); cyanogen_chloride - 3A(2); hydrogen_cyanide - 3A(3); chloropicrin 76-06-2 3A(4); \
    chlorine 7782-50-5 -";

#[test]
fn chemicals_have_their_numbers_and_schedules() {
    for row in CHEMICALS.split("; ") {
        let [code, cas, schedule] = row.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{row}") };
        let agent = vocabularies::agent(code).expect(code);
        assert!(cas == "-" || agent.cas == Some(cas), "{row}: {agent:?}");
        assert!(agent.schedule.unwrap_or("-") == schedule, "{row}: {agent:?}");
    }
    assert_eq!(AGENTS.len(), vocabularies::AGENT.codes.len());
}

#[test]
fn standards_of_proof_stand_in_families_and_not_on_one_ladder() {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let held: Vec<_> = FAMILIES.iter().flat_map(|family| family.standards).copied().collect();
    assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), held.len(), "each standard stands in one family");
    assert_eq!(held.into_iter().collect::<BTreeSet<_>>(), vocabularies::STANDARD.codes.iter().copied().collect());
    let families: Vec<_> = FAMILIES.iter().map(|family| family.code).collect();
    assert_eq!(families, vocabularies::STANDARD_FAMILY.codes);
    for (left, right, expected) in [
        ("reasonable_suspicion", "credible_information", Some(Less)),
        ("reasonable_grounds", "evidence_suggests", Some(Greater)),
        ("credible_information", "evidence_suggests", None),
        ("sufficient_evidence", "overwhelming_evidence", Some(Less)),
        ("confident", "sufficient_evidence", None),
        ("reasonable_grounds", "substantial_evidence", None),
        ("beyond_reasonable_doubt", "reasonable_grounds", None),
        ("balance_of_probabilities", "clear_and_convincing", None),
        ("unstated", "unstated", Some(Equal)),
        ("gut feeling", "gut feeling", None),
    ] {
        assert_eq!(compare_standards(left, right), expected, "{left} {right}");
    }
}

#[test]
fn every_kind_and_property_is_described_in_three_languages() {
    for kind in KINDS {
        let mut keys = vec![format!("about.{}", kind.name)];
        keys.extend(properties(kind.code).map(|property| format!("about.property.{}", property.code)));
        for key in keys {
            let texts = Language::ALL.map(|language| locale::word(language, &key));
            assert!(texts.iter().all(|text| *text != key), "{key}");
            assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2], "{key}");
        }
    }
}
