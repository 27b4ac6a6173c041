package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
)

func TestServeFinishesWhatIsUnderWayBeforeItStops(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		stop()
		// It has stopped listening once no new connection gets through.
		for {
			connection, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				break
			}
			connection.Close()
		}
		io.WriteString(w, "finished")
	})
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, handler, silent()) }()

	response, err := http.Get("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "finished" {
		t.Errorf("the answer is %q, %v", body, err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve() returned %v", err)
	}
}

func TestServeReturnsTheFailureOfItsListener(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := Serve(context.Background(), listener, http.NotFoundHandler(), silent()); err == nil {
		t.Error("Serve() returned no error")
	}
}
