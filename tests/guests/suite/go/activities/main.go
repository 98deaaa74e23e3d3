// The suite's activities: the same in each language. tests/guests/README.md says what each does.
package main

import (
	"errors"
	"time"

	"soloist"
	"soloist/fetch"
)

func main() {
	soloist.Activity("say-hello", sayHello)
	soloist.Activity("echo", echo)
	soloist.Activity("echo-go", echo)
	soloist.Activity("flaky", flaky)
	soloist.Activity("fails", fails)
	soloist.Activity("throws", throws)
	soloist.Activity("slow", slow)
	soloist.Activity("context", context)
	soloist.Activity("fetch", get)
}

func sayHello(_ *soloist.ActivityContext, input struct {
	Name    string
	DelayMs int
}) (string, error) {
	time.Sleep(time.Duration(input.DelayMs) * time.Millisecond)
	return "Hello " + input.Name + "!", nil
}

func echo(_ *soloist.ActivityContext, input any) (any, error) { return input, nil }

func flaky(ctx *soloist.ActivityContext, input struct{ Until int }) (int, error) {
	if ctx.Attempt() < input.Until {
		return 0, soloist.Fail("Flaky", "attempt %d of %d", ctx.Attempt(), input.Until)
	}
	return ctx.Attempt(), nil
}

func fails(_ *soloist.ActivityContext, input struct {
	ErrorType, Message, Details *string
	NonRetriable                bool
}) (any, error) {
	return nil, &soloist.Failure{
		ErrorType:    or(input.ErrorType, "Declined"),
		Message:      or(input.Message, "no funds"),
		Details:      or(input.Details, ""),
		NonRetriable: input.NonRetriable,
	}
}

func throws(_ *soloist.ActivityContext, input struct{ Message *string }) (any, error) {
	return nil, errors.New(or(input.Message, "boom"))
}

func slow(_ *soloist.ActivityContext, input struct{ Ms int }) (any, error) {
	time.Sleep(time.Duration(input.Ms) * time.Millisecond)
	return nil, nil
}

func context(ctx *soloist.ActivityContext, _ any) (any, error) {
	return map[string]any{
		"functionName": ctx.FunctionName(),
		"instanceId":   ctx.InstanceID(),
		"taskKey":      ctx.TaskKey(),
		"attempt":      ctx.Attempt(),
	}, nil
}

// What a key holds, or what it would by default.
func or[T any](value *T, byDefault T) T {
	if value == nil {
		return byDefault
	}
	return *value
}

func get(_ *soloist.ActivityContext, input struct{ URL string }) (any, error) {
	response, err := fetch.Get(input.URL)
	if err != nil {
		return nil, err
	}
	return map[string]any{"status": response.Status, "text": string(response.Body)}, nil
}
