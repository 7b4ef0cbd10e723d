//! A seeded mutator: the same number makes the same bytes on every machine, so that a case is replayed by its number.

/// Numbers from a seed alone: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

/// Numbers at the edges of types and bounds, where decoders go wrong.
const EDGES: [u64; 16] =
    [0, 1, 2, 16, 17, 127, 128, 255, 256, 65_535, 65_536, 65_537, 1 << 31, (1 << 32) - 1, 1 << 53, u64::MAX];

/// Words that mean something to one of the parsers.
const WORDS: [&[u8]; 26] = [
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"null",
    b"true",
    b"-0",
    b"1e999",
    b"NaN",
    b"9007199254740992",
    b"-9223372036854775808",
    b"9223372036854775807",
    b"\xff",
    b"\xef\xbb\xbf",
    b"..",
    b"/",
    b"XX",
    b"claim",
    b"ISNAD-ENTRY-v1\0\0",
    b"ISNAD-ACT-v1\0\0\0\0",
];

impl Random {
    /// Starts from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; zero if that is zero.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next()).unwrap_or(usize::MAX).checked_rem(bound).unwrap_or_default()
    }

    /// One of some items.
    ///
    /// # Panics
    /// If there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Brings items into another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// Changes bytes in one to four places; `others` lends parts of other inputs.
pub fn mutate(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    for _ in 0..=random.below(4) {
        change(bytes, others, random);
    }
}

fn change(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len());
    let end = (at + 1 + random.below(32)).min(bytes.len());
    match random.below(11) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        1 if !bytes.is_empty() => bytes[at] = random.next().to_be_bytes()[0],
        2 => bytes.truncate(at),
        3 => {
            bytes.drain(at..end);
        }
        4 => {
            let part = bytes[at..end].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, part);
        }
        5 => number(bytes, at, random),
        6 => digits(bytes, random),
        7 | 8 => {
            let word = random.pick(&WORDS).iter().copied();
            bytes.splice(at..at, word);
        }
        9 if !others.is_empty() => {
            let other = random.pick(others);
            let from = random.below(other.len());
            let part = other[from..(from + random.below(64)).min(other.len())].to_vec();
            let over = if random.below(2) == 0 { at } else { (at + part.len()).min(bytes.len()) };
            bytes.splice(at..over, part);
        }
        _ => bytes.push(random.next().to_be_bytes()[0]),
    }
}

/// Writes a number from the edges over one, two, four or eight bytes.
fn number(bytes: &mut [u8], at: usize, random: &mut Random) {
    let edge = random.pick(&EDGES).to_be_bytes();
    let size = *random.pick(&[1, 2, 4, 8]);
    for (to, from) in bytes.iter_mut().skip(at).zip(&edge[8 - size..]) {
        *to = *from;
    }
}

/// Writes a decimal number in the place of a digit.
fn digits(bytes: &mut Vec<u8>, random: &mut Random) {
    let digits: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
    if digits.is_empty() {
        return;
    }
    let at = *random.pick(&digits);
    let number = match random.below(4) {
        0 => random.pick(&EDGES).to_string(),
        1 => i64::MIN.to_string(),
        2 => format!("-{}", random.pick(&EDGES)),
        _ => (random.next() >> 11).to_string(),
    };
    bytes.splice(at..=at, number.into_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_makes_the_same_bytes() {
        let make = |seed| {
            let (mut random, mut bytes) = (Random::new(seed), b"{\"a\":1}".to_vec());
            mutate(&mut bytes, &[], &mut random);
            bytes
        };
        assert!((0..1_000).all(|seed| make(seed) == make(seed)));
        assert!((0..1_000).filter(|seed| make(*seed) == make(0)).count() < 100);
    }

    #[test]
    fn nothing_is_too_short_to_be_mutated() {
        for seed in 0..10_000 {
            let mut random = Random::new(seed);
            let mut bytes = vec![b'7'; random.below(3)];
            mutate(&mut bytes, &[Vec::new(), vec![1]], &mut random);
        }
    }
}
