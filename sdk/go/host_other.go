//go:build !wasip1

package soloist

// Outside of a guest there is no host; tests put a scripted one here.
var (
	durable  durableHost
	activity activityHost
)
