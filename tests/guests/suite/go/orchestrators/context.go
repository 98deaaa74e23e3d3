package main

import (
	"math/rand"
	"time"

	"soloist"
)

func logs(ctx *soloist.Context, _ any) (string, error) {
	ctx.Tracef("trace before")
	ctx.Debugf("debug before")
	ctx.Infof("info before")
	ctx.Warnf("warn before")
	ctx.Errorf("error before")
	if _, err := soloist.CallActivity[any](ctx, "echo", nil).Wait(); err != nil {
		return "", err
	}
	ctx.Infof("info after")
	return "logged", nil
}

type reading struct {
	Now    int64   `json:"now"`
	Random float64 `json:"random"`
	GUID   string  `json:"guid"`
	Time   int64   `json:"time"`
}

func readings(ctx *soloist.Context, _ any) (any, error) {
	before := read(ctx)
	ctx.SetCustomStatus(before)
	if _, err := soloist.WaitForEvent[any](ctx, "Go").Wait(); err != nil {
		return nil, err
	}
	return map[string]reading{"before": before, "after": read(ctx)}, nil
}

func read(ctx *soloist.Context) reading {
	return reading{time.Now().UnixMilli(), rand.Float64(), ctx.NewGUID(), ctx.CurrentTime().UnixMilli()}
}

func callsHTTP(ctx *soloist.Context, input struct {
	Method  *string
	URI     string
	Headers map[string]string
	Content *string
}) (any, error) {
	response, err := ctx.CallHTTP(soloist.HTTPRequest{
		Method:  or(input.Method, "GET"),
		URI:     input.URI,
		Headers: input.Headers,
		Content: or(input.Content, ""),
	}).Wait()
	return map[string]any{"statusCode": response.StatusCode, "content": response.Content}, err
}

func context(ctx *soloist.Context, _ any) (any, error) {
	var parent *string
	if id := ctx.ParentInstanceID(); id != "" {
		parent = &id
	}
	return map[string]any{
		"instanceId":       ctx.InstanceID(),
		"functionName":     ctx.FunctionName(),
		"parentInstanceId": parent,
		"guids":            []string{ctx.NewGUID(), ctx.NewGUID()},
	}, nil
}
