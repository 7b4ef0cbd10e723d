//! Fixed layouts and strict JSON: one spelling for each value. format §1 to §4.
//!
//! Nothing here knows what the bytes mean.

use std::fmt;

use sha2::{Digest, Sha256};

pub mod foreign;
pub mod json;

/// A domain tag: an ASCII name padded with zeros to 16 bytes, so that no signature or hash serves two purposes.
pub type Tag = [u8; 16];

/// Makes a tag from its name, of at most 16 bytes.
#[must_use]
pub const fn tag(name: &str) -> Tag {
    let name = name.as_bytes();
    assert!(name.len() <= 16, "a tag has at most 16 bytes");
    let mut bytes = [0; 16];
    let mut index = 0;
    while index < name.len() {
        bytes[index] = name[index];
        index += 1;
    }
    bytes
}

/// SHA-256 of a tag and what follows it. FIPS 180-4.
#[must_use]
pub fn hash(tag: &Tag, parts: &[&[u8]]) -> [u8; 32] {
    let mut hashing = Hashing::of(tag);
    parts.iter().for_each(|part| hashing.add(part));
    hashing.finish()
}

/// The same for bytes that come one after the other, as of a file of any size.
#[derive(Clone, Debug)]
pub struct Hashing(Sha256);

impl Hashing {
    /// Begins with the tag.
    #[must_use]
    pub fn of(tag: &Tag) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(tag);
        Self(hasher)
    }

    /// Takes what follows.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all that was taken.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// SHA-256 of bytes that carry their own tag, or of hashes alone.
#[must_use]
pub fn hash_plain(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Foreign bytes that end too early. The caller says in which format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{missing} bytes are missing")]
pub struct Truncated {
    /// How many more bytes were due.
    pub missing: usize,
}

/// Reads a fixed layout from the front of foreign bytes; never past their end.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// True at the end.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes the next `count` bytes.
    ///
    /// # Errors
    /// [`Truncated`] if fewer are left; nothing is taken then.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], Truncated> {
        let missing = Truncated { missing: count.saturating_sub(self.rest.len()) };
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(missing)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes the next `N` bytes.
    ///
    /// # Errors
    /// [`Truncated`] if fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    /// Takes one byte.
    ///
    /// # Errors
    /// [`Truncated`] at the end.
    pub fn u8(&mut self) -> Result<u8, Truncated> {
        self.array().map(u8::from_be_bytes)
    }

    /// Takes a big-endian integer of two bytes.
    ///
    /// # Errors
    /// [`Truncated`] if fewer are left.
    pub fn u16(&mut self) -> Result<u16, Truncated> {
        self.array().map(u16::from_be_bytes)
    }

    /// Takes a big-endian integer of four bytes.
    ///
    /// # Errors
    /// [`Truncated`] if fewer are left.
    pub fn u32(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_be_bytes)
    }

    /// Takes a big-endian integer of eight bytes.
    ///
    /// # Errors
    /// [`Truncated`] if fewer are left.
    pub fn u64(&mut self) -> Result<u64, Truncated> {
        self.array().map(u64::from_be_bytes)
    }
}

/// Writes lower-case hexadecimal.
///
/// # Errors
/// Whatever the formatter says.
pub fn write_hex(out: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    // Digit by digit: to lay out each byte as a number takes several times as long.
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')).try_for_each(|digit| out.write_char(digit))
}

/// Lower-case hexadecimal of any bytes.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    write_hex(&mut text, bytes).expect("a string takes whatever is written");
    text
}

/// Reads exactly `N` bytes of lower-case hexadecimal.
#[must_use]
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let digits = text.as_bytes();
    if digits.len() != N.checked_mul(2)? {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let (high, low) = (nibble(*high), nibble(*low));
        if high | low == NO_NIBBLE {
            return None;
        }
        *byte = high << 4 | low;
    }
    Some(bytes)
}

/// What no digit stands for: all bits, so that together with any nibble it is the same.
const NO_NIBBLE: u8 = 0xff;

/// What each byte stands for as a digit: looked up, for ids are read by the million.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [NO_NIBBLE; 256];
    let digits = b"0123456789abcdef";
    let mut value = 0;
    while value < 16 {
        nibbles[digits[value as usize] as usize] = value;
        value += 1;
    }
    nibbles
};

fn nibble(digit: u8) -> u8 {
    NIBBLES.get(usize::from(digit)).copied().unwrap_or(NO_NIBBLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_is_padded_with_zeros() {
        assert_eq!(&tag("ISNAD-ACT-v1"), b"ISNAD-ACT-v1\0\0\0\0");
    }

    #[test]
    fn hash_covers_the_tag_and_each_part_in_order() {
        let whole = hash_plain(&[b"ISNAD-ENTRYID-v1", b"ab"]);
        assert_eq!(hash(&tag("ISNAD-ENTRYID-v1"), &[b"a", b"b"]), whole);
        assert_eq!(to_hex(&hash_plain(&[b"abc"])), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn hex_has_one_spelling() {
        assert_eq!(from_hex::<2>("0aff"), Some([0x0a, 0xff]));
        for text in ["0AFF", "0af", "0aff0", "0ag0", "+1ff", ""] {
            assert_eq!(from_hex::<2>(text), None, "{text}");
        }
    }

    #[test]
    fn reader_takes_nothing_past_the_end() {
        let mut reader = Reader::new(&[0, 1, 2]);
        assert_eq!(reader.u32(), Err(Truncated { missing: 1 }));
        assert_eq!(reader.u16(), Ok(1));
        assert_eq!(reader.rest(), &[2]);
    }
}
