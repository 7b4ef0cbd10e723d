//! The controlled lists, as data. MODEL §6.
//!
//! They bind the author's tool, never the door: an unknown code is kept and shown as it is. What each is called in three
//! languages stands in the locales, under `<vocabulary>.<code>`.

/// A controlled list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vocabulary {
    /// Its name, the first part of its codes' locale keys.
    pub name: &'static str,
    /// Its codes, in the order in which they are shown.
    pub codes: &'static [&'static str],
}

impl Vocabulary {
    /// True if the list has the code.
    #[must_use]
    pub fn contains(&self, code: &str) -> bool {
        self.codes.contains(&code)
    }
}

/// Toxic chemicals. Class, CAS number and schedule: [`AGENTS`].
pub const AGENT: Vocabulary = Vocabulary {
    name: "agent",
    codes: &[
        "sarin",
        "soman",
        "tabun",
        "vx",
        "novichok",
        "nerve_agent_unspecified",
        "organophosphorus_unspecified",
        "sulfur_mustard",
        "lewisite",
        "nitrogen_mustard",
        "chlorine",
        "phosgene",
        "chloropicrin",
        "hydrogen_cyanide",
        "cyanogen_chloride",
        "bz",
        "cns_acting_other",
        "cs",
        "cn",
        "riot_control_unspecified",
        "ricin",
        "saxitoxin",
        "unknown_toxic",
        "unknown",
    ],
};

/// On what a body bases the agent it names.
pub const AGENT_BASIS: Vocabulary = Vocabulary {
    name: "agent_basis",
    codes: &["laboratory", "clinical", "witness", "witness_medical", "assessment", "state_claim", "ngo_claim", "press"],
};

/// How the chemical was brought to the place.
pub const DELIVERY: Vocabulary = Vocabulary {
    name: "delivery_method",
    codes: &[
        "aerial_bomb",
        "air_dropped_cylinder",
        "barrel_bomb",
        "helicopter_munition",
        "rocket_surface",
        "missile",
        "artillery_shell",
        "mortar",
        "grenade",
        "drone",
        "ied",
        "vehicle_release",
        "cylinder_ground",
        "container_release",
        "spray_manual",
        "contact_surface",
        "injection",
        "food_drink",
        "aerial_spray",
        "other",
        "unknown",
    ],
};

/// How an incident stands, as somebody says; what a view computes is labelled so.
pub const INCIDENT_STATUS: Vocabulary = Vocabulary {
    name: "incident_status",
    codes: &[
        "alleged",
        "under_review",
        "corroborated",
        "corroborated_contested_attribution",
        "confirmed_use",
        "inconclusive",
        "not_corroborated",
        "ruled_out",
        "withdrawn",
    ],
};

/// Who or what was hit.
pub const TARGET_TYPE: Vocabulary = Vocabulary {
    name: "target_type",
    codes: &[
        "civilians",
        "combatants",
        "medical_facility",
        "humanitarian_worker",
        "residential_area",
        "individual",
        "agriculture",
        "public_transport",
        "other",
        "unknown",
    ],
};

/// What is counted.
pub const CASUALTY: Vocabulary = Vocabulary { name: "casualty_category", codes: &["killed", "injured", "exposed"] };

/// What a body concluded, on whether or on who.
pub const OUTCOME: Vocabulary = Vocabulary {
    name: "finding_outcome",
    codes: &[
        "confirmed_use",
        "likely_use",
        "agent_confirmed",
        "inconclusive",
        "insufficient_information",
        "not_corroborated",
        "not_used",
        "responsible",
        "not_responsible",
        "alleged",
        "under_investigation",
        "disputed",
    ],
};

/// What the subject did, in the body's conclusion.
pub const INVOLVEMENT: Vocabulary = Vocabulary {
    name: "involvement",
    codes: &[
        "ordered",
        "executed",
        "commanded",
        "produced",
        "supplied",
        "financed",
        "assisted",
        "failed_to_prevent",
        "owner_of_means",
    ],
};

