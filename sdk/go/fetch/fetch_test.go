package fetch

import (
	"errors"
	"reflect"
	"testing"

	"soloist/internal/wire"
)

func TestARequestIsTakenApartAndAResponsePutTogether(t *testing.T) {
	before := send
	defer func() { send = before }()
	var sent wire.Request
	send = func(request wire.Request) (wire.Response, *wire.HTTPError) {
		sent = request
		return wire.Response{Status: 404, Headers: [][2]string{{"x-a", "1"}}, Body: []byte("no")}, nil
	}
	response, err := Do(Request{URL: "https://x:8443/a%20b?c=d#e", Headers: []Header{{"accept", "*/*"}}})
	if err != nil {
		t.Fatal(err)
	}
	wanted := wire.Request{
		Method: "GET", Secure: true, Authority: "x:8443", Path: "/a%20b?c=d", Headers: [][2]string{{"accept", "*/*"}},
	}
	if !reflect.DeepEqual(sent, wanted) {
		t.Errorf("%+v was sent", sent)
	}
	if response.Status != 404 || response.Header("X-A") != "1" || string(response.Body) != "no" {
		t.Errorf("%+v came", response)
	}
}

func TestWhatFailsHasACode(t *testing.T) {
	for url, code := range map[string]string{
		"ftp://x/":  "HTTP-request-URI-invalid",
		"no url":    "HTTP-request-URI-invalid",
		"http://x/": "internal-error", // There is no host here.
	} {
		_, err := Get(url)
		var failed *Error
		if !errors.As(err, &failed) || failed.ErrorType() != code {
			t.Errorf("%s: %v", url, err)
		}
	}
}
