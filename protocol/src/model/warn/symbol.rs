//! Whether a document symbol has the form that its body gives to its documents. MODEL §7.15.
//!
//! The commonest error is to write a symbol of the OPCW as one of the Security Council, or the other way round: `S/1867/2020`
//! is number and year, `S/2017/904` year and number.

/// A body that numbers its documents in a known way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Organisation for the Prohibition of Chemical Weapons.
    Opcw,
    /// United Nations.
    UnitedNations,
}

impl Body {
    /// The body that a publisher's name means, where it is one of these.
    #[must_use]
    pub fn of(publisher: &str) -> Option<Self> {
        let has = |name: &str| publisher.contains(name);
        if has("OPCW") || has("Prohibition of Chemical Weapons") || has("OIAC") {
            Some(Self::Opcw)
        } else if has("United Nations") || has("Security Council") || has("Human Rights Council") {
            Some(Self::UnitedNations)
        } else {
            None
        }
    }

    /// Its short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opcw => "OPCW",
            Self::UnitedNations => "UN",
        }
    }
}

/// True if a symbol has the form of the body's symbols; of several joined by a dash, if each has.
#[must_use]
pub fn has_form(body: Body, symbol: &str) -> bool {
    let joined = symbol.replace("-S/", " S/").replace("-A/", " A/");
    !symbol.is_empty() && joined.split(' ').all(|symbol| one(body, symbol))
}

fn one(body: Body, symbol: &str) -> bool {
    let parts: Vec<&str> = symbol.split('/').collect();
    let is_number = |part: &str| (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_year = |part: &str, first: u32| part.parse().is_ok_and(|year: u32| (first..2100).contains(&year));
    match (body, parts.as_slice()) {
        (_, parts) if parts.iter().any(|part| part.is_empty()) => false,
        // The Technical Secretariat counts on since 1997 and adds the year.
        (Body::Opcw, ["S", number, year, ..]) => is_number(number) && is_year(year, 1997),
        (Body::Opcw, [session, _, ..]) => {
            session.starts_with("EC-") || session.starts_with("C-") || session.starts_with("RC-")
        }
        // The Council counted on until 1993, and begins anew each year since.
        (Body::UnitedNations, ["S", number]) => is_number(number) || number.starts_with("PV."),
        (Body::UnitedNations, ["S", "RES" | "PRST" | "AC.29", ..]) => true,
        (Body::UnitedNations, ["S", year, number, ..]) => is_year(year, 1994) && is_number(number),
        (Body::UnitedNations, ["A" | "E" | "ST" | "HR" | "CCPR" | "CAT" | "SG", _, ..]) => true,
        (Body::Opcw | Body::UnitedNations, _) => false,
    }
}
