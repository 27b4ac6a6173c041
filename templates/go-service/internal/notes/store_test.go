package notes

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestAddChecksTheContent(t *testing.T) {
	tests := []struct {
		name    string
		content Content
		want    error
	}{
		{"a title alone", Content{Title: " Buy bread "}, nil},
		{"the longest", Content{Title: strings.Repeat("ñ", MaxTitle), Text: strings.Repeat("ñ", MaxText)}, nil},
		{"no title", Content{Text: "text"}, ErrTitle},
		{"only spaces", Content{Title: " \t"}, ErrTitle},
		{"a title too long", Content{Title: strings.Repeat("x", MaxTitle+1)}, ErrTitle},
		{"a text too long", Content{Title: "x", Text: strings.Repeat("x", MaxText+1)}, ErrText},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := NewStore()
			note, err := store.Add(test.content)
			if !errors.Is(err, test.want) {
				t.Fatalf("Add() returned %v, want %v", err, test.want)
			}
			if err == nil && note.Title != strings.TrimSpace(test.content.Title) {
				t.Errorf("title is %q", note.Title)
			}
			if kept := len(store.List()); (kept == 1) != (err == nil) {
				t.Errorf("%d notes are kept", kept)
			}
		})
	}
}

func TestANoteIsReplacedAndRemovedOnce(t *testing.T) {
	store := NewStore()
	for _, title := range []string{"one", "two", "three"} {
		if _, err := store.Add(Content{Title: title}); err != nil {
			t.Fatal(err)
		}
	}
	if changed, err := store.Replace(2, Content{Title: "zwei"}); err != nil || changed.Title != "zwei" {
		t.Fatalf("Replace() = %+v, %v", changed, err)
	}
	if err := store.Remove(1); err != nil {
		t.Fatal(err)
	}
	if err := store.Remove(1); !errors.Is(err, ErrNotFound) {
		t.Errorf("the second Remove() returned %v", err)
	}
	if _, err := store.Replace(1, Content{Title: "uno"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("Replace() of a removed note returned %v", err)
	}
	if note, err := store.Get(2); err != nil || note.Title != "zwei" {
		t.Errorf("Get() = %+v, %v", note, err)
	}
}

func TestAddedAtOnceTheNotesHaveIDsOfTheirOwnAndALimit(t *testing.T) {
	store := NewStore()
	var adding sync.WaitGroup
	for range MaxNotes {
		adding.Add(1)
		go func() {
			defer adding.Done()
			if _, err := store.Add(Content{Title: "note"}); err != nil {
				t.Error(err)
			}
		}()
	}
	adding.Wait()
	for index, note := range store.List() {
		if note.ID != index+1 {
			t.Fatalf("note %d has ID %d", index, note.ID)
		}
	}
	if _, err := store.Add(Content{Title: "one too many"}); !errors.Is(err, ErrFull) {
		t.Errorf("Add() to a full store returned %v", err)
	}
}
