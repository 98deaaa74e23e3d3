package soloist

import (
	"fmt"
	"testing"

	"soloist/internal/wire"
)

// A host that notes what it is asked and answers as it is told.
type fake struct {
	name    string
	asked   []string
	answers map[uint32]wire.Answer
	retries []*wire.Retry
	first   uint32
	tasks   uint32
}

// Puts a fake host in place for one test.
func newFake(t *testing.T) *fake {
	host := &fake{name: "here", answers: map[uint32]wire.Answer{}}
	before, functions := durable, orchestrators
	durable = host
	orchestrators = registry{kind: "orchestrator"}
	t.Cleanup(func() { durable, orchestrators = before, functions })
	return host
}

func (f *fake) ask(format string, arguments ...any) uint32 {
	f.asked = append(f.asked, fmt.Sprintf(format, arguments...))
	f.tasks++
	return f.tasks - 1
}

func (f *fake) tell(format string, arguments ...any) {
	f.asked = append(f.asked, fmt.Sprintf(format, arguments...))
}

func (f *fake) CallActivity(name, input string, retry *wire.Retry) uint32 {
	f.retries = append(f.retries, retry)
	return f.ask("activity %s %s", name, input)
}

func (f *fake) CallOrchestrator(name, input string, id *string, retry *wire.Retry) uint32 {
	f.retries = append(f.retries, retry)
	if id != nil {
		name += "/" + *id
	}
	return f.ask("orchestrator %s %s", name, input)
}

func (f *fake) CallHTTP(request string, retry *wire.Retry) uint32 {
	f.retries = append(f.retries, retry)
	return f.ask("http %s", request)
}

func (f *fake) CreateTimer(fireAt float64) uint32     { return f.ask("timer %.0f", fireAt) }
func (f *fake) WaitForEvent(name string) uint32       { return f.ask("event %s", name) }
func (f *fake) Cancel(task uint32)                    { f.tell("cancel %d", task) }
func (f *fake) AwaitTask(task uint32) wire.Answer     { return f.answers[task] }
func (f *fake) AwaitAny([]uint32) uint32              { return f.first }
func (f *fake) SendEvent(id, name, data string)       { f.tell("send %s %s %s", id, name, data) }
func (f *fake) SetCustomStatus(status string)         { f.tell("status %s", status) }
func (f *fake) ContinueAsNew(input string, keep bool) { f.tell("continue %s %t", input, keep) }
func (f *fake) InstanceID() string                    { return "instance" }
func (f *fake) FunctionName() string                  { return f.name }
func (f *fake) ParentInstanceID() *string             { return nil }
func (f *fake) CurrentTime() float64                  { return 1_700_000_000_123 }
func (f *fake) NewGUID() string                       { return "guid" }
func (f *fake) IsReplaying() bool                     { return false }
func (f *fake) Log(level uint32, message string)      { f.tell("log %d %s", level, message) }
func (f *fake) AwaitAll(tasks []uint32) []wire.Answer {
	var answers []wire.Answer
	for _, task := range tasks {
		answers = append(answers, f.answers[task])
	}
	return answers
}

func (f *fake) expect(t *testing.T, asked ...string) {
	t.Helper()
	equal(t, fmt.Sprintf("%q", f.asked), fmt.Sprintf("%q", asked))
}

func equal[T comparable](t *testing.T, is, should T) {
	t.Helper()
	if is != should {
		t.Errorf("it is\n%v\nand not\n%v", is, should)
	}
}
