use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use soloist_engine::BoxError;
use tokio::time::{Sleep, sleep};
use tokio_util::task::AbortOnDropHandle;

use super::error::{Phase, SendError};
use super::target::Target;

/// How many more bytes may pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quota {
    pub(super) bytes_max: u64,
    left: u64,
}

impl Quota {
    pub(super) fn new(bytes_max: u64) -> Self {
        Self {
            bytes_max,
            left: bytes_max,
        }
    }

    /// Whether this frame may still pass.
    fn takes(&mut self, frame: &Frame<Bytes>) -> bool {
        let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

/// The body of a request, cut off by an error where it is too large.
pub(super) struct RequestBody<B> {
    pub(super) body: Pin<Box<B>>,
    pub(super) quota: Quota,
    pub(super) target: Target,
}

impl<B> Body for RequestBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        let frame = ready!(self.body.as_mut().poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            let frame = frame.map_err(|cause| SendError::RequestBody {
                target: self.target.clone(),
                cause: cause.into(),
            })?;
            if self.quota.takes(&frame) {
                return Ok(frame);
            }
            Err(SendError::RequestTooLarge {
                target: self.target.clone(),
                bytes_max: self.quota.bytes_max,
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer. Dropping it closes the connection.
pub(crate) struct AnswerBody {
    incoming: Incoming,
    quota: Quota,
    target: Target,
    wait_max: Duration,
    /// Runs while more of it is waited for.
    deadline: Option<Pin<Box<Sleep>>>,
    failed: bool,
    _connection: AbortOnDropHandle<()>,
}

impl AnswerBody {
    /// `wait_max` is the longest wait for more of it.
    pub(super) fn new(
        incoming: Incoming,
        quota: Quota,
        target: Target,
        wait_max: Duration,
        connection: AbortOnDropHandle<()>,
    ) -> Self {
        Self {
            incoming,
            quota,
            target,
            wait_max,
            deadline: None,
            failed: false,
            _connection: connection,
        }
    }

    fn fail(&mut self, error: SendError) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        self.failed = true;
        Poll::Ready(Some(Err(error)))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        let this = &mut *self;
        if this.failed {
            return Poll::Ready(None);
        }
        let Poll::Ready(frame) = Pin::new(&mut this.incoming).poll_frame(context) else {
            let limit = this.wait_max;
            let deadline = this.deadline.get_or_insert_with(|| Box::pin(sleep(limit)));
            ready!(deadline.as_mut().poll(context));
            let target = this.target.clone();
            let phase = Phase::Continued;
            return this.fail(SendError::TimedOut {
                target,
                phase,
                limit,
            });
        };
        this.deadline = None;
        match frame {
            None => Poll::Ready(None),
            Some(Ok(frame)) if this.quota.takes(&frame) => Poll::Ready(Some(Ok(frame))),
            Some(Ok(_)) => {
                let target = this.target.clone();
                let bytes_max = this.quota.bytes_max;
                this.fail(SendError::AnswerTooLarge { target, bytes_max })
            }
            Some(Err(cause)) => {
                let error = SendError::exchange(&this.target, cause);
                this.fail(error)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.failed || self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
