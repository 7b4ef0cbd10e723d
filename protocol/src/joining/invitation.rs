//! An invitation: one code that a member hands to an organisation, by which its node finds the member's, and each knows the
//! other. format §15.2.

use std::fmt;

use crate::encoding::{Reader, Tag, hash, tag};
use crate::id::{ConsortiumId, NodeId};
use crate::limits;
use crate::time::Timestamp;

use super::address;

const CHECK: Tag = tag("ISNAD-INVITE-v1");
const JOIN: Tag = tag("ISNAD-JOIN-v1");
const VERSION: u8 = 1;
/// What every code begins with, so that people and programs know it for what it is.
const PREFIX: &str = "ISNAD1";
/// Crockford's base 32: no letter that is taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters between two dashes.
const GROUP: usize = 8;
/// Bytes of the checksum: one altered character escapes it once in four thousand million times.
const CHECK_BYTES: usize = 4;
const MINUTE_MS: u64 = 60_000;

/// Why a text is no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvitationError {
    /// A character is wrong, missing or too many.
    #[error("at least one character is not as it was made")]
    Altered,
    /// Of a later version.
    #[error("of version {found}, and this program knows version {VERSION}")]
    Version {
        /// The version.
        found: u8,
    },
    /// Whole, and yet not what an invitation says.
    #[error("whole, but not of the form of an invitation")]
    Form,
}

impl InvitationError {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Altered => "invitation_altered",
            Self::Version { .. } => "invitation_version",
            Self::Form => "invitation_form",
        }
    }
}

/// The one-time secret of an invitation. Overwritten when dropped; never printed but within its code.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 16]);

impl Secret {
    /// Takes 16 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// What the secret of an invitation comes to between these two: all that the member's node keeps of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InvitationKey([u8; 32]);

impl InvitationKey {
    /// Takes the bytes as they were kept.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept where nobody else reads them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A short name for people, from which nobody learns the key.
    #[must_use]
    pub fn name(&self) -> String {
        let [a, b, c, d, ..] = hash(&JOIN, &[&[3], &self.0]);
        crate::encoding::to_hex(&[a, b, c, d])
    }

    /// A proof by one who has the key. Every part has a fixed length, so that nothing can be added behind it.
    pub(super) fn proof(&self, side: u8, candidate: &NodeId, nonces: [&[u8; 32]; 2]) -> [u8; 32] {
        let [theirs, ours] = nonces;
        hash(&JOIN, &[&[side], &self.0, candidate.as_bytes(), theirs, ours])
    }
}

impl fmt::Debug for InvitationKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "InvitationKey(of {})", self.name())
    }
}

/// What a code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The consortium.
    pub consortium: ConsortiumId,
    /// The node that invites: no other answers for it.
    pub node: NodeId,
    /// The secret.
    pub secret: Secret,
    /// Until when it is open, to the minute.
    pub until: Timestamp,
    /// Where the node listens, as multiaddrs.
    pub addresses: Vec<String>,
}

impl Invitation {
    /// The key that both sides prove.
    #[must_use]
    pub fn key(&self) -> InvitationKey {
        InvitationKey(hash(&JOIN, &[&[0], &self.secret.0, self.consortium.as_bytes(), self.node.as_bytes()]))
    }

