//go:build wasip1

package soloist

import (
	"sync"
	"unsafe"

	"soloist/internal/abi"
	"soloist/internal/wire"
)

var (
	durable  durableHost  = abi.Durable{}
	activity activityHost = abi.Activity{}
)

// Go calls no main where a module is a library, so the exports do.
//
//go:linkname register main.main
func register()

var registered sync.Once

// Both are always exported. They name no import: those of the host that a program needs come with [Orchestrator] and
// [Activity], and by them soloist-build knows which of the two exports the component shall have.

//go:wasmexport soloist:orchestration/orchestrator@0.1.0#run
func runOrchestrator(at, length uint32) unsafe.Pointer {
	return abi.Return(run(&orchestrators, abi.Input(at, length)))
}

//go:wasmexport soloist:orchestration/activity@0.1.0#run
func runActivity(at, length uint32) unsafe.Pointer {
	return abi.Return(run(&activities, abi.Input(at, length)))
}

func run(functions *registry, input string) wire.Answer {
	registered.Do(register)
	return functions.run(input)
}
