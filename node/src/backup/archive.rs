//! The frame of an archive: ustar headers of plain files, made in one way only. POSIX.1-2017, pax, "ustar Interchange Format".

/// Archives are made of blocks of this many bytes.
pub(super) const BLOCK: usize = 512;

/// What a header says of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) path: &'a str,
    pub(super) bytes: u64,
    /// Seconds since 1970.
    pub(super) made: u64,
}

impl Head<'_> {
    /// The header; `None` for a name or a number that it has no room for.
    pub(super) fn encode(&self) -> Option<[u8; BLOCK]> {
        let mut out = [0; BLOCK];
        let mut put = |at: usize, bytes: &[u8]| -> Option<()> {
            out.get_mut(at..at.checked_add(bytes.len())?)?.copy_from_slice(bytes);
            Some(())
        };
        if self.path.len() > 100 {
            return None;
        }
        put(0, self.path.as_bytes())?;
        put(100, b"0000600\0")?;
        put(108, b"0000000\0")?;
        put(116, b"0000000\0")?;
        put(124, octal(self.bytes)?.as_bytes())?;
        put(136, octal(self.made)?.as_bytes())?;
        put(148, b"        ")?;
        put(156, b"0")?;
        put(257, b"ustar\x0000")?;
        let sum = out.iter().fold(0_u32, |sum, byte| sum.saturating_add(u32::from(*byte)));
        out.get_mut(148..156)?.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        Some(out)
    }

    /// Zeros behind the bytes of the file, up to the next block.
    pub(super) fn padding(&self) -> usize {
        let over = self.bytes.checked_rem(BLOCK as u64).and_then(|over| usize::try_from(over).ok()).unwrap_or(0);
        BLOCK.saturating_sub(over) % BLOCK
    }
}

/// Reads size and time of a header, which is to be compared whole with what [`Head::encode`] makes of them.
pub(super) fn numbers(header: &[u8; BLOCK]) -> Option<(u64, u64)> {
    Some((number(header.get(124..135)?)?, number(header.get(136..147)?)?))
}

fn octal(number: u64) -> Option<String> {
    let text = format!("{number:011o}\0");
    (text.len() == 12).then_some(text)
}

fn number(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|digit| digit.is_ascii_digit()))?;
    u64::from_str_radix(text, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_that_of_other_programs() {
        let head = Head { path: "acts/1.seg", bytes: 1_000, made: 1_700_000_000 };
        let header = head.encode().unwrap();
        assert_eq!(numbers(&header), Some((1_000, 1_700_000_000)));
        assert_eq!((&header[124..136], &header[257..265]), (&b"00000001750\0"[..], &b"ustar\x0000"[..]));
        assert_eq!(head.padding(), 24);
        assert_eq!(Head { bytes: 1_024, ..head.clone() }.padding(), 0);
        assert_eq!(Head { path: &"a".repeat(101), ..head.clone() }.encode(), None);
        assert_eq!(Head { bytes: u64::MAX, ..head }.encode(), None);
    }
}