/// How far a state stands behind what was done, in ten steps. MISP taxonomy of that name.
pub const STATE_RESPONSIBILITY: Vocabulary = Vocabulary {
    name: "state_responsibility",
    codes: &[
        "state-prohibited",
        "state-prohibited-but-inadequate",
        "state-ignored",
        "state-encouraged",
        "state-shaped",
        "state-coordinated",
        "state-ordered",
        "state-rogue-conducted",
        "state-executed",
        "state-integrated",
    ],
};

/// What an author declares of a person whom no accusation names. MODEL §7.5.
pub const DECLARATION: Vocabulary = Vocabulary { name: "declaration", codes: &["not_victim_or_witness"] };

/// Standards of proof, each body's own: no ladder holds them all.
pub const STANDARD: Vocabulary = Vocabulary {
    name: "standard_of_proof",
    codes: &[
        "unstated",
        "reasonable_suspicion",
        "evidence_suggests",
        "credible_information",
        "reasonable_grounds",
        "sufficient_evidence",
        "substantial_evidence",
        "overwhelming_evidence",
        "confident",
        "likely",
        "very_likely",
        "high_confidence",
        "utmost_confidence",
        "balance_of_probabilities",
        "clear_and_convincing",
        "beyond_reasonable_doubt",
        "beyond_reasonable_doubt_lab",
        "laboratory_confirmation",
        "inquiry_finding",
        "intelligence_assessment",
        "statutory_determination",
        "executive_designation",
    ],
};

/// ICD 203, likelihood.
pub const LIKELIHOOD: Vocabulary = Vocabulary {
    name: "likelihood",
    codes: &[
        "almost_no_chance",
        "very_unlikely",
        "unlikely",
        "roughly_even",
        "likely",
        "very_likely",
        "almost_certain",
    ],
};

/// ICD 203, confidence: never mixed with likelihood.
pub const CONFIDENCE: Vocabulary = Vocabulary { name: "confidence", codes: &["low", "moderate", "high"] };

/// Admiralty code: the author's rating of the source.
pub const RELIABILITY: Vocabulary = Vocabulary { name: "source_reliability", codes: &["A", "B", "C", "D", "E", "F"] };

/// Admiralty code: the author's rating of the information.
pub const CREDIBILITY: Vocabulary =
    Vocabulary { name: "information_credibility", codes: &["1", "2", "3", "4", "5", "6"] };

/// TLP 2.0, strictest first.
pub const MARKING: Vocabulary =
    Vocabulary { name: "marking", codes: &["tlp:red", "tlp:amber+strict", "tlp:amber", "tlp:green", "tlp:clear"] };

/// What a body was charged with.
pub const MANDATE: Vocabulary =
    Vocabulary { name: "mandate", codes: &["attribute", "fact_find_only", "judicial", "executive", "none"] };

/// What a designation orders.
pub const MEASURE: Vocabulary = Vocabulary {
    name: "measure",
    codes: &[
        "asset_freeze",
        "funds_prohibition",
        "travel_ban",
        "transaction_ban",
        "export_control",
        "arms_embargo",
        "state_measures",
        "procurement_ban",
        "publication",
    ],
};

/// How a designation stands. `term_over`: past its end, no renewal seen; only ever computed.
pub const DESIGNATION_STATUS: Vocabulary = Vocabulary {
    name: "designation_status",
    codes: &[
        "in_force",
        "renewed_annually",
        "expired",
        "expired_or_renewed",
        "delisted",
        "annulled",
        "authority_revoked",
        "unknown",
        "term_over",
    ],
};

/// What a subject is.
pub const SUBJECT_TYPE: Vocabulary = Vocabulary { name: "subject_type", codes: &["person", "entity", "group"] };

/// OpenSanctions topics of a subject. All but the first three accuse.
pub const TOPIC: Vocabulary = Vocabulary {
    name: "topic",
    codes: &["gov", "gov.security", "mil", "sanction", "wanted", "crime.terror", "crime.war"],
};

