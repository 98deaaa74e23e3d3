// Package soloist is for writing Soloist orchestrators and activities in Go.
//
// An orchestrator is a deterministic function that the host replays from its history, so that it survives any crash; an
// activity is a side effect that the host runs at least once and whose result it records.
//
//	package main
//
//	import "soloist"
//
//	func greetAll(ctx *soloist.Context, cities []string) ([]string, error) {
//		var tasks []*soloist.Task[string]
//		for _, city := range cities {
//			tasks = append(tasks, soloist.CallActivity[string](ctx, "greet", city))
//		}
//		return soloist.TryAwaitAll(ctx, tasks)
//	}
//
//	func greet(ctx *soloist.ActivityContext, city string) (string, error) {
//		return "Hello " + city + "!", nil
//	}
//
//	func main() {
//		soloist.Orchestrator("greet-all", greetAll)
//		soloist.Activity("greet", greet)
//	}
//
// Build it with go run soloist/cmd/soloist-build -o greeter.wasm; the README has the whole of it. Inputs and outputs are
// whatever encoding/json reads and writes. The host calls main once, before the first function; main says which functions
// there are and returns.
//
// # What an orchestrator must not do
//
// It must ask for the same things in the same order on every replay. On Soloist time.Now tells orchestration time,
// math/rand and crypto/rand give the same numbers on every replay, and so does the order of a map; but between one build and
// the next that order differs, so do not let it decide what you ask for. Files and sockets there are none: what touches the
// world belongs in an activity.
//
// [Task.Wait] and the other waits park the whole guest, all its goroutines included, until the host has the answer. So do
// not wait in one goroutine for something that another must do first, and do not ask from several goroutines at once: ask
// for all, then wait with [AwaitAll] or [Context.AwaitAny]. Go's select is for channels of your own; over tasks it is
// AwaitAny.
//
// # Failures
//
// A failed task's error is a [*Failure], to be found with errors.As. An error that a function returns becomes one (see
// [FailureOf]), and so does a panic, with its stack trace as details. A panic in another goroutine, a deadlock and os.Exit
// end the guest: the instance or the call fails with the error type Trap.
package soloist
