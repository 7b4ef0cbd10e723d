//! Encryption of carried files to the node keys of the organisation that is to read them. Names age. format §9.6.
//!
//! age knows keys of X25519. A node key is one of Ed25519: its point has a u-coordinate and its seed a scalar, which are such a pair
//! (RFC 7748 §4.1). Whoever has a file sees for how many keys it is, and not for which.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;
use std::io::{self, BufRead, Cursor, Read, Write};

use age::stream::StreamWriter;
use age::x25519::{Identity, Recipient};
use age::{DecryptError, Decryptor, Encryptor};
use bech32::{Bech32, Hrp};
use isnad_protocol::key::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::file::Unreadable;

/// What an encrypted file begins with.
pub(super) const HEAD: &[u8] = b"age-encryption.org/";
/// How the last line of what stands before the encrypted bytes begins.
const LAST_LINE: &[u8] = b"---";
/// Bytes of what stands before the encrypted bytes: some 400 node keys. A stranger chooses them, and they are held in memory.
const HEAD_BYTES: usize = 64 * 1_024;

/// The secret half of a node key, for files that are encrypted to it. Wiped when dropped; never printed.
pub struct Opener(Identity);

impl Opener {
    /// Of the seed of a node key.
    pub fn of_seed(seed: &Zeroizing<[u8; 32]>) -> Option<Self> {
        let scalar = Zeroizing::new(SecretKey::from_seed(seed).to_x25519());
        let text = bech32::encode_upper::<Bech32>(Hrp::parse("age-secret-key-").ok()?, &*scalar).ok();
        Zeroizing::new(text?).parse().ok().map(Self)
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Opener")
    }
}

/// Encrypts what is written, 64 KiB at a time.
pub(super) struct Sealing<W: Write>(StreamWriter<W>);

impl<W: Write> Sealing<W> {
    /// For whoever has the secret half of one of these node keys.
    ///
    /// # Errors
    /// Those of `to`; `InvalidInput` if there is no key, or one that is no point.
    pub(super) fn begin(keys: &[PublicKey], to: W) -> io::Result<Self> {
        let recipients: Option<Vec<Recipient>> = keys.iter().map(recipient).collect();
        let recipients = recipients.ok_or(io::ErrorKind::InvalidInput)?;
        let encryptor = Encryptor::with_recipients(recipients.iter().map(|recipient| recipient as &dyn age::Recipient));
        encryptor.map_err(|_| io::ErrorKind::InvalidInput)?.wrap_output(to).map(Self)
    }

    /// Writes the end, without which a reader knows that it was cut off.
    ///
    /// # Errors
    /// Those of what it is written to.
    pub(super) fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> fmt::Debug for Sealing<W> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Sealing")
    }
}

fn recipient(key: &PublicKey) -> Option<Recipient> {
    let text = bech32::encode_lower::<Bech32>(Hrp::parse("age").ok()?, &key.to_x25519()?).ok();
    text?.parse().ok()
}

/// Decrypts what is read, 64 KiB at a time: each of these is shown only once it is authentic.
///
/// # Errors
/// [`Unreadable::ForOthers`] if it is for other keys; [`Unreadable::Damaged`] if what stands before the encrypted bytes is
/// cut off or altered; [`Unreadable::Io`].
pub(super) fn open<R: BufRead>(mut from: R, opener: &Opener) -> Result<impl Read + use<R>, Unreadable> {
    let head = head(&mut from)?;
    let unreadable = |error| match error {
        DecryptError::NoMatchingKeys => Unreadable::ForOthers,
        DecryptError::Io(error) => Unreadable::of(error),
        _ => Unreadable::Damaged,
    };
    let decryptor = Decryptor::new_buffered(Cursor::new(head).chain(from)).map_err(unreadable)?;
    decryptor.decrypt(std::iter::once(&opener.0 as &dyn age::Identity)).map_err(unreadable)
}

/// The lines before the encrypted bytes.
fn head(from: &mut impl BufRead) -> Result<Vec<u8>, Unreadable> {
    let mut head = Vec::new();
    loop {
        let (start, left) = (head.len(), HEAD_BYTES.saturating_sub(head.len()));
        let read = from.by_ref().take(left as u64).read_until(b'\n', &mut head)?;
        if read == 0 || !head.ends_with(b"\n") {
            return Err(Unreadable::Damaged);
        }
        if head.get(start..).is_some_and(|line| line.starts_with(LAST_LINE)) {
            return Ok(head);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> PublicKey {
        SecretKey::from_seed(&[seed; 32]).public()
    }

    fn opener(seed: u8) -> Opener {
        Opener::of_seed(&Zeroizing::new([seed; 32])).unwrap()
    }

    fn sealed(keys: &[PublicKey], content: &[u8]) -> Vec<u8> {
        let mut sealing = Sealing::begin(keys, Vec::new()).unwrap();
        sealing.write_all(content).unwrap();
        sealing.finish().unwrap()
    }

    fn opened(file: &[u8], opener: &Opener) -> Result<Vec<u8>, Unreadable> {
        let mut content = Vec::new();
        open(file, opener)?.read_to_end(&mut content).map_err(Unreadable::of)?;
        Ok(content)
    }

    #[test]
    fn a_node_key_is_a_pair_that_age_knows() {
        for seed in 0..20 {
            let public = opener(seed).0.to_public().to_string();
            assert_eq!(public, recipient(&key(seed)).unwrap().to_string());
        }
    }

    #[test]
    fn who_has_one_of_the_keys_reads_it_and_nobody_else() {
        for length in [0, 1, 65_535, 65_536, 65_537, 200_000] {
            let content: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let file = sealed(&[key(1), key(2)], &content);
            assert!(file.starts_with(HEAD));
            for seed in [1, 2] {
                assert_eq!(opened(&file, &opener(seed)).unwrap(), content);
            }
            assert!(matches!(opened(&file, &opener(3)), Err(Unreadable::ForOthers)));
            let of_file = [key(1), key(2)].map(|key| isnad_protocol::encoding::to_hex(key.as_bytes()));
            assert!(of_file.iter().all(|key| !String::from_utf8_lossy(&file).contains(key)));
        }
    }

    #[test]
    fn what_is_altered_cut_or_lengthened_is_not_read() {
        let file = sealed(&[key(1)], &vec![9; 65_536 * 2]);
        for at in [0, 25, 60, 120, 200, file.len() / 2, file.len() - 1] {
            let mut flipped = file.clone();
            flipped[at] ^= 1;
            assert!(opened(&flipped, &opener(1)).is_err(), "bit flipped at {at}");
            assert!(opened(&file[..at], &opener(1)).is_err(), "cut at {at}");
        }
        assert!(opened(&[&file[..], b"x"].concat(), &opener(1)).is_err());
        let endless = [HEAD, b"v1\n", &b"-> X25519 AAAA\nAAAA\n".repeat(1_000_000)].concat();
        assert!(matches!(opened(&endless, &opener(1)), Err(Unreadable::Damaged)));
        assert!(matches!(opened(&[HEAD, &[b'a'; 1_000_000]].concat(), &opener(1)), Err(Unreadable::Damaged)));
    }

    #[test]
    fn for_nobody_nothing_is_encrypted() {
        assert!(Sealing::begin(&[], Vec::new()).is_err());
        assert!(Sealing::begin(&[PublicKey::new([2; 32])], Vec::new()).is_err());
    }
}
