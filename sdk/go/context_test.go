package soloist

import (
	"errors"
	"testing"
	"time"

	"soloist/internal/wire"
)

func TestWhatIsAskedCrossesAsJSON(t *testing.T) {
	host, ctx := newFake(t), &Context{}
	CallActivity[int](ctx, "pay", map[string]string{"to": "<Ada>"})
	CallOrchestrator[any](ctx, "child", nil)
	CallOrchestrator[any](ctx, "child", 1, InstanceID("mine"))
	ctx.CallHTTP(HTTPRequest{Method: "GET", URI: "http://x/"})
	ctx.CreateTimer(time.UnixMilli(5).Add(time.Nanosecond))
	ctx.CreateTimerAfter(1500 * time.Microsecond)
	WaitForEvent[any](ctx, "Go").Cancel()
	ctx.SendEvent("other", "Go", []int{1})
	ctx.SetCustomStatus("half")
	ctx.Warnf("%d of %d", 1, 2)
	host.expect(t,
		`activity pay {"to":"<Ada>"}`,
		"orchestrator child null",
		"orchestrator child/mine 1",
		`http {"method":"GET","uri":"http://x/"}`,
		"timer 6",
		"timer 1700000000125",
		"event Go",
		"cancel 6",
		"send other Go [1]",
		`status "half"`,
		"log 3 1 of 2",
	)
}

func TestARetryPolicyCrossesInMilliseconds(t *testing.T) {
	host, ctx := newFake(t), &Context{}
	CallActivity[int](ctx, "pay", nil)
	CallActivity[int](ctx, "pay", nil, RetryPolicy{MaxAttempts: 3, FirstRetryInterval: 1500 * time.Microsecond})
	CallOrchestrator[int](ctx, "pay", nil, RetryPolicy{
		MaxAttempts: 5, FirstRetryInterval: time.Second, BackoffCoefficient: 2,
		MaxRetryInterval: 30 * time.Second, RetryTimeout: time.Hour, AttemptTimeout: time.Minute,
	})
	if host.retries[0] != nil {
		t.Error("a policy from nothing")
	}
	equal(t, *host.retries[1], wire.Retry{MaxAttempts: 3, FirstRetryInterval: 2, BackoffCoefficient: 1})
	equal(t, *host.retries[2], wire.Retry{
		MaxAttempts: 5, FirstRetryInterval: 1000, BackoffCoefficient: 2,
		MaxRetryInterval: 30_000, RetryTimeout: 3_600_000, AttemptTimeout: 60_000,
	})
}

func TestTheTimeIsTheHosts(t *testing.T) {
	newFake(t)
	now := (&Context{}).CurrentTime()
	equal(t, now.Format(time.RFC3339Nano), "2023-11-14T22:13:20.123Z")
}

func TestAnAnswerIsReadAsItsType(t *testing.T) {
	host, ctx := newFake(t), &Context{}
	task := CallActivity[int](ctx, "count", nil)
	host.answers[0] = wire.Answer{JSON: "7"}
	n, err := task.Wait()
	equal(t, n, 7)
	equal(t, err, nil)

	host.answers[0] = wire.Answer{JSON: `"seven"`}
	_, err = task.Wait()
	var failure *Failure
	if !errors.As(err, &failure) {
		t.Fatalf("%v is no failure", err)
	}
	equal(t, failure.ErrorType, InvalidAnswer)
	equal(t, failure.Details, `"seven"`)
}

func TestAFailedTaskKeepsAllFour(t *testing.T) {
	host, ctx := newFake(t), &Context{}
	details := "account 7"
	host.answers[0] = wire.Answer{Failure: &wire.Failure{
		ErrorType: "Declined", Message: "no funds", Details: &details, NonRetriable: true,
	}}
	_, err := CallActivity[int](ctx, "pay", nil).Wait()
	var failure *Failure
	if !errors.As(err, &failure) {
		t.Fatalf("%v is no failure", err)
	}
	equal(t, *failure, Failure{"Declined", "no funds", "account 7", true})
	equal(t, err.Error(), "Declined: no funds")
}

func TestAllAnswersComeInTheOrderOfTheTasks(t *testing.T) {
	host, ctx := newFake(t), &Context{}
	host.answers[0] = wire.Answer{JSON: "1"}
	host.answers[1] = wire.Answer{Failure: &wire.Failure{ErrorType: "A", Message: "b"}}
	tasks := []*Task[int]{CallActivity[int](ctx, "a", nil), CallActivity[int](ctx, "a", nil)}
	answers := AwaitAll(ctx, tasks)
	equal(t, answers[0].Value, 1)
	equal(t, answers[1].Err.Error(), "A: b")
	_, err := TryAwaitAll(ctx, tasks)
	equal(t, err.Error(), "A: b")
	values, err := TryAwaitAll(ctx, tasks[:1])
	equal(t, values[0], 1)
	equal(t, err, nil)
}

func TestWhoeverLosesIsCancelled(t *testing.T) {
	host, ctx := newFake(t), &Context{}
	host.answers[0] = wire.Answer{JSON: "true"}
	said, err := WaitForEventWithin[bool](ctx, "Go", time.Second)
	equal(t, *said, true)
	equal(t, err, nil)
	host.first = 1
	late, err := WaitForEventWithin[bool](ctx, "Go", time.Second)
	equal(t, late, nil)
	equal(t, err, nil)
	host.expect(t, "event Go", "timer 1700000001123", "cancel 1", "event Go", "timer 1700000001123", "cancel 2")
}

func TestTheFirstOfSeveralIsToldByItself(t *testing.T) {
	host, ctx := newFake(t), &Context{}
	event, timer := WaitForEvent[int](ctx, "Go"), ctx.CreateTimerAfter(time.Second)
	host.first = 1
	switch ctx.AwaitAny(event, timer) {
	case timer:
	default:
		t.Error("it was the timer")
	}
	equal(t, AwaitAnyOf(ctx, []*Task[int]{event, event}), 1)
}
