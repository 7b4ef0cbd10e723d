//! Which limits and policies of a charter this version reads, and the values that say something. format §4.3: any other does
//! nothing, and is taken from whoever signs it all the same. Asked by whoever is to sign one.

use std::ops::RangeInclusive;

use crate::encoding::json::Json;

/// The policies that are read, each with the whole numbers that it takes. `fresh_days`: after so many days without a word from
/// more than half of the others what is held counts as stale.
pub const POLICIES: [(&str, RangeInclusive<i64>); 1] = [("fresh_days", 1..=3_650)];

/// Why a setting says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SaysNothing {
    /// No limit is read.
    #[error("no limit is known")]
    Limit,
    /// Another policy.
    #[error("only these policies are known: {known}")]
    Policy {
        /// Those that are.
        known: String,
    },
    /// No number of its range.
    #[error("a number from {least} to {most} is due")]
    Value {
        /// The lowest.
        least: i64,
        /// The highest.
        most: i64,
    },
}

/// Passes if this version reads a limit or policy of that value.
///
/// # Errors
/// [`SaysNothing`] says why it does not.
pub fn check(is_policy: bool, code: &str, value: &Json) -> Result<(), SaysNothing> {
    if !is_policy {
        return Err(SaysNothing::Limit);
    }
    let Some((_, range)) = POLICIES.iter().find(|(known, _)| *known == code) else {
        let known: Vec<&str> = POLICIES.iter().map(|(known, _)| *known).collect();
        return Err(SaysNothing::Policy { known: known.join(", ") });
    };
    let is_in = value.as_int().is_some_and(|number| range.contains(&number));
    if is_in { Ok(()) } else { Err(SaysNothing::Value { least: *range.start(), most: *range.end() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_version_reads_is_no_setting_to_sign() {
        for (is_policy, code, value, is_read) in [
            (true, "fresh_days", Json::Int(7), true),
            (true, "fresh_days", Json::text("7"), false),
            (true, "fresh_days", Json::Int(0), false),
            (true, "fresh_day", Json::Int(7), false),
            (false, "fresh_days", Json::Int(7), false),
        ] {
            assert_eq!(check(is_policy, code, &value).is_ok(), is_read, "{code} {value:?}");
        }
    }
}
