package server

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"{{module}}/internal/notes"
)

func silent() *slog.Logger {
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

// call makes one request of a handler.
func call(handler http.Handler, method, path, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
	return recorder
}

func TestRoutes(t *testing.T) {
	tests := []struct {
		name         string
		method, path string
		body         string
		status       int
		contains     string
	}{
		{"health", "GET", "/health", "", 200, `{"status":"ok"}`},
		{"the list", "GET", "/notes", "", 200, `"title":"Buy bread"`},
		{"one note", "GET", "/notes/1", "", 200, `"id":1,"title":"Buy bread","text":"Two"`},
		{"a new note", "POST", "/notes", `{"title": " Call home "}`, 201, `"id":2,"title":"Call home"`},
		{"another content", "PUT", "/notes/1", `{"title": "Buy milk"}`, 200, `"title":"Buy milk","text":""`},
		{"removal", "DELETE", "/notes/1", "", 204, ""},
		{"a note that is not there", "GET", "/notes/7", "", 404, "no such note"},
		{"an ID that is none", "DELETE", "/notes/one", "", 404, "no such note"},
		{"another content of none", "PUT", "/notes/7", `{"title": "x"}`, 404, "no such note"},
		{"no title", "POST", "/notes", `{"text": "x"}`, 422, "title takes"},
		{"a title too long", "PUT", "/notes/1", `{"title": "` + strings.Repeat("x", 201) + `"}`, 422, "title takes"},
		{"no JSON", "POST", "/notes", "title", 400, "one JSON object"},
		{"two values", "POST", "/notes", `{"title": "x"} {}`, 400, "one JSON object"},
		{"an unknown field", "POST", "/notes", `{"title": "x", "color": "red"}`, 400, "color"},
		{"a body too large", "POST", "/notes", `{"title": "` + strings.Repeat("x", maxBody) + `"}`, 413, "too large"},
		{"another method", "PATCH", "/notes/1", "", 405, ""},
		{"another path", "GET", "/other", "", 404, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := notes.NewStore()
			if _, err := store.Add(notes.Content{Title: "Buy bread", Text: "Two"}); err != nil {
				t.Fatal(err)
			}
			got := call(NewHandler(store, silent()), test.method, test.path, test.body)
			if got.Code != test.status || !strings.Contains(got.Body.String(), test.contains) {
				t.Errorf("%s %s = %d %s; want %d with %q",
					test.method, test.path, got.Code, got.Body, test.status, test.contains)
			}
		})
	}
}

func TestANewNoteIsWhereTheAnswerSays(t *testing.T) {
	handler := NewHandler(notes.NewStore(), silent())
	added := call(handler, "POST", "/notes", `{"title": "Buy bread"}`)
	shown := call(handler, "GET", added.Header().Get("Location"), "")
	if shown.Code != http.StatusOK || shown.Body.String() != added.Body.String() {
		t.Errorf("shown: %d %s, added: %s", shown.Code, shown.Body, added.Body)
	}
}

func TestEachRequestIsLogged(t *testing.T) {
	var written strings.Builder
	call(NewHandler(notes.NewStore(), slog.New(slog.NewJSONHandler(&written, nil))), "GET", "/notes/7", "")
	var line struct {
		Method, Path string
		Status       int
	}
	if err := json.Unmarshal([]byte(written.String()), &line); err != nil {
		t.Fatal(err)
	}
	if line.Method != "GET" || line.Path != "/notes/7" || line.Status != 404 {
		t.Errorf("logged: %s", written.String())
	}
}
