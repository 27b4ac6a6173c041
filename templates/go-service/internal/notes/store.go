// Package notes keeps the notes.
package notes

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Limits of what a client can make the service keep.
const (
	MaxTitle = 200
	MaxText  = 10_000
	MaxNotes = 1_000
)

var (
	// ErrNotFound means that there is no such note.
	ErrNotFound = errors.New("there is no such note")
	// ErrFull means that there is no room for another note.
	ErrFull = errors.New("there is no room for another note")
	// ErrTitle means that a note has no title, or one that is too long.
	ErrTitle = fmt.Errorf("title takes 1 to %d characters", MaxTitle)
	// ErrText means that the text of a note is too long.
	ErrText = fmt.Errorf("text takes at most %d characters", MaxText)
)

// Content is what a client writes.
type Content struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Note is what is kept.
type Note struct {
	ID int `json:"id"`
	Content
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Store keeps the notes in memory. It may be used by many goroutines at once.
type Store struct {
	mutex  sync.RWMutex
	notes  []Note // by ID, which only grows
	lastID int
}

// NewStore makes an empty store.
func NewStore() *Store {
	return &Store{}
}

// Add keeps a new note. It returns ErrTitle, ErrText or ErrFull.
func (s *Store) Add(content Content) (Note, error) {
	content, err := checked(content)
	if err != nil {
		return Note{}, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.notes) >= MaxNotes {
		return Note{}, ErrFull
	}
	s.lastID++
	now := time.Now().UTC()
	note := Note{ID: s.lastID, Content: content, CreatedAt: now, UpdatedAt: now}
	s.notes = append(s.notes, note)
	return note, nil
}

// List returns all notes, oldest first.
func (s *Store) List() []Note {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return append([]Note{}, s.notes...)
}

// Get returns one note, or ErrNotFound.
func (s *Store) Get(id int) (Note, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	index, found := s.find(id)
	if !found {
		return Note{}, ErrNotFound
	}
	return s.notes[index], nil
}

// Replace gives a note another content. It returns ErrTitle, ErrText or ErrNotFound.
func (s *Store) Replace(id int, content Content) (Note, error) {
	content, err := checked(content)
	if err != nil {
		return Note{}, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	index, found := s.find(id)
	if !found {
		return Note{}, ErrNotFound
	}
	s.notes[index].Content = content
	s.notes[index].UpdatedAt = time.Now().UTC()
	return s.notes[index], nil
}

// Remove removes a note, or returns ErrNotFound.
func (s *Store) Remove(id int) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	index, found := s.find(id)
	if !found {
		return ErrNotFound
	}
	s.notes = slices.Delete(s.notes, index, index+1)
	return nil
}

// find needs the lock.
func (s *Store) find(id int) (int, bool) {
	return slices.BinarySearchFunc(s.notes, id, func(note Note, id int) int { return note.ID - id })
}

func checked(content Content) (Content, error) {
	content.Title = strings.TrimSpace(content.Title)
	if length := utf8.RuneCountInString(content.Title); length == 0 || length > MaxTitle {
		return content, ErrTitle
	}
	if utf8.RuneCountInString(content.Text) > MaxText {
		return content, ErrText
	}
	return content, nil
}
