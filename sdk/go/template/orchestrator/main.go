// Build: go run soloist/cmd/soloist-build -o {{name}}.wasm
package main

import "soloist"

// Greets each city of its input, one after the other.
func greetAll(ctx *soloist.Context, cities []string) ([]string, error) {
	greetings := []string{}
	for _, city := range cities {
		greeting, err := soloist.CallActivity[string](ctx, "say-hello", city).Wait()
		if err != nil {
			return nil, err
		}
		greetings = append(greetings, greeting)
	}
	return greetings, nil
}

// Called once, before the first function: it says which there are. "*" takes every name.
func main() { soloist.Orchestrator("*", greetAll) }
