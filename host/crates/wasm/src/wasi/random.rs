//! Random numbers that are the same on every replay, and that nobody can guess who does not know the nonce.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use soloist_core::{ExecutionId, Nonce, Refusal};
use wasmtime::Result;
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use super::RANDOM_BYTES_MAX;
use crate::orchestrator::OrchestratorState;

/// The streams of one execution. The generator is named for its algorithm: another would not replay old histories.
pub(crate) struct Random {
    secure: ChaCha20Rng,
    insecure: ChaCha20Rng,
    hash_seed: (u64, u64),
}

impl Random {
    pub(crate) fn new(execution: ExecutionId, nonce: Nonce) -> Self {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(execution.as_uuid().as_bytes());
        seed[16..].copy_from_slice(&nonce.bits().to_be_bytes());
        let stream = |number| {
            let mut random = ChaCha20Rng::from_seed(seed);
            random.set_stream(number);
            random
        };
        let mut hash = stream(2);
        Self {
            secure: stream(0),
            insecure: stream(1),
            hash_seed: (hash.next_u64(), hash.next_u64()),
        }
    }
}

fn bytes(random: &mut ChaCha20Rng, length: u64) -> Result<Vec<u8>, Refusal> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length as u64 > RANDOM_BYTES_MAX {
        return Err(Refusal::TooLarge {
            what: "the block of random numbers",
            bytes: length,
            bytes_max: usize::try_from(RANDOM_BYTES_MAX).unwrap_or(usize::MAX),
        });
    }
    let mut bytes = vec![0; length];
    random.fill_bytes(&mut bytes);
    Ok(bytes)
}

impl random::Host for OrchestratorState {
    fn get_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        let bytes = bytes(&mut self.wasi().random.secure, length);
        self.ask(|_| bytes)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        Ok(self.wasi().random.secure.next_u64())
    }
}

impl insecure::Host for OrchestratorState {
    fn get_insecure_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        let bytes = bytes(&mut self.wasi().random.insecure, length);
        self.ask(|_| bytes)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        Ok(self.wasi().random.insecure.next_u64())
    }
}

impl insecure_seed::Host for OrchestratorState {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        Ok(self.wasi().random.hash_seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What histories have seen, they must see again, whatever the versions of libraries.
    #[test]
    fn the_numbers_of_an_execution_never_change() {
        let execution = ExecutionId::new(uuid::Uuid::from_u128(7));
        let mut random = Random::new(execution, Nonce::new(11));
        let secure = [random.secure.next_u64(), random.secure.next_u64()];
        let insecure = random.insecure.next_u64();
        let (low, high) = random.hash_seed;
        assert_eq!(
            [secure[0], secure[1], insecure, low, high],
            [
                17_775_297_411_632_348_011,
                7_064_789_892_391_379_410,
                10_902_220_544_656_059_952,
                3_215_456_983_430_595_766,
                18_156_147_259_504_201_295
            ],
        );
    }

    #[test]
    fn another_nonce_or_execution_has_other_numbers() {
        let first = |execution, nonce| {
            let execution = ExecutionId::new(uuid::Uuid::from_u128(execution));
            Random::new(execution, Nonce::new(nonce)).secure.next_u64()
        };
        assert_ne!(first(7, 11), first(7, 12));
        assert_ne!(first(7, 11), first(8, 11));
    }
}
