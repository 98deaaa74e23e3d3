// A decision by a person, raced against a timer.
package main

import (
	"time"

	"soloist"
)

type input struct {
	TimeoutMs *int64 `json:"timeoutMs"`
}

// The data of the event Approval.
type decision struct {
	Approved bool    `json:"approved"`
	By       *string `json:"by"`
}

// The output where somebody decided.
type decided struct {
	Outcome string  `json:"outcome"`
	By      *string `json:"by"`
}

// The output where nobody did.
type timedOut struct {
	Outcome string `json:"outcome"`
}

// What customStatus shows.
type status struct {
	Stage string    `json:"stage"`
	Until time.Time `json:"until,omitzero"`
}

func approval(ctx *soloist.Context, in input) (any, error) {
	limit := time.Minute
	if in.TimeoutMs != nil {
		limit = time.Duration(*in.TimeoutMs) * time.Millisecond
	}
	ctx.SetCustomStatus(status{"waiting", ctx.CurrentTime().Add(limit)})
	said, err := soloist.WaitForEventWithin[decision](ctx, "Approval", limit)
	if err != nil {
		return nil, err
	}
	ctx.SetCustomStatus(status{Stage: "decided"})
	switch {
	case said == nil:
		return timedOut{"timedOut"}, nil
	case said.Approved:
		return decided{"approved", said.By}, nil
	default:
		return decided{"rejected", said.By}, nil
	}
}

func main() { soloist.Orchestrator("*", approval) }
