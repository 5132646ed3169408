package app

import (
	"context"
	"errors"

	"caseward/internal/config"
	"caseward/internal/db"
)

// Upgraded is what became of the schema of a data directory's database, or would.
type Upgraded struct {
	db.Age
	Pending []string `json:"pending"` // the changes that were to be made, by name
	After   int64    `json:"after"`   // the floor once they are made
	Changed bool     `json:"changed"` // they were made
}

// Apart reports whether a program that knows no newer schema than the one that the
// database had is left behind by the changes.
func (u Upgraded) Apart() bool { return u.After > u.Schema }

// Upgrade brings the schema of a directory's database to that of this program, or only
// says what that would change. It needs no key: nothing that is sealed is touched.
func Upgrade(ctx context.Context, dir string, dry bool) (u Upgraded, err error) {
	u.Pending = []string{}
	cfg, err := config.Load(dir)
	if err != nil {
		return u, err
	}
	d, err := db.Open(ctx, cfg.Database, dir)
	if err != nil {
		return u, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if u.Age, err = d.Age(ctx); err != nil {
		return u, err
	}
	if err := u.Refused(); err != nil {
		return u, err
	}
	changes, err := u.Changes()
	if err != nil {
		return u, err
	}
	u.After = u.Floor
	for _, c := range changes {
		u.Pending = append(u.Pending, c.Name)
		u.After = max(u.After, c.Floor)
	}
	if dry || len(changes) == 0 {
		return u, nil
	}
	if err := d.Migrate(ctx); err != nil {
		return u, err
	}
	u.Changed = true
	return u, nil
}