/// The part a subject played, as somebody says.
pub const ROLE: Vocabulary = Vocabulary {
    name: "subject_role",
    codes: &["commander", "perpetrator", "producer", "supplier", "financier", "facilitator", "official", "accomplice"],
};

/// Whether a subject still is.
pub const LIFE_STATUS: Vocabulary =
    Vocabulary { name: "life_status", codes: &["alive", "dead", "dissolved", "unknown"] };

/// What kind of name it is.
pub const NAME_TYPE: Vocabulary =
    Vocabulary { name: "name_type", codes: &["primary", "alias", "transliteration", "abbreviation", "former", "weak"] };

/// Why the body's own words are not given.
pub const WORDING_UNAVAILABLE: Vocabulary =
    Vocabulary { name: "wording_unavailable", codes: &["paraphrase", "not_seen"] };

/// How far to trust coordinates.
pub const PRECISION: Vocabulary = Vocabulary {
    name: "geo_precision",
    codes: &["exact", "site", "locality", "district", "region", "country", "withheld"],
};

/// What happened at the place.
pub const PLACE_ROLE: Vocabulary =
    Vocabulary { name: "place_role", codes: &["impact", "launch", "detected", "treatment"] };

/// What an item of evidence is.
pub const EVIDENCE_TYPE: Vocabulary = Vocabulary {
    name: "evidence_type",
    codes: &[
        "document",
        "photo",
        "video",
        "audio",
        "satellite",
        "sample",
        "lab_report",
        "testimony",
        "medical_record",
        "munition_remnant",
        "intercept",
        "dataset",
    ],
};

/// How it was acquired.
pub const METHOD: Vocabulary = Vocabulary {
    name: "method",
    codes: &["controlled_capture", "open_source", "interview", "sampling", "transfer", "seizure"],
};

/// Which copy it is.
pub const COPY_TYPE: Vocabulary =
    Vocabulary { name: "copy_type", codes: &["evidentiary", "working", "derivative", "redacted"] };

/// Who may see it.
pub const ACCESS: Vocabulary =
    Vocabulary { name: "access", codes: &["open", "on_request", "withheld", "referenced_only"] };

/// What the witness agreed to.
pub const CONSENT: Vocabulary =
    Vocabulary { name: "consent", codes: &["given", "limited", "withdrawn", "not_required"] };

/// Hash functions.
pub const DIGEST: Vocabulary = Vocabulary { name: "digest_alg", codes: &["sha-256", "blake3"] };

/// What a source is.
pub const SOURCE_KIND: Vocabulary = Vocabulary {
    name: "source_kind",
    codes: &[
        "report",
        "press_release",
        "statement",
        "judgment",
        "legal_act",
        "press",
        "determination",
        "tertiary",
        "letter",
        "inquiry_report",
        "ngo",
    ],
};

/// How far an importer saw the source. `recall`: unverified.
pub const CHECKED: Vocabulary = Vocabulary { name: "checked", codes: &["stored_text", "stored_coverage", "recall"] };

/// What a cited body is.
pub const ORGANISATION_KIND: Vocabulary = Vocabulary {
    name: "organisation_kind",
    codes: &[
        "state",
        "state_subnational",
        "igo",
        "igo_mechanism",
        "ngo",
        "court",
        "press",
        "public_inquiry",
        "tertiary",
        "compiler",
    ],
};

/// How a body comes to be in the data.
pub const ORGANISATION_ROLE: Vocabulary =
    Vocabulary { name: "organisation_role", codes: &["cited_body", "participant", "compiler"] };

/// How a case stands, as somebody says.
pub const CASE_STATUS: Vocabulary = Vocabulary {
    name: "case_status",
    codes: &["complaint", "investigation", "trial", "appeal", "final_conviction", "final_acquittal", "closed"],
};