    /// The code: letters and digits in groups, with a checksum.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.consortium.as_bytes());
        bytes.extend(self.node.as_bytes());
        bytes.extend(self.secret.0);
        let minutes = self.until.0.checked_div(MINUTE_MS).and_then(|minutes| u32::try_from(minutes).ok());
        bytes.extend(minutes.unwrap_or(u32::MAX).to_be_bytes());
        let addresses = self.addresses.iter().take(limits::INVITATION_ADDRESSES);
        bytes.push(u8::try_from(addresses.len()).unwrap_or(u8::MAX));
        addresses.for_each(|address| address::encode(address, &mut bytes));
        bytes.extend(checksum(&bytes));
        let code = grouped(&to_base32(&bytes));
        wipe(&mut bytes);
        code
    }

    /// Reads a code. Spaces, line ends and dashes do not matter, nor capitals.
    ///
    /// # Errors
    /// [`InvitationError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvitationError> {
        // Length first: someone else chose the text.
        if text.len() > limits::INVITATION_CHARACTERS {
            return Err(InvitationError::Altered);
        }
        let is_filling = |letter: &char| letter.is_whitespace() || *letter == '-';
        let text: String = text.chars().filter(|letter| !is_filling(letter)).collect();
        let text = text.to_ascii_uppercase();
        let mut bytes = text.strip_prefix(PREFIX).and_then(from_base32).ok_or(InvitationError::Altered)?;
        let invitation = Self::checked(&bytes);
        wipe(&mut bytes);
        invitation
    }

    fn checked(bytes: &[u8]) -> Result<Self, InvitationError> {
        let at = bytes.len().checked_sub(CHECK_BYTES).ok_or(InvitationError::Altered)?;
        let (said, check) = bytes.split_at_checked(at).ok_or(InvitationError::Altered)?;
        if checksum(said) != check {
            return Err(InvitationError::Altered);
        }
        Self::decode(said)
    }

    fn decode(bytes: &[u8]) -> Result<Self, InvitationError> {
        let mut reader = Reader::new(bytes);
        let form = |_| InvitationError::Form;
        let found = reader.u8().map_err(form)?;
        if found != VERSION {
            return Err(InvitationError::Version { found });
        }
        let consortium = ConsortiumId::new(reader.array().map_err(form)?);
        let node = NodeId::new(reader.array().map_err(form)?);
        let secret = Secret(reader.array().map_err(form)?);
        let minutes = reader.u32().map_err(form)?;
        let count = usize::from(reader.u8().map_err(form)?);
        if !(1..=limits::INVITATION_ADDRESSES).contains(&count) {
            return Err(InvitationError::Form);
        }
        let addresses = (0..count).map(|_| address::decode(&mut reader)).collect::<Result<_, _>>()?;
        let until = Timestamp(u64::from(minutes).saturating_mul(MINUTE_MS));
        if reader.is_empty() {
            Ok(Self { consortium, node, secret, until, addresses })
        } else {
            Err(InvitationError::Form)
        }
    }
}

/// True for a text that was meant to be a code, whatever became of it: no path of a file looks like that.
#[must_use]
pub fn looks_like_code(text: &str) -> bool {
    let letters = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
    let has_prefix = text.trim_start().get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    let is_long = letters.clone().count() > 60;
    has_prefix || (is_long && letters.clone().all(|letter| letter.is_ascii_alphanumeric()))
}

fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    // So that the writing is not left out as one that nobody reads.
    std::hint::black_box(bytes);
}

fn checksum(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let [a, b, c, d, ..] = hash(&CHECK, &[bytes]);
    [a, b, c, d]
}

