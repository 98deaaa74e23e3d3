//! What an activity sees with nothing granted: the time, and how long a known piece of work takes.

use std::hint::black_box;
use std::time::{Instant, SystemTime};

use serde::Serialize;
use soloist::{ActivityContext, Failure};

/// Some milliseconds of work on a machine that has nothing else to do.
const LAST: usize = 100_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sighting {
    /// Milliseconds since the Unix epoch.
    at: u64,
    /// How long the work took, in microseconds: the busier the machine, the longer.
    took_us: u64,
}

#[expect(
    clippy::disallowed_methods,
    reason = "an activity reads the machine's clock"
)]
#[soloist::activity]
fn look_around(_: &ActivityContext, _: ()) -> Result<Sighting, Failure> {
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let begin = Instant::now();
    black_box(count_primes(black_box(LAST)));
    Ok(Sighting {
        at: u64::try_from(at.as_millis())?,
        took_us: u64::try_from(begin.elapsed().as_micros())?,
    })
}

/// The work.
fn count_primes(last: usize) -> usize {
    let mut is_prime = vec![true; last + 1];
    let mut count = 0;
    for number in 2..=last {
        if is_prime[number] {
            count += 1;
            for multiple in (number * 2..=last).step_by(number) {
                is_prime[multiple] = false;
            }
        }
    }
    count
}
