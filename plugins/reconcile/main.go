// Keeps a folder as it should be: it looks, repairs what differs, waits, and begins anew.
package main

import (
	"fmt"
	"sort"
	"time"

	"soloist"
)

// The input, and what one execution hands to the next.
type state struct {
	// From the beginning of one round to that of the next.
	EveryMs int64 `json:"everyMs"`
	// What the folder should hold: texts by file name.
	Files map[string]string `json:"files"`
	Seen  seen              `json:"seen"`
}

// What all rounds did, and the output. It must not grow with the rounds.
type seen struct {
	Rounds   int `json:"rounds"`
	Repaired int `json:"repaired"`
	Failed   int `json:"failed"`
}

// What customStatus shows.
type status struct {
	seen
	NextRound time.Time `json:"nextRound"`
	// What the last round repaired.
	Last []string `json:"last"`
}

func reconcile(ctx *soloist.Context, now state) (seen, error) {
	if now.EveryMs <= 0 {
		now.EveryMs = 60_000
	}
	now.Seen.Rounds++
	nextRound := ctx.CurrentTime().Add(time.Duration(now.EveryMs) * time.Millisecond)

	changes, err := plan(ctx, now.Files)
	if err != nil {
		// The folder cannot be seen now: that is for the next round.
		ctx.Warnf("round %d: %v", now.Seen.Rounds, err)
		now.Seen.Failed++
	}
	repaired := repair(ctx, changes)
	now.Seen.Repaired += len(repaired)
	now.Seen.Failed += len(changes) - len(repaired)
	ctx.SetCustomStatus(status{now.Seen, nextRound, repaired})

	wanted := soloist.WaitForEvent[map[string]string](ctx, "desired")
	stop := soloist.WaitForEvent[any](ctx, "stop")
	timer := ctx.CreateTimer(nextRound)
	first := ctx.AwaitAny(wanted, stop, timer)
	// Whoever loses is given up: a wait that is not would take the next event with it.
	for _, task := range []soloist.Awaitable{wanted, stop, timer} {
		if task != first {
			task.Cancel()
		}
	}
	switch first {
	case stop:
		return now.Seen, nil
	case wanted:
		files, err := wanted.Wait()
		if err != nil {
			ctx.Warnf("the event desired is no map of texts by file name: %v", err)
			break
		}
		now.Files = files
	}
	return now.Seen, ctx.ContinueAsNew(now)
}

// One thing to do to the folder.
type change struct {
	activity string
	file     file
}

// What differs between the folder and what it should hold.
func plan(ctx *soloist.Context, files map[string]string) ([]change, error) {
	found, err := soloist.CallActivity[map[string]string](ctx, "observe-folder", nil).Wait()
	if err != nil {
		return nil, err
	}
	var changes []change
	for name, text := range files {
		if digest, there := found[name]; !there || digest != digestOf([]byte(text)) {
			changes = append(changes, change{"write-file", file{name, text}})
		}
	}
	for name := range found {
		if _, wanted := files[name]; !wanted {
			changes = append(changes, change{"remove-file", file{Name: name}})
		}
	}
	// A map has no order of its own, and what is asked for must come in the same order after the next build too.
	sort.Slice(changes, func(i, j int) bool { return changes[i].file.Name < changes[j].file.Name })
	return changes, nil
}

// Makes all changes at once, and tells which of them succeeded.
func repair(ctx *soloist.Context, changes []change) []string {
	tasks := make([]*soloist.Task[any], len(changes))
	for i, change := range changes {
		policy := soloist.RetryPolicy{MaxAttempts: 3, FirstRetryInterval: 100 * time.Millisecond}
		tasks[i] = soloist.CallActivity[any](ctx, change.activity, change.file, policy)
	}
	repaired := []string{}
	for i, answer := range soloist.AwaitAll(ctx, tasks) {
		done := fmt.Sprintf("%s %s", changes[i].activity, changes[i].file.Name)
		if answer.Err != nil {
			ctx.Warnf("%s: %v", done, answer.Err)
			continue
		}
		repaired = append(repaired, done)
	}
	return repaired
}

func main() {
	soloist.Orchestrator("reconcile", reconcile)
	soloist.Activity("observe-folder", observeFolder)
	soloist.Activity("write-file", writeFile)
	soloist.Activity("remove-file", removeFile)
}
