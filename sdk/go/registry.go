package soloist

import (
	"fmt"
	"sort"
	"strings"

	"soloist/internal/wire"
)

// The functions of one kind, by name.
type registry struct {
	kind      string
	functions map[string]func(input string) wire.Answer
	// Asks the host under which name it calls. Set by the first function, so that a program without any of the kind has no
	// such import.
	name func() string
}

var (
	orchestrators = registry{kind: "orchestrator"}
	activities    = registry{kind: "activity"}
)

// Orchestrator makes function an orchestrator of this component, under the name that it is deployed as. The name "*" takes
// all that no other has: with it a component needs no other.
//
// It is to be called from main. A name that is taken panics.
func Orchestrator[In, Out any](name string, function func(*Context, In) (Out, error)) {
	orchestrators.name = func() string { return durable.FunctionName() }
	orchestrators.add(name, func(input string) wire.Answer {
		ctx := &Context{}
		return call(input, func(in In) (Out, error) { return function(ctx, in) }, func() bool { return ctx.continued })
	})
}

// Activity makes function an activity of this component, under the name that it is deployed as. The name "*" takes all that
// no other has: with it a component needs no other.
//
// It is to be called from main. A name that is taken panics.
func Activity[In, Out any](name string, function func(*ActivityContext, In) (Out, error)) {
	activities.name = func() string { return activity.FunctionName() }
	activities.add(name, func(input string) wire.Answer {
		ctx := &ActivityContext{activity}
		return call(input, func(in In) (Out, error) { return function(ctx, in) }, func() bool { return false })
	})
}

func (r *registry) add(name string, function func(input string) wire.Answer) {
	if _, taken := r.functions[name]; taken {
		panic(fmt.Sprintf("the %s %q is there already: give each a name of its own", r.kind, name))
	}
	if r.functions == nil {
		r.functions = map[string]func(string) wire.Answer{}
	}
	r.functions[name] = function
}

func (r *registry) run(input string) wire.Answer {
	name := ""
	if r.name != nil {
		name = r.name()
	}
	function, served := r.functions[name]
	if !served {
		function, served = r.functions["*"]
	}
	if !served {
		return r.unknown(name).answer()
	}
	return function(input)
}

func (r *registry) unknown(name string) *Failure {
	served := make([]string, 0, len(r.functions))
	for other := range r.functions {
		served = append(served, other)
	}
	sort.Strings(served)
	return &Failure{
		ErrorType:    UnknownFunction,
		Message:      fmt.Sprintf("this component does not serve the %s `%s`, but %s", r.kind, name, strings.Join(served, ", ")),
		NonRetriable: true,
	}
}

// Runs a function on its input. Whatever it does, there is an answer.
func call[In, Out any](input string, function func(In) (Out, error), continued func() bool) (answer wire.Answer) {
	defer func() {
		if value := recover(); value != nil {
			answer = failureOfPanic(value).answer()
		}
	}()
	in, err := decode[In](input)
	if err != nil {
		message := fmt.Sprintf("the input is not a %s: %v", typeName[In](), err)
		return (&Failure{ErrorType: InvalidInput, Message: message, NonRetriable: true}).answer()
	}
	output, err := function(in)
	// Such a nil is an error to Go, though its author meant none.
	if failure, is := err.(*Failure); is && failure == nil {
		err = nil
	}
	switch {
	case continued():
		// The host starts the next execution when the export returns; whatever this one says is dropped.
		return wire.Answer{JSON: "null"}
	case err != nil:
		return FailureOf(err).answer()
	}
	text, err := encode(output)
	if err != nil {
		message := fmt.Sprintf("a %s does not fit JSON: %v", typeName[Out](), err)
		return (&Failure{ErrorType: InvalidOutput, Message: message, NonRetriable: true}).answer()
	}
	return wire.Answer{JSON: text}
}
