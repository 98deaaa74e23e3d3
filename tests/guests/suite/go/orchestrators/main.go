// The suite's orchestrators: the same in each language. tests/guests/README.md says what each does.
package main

import "soloist"

func main() {
	soloist.Orchestrator("hello-cities", helloCities)
	soloist.Orchestrator("approval", approval)
	soloist.Orchestrator("fan-out", fanOut)
	soloist.Orchestrator("retry", retry)
	soloist.Orchestrator("fails", fails)
	soloist.Orchestrator("catches", catches)
	soloist.Orchestrator("throws", throws)
	soloist.Orchestrator("child", child)
	soloist.Orchestrator("double", double)
	soloist.Orchestrator("child-fails", childFails)
	soloist.Orchestrator("events", events)
	soloist.Orchestrator("send", send)
	soloist.Orchestrator("counter", counter)
	soloist.Orchestrator("status", status)
	soloist.Orchestrator("log", logs)
	soloist.Orchestrator("race", race)
	soloist.Orchestrator("cancels", cancels)
	soloist.Orchestrator("readings", readings)
	soloist.Orchestrator("http", callsHTTP)
	soloist.Orchestrator("context", context)
	soloist.Orchestrator("chain-go", chain)
}

// What a key holds, or what it would by default.
func or[T any](value *T, byDefault T) T {
	if value == nil {
		return byDefault
	}
	return *value
}
