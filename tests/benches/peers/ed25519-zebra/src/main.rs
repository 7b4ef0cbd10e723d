//! L: what checking every signature could ever cost at least, by the fastest verifier there is: ed25519-zebra's, in batches of
//! 1,024 by ten authors, on two threads. Its batches accept what OpenSSL refuses (GROUND, Ed25519), so that no replica may use it.

use std::convert::Infallible;
use std::thread::scope;
use std::time::Instant;

use ed25519_zebra::batch::Verifier;
use ed25519_zebra::{Signature, SigningKey, VerificationKeyBytes};

const BATCH: usize = 1_024;
const BATCHES: usize = 24;
const AUTHORS: u8 = 10;
/// As long as the header of an entry.
const MESSAGE_BYTES: usize = 224;

type Signed = (VerificationKeyBytes, Signature, [u8; MESSAGE_BYTES]);

fn main() {
    println!("{}", rate());
}

/// L, in signatures a second.
fn rate() -> f64 {
    let keys: Vec<SigningKey> = (0..AUTHORS).map(|author| SigningKey::from([author + 1; 32])).collect();
    let signed: Vec<Signed> = keys.iter().cycle().take(BATCH * BATCHES).enumerate().map(sign).collect();
    let start = Instant::now();
    let (front, back) = signed.split_at(signed.len() / 2);
    let is_good = scope(|scope| {
        let other = scope.spawn(|| all_hold(back));
        all_hold(front) & other.join().expect("no panic")
    });
    assert!(is_good, "every message is signed");
    signed.len() as f64 / start.elapsed().as_secs_f64()
}

fn sign((number, key): (usize, &SigningKey)) -> Signed {
    let mut message = [7; MESSAGE_BYTES];
    message[..8].copy_from_slice(&number.to_be_bytes());
    (VerificationKeyBytes::from(key), key.sign(&message), message)
}

fn all_hold(signed: &[Signed]) -> bool {
    signed.chunks(BATCH).all(|part| {
        let mut batch = Verifier::new();
        part.iter().for_each(|(key, signature, message)| batch.queue((*key, *signature, message)));
        batch.verify(Counting(part.len() as u64)).is_ok()
    })
}

/// Numbers that nobody has to be surprised by: what is measured is the time.
struct Counting(u64);

impl rand_core::TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for part in bytes.chunks_mut(8) {
            let number = self.try_next_u64()?.to_be_bytes();
            part.copy_from_slice(&number[..part.len()]);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counting {}
