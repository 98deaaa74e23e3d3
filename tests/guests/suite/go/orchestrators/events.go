package main

import (
	"time"

	"soloist"
)

type outcome struct {
	Outcome string  `json:"outcome"`
	By      *string `json:"by"`
}

type stage struct {
	Stage string     `json:"stage"`
	Until *time.Time `json:"until,omitempty"`
}

type decision struct {
	Approved bool
	By       *string
}

func approval(ctx *soloist.Context, input struct{ TimeoutMs *int }) (any, error) {
	limit := time.Duration(or(input.TimeoutMs, 60_000)) * time.Millisecond
	until := ctx.CurrentTime().Add(limit)
	ctx.SetCustomStatus(stage{"waiting", &until})
	said, err := soloist.WaitForEventWithin[decision](ctx, "Approval", limit)
	if err != nil {
		return nil, err
	}
	ctx.SetCustomStatus(stage{Stage: "decided"})
	switch {
	case said == nil:
		return map[string]string{"outcome": "timedOut"}, nil
	case said.Approved:
		return outcome{"approved", said.By}, nil
	default:
		return outcome{"rejected", said.By}, nil
	}
}

func events(ctx *soloist.Context, input struct {
	Name     *string
	N        *int
	WithinMs *int
}) ([]any, error) {
	name := or(input.Name, "Go")
	came := []any{}
	for range or(input.N, 1) {
		data, err := next(ctx, name, input.WithinMs)
		if err != nil {
			return nil, err
		}
		came = append(came, data)
	}
	return came, nil
}

func next(ctx *soloist.Context, name string, withinMs *int) (any, error) {
	if withinMs == nil {
		return soloist.WaitForEvent[any](ctx, name).Wait()
	}
	limit := time.Duration(*withinMs) * time.Millisecond
	data, err := soloist.WaitForEventWithin[any](ctx, name, limit)
	if err != nil || data == nil {
		return nil, err
	}
	return *data, nil
}

func send(ctx *soloist.Context, input struct {
	Instance string
	Name     *string
	Data     any
}) (string, error) {
	ctx.SendEvent(input.Instance, or(input.Name, "Go"), input.Data)
	return "sent", nil
}

func status(ctx *soloist.Context, _ any) (string, error) {
	for step := 1; step <= 2; step++ {
		ctx.SetCustomStatus(map[string]int{"step": step})
		if _, err := soloist.WaitForEvent[any](ctx, "Go").Wait(); err != nil {
			return "", err
		}
	}
	return "done", nil
}

func race(ctx *soloist.Context, input struct{ TimerMs *int }) (any, error) {
	event := soloist.WaitForEvent[any](ctx, "Go")
	timer := ctx.CreateTimerAfter(time.Duration(or(input.TimerMs, 60_000)) * time.Millisecond)
	if ctx.AwaitAny(event, timer) == timer {
		event.Cancel()
		return map[string]string{"winner": "timer"}, nil
	}
	timer.Cancel()
	value, err := event.Wait()
	return map[string]any{"winner": "event", "value": value}, err
}
