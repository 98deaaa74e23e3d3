package soloist

import (
	"fmt"

	"soloist/internal/wire"
)

// Awaitable is a [Task] of any type, for [Context.AwaitAny].
type Awaitable interface {
	// ID is the ordinal of the request in its execution: 0, 1, 2, the same on every replay.
	ID() uint32
	// Cancel gives the task up.
	Cancel()
}

// Task is something that the orchestrator asked for and whose answer is a T.
//
// It runs from the moment it was asked for; to forget it takes nothing back.
type Task[T any] struct{ id uint32 }

// ID is the ordinal of the request in its execution: 0, 1, 2, the same on every replay.
func (t *Task[T]) ID() uint32 { return t.id }

// Cancel gives up a task that is not done, and records that.
//
// It then answers the failure Canceled. A running activity is interrupted, a child is terminated, and an event that the
// task would have owned goes to the next wait of its name. A task that is done stays done.
func (t *Task[T]) Cancel() { durable.Cancel(t.id) }

// Wait parks the guest, with all its goroutines, until history holds the answer, and returns it: at once if it is there
// already, and the same each time. The error is the [*Failure] of the task, or one of type [InvalidAnswer] if its answer is
// not a T.
func (t *Task[T]) Wait() (T, error) { return t.read(durable.AwaitTask(t.id)) }

func (t *Task[T]) read(answer wire.Answer) (T, error) {
	if answer.Failure != nil {
		var none T
		return none, failureFromHost(answer.Failure)
	}
	value, err := decode[T](answer.JSON)
	if err != nil {
		return value, &Failure{
			ErrorType: InvalidAnswer,
			Message:   fmt.Sprintf("the answer of task %d is not a %s: %v", t.id, typeName[T](), err),
			Details:   answer.JSON,
		}
	}
	return value, nil
}

// Answer is what a task answered: a value, or an error if it failed.
type Answer[T any] struct {
	Value T
	Err   error
}

// AwaitAll parks the guest until all of tasks are answered, and returns what each answered, in their order.
func AwaitAll[T any](_ *Context, tasks []*Task[T]) []Answer[T] {
	ids := make([]uint32, len(tasks))
	for i, task := range tasks {
		ids[i] = task.id
	}
	answers := make([]Answer[T], len(tasks))
	for i, answer := range durable.AwaitAll(ids) {
		answers[i].Value, answers[i].Err = tasks[i].read(answer)
	}
	return answers
}

// TryAwaitAll parks the guest until all of tasks are answered, and returns their answers in their order, or the first
// failure in that order.
func TryAwaitAll[T any](ctx *Context, tasks []*Task[T]) ([]T, error) {
	values := make([]T, len(tasks))
	for i, answer := range AwaitAll(ctx, tasks) {
		if answer.Err != nil {
			return nil, answer.Err
		}
		values[i] = answer.Value
	}
	return values, nil
}

// AwaitAnyOf is [Context.AwaitAny] for tasks of one type: it returns the index of the one that was answered first.
func AwaitAnyOf[T any](ctx *Context, tasks []*Task[T]) int {
	ids := make([]uint32, len(tasks))
	for i, task := range tasks {
		ids[i] = task.id
	}
	return ctx.awaitAny(ids)
}

func typeName[T any]() string {
	var value *T
	return fmt.Sprintf("%T", value)[1:]
}
