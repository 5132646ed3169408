package demo

import (
	"testing"
	"time"
)

func TestTheSameSeedPlansTheSameYear(t *testing.T) {
	now := time.Date(2026, time.November, 20, 18, 0, 0, 0, time.UTC)
	made := func(seed uint64) (out []string) {
		y := &year{now: now, zone: time.UTC, seed: seed}
		for i := range 40 {
			y.plan(i)
			c := y.plans[i]
			out = append(out, c.client.FullName().Disclose()+" "+c.client.SSN.Disclose()+" "+c.worker+" "+string(c.level))
		}
		for _, e := range y.events {
			out = append(out, e.at.String())
		}
		return out
	}
	same := func(a, b []string) bool {
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	if !same(made(1), made(1)) {
		t.Error("one seed made two agencies")
	}
	if same(made(1), made(2)) {
		t.Error("two seeds made one agency")
	}
}
