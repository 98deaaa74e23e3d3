package soloist

import (
	"time"

	"soloist/internal/wire"
)

// RetryPolicy says when the host tries a step again, and for how long. Where a field is 0, it says nothing.
//
//	soloist.RetryPolicy{MaxAttempts: 5, FirstRetryInterval: time.Second, BackoffCoefficient: 2}
type RetryPolicy struct {
	// MaxAttempts is the number of all attempts, the first included; at least 1.
	MaxAttempts int
	// FirstRetryInterval is the delay before the second attempt; greater than 0.
	FirstRetryInterval time.Duration
	// BackoffCoefficient is the factor from one delay to the next; at least 1, and 1 if it says nothing.
	BackoffCoefficient float64
	// MaxRetryInterval is the longest delay between attempts.
	MaxRetryInterval time.Duration
	// RetryTimeout: no attempt starts later than this after the first.
	RetryTimeout time.Duration
	// AttemptTimeout: an attempt that takes longer counts as failed.
	AttemptTimeout time.Duration
}

// ChildOption is what a child may be started with: a [RetryPolicy], or an [InstanceID].
type ChildOption interface{ addTo(*childOptions) }

// InstanceID gives a child an ID of your own. If an instance of that ID is live, the answer is the failure InstanceExists.
type InstanceID string

type childOptions struct {
	id    *string
	retry *wire.Retry
}

func (p RetryPolicy) addTo(options *childOptions) { options.retry = p.wire() }

func (id InstanceID) addTo(options *childOptions) {
	text := string(id)
	options.id = &text
}

func (p RetryPolicy) wire() *wire.Retry {
	factor := p.BackoffCoefficient
	if factor == 0 {
		factor = 1
	}
	return &wire.Retry{
		MaxAttempts:        uint32(max(p.MaxAttempts, 0)),
		FirstRetryInterval: milliseconds(p.FirstRetryInterval),
		BackoffCoefficient: factor,
		MaxRetryInterval:   milliseconds(p.MaxRetryInterval),
		RetryTimeout:       milliseconds(p.RetryTimeout),
		AttemptTimeout:     milliseconds(p.AttemptTimeout),
	}
}

// The last of what was given counts.
func retryOf(policies []RetryPolicy) *wire.Retry {
	if len(policies) == 0 {
		return nil
	}
	return policies[len(policies)-1].wire()
}

// Whole milliseconds, rounded up as the host does.
func milliseconds(length time.Duration) float64 {
	whole := length / time.Millisecond
	if length > whole*time.Millisecond {
		whole++
	}
	return float64(whole)
}
