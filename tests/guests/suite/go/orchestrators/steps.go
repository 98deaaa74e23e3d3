package main

import (
	"time"

	"soloist"
)

type city struct {
	Name    string `json:"name"`
	DelayMs int    `json:"delayMs"`
}

func helloCities(ctx *soloist.Context, input struct{ DelayMs int }) ([]string, error) {
	var greetings []string
	for _, name := range []string{"Tokyo", "Seattle", "London", "Cairo", "Lima"} {
		greeting, err := soloist.CallActivity[string](ctx, "say-hello", city{name, input.DelayMs}).Wait()
		if err != nil {
			return nil, err
		}
		greetings = append(greetings, greeting)
	}
	return greetings, nil
}

func fanOut(ctx *soloist.Context, input struct{ N *int }) ([]int, error) {
	tasks := make([]*soloist.Task[int], or(input.N, 100))
	for i := range tasks {
		tasks[i] = soloist.CallActivity[int](ctx, "echo", i)
	}
	return soloist.TryAwaitAll(ctx, tasks)
}

func retry(ctx *soloist.Context, input struct{ Failures, Attempts *int }) (int, error) {
	policy := soloist.RetryPolicy{
		MaxAttempts:        or(input.Attempts, 5),
		FirstRetryInterval: 10 * time.Millisecond,
		BackoffCoefficient: 2,
	}
	until := map[string]int{"until": or(input.Failures, 2) + 1}
	return soloist.CallActivity[int](ctx, "flaky", until, policy).Wait()
}

type chainInput struct {
	Activity string
	N        *int
	Rests    int
}

func chain(ctx *soloist.Context, input chainInput) ([]any, error) {
	answers := []any{}
	for i := range or(input.N, 3) {
		if i > 0 && input.Rests > 0 {
			rest := time.Duration(input.Rests) * time.Millisecond
			if _, err := ctx.CreateTimerAfter(rest).Wait(); err != nil {
				return nil, err
			}
		}
		answer, err := soloist.CallActivity[any](ctx, input.Activity, i).Wait()
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func child(ctx *soloist.Context, input struct {
	N        *int
	Instance *soloist.InstanceID
}) (int, error) {
	var options []soloist.ChildOption
	if input.Instance != nil {
		options = append(options, *input.Instance)
	}
	n := map[string]int{"n": or(input.N, 21)}
	return soloist.CallOrchestrator[int](ctx, "double", n, options...).Wait()
}

func double(ctx *soloist.Context, input struct{ N int }) (int, error) {
	return soloist.CallActivity[int](ctx, "echo", 2*input.N).Wait()
}

func counter(ctx *soloist.Context, input struct {
	N     int
	Until *int
}) (int, error) {
	until := or(input.Until, 3)
	if input.N >= until {
		return input.N, nil
	}
	if _, err := soloist.CallActivity[int](ctx, "echo", input.N).Wait(); err != nil {
		return 0, err
	}
	return 0, ctx.ContinueAsNew(map[string]int{"n": input.N + 1, "until": until})
}