/// Dated steps of a case.
pub const CASE_STEP: Vocabulary = Vocabulary {
    name: "case_step",
    codes: &[
        "complaint",
        "investigation_opened",
        "arrest_warrant",
        "request",
        "annulment",
        "judgment",
        "appeal",
        "cassation",
        "regional_court",
    ],
};

/// On what ground a court hears it.
pub const JURISDICTION: Vocabulary = Vocabulary {
    name: "jurisdiction_basis",
    codes: &["territorial", "nationality", "passive_personality", "protective", "universal_jurisdiction"],
};

/// Schemes of identifiers.
pub const IDENTIFIER: Vocabulary = Vocabulary {
    name: "identifier_scheme",
    codes: &["un_symbol", "eli", "ecli", "celex", "nor", "lei", "ofac_sdn", "imo", "wikidata"],
};

/// What one member says of another's claim.
pub const STANCE: Vocabulary = Vocabulary { name: "stance", codes: &["endorse", "dispute", "corroborate"] };

/// What a subject answers.
pub const RESPONSE_STANCE: Vocabulary =
    Vocabulary { name: "response_stance", codes: &["denies", "explains", "accepts", "no_comment"] };

/// By which way an answer came.
pub const CHANNEL: Vocabulary =
    Vocabulary { name: "channel", codes: &["letter", "press", "counsel", "court", "meeting"] };

/// Why a claim is disputed. The last is there on purpose.
pub const DISPUTE_REASON: Vocabulary = Vocabulary {
    name: "dispute_reason",
    codes: &[
        "factual_error",
        "wrong_person",
        "outdated",
        "source_unreliable",
        "standard_not_met",
        "legal_proceedings",
        "duplicate",
        "mislabelled_marking",
        "political_objection",
    ],
};

/// Why a claim is retracted; `safety` may omit the text.
pub const RETRACTION_REASON: Vocabulary = Vocabulary {
    name: "retraction_reason",
    codes: &[
        "error",
        "source_withdrawn",
        "consent_withdrawn",
        "court_order",
        "delisted",
        "data_protection",
        "safety",
        "superseded",
        "key_compromise",
    ],
};

/// What a judgement is about.
pub const RELATION: Vocabulary = Vocabulary { name: "relation", codes: &["same_as", "part_of"] };

/// What a judgement says.
pub const VERDICT: Vocabulary = Vocabulary { name: "verdict", codes: &["positive", "negative", "unsure"] };

/// Every vocabulary.
pub const ALL: &[&Vocabulary] = &[
    &AGENT,
    &AGENT_BASIS,
    &DELIVERY,
    &INCIDENT_STATUS,
    &TARGET_TYPE,
    &CASUALTY,
    &OUTCOME,
    &INVOLVEMENT,
    &STATE_RESPONSIBILITY,
    &DECLARATION,
    &STANDARD,
    &LIKELIHOOD,
    &CONFIDENCE,
    &RELIABILITY,
    &CREDIBILITY,
    &MARKING,
    &MANDATE,
    &MEASURE,
    &DESIGNATION_STATUS,
    &SUBJECT_TYPE,
    &TOPIC,
    &ROLE,
    &LIFE_STATUS,
    &NAME_TYPE,
    &WORDING_UNAVAILABLE,
    &PRECISION,
    &PLACE_ROLE,
    &EVIDENCE_TYPE,
    &METHOD,
    &COPY_TYPE,
    &ACCESS,
    &CONSENT,
    &DIGEST,
    &SOURCE_KIND,
    &CHECKED,
    &ORGANISATION_KIND,
    &ORGANISATION_ROLE,
    &CASE_STATUS,
    &CASE_STEP,
    &JURISDICTION,
    &IDENTIFIER,
    &STANCE,
    &RESPONSE_STANCE,
    &CHANNEL,
    &DISPUTE_REASON,
    &RETRACTION_REASON,
    &RELATION,
    &VERDICT,
    &AGENT_CLASS,
    &STANDARD_FAMILY,
];

