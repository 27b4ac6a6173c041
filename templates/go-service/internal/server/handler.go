// Package server answers over HTTP.
package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"{{module}}/internal/notes"
)

const maxBody = 1 << 20

var errBody = errors.New("the body takes one JSON object with title and text")

// NewHandler makes the routes.
func NewHandler(store *notes.Store, logger *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /notes", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, store.List())
	})
	mux.HandleFunc("POST /notes", func(w http.ResponseWriter, r *http.Request) {
		content, err := readContent(w, r)
		if err != nil {
			refuse(w, err)
			return
		}
		note, err := store.Add(content)
		if err != nil {
			refuse(w, err)
			return
		}
		w.Header().Set("Location", fmt.Sprintf("/notes/%d", note.ID))
		answer(w, http.StatusCreated, note)
	})
	mux.HandleFunc("GET /notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		note, err := store.Get(idOf(r))
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, http.StatusOK, note)
	})
	mux.HandleFunc("PUT /notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		content, err := readContent(w, r)
		if err != nil {
			refuse(w, err)
			return
		}
		note, err := store.Replace(idOf(r), content)
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, http.StatusOK, note)
	})
	mux.HandleFunc("DELETE /notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		if err := store.Remove(idOf(r)); err != nil {
			refuse(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return logged(mux, logger)
}

// idOf returns 0, which no note has, for what is no number.
func idOf(r *http.Request) int {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return 0
	}
	return id
}

func readContent(w http.ResponseWriter, r *http.Request) (notes.Content, error) {
	var content notes.Content
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&content); err != nil {
		return content, fmt.Errorf("%w: %w", errBody, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return content, errBody
	}
	return content, nil
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// An error here means that the client is gone.
	_ = json.NewEncoder(w).Encode(body)
}

// refuse answers with the status of an error.
func refuse(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	status := http.StatusInternalServerError
	message := err.Error()
	switch {
	case errors.As(err, &tooLarge):
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, errBody):
		status = http.StatusBadRequest
	case errors.Is(err, notes.ErrTitle), errors.Is(err, notes.ErrText):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, notes.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, notes.ErrFull):
		status = http.StatusInsufficientStorage
	default:
		message = "something went wrong here"
	}
	answer(w, status, map[string]string{"error": message})
}

// logged writes a line about each request.
func logged(next http.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, r)
		logger.Info("answered",
			"method", r.Method,
			"path", r.URL.Path,
			"status", recorder.status,
			"milliseconds", time.Since(began).Milliseconds(),
		)
	})
}

// statusRecorder remembers the status of an answer.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer below.
func (r *statusRecorder) Unwrap() http.ResponseWriter {
	return r.ResponseWriter
}
