// Five activities in sequence: each greeting is recorded, so a crash repeats none that is done.
package main

import "soloist"

type input struct {
	// How long each greeting takes, so that one can watch.
	DelayMs int `json:"delayMs"`
}

type city struct {
	Name    string `json:"name"`
	DelayMs int    `json:"delayMs"`
}

func helloCities(ctx *soloist.Context, in input) ([]string, error) {
	var greetings []string
	for _, name := range []string{"Tokyo", "Seattle", "London", "Cairo", "Lima"} {
		greeting, err := soloist.CallActivity[string](ctx, "say-hello", city{name, in.DelayMs}).Wait()
		if err != nil {
			return nil, err
		}
		greetings = append(greetings, greeting)
	}
	return greetings, nil
}

func main() { soloist.Orchestrator("*", helloCities) }
