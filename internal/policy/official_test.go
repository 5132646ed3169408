package policy

import (
	"bufio"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/cedar-policy/cedar-go/types"
)

var questionsTo = flag.String("questions", "", "write questions and answers to this file, for another Cedar engine")

// asked is one question about one class in Cedar's words, with our answer.
type asked struct {
	Place     string       `json:"place"`
	Principal uid          `json:"principal"`
	Action    uid          `json:"action"`
	Resource  uid          `json:"resource"`
	Context   types.Record `json:"context"`
	Allowed   bool         `json:"allowed"`
	Rules     []string     `json:"rules"`
}

type uid struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func plain(u types.EntityUID) uid { return uid{string(u.Type), string(u.ID)} }

// TestQuestionsForAnotherEngine writes what tools/cedar/check.mjs asks the
// official engine: every golden case and random questions beside.
func TestQuestionsForAnotherEngine(t *testing.T) {
	if *questionsTo == "" {
		t.Skip("run by tools/cedar/check.mjs")
	}
	e := engine(t)
	f, err := os.Create(*questionsTo)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	put := func(place string, q Question, c Class) {
		req, ok := request(q)
		if !ok {
			t.Fatalf("%s: no request: %+v", place, q)
		}
		allowed, rules := e.ask(q, c)
		if err := enc.Encode(asked{
			Place: place, Principal: plain(req.Principal), Action: plain(req.Action),
			Resource: uid{string(typeClass), string(c)}, Context: req.Context,
			Allowed: allowed, Rules: append([]string{}, slices.Sorted(slices.Values(rules))...),
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range readCases(t) {
		for _, q := range r.cases {
			for _, c := range q.Classes.List() {
				put(r.place, q, c)
			}
		}
	}
	r := rand.New(rand.NewPCG(13, 17))
	for range 20000 {
		put("random", random(r), classes[r.IntN(len(classes))])
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
