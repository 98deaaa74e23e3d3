use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What waits for a thread of the hub. Its bound is kept by whoever puts in: each item holds a permit.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    /// A thread sleeps until there are so many items; nobody wakes it earlier.
    wake_at: usize,
    closed: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                items: VecDeque::new(),
                wake_at: 1,
                closed: false,
            }),
            filled: Condvar::new(),
        }
    }

    /// Puts an item in; gives it back if the queue is closed.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut state = self.lock();
        if state.closed {
            return Err(item);
        }
        state.items.push_back(item);
        let wake = state.items.len() >= state.wake_at;
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Nothing goes in any more; what is in is still taken out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Closes, and drops what is in: nobody will take it.
    fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        let items = std::mem::take(&mut state.items);
        drop(state);
        drop(items);
    }

    /// Takes the oldest item; waits for one. `None` once the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<T> {
        let empty = |state: &mut State<T>| state.items.is_empty() && !state.closed;
        let mut state = unpoison(self.filled.wait_while(self.lock(), empty));
        state.items.pop_front()
    }

    /// Takes all items; waits for the first, and then at most `patience` until there are `company`. After an idle time of
    /// `patience` no company is waited for. False once the queue is closed and empty. For one taker only.
    pub(crate) fn take_all(
        &self,
        items: &mut VecDeque<T>,
        mut company: usize,
        patience: Duration,
    ) -> bool {
        let mut state = self.lock();
        if company > 1 {
            let (back, idle) = self.wait_for(state, 1, patience);
            state = back;
            if idle {
                company = 1;
            }
        }
        state.wake_at = 1;
        let empty = |state: &mut State<T>| state.items.is_empty() && !state.closed;
        state = unpoison(self.filled.wait_while(state, empty));
        if company > 1 {
            (state, _) = self.wait_for(state, company, patience);
        }
        std::mem::swap(&mut state.items, items);
        !items.is_empty()
    }

    /// How many wait now.
    pub(crate) fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// True if nothing waits, and something may still come.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.lock();
        state.items.is_empty() && !state.closed
    }

    /// Waits; true at once if the queue is closed meanwhile.
    pub(crate) fn closed_within(&self, wait: Duration) -> bool {
        let state = self.lock();
        let open = |state: &mut State<T>| !state.closed;
        let (state, timeout) = unpoison(self.filled.wait_timeout_while(state, wait, open));
        drop(state);
        !timeout.timed_out()
    }

    /// Waits at most `patience` until there are `count` items; tells whether that was in vain.
    fn wait_for<'q>(
        &'q self,
        mut state: MutexGuard<'q, State<T>>,
        count: usize,
        patience: Duration,
    ) -> (MutexGuard<'q, State<T>>, bool) {
        state.wake_at = count;
        let few = |state: &mut State<T>| state.items.len() < count && !state.closed;
        let (state, timeout) = unpoison(self.filled.wait_timeout_while(state, patience, few));
        (state, timeout.timed_out())
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        unpoison(self.state.lock())
    }
}

/// Held by a thread that takes: when it ends, also by a panic, nobody waits for what it will not do.
pub(crate) struct Taker<T>(pub(crate) Arc<Queue<T>>);

impl<T> Deref for Taker<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.0
    }
}

impl<T> Drop for Taker<T> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// No code that can panic runs under the lock.
fn unpoison<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So long that a test which waits for it never ends.
    const FOR_EVER: Duration = Duration::from_secs(1 << 40);

    fn holding(count: u32) -> Queue<u32> {
        let queue = Queue::new();
        (0..count).for_each(|item| queue.push(item).expect("it is open"));
        queue
    }

    #[test]
    fn one_that_is_alone_waits_for_nobody() {
        let mut items = VecDeque::new();
        assert!(holding(1).take_all(&mut items, 1, FOR_EVER));
        assert_eq!(items, [0]);
    }

    #[test]
    fn once_the_company_is_there_nobody_waits() {
        for count in [3, 4] {
            let mut items = VecDeque::new();
            assert!(holding(count).take_all(&mut items, 3, FOR_EVER));
            assert!(items.into_iter().eq(0..count));
        }
    }

    #[test]
    fn company_that_does_not_come_is_not_waited_for_longer_than_told() {
        let mut items = VecDeque::new();
        assert!(holding(2).take_all(&mut items, 3, Duration::from_micros(1)));
        assert_eq!(items, [0, 1]);
    }

    #[test]
    fn company_that_comes_ends_the_wait() {
        let queue = holding(1);
        std::thread::scope(|scope| {
            let taker = scope.spawn(|| {
                let mut items = VecDeque::new();
                queue.take_all(&mut items, 3, FOR_EVER).then_some(items)
            });
            queue.push(1).unwrap();
            queue.push(2).unwrap();
            assert_eq!(taker.join().unwrap(), Some([0, 1, 2].into()));
        });
    }

    #[test]
    fn a_closed_queue_gives_what_it_has_and_then_nothing() {
        let queue = holding(2);
        queue.close();
        assert_eq!(queue.push(2), Err(2));
        let mut items = VecDeque::new();
        assert!(queue.take_all(&mut items, 3, FOR_EVER));
        assert_eq!(items.len(), 2);
        items.clear();
        assert!(!queue.take_all(&mut items, 3, FOR_EVER));
        assert_eq!(queue.take(), None);
    }

    #[test]
    fn what_a_taker_leaves_behind_is_dropped() {
        let queue = Arc::new(Queue::new());
        let (item, dropped) = std::sync::mpsc::channel::<()>();
        queue.push(item).unwrap();
        drop(Taker(Arc::clone(&queue)));
        dropped.recv().unwrap_err();
        assert!(queue.push(std::sync::mpsc::channel().0).is_err());
    }
}
