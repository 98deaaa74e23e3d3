// What Go's own means tell an orchestrator: clocks, random numbers, the order of a map, goroutines, sleep, files.
package main

import (
	crypto "crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"time"

	"soloist"
)

type input struct {
	SleepMs    int64 `json:"sleepMs"`
	TryRefused bool  `json:"tryRefused"`
}

type reading struct {
	WallMs float64 `json:"wallMs"`
	// Since the module began: Go tells no absolute one.
	MonotonicMs float64    `json:"monotonicMs"`
	Random      [3]float64 `json:"random"`
	Bytes       string     `json:"bytes"`
	// The order of a map, which goes by random numbers.
	Order string `json:"order"`
	// The order in which goroutines came to speak.
	Spoke string `json:"spoke"`
}

type output struct {
	Before  reading    `json:"before"`
	After   reading    `json:"after"`
	Slept   reading    `json:"slept"`
	Durable [3]float64 `json:"durable"`
	Refused *refused   `json:"refused"`
}

type refused struct {
	File *string `json:"file"`
	// There is none to try: this target has no sockets.
	Socket *string  `json:"socket"`
	Env    []string `json:"env"`
	Args   []string `json:"args"`
}

const letters = "abcdefghijklmnop"

var begin = time.Now()

func read() (reading, error) {
	now := time.Now()
	bytes := make([]byte, 16)
	if _, err := crypto.Read(bytes); err != nil {
		return reading{}, err
	}
	var order strings.Builder
	set := map[rune]struct{}{}
	for _, letter := range letters {
		set[letter] = struct{}{}
	}
	for letter := range set {
		order.WriteRune(letter)
	}
	return reading{
		WallMs:      float64(now.UnixMicro()) / 1000,
		MonotonicMs: float64(now.Sub(begin).Microseconds()) / 1000,
		Random:      [3]float64{rand.Float64(), rand.Float64(), rand.Float64()},
		Bytes:       hex.EncodeToString(bytes),
		Order:       order.String(),
		Spoke:       spoke(),
	}, nil
}

func spoke() string {
	said := make(chan rune)
	for _, letter := range letters {
		go func() { said <- letter }()
	}
	var order strings.Builder
	for range letters {
		order.WriteRune(<-said)
	}
	return order.String()
}

func native(ctx *soloist.Context, wanted input) (seen output, err error) {
	if seen.Before, err = read(); err != nil {
		return seen, err
	}
	seen.Durable[0] = durable(ctx)
	if err := say(os.Stdout, "before", seen.Before); err != nil {
		return seen, err
	}
	ctx.SetCustomStatus(seen.Before)

	if _, err := soloist.WaitForEvent[any](ctx, "go").Wait(); err != nil {
		return seen, err
	}
	if seen.After, err = read(); err != nil {
		return seen, err
	}
	seen.Durable[1] = durable(ctx)

	time.Sleep(time.Duration(wanted.SleepMs) * time.Millisecond)
	if seen.Slept, err = read(); err != nil {
		return seen, err
	}
	seen.Durable[2] = durable(ctx)
	if err := say(os.Stderr, "slept", seen.Slept); err != nil {
		return seen, err
	}
	if wanted.TryRefused {
		seen.Refused = tryRefused()
	}
	return seen, nil
}

func durable(ctx *soloist.Context) float64 {
	return float64(ctx.CurrentTime().UnixMicro()) / 1000
}

func say(to *os.File, when string, what reading) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(to, "%s %s\n", when, text)
	return err
}

// What is said of things that an orchestrator must not have.
func tryRefused() *refused {
	said := refused{Env: []string{}, Args: os.Args}
	if _, err := os.ReadFile("/etc/hostname"); err != nil {
		text := err.Error()
		said.File = &text
	}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		said.Env = append(said.Env, name)
	}
	return &said
}

func main() { soloist.Orchestrator("*", native) }
