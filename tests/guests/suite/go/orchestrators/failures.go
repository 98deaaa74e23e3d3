package main

import (
	"errors"
	"time"

	"soloist"
)

type failsInput struct {
	ErrorType, Message, Details *string
	NonRetriable                bool
}

// Read anew for the one who is called, so that the keys stay those of the suite.
type anyInput = map[string]any

func fails(_ *soloist.Context, input failsInput) (any, error) {
	return nil, &soloist.Failure{
		ErrorType:    or(input.ErrorType, "Declined"),
		Message:      or(input.Message, "no funds"),
		Details:      or(input.Details, ""),
		NonRetriable: input.NonRetriable,
	}
}

func catches(ctx *soloist.Context, input anyInput) (*soloist.Failure, error) {
	policy := soloist.RetryPolicy{MaxAttempts: 3, FirstRetryInterval: 10 * time.Millisecond}
	_, err := soloist.CallActivity[any](ctx, "fails", input, policy).Wait()
	return caught(err)
}

func childFails(ctx *soloist.Context, input anyInput) (*soloist.Failure, error) {
	_, err := soloist.CallOrchestrator[any](ctx, "fails", input).Wait()
	return caught(err)
}

func cancels(ctx *soloist.Context, _ any) (string, error) {
	task := soloist.CallActivity[any](ctx, "slow", map[string]int{"ms": 60_000})
	task.Cancel()
	_, err := task.Wait()
	failure, err := caught(err)
	if err != nil {
		return "", err
	}
	return failure.ErrorType, nil
}

func caught(err error) (*soloist.Failure, error) {
	var failure *soloist.Failure
	if errors.As(err, &failure) {
		return failure, nil
	}
	return nil, errors.New("it should have failed")
}

func throws(_ *soloist.Context, input struct{ Message *string }) (any, error) {
	return nil, errors.New(or(input.Message, "boom"))
}
