package soloist

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"soloist/internal/wire"
)

func failureIn(t *testing.T, answer wire.Answer) wire.Failure {
	t.Helper()
	if answer.Failure == nil {
		t.Fatalf("it answered %s", answer.JSON)
	}
	return *answer.Failure
}

func TestTheNameOfTheFunctionPicks(t *testing.T) {
	host := newFake(t)
	Orchestrator("here", func(_ *Context, n int) (int, error) { return n + 1, nil })
	Orchestrator("there", func(_ *Context, n int) (int, error) { return n - 1, nil })
	equal(t, orchestrators.run("1"), wire.Answer{JSON: "2"})
	host.name = "there"
	equal(t, orchestrators.run("1"), wire.Answer{JSON: "0"})
	host.name = "elsewhere"
	failure := failureIn(t, orchestrators.run("1"))
	equal(t, failure.ErrorType, UnknownFunction)
	equal(t, failure.Message, "this component does not serve the orchestrator `elsewhere`, but here, there")
	equal(t, failure.NonRetriable, true)
	Orchestrator("*", func(_ *Context, n int) (int, error) { return 9, nil })
	equal(t, orchestrators.run("1"), wire.Answer{JSON: "9"})
}

func TestInputThatDoesNotFitIsAFailure(t *testing.T) {
	newFake(t)
	Orchestrator("*", func(*Context, []int) (int, error) { return 0, nil })
	failure := failureIn(t, orchestrators.run(`{"a":1}`))
	equal(t, failure.ErrorType, InvalidInput)
	if !strings.HasPrefix(failure.Message, "the input is not a []int: ") {
		t.Error(failure.Message)
	}
}

func TestWhatWasEncodedTwiceIsReadWhereAStringWillNotDo(t *testing.T) {
	list, err := decode[[]int](`"[1,2]"`)
	equal(t, fmt.Sprint(list, err), "[1 2] <nil>")
	text, err := decode[string](`"[1,2]"`)
	equal(t, text, "[1,2]")
	equal(t, err, nil)
	anything, err := decode[any](`"[1,2]"`)
	equal(t, anything, any("[1,2]"))
	equal(t, err, nil)
	_, err = decode[int](`"x"`)
	if !strings.Contains(err.Error(), "cannot unmarshal string") {
		t.Error(err)
	}
}

func TestAnEmptyTextIsNothingWhereAStringWillNotDo(t *testing.T) {
	list, err := decode[[]int](`""`)
	equal(t, list == nil, true)
	equal(t, err, nil)
	anything, err := decode[any](`""`)
	equal(t, anything, any(""))
	equal(t, err, nil)
}

func TestContinueAsNewIsNeitherOutputNorFailure(t *testing.T) {
	host := newFake(t)
	Orchestrator("here", func(ctx *Context, n int) (int, error) { return 0, ctx.ContinueAsNew(n + 1) })
	Orchestrator("there", func(ctx *Context, n int) (int, error) { return 0, ctx.ContinueAsNew(n, DropEvents) })
	equal(t, orchestrators.run("1"), wire.Answer{JSON: "null"})
	host.name = "there"
	equal(t, orchestrators.run("1"), wire.Answer{JSON: "null"})
	host.expect(t, "continue 2 true", "continue 1 false")
}

func TestAPanicIsAFailureWithItsPlace(t *testing.T) {
	newFake(t)
	var nothing []int
	Orchestrator("here", func(_ *Context, n int) (int, error) { return nothing[n], nil })
	Orchestrator("*", func(*Context, any) (int, error) { panic("boom") })
	failure := failureIn(t, orchestrators.run("1"))
	equal(t, failure.ErrorType, "RuntimeError")
	if lines := strings.Split(*failure.Details, "\n"); len(lines) != 1 || !strings.Contains(lines[0], "TestAPanicIsAFailure") {
		t.Error(*failure.Details)
	}
	durable.(*fake).name = "other"
	failure = failureIn(t, orchestrators.run("1"))
	equal(t, failure.ErrorType, "Panic")
	equal(t, failure.Message, "boom")
}

func TestWhatDoesNotFitJSONIsAFailure(t *testing.T) {
	newFake(t)
	Orchestrator("here", func(*Context, any) (any, error) { return func() {}, nil })
	Orchestrator("*", func(ctx *Context, _ any) (any, error) {
		ctx.SetCustomStatus(func() {})
		return nil, nil
	})
	equal(t, failureIn(t, orchestrators.run("1")).ErrorType, InvalidOutput)
	durable.(*fake).name = "other"
	equal(t, failureIn(t, orchestrators.run("1")).ErrorType, InvalidOutput)
}

func TestANilFailureIsNone(t *testing.T) {
	newFake(t)
	Orchestrator("*", func(*Context, any) (int, error) {
		var none *Failure
		return 3, none
	})
	equal(t, orchestrators.run("1"), wire.Answer{JSON: "3"})
}

type insolvent[T any] struct{}

func (insolvent[T]) Error() string { return "no funds" }

type typed struct{}

func (typed) Error() string     { return "no tea" }
func (typed) ErrorType() string { return "Out-of-tea" }

func TestAnErrorIsNamedForItsType(t *testing.T) {
	_, notThere := os.Open("/nowhere")
	declined := Fail("Declined", "account %d", 7)
	declined.NonRetriable = true
	for _, example := range []struct {
		err       error
		errorType string
		message   string
	}{
		{errors.New("boom"), "Error", "boom"},
		{fmt.Errorf("twice: %w", errors.New("boom")), "Error", "twice: boom"},
		{insolvent[int]{}, "insolvent", "no funds"},
		{fmt.Errorf("pay: %w", &insolvent[int]{}), "insolvent", "pay: no funds"},
		{notThere, "PathError", "open /nowhere: no such file or directory"},
		{fmt.Errorf("ask: %w", typed{}), "Out-of-tea", "ask: no tea"},
		{errors.Join(fs.ErrExist, fs.ErrClosed), "Error", "file already exists\nfile already closed"},
		{declined, "Declined", "account 7"},
		{fmt.Errorf("pay: %w", declined), "Declined", "pay: Declined: account 7"},
	} {
		failure := FailureOf(example.err)
		equal(t, failure.ErrorType, example.errorType)
		equal(t, failure.Message, example.message)
		equal(t, failure.NonRetriable, strings.Contains(example.message, "account"))
	}
}

func TestAFailureIsWrittenAndRead(t *testing.T) {
	text, err := encode(Fail("A", "b"))
	equal(t, text, `{"errorType":"A","message":"b","details":null,"nonRetriable":false}`)
	equal(t, err, nil)
	read, err := decode[Failure](`{"errorType":"A","message":"b","details":"c","nonRetriable":true}`)
	equal(t, read, Failure{"A", "b", "c", true})
	equal(t, err, nil)
}