/// A toxic chemical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agent {
    /// Its code in [`AGENT`].
    pub code: &'static str,
    /// What it does to people: a code of the vocabulary `agent_class`.
    pub class: &'static str,
    /// Registry number of the Chemical Abstracts Service, where there is one.
    pub cas: Option<&'static str>,
    /// Schedule of the Chemical Weapons Convention, where it is scheduled.
    pub schedule: Option<&'static str>,
}

/// The chemicals of [`AGENT`], in its order.
pub const AGENTS: &[Agent] = &[
    Agent { code: "sarin", class: "nerve", cas: Some("107-44-8"), schedule: Some("1A(1)") },
    Agent { code: "soman", class: "nerve", cas: Some("96-64-0"), schedule: Some("1A(1)") },
    Agent { code: "tabun", class: "nerve", cas: Some("77-81-6"), schedule: Some("1A(2)") },
    Agent { code: "vx", class: "nerve", cas: Some("50782-69-9"), schedule: Some("1A(3)") },
    Agent { code: "novichok", class: "nerve", cas: None, schedule: Some("1A(13)-1A(16)") },
    Agent { code: "nerve_agent_unspecified", class: "nerve", cas: None, schedule: None },
    Agent { code: "organophosphorus_unspecified", class: "nerve", cas: None, schedule: None },
    Agent { code: "sulfur_mustard", class: "blister", cas: Some("505-60-2"), schedule: Some("1A(4)") },
    Agent { code: "lewisite", class: "blister", cas: Some("541-25-3"), schedule: Some("1A(5)") },
    Agent { code: "nitrogen_mustard", class: "blister", cas: None, schedule: Some("1A(6)") },
    Agent { code: "chlorine", class: "choking", cas: Some("7782-50-5"), schedule: None },
    Agent { code: "phosgene", class: "choking", cas: Some("75-44-5"), schedule: Some("3A(1)") },
    Agent { code: "chloropicrin", class: "choking", cas: Some("76-06-2"), schedule: Some("3A(4)") },
    Agent { code: "hydrogen_cyanide", class: "blood", cas: Some("74-90-8"), schedule: Some("3A(3)") },
    Agent { code: "cyanogen_chloride", class: "blood", cas: Some("506-77-4"), schedule: Some("3A(2)") },
    Agent { code: "bz", class: "incapacitating", cas: Some("6581-06-2"), schedule: Some("2A(3)") },
    Agent { code: "cns_acting_other", class: "incapacitating", cas: None, schedule: None },
    Agent { code: "cs", class: "riot_control", cas: Some("2698-41-1"), schedule: None },
    Agent { code: "cn", class: "riot_control", cas: Some("532-27-4"), schedule: None },
    Agent { code: "riot_control_unspecified", class: "riot_control", cas: None, schedule: None },
    Agent { code: "ricin", class: "toxin", cas: Some("9009-86-3"), schedule: Some("1A(8)") },
    Agent { code: "saxitoxin", class: "toxin", cas: Some("35523-89-8"), schedule: Some("1A(7)") },
    Agent { code: "unknown_toxic", class: "unknown", cas: None, schedule: None },
    Agent { code: "unknown", class: "unknown", cas: None, schedule: None },
];

/// The chemical of a code, `None` for an unknown one.
#[must_use]
pub fn agent(code: &str) -> Option<&'static Agent> {
    AGENTS.iter().find(|agent| agent.code == code)
}

/// What chemicals do to people.
pub const AGENT_CLASS: Vocabulary = Vocabulary {
    name: "agent_class",
    codes: &["nerve", "blister", "choking", "blood", "incapacitating", "riot_control", "toxin", "unknown"],
};

/// Who uses a standard of proof: codes of one family can be compared at most, and those of two never.
pub const STANDARD_FAMILY: Vocabulary = Vocabulary {
    name: "standard_family",
    codes: &[
        "criminal_court",
        "civil_inquiry",
        "fact_finding",
        "joint_mechanism",
        "fact_finding_phrases",
        "laboratory",
        "executive",
        "none",
    ],
};
