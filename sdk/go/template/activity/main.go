// Build: go run soloist/cmd/soloist-build -o {{name}}.wasm
package main

import "soloist"

// Greets a city.
func sayHello(ctx *soloist.ActivityContext, city string) (string, error) {
	return "Hello " + city + "!", nil
}

// Called once, before the first function: it says which there are. "*" takes every name.
func main() { soloist.Activity("*", sayHello) }
