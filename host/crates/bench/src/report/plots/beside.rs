//! What goes on beside what is measured: on a thread of its own, so that it costs the measuring one nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use tokio::time::sleep;

use crate::http::once;

/// How often it is looked whether a component has been compiled.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Something that goes on until it has done its part, or is told to stop.
pub(super) struct Beside<T> {
    told: Told,
    thread: JoinHandle<Result<T>>,
}

/// Whether it has been told to stop.
#[derive(Clone, Default)]
pub(super) struct Told(Arc<AtomicBool>);

impl Told {
    fn is_so(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl<T: Send + 'static> Beside<T> {
    pub(super) fn start<F: Future<Output = Result<T>>>(
        work: impl FnOnce(Told) -> F + Send + 'static,
    ) -> Result<Self> {
        let told = Told::default();
        let heard = told.clone();
        let thread = std::thread::Builder::new().name("beside".to_owned());
        let thread = thread.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .context("no runtime")?;
            runtime.block_on(work(heard))
        });
        Ok(Self {
            told,
            thread: thread.context("no thread")?,
        })
    }

    /// Whether it has not come to its end, or failed.
    pub(super) fn goes_on(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Tells it to stop, and waits for its end.
    pub(super) fn stop(self) -> Result<T> {
        self.told.0.store(true, Ordering::Release);
        let ended = self.thread.join();
        ended.map_err(|_| anyhow!("what went on beside has panicked"))?
    }
}

/// Uploads a component again and again, each time as another one, and waits until it has been compiled. How many were.
pub(super) async fn uploads(address: SocketAddr, component: Vec<u8>, told: Told) -> Result<u32> {
    for number in 0.. {
        let path = format!("/admin/functions/large-{number}");
        let put = format!("{path}?kind=orchestrator");
        let component = marked(&component, number);
        let (status, text) = once(address, "PUT", &put, &component).await?;
        ensure!(matches!(status, 200..=202), "{put}: {status}: {text}");
        while once(address, "GET", &path, &[]).await?.0 != 200 {
            if told.is_so() {
                return Ok(number);
            }
            sleep(LOOK_AGAIN).await;
        }
    }
    unreachable!("numbers do not end")
}

/// The same component with a section at its end that nobody reads, so that its digest is another.
fn marked(component: &[u8], number: u32) -> Vec<u8> {
    const NAME: &[u8] = b"mark";
    let digits = number.to_be_bytes();
    let mut marked = component.to_vec();
    let size = 1 + NAME.len() + digits.len();
    // Both lengths fit in one byte of LEB128.
    marked.push(0);
    marked.extend(u8::try_from(size));
    marked.extend(u8::try_from(NAME.len()));
    marked.extend(NAME);
    marked.extend(digits);
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_sections_and_differ() {
        let marked = marked(b"component", 7);
        assert_eq!(marked, b"component\x00\x09\x04mark\x00\x00\x00\x07");
        assert_ne!(marked, super::marked(b"component", 8));
    }

    #[test]
    fn what_is_told_to_stop_stops_and_tells_what_it_did() {
        let beside = Beside::start(|told: Told| async move {
            let mut looked = 0_u64;
            while !told.is_so() {
                looked += 1;
                tokio::task::yield_now().await;
            }
            Ok(looked)
        });
        let beside = beside.unwrap();
        assert!(beside.goes_on());
        beside.stop().unwrap();
    }

    #[test]
    fn what_fails_is_not_forgotten() {
        let beside = Beside::start(|_| async { Err::<(), _>(anyhow!("no")) }).unwrap();
        assert_eq!(beside.stop().unwrap_err().to_string(), "no");
    }
}
