//! Standards of proof by family: which body uses which, and which of two is the stronger, where one family says so. MODEL §6.

/// Standards of proof that one kind of body uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// A code of [`super::vocabularies::STANDARD_FAMILY`].
    pub code: &'static str,
    /// Its codes of [`super::vocabularies::STANDARD`].
    pub standards: &'static [&'static str],
    /// Steps from weak to strong; codes of one step are not compared, nor those that stand in none.
    pub ladder: &'static [&'static [&'static str]],
}

/// The families of [`super::vocabularies::STANDARD`]: no ladder holds them all. MODEL §6.
pub const FAMILIES: &[Family] = &[
    Family { code: "criminal_court", standards: &["beyond_reasonable_doubt"], ladder: &[] },
    Family {
        code: "civil_inquiry",
        standards: &["balance_of_probabilities", "clear_and_convincing", "inquiry_finding"],
        ladder: &[],
    },
    Family {
        code: "fact_finding",
        standards: &["reasonable_suspicion", "credible_information", "evidence_suggests", "reasonable_grounds"],
        ladder: &[&["reasonable_suspicion"], &["credible_information", "evidence_suggests"], &["reasonable_grounds"]],
    },
    Family {
        code: "joint_mechanism",
        standards: &["sufficient_evidence", "substantial_evidence", "overwhelming_evidence", "confident"],
        ladder: &[&["sufficient_evidence"], &["substantial_evidence"], &["overwhelming_evidence"]],
    },
    Family {
        code: "fact_finding_phrases",
        standards: &["likely", "very_likely", "high_confidence", "utmost_confidence"],
        ladder: &[],
    },
    Family { code: "laboratory", standards: &["laboratory_confirmation", "beyond_reasonable_doubt_lab"], ladder: &[] },
    Family {
        code: "executive",
        standards: &["statutory_determination", "executive_designation", "intelligence_assessment"],
        ladder: &[],
    },
    Family { code: "none", standards: &["unstated"], ladder: &[] },
];

/// The family of a standard of proof, `None` for an unknown one.
#[must_use]
pub fn family(standard: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.standards.contains(&standard))
}

/// How two standards of proof compare; `None` where no ladder holds both on different steps, which is the rule.
#[must_use]
pub fn compare_standards(left: &str, right: &str) -> Option<std::cmp::Ordering> {
    if left == right {
        return family(left).map(|_| std::cmp::Ordering::Equal);
    }
    let ladder = family(left)?.ladder;
    let step = |standard: &str| ladder.iter().position(|step| step.contains(&standard));
    let (left, right) = (step(left)?, step(right)?);
    (left != right).then(|| left.cmp(&right))
}
