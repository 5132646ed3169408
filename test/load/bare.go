package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"caseward/internal/clock"
	"caseward/internal/db"
)

// bare is the handler that Caseward is compared with: the same driver, journal
// and grouped writer, and nothing else.
type bare struct {
	db    *db.DB
	clock clock.Clock
}

const rows = 1000

func newBare(ctx context.Context, dir string) (*bare, error) {
	d, err := db.Open(ctx, "", dir)
	if err != nil {
		return nil, err
	}
	// The writer writes to no database that is not the program's.
	if err := d.Migrate(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		for _, q := range []string{
			`CREATE TABLE bare_note (id INTEGER PRIMARY KEY, body TEXT NOT NULL)`,
			`CREATE TABLE bare_audit (id INTEGER PRIMARY KEY, at BIGINT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, note BIGINT NOT NULL)`,
		} {
			if _, err := tx.Exec(ctx, q); err != nil {
				return err
			}
		}
		for range rows {
			if _, err := tx.Exec(ctx, `INSERT INTO bare_note (body) VALUES ($1)`, words(noteSize)); err != nil {
				return err
			}
		}
		return nil
	})
	return &bare{d, clock.System()}, err
}

// words is text of n bytes that does not compress to nothing.
func words(n int) string {
	b := make([]byte, n/2)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

func (b *bare) audit(ctx context.Context, tx *db.Tx, what string, note int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO bare_audit (at, who, what, note) VALUES ($1, $2, $3, $4)`, db.Micros(b.clock.Now()), "worker", what, note)
	return err
}

func (b *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	fail := func(err error) { http.Error(w, err.Error(), http.StatusInternalServerError) }
	if r.Method == http.MethodPost {
		body := r.PostFormValue("text")
		var id int64
		if err := b.db.Write(ctx, func(tx *db.Tx) error {
			if err := tx.QueryRow(ctx, `INSERT INTO bare_note (body) VALUES ($1) RETURNING id`, body).Scan(&id); err != nil {
				return err
			}
			return b.audit(ctx, tx, "note.create", id)
		}); err != nil {
			fail(err)
			return
		}
		_, _ = fmt.Fprintf(w, "%d\n", id)
		return
	}
	id, err := strconv.ParseInt(r.URL.Query().Get("id"), 10, 64)
	if err != nil {
		fail(err)
		return
	}
	var body string
	if err := b.db.QueryRow(ctx, `SELECT body FROM bare_note WHERE id = $1`, id).Scan(&body); err != nil {
		fail(err)
		return
	}
	if err := b.db.Write(ctx, func(tx *db.Tx) error { return b.audit(ctx, tx, "note.read", id) }); err != nil {
		fail(err)
		return
	}
	_, _ = io.WriteString(w, body)
}