fn grouped(letters: &str) -> String {
    let mut text = PREFIX.to_owned();
    for (index, letter) in letters.chars().enumerate() {
        if index % GROUP == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

fn to_base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    let mut push = |five: u32| {
        let letter = usize::try_from(five & 31).ok().and_then(|index| ALPHABET.get(index));
        text.push(letter.map_or('0', |letter| char::from(*letter)));
    };
    for byte in bytes {
        bits = ((bits << 8) | u32::from(*byte)) & 0xffff;
        count = count.saturating_add(8);
        while count >= 5 {
            count = count.saturating_sub(5);
            push(bits >> count);
        }
    }
    if count > 0 {
        push(bits << 5_u32.saturating_sub(count));
    }
    text
}

/// `None` for a letter that is none of the alphabet, and for bits at the end that no whole byte takes up.
fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for letter in text.bytes() {
        // As people read and type them.
        let letter = match letter {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        };
        let five = ALPHABET.iter().position(|known| *known == letter)?;
        bits = ((bits << 5) | u32::try_from(five).ok()?) & 0xffff;
        count = count.saturating_add(5);
        if count >= 8 {
            count = count.saturating_sub(8);
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    let left = bits & (1_u32 << count).saturating_sub(1);
    (count < 5 && left == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> Invitation {
        Invitation {
            consortium: ConsortiumId::new([1; 32]),
            node: NodeId::new([2; 32]),
            secret: Secret([3; 16]),
            until: Timestamp(29_000_000 * MINUTE_MS),
            addresses: [
                "/ip4/192.0.2.7/tcp/4747",
                "/ip4/192.0.2.7/udp/4747/quic-v1",
                "/ip6/2001:db8::7/tcp/4747",
                "/ip6/2001:db8::7/udp/4747/quic-v1",
                "/dns/node.example.org/tcp/4747",
            ]
            .map(str::to_owned)
            .to_vec(),
        }
    }

    #[test]
    fn a_code_says_what_it_was_made_of_however_it_is_copied() {
        let (invitation, code) = (invitation(), invitation().encode());
        let lines: String =
            code.chars().enumerate().map(|(n, c)| if n % 40 == 39 { format!("{c}\n ") } else { c.into() }).collect();
        let typed = code.replace('0', "o").replace('1', "l").to_lowercase().replacen('l', "1", 1);
        for text in [code.clone(), code.replace('-', ""), code.to_lowercase(), lines, format!(" {code}\r\n"), typed] {
            assert_eq!(Invitation::parse(&text), Ok(invitation.clone()), "{text}");
        }
    }

    #[test]
    fn one_character_altered_left_out_doubled_or_swapped_is_noticed() {
        let code = invitation().encode();
        let letters: Vec<char> = code.chars().filter(|letter| *letter != '-').collect();
        let is_refused = |letters: &[char]| {
            let text: String = letters.iter().collect();
            assert_eq!(Invitation::parse(&text), Err(InvitationError::Altered), "{text}");
            assert!(looks_like_code(&text), "{text}");
        };
        for at in 0..letters.len() {
            for other in ALPHABET.iter().map(|letter| char::from(*letter)).chain(['U', '?', 'é']) {
                let mut altered = letters.clone();
                let is_same = altered[at] == other || (at == 0 && other == '1');
                altered[at] = other;
                if !is_same && other.is_ascii_alphanumeric() {
                    is_refused(&altered);
                } else if !is_same {
                    assert!(Invitation::parse(&altered.iter().collect::<String>()).is_err());
                }
            }
            is_refused(&[&letters[..at], &letters[at + 1..]].concat());
            is_refused(&[&letters[..=at], &letters[at..]].concat());
            let mut swapped = letters.clone();
            if at + 1 < swapped.len() && swapped[at] != swapped[at + 1] {
                swapped.swap(at, at + 1);
                is_refused(&swapped);
            }
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "ISNAD1", "ISNAD1-00000000", "our.consortium", "ISNAD2-0"] {
            assert_eq!(Invitation::parse(text), Err(InvitationError::Altered), "{text}");
        }
        assert!(!looks_like_code("our.consortium") && !looks_like_code("/home/a/our-consortium-file.of-2026"));
        let long = "0".repeat(limits::INVITATION_CHARACTERS + 1);
        assert_eq!(Invitation::parse(&long), Err(InvitationError::Altered));
        let refused = |change: &dyn Fn(&mut Invitation)| {
            let mut invitation = invitation();
            change(&mut invitation);
            Invitation::parse(&invitation.encode())
        };
        assert_eq!(refused(&|invitation| invitation.addresses.clear()), Err(InvitationError::Form));
        assert_eq!(refused(&|invitation| invitation.addresses = vec!["no address".into()]), Err(InvitationError::Form));
    }

    #[test]
    fn a_secret_is_never_printed() {
        assert!(!format!("{:?}", invitation()).contains("3, 3"));
        assert_ne!(invitation().key().name(), crate::encoding::to_hex(&invitation().key().0[..4]));
    }
}
