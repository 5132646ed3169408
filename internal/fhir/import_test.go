package fhir_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/fhir"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/record/recordtest"
)

var more = flag.String("fhir", "", "a directory of bundles to import besides those in testdata")

type bench struct {
	*recordtest.World
	clients   *person.Clients
	cases     *casefile.Cases
	notes     *note.Notes
	documents *document.Documents
	items     *clinical.Items
	plans     *plan.Plans
	importer  *fhir.Importer
}

func on(w *recordtest.World) bench {
	b := bench{World: w}
	b.clients = person.New(w.Door)
	b.cases = casefile.New(w.Door, b.clients)
	b.notes = note.New(w.Door, b.cases, org.NewDirectory(w.Door, w.Service("authn")), notice.New(w.Door))
	b.documents, b.items, b.plans = document.New(w.Door), clinical.New(w.Door), plan.New(w.Door, b.cases, notice.New(w.Door))
	b.importer = fhir.New(b.clients, b.cases, b.notes, b.documents, b.items, b.plans)
	return b
}

func (b bench) run(t testing.TB, opt fhir.Options, paths ...string) fhir.Report {
	t.Helper()
	r, err := b.importer.Import(context.Background(), b.Service("import"), paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (b bench) text(t testing.TB, s string) fhir.Report {
	t.Helper()
	return b.run(t, fhir.Options{Stdin: strings.NewReader(s)}, "-")
}

// records is how many records of any kind there are.
func (b bench) records(t testing.TB) (n int) {
	t.Helper()
	if err := b.DB.QueryRow(context.Background(), `SELECT COUNT(*) FROM record`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// chart is everything a worker sees of the one client a search finds.
func (b bench) chart(t testing.TB, who actor.Actor, search string) (person.Opened, []note.Opened, clinical.Summary, []document.Opened, []plan.Opened) {
	t.Helper()
	ctx := context.Background()
	found, err := b.clients.Find(ctx, who, phi.NewText(search), "", 0)
	if err != nil || len(found.Rows) != 1 {
		t.Fatalf("%d rows, %v", len(found.Rows), err)
	}
	id := found.Rows[0].ID
	v := b.clients.View(who, "chart.open")
	client, timeline := b.clients.Want(v, id), b.notes.WantTimeline(v, id, note.TimelineQuery{Limit: 100})
	items, documents, plans := b.items.Want(v, id), b.documents.WantAll(v, id, "", 0), b.plans.Want(v, id)
	if err := v.Open(ctx); err != nil {
		t.Fatal(err)
	}
	return client.Opened, timeline.Rows, clinical.Sorted(items), documents.Rows, plan.Sorted(plans.Rows)
}

func TestSyntheaBundles(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		b := on(w)
		opt := fhir.Options{Program: "Care coordination", Assign: "w1"}
		r := b.run(t, opt, "testdata/synthea-2019.json", "testdata/synthea-2021-notes.json")
		t.Run("become clients and their records", func(t *testing.T) {
			want := map[string]fhir.Count{"notes": {Created: 24}, "clinical": {Created: 16}, "plans": {Created: 2}, "documents": {Created: 6}, "cases": {Created: 2}}
			if diff := cmp.Diff(want, r.Counts); diff != "" || r.ClientsCreated != 2 || len(r.Errors) != 0 {
				t.Errorf("%d clients, errors %v, counts (-want +got):\n%s", r.ClientsCreated, r.Errors, diff)
			}
		})
		t.Run("say what was left out and why", func(t *testing.T) {
			left := map[string]int{}
			for _, s := range r.Skipped {
				if s.Reason == "" {
					t.Error("no reason for", s.Type)
				}
				left[s.Type] += s.Count
			}
			became := 0
			for _, kinds := range r.Became {
				for _, n := range kinds {
					became += n
				}
			}
			for _, n := range left {
				became += n
			}
			if left["Claim"] != 3 || left["ExplanationOfBenefit"] != 1 || became != r.Resources {
				t.Errorf("left out %v; %d of %d resources accounted for", left, became, r.Resources)
			}
		})
		t.Run("are left alone when nothing has changed", func(t *testing.T) {
			before := b.records(t)
			again := b.run(t, opt, "testdata")
			for kind, c := range again.Counts {
				if kind != "cases" && c.Changed != 0 {
					t.Error(kind, c)
				}
			}
			if again.ClientsUnchanged != 2 || again.Counts["notes"].Unchanged != 24 {
				t.Errorf("%+v", again)
			}
			twice := b.run(t, opt, "testdata")
			if after := b.records(t); twice.ClientsCreated != 0 || after < before {
				t.Errorf("%d records after %d: %+v", after, before, twice)
			}
		})
		t.Run("open as a chart with the text of its notes", func(t *testing.T) {
			who := b.As("w1", actor.CaseManager)
			client, notes, _, documents, _ := b.chart(t, who, "Josh874 Zulauf375")
			if client.Value.SSN.Disclose() != "" || client.Value.Identifiers == nil {
				t.Error("the number of the social security was opened without a step-up, or identifiers are missing")
			}
			if len(notes) != 6 || len(documents) != 6 || notes[0].Value.Status != note.Imported {
				t.Fatal(len(notes), len(documents))
			}
			d, err := b.documents.OpenFile(context.Background(), who, client.ID, documents[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			if text, ok := d.Value.Readable(); !ok || !strings.Contains(text.Disclose(), "# Social History") || len(documents[0].Value.Bytes) != 0 {
				t.Error("the document has no readable content, or its card has")
			}
		})
	})
}

func TestUSCoreSearchset(t *testing.T) {
	b := on(recordtest.Open(t))
	opt := fhir.Options{Program: "Recovery support", Assign: "w1"}
	r := b.run(t, opt, "testdata/us-core.json")
	if len(r.Errors) != 0 || r.ClientsCreated != 2 {
		t.Fatalf("%+v", r)
	}
	who := b.Proved("w1", actor.CaseManager)
	client, notes, summary, documents, plans := b.chart(t, who, "mari otxoa")
	c := client.Value
	t.Run("a patient keeps names, numbers, contacts and categories in their places", func(t *testing.T) {
		got := []string{
			c.ListName().Disclose(), c.Preferred.Disclose(), c.OtherNames[0].Family.Disclose(), c.SSN.Disclose(), c.GovernmentIDs[0].Value.Disclose(),
			c.Identifiers[0].Value.Disclose(), c.Phones[0].Number.Disclose(), c.Emails[0].Address.Disclose(), c.Addresses[0].Lines[1].Disclose(),
			c.Races[1].Display.Disclose(), c.Ethnicities[0].Code.Disclose(), c.BirthSex.Disclose(), c.Language.Display.Disclose(),
			c.OtherLanguages[0].Code.Disclose(), c.MaritalStatus.Display.Disclose(), c.Emergency[0].Name.Disclose(), c.Emergency[0].Relation.Disclose(), c.BirthDate.DiscloseISO(),
		}
		want := []string{"Ibáñez, Marisol Inés", "Mari", "Otxoa", "999-00-1234", "S99900001", "MRN-7788", "(555) 555-0148", "mari@example.org", "Apt 4",
			"Basque", "2135-2", "F", "Spanish", "en", "Divorced", "Rosa Ibáñez", "sister", "1987-03-11"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if !c.Interpreter || len(c.Identifiers) != 1 {
			t.Error("interpreter or identifiers are wrong")
		}
	})
	t.Run("references are followed, relative, absolute, contained and forward", func(t *testing.T) {
		if len(notes) != 1 || notes[0].Value.AuthorName.Disclose() != "Dr. Ruth Osei" || notes[0].Value.Type != note.PhoneCall || notes[0].Value.Minutes != 25 {
			t.Error("the call is not as it was")
		}
		var meds []string
		for _, m := range summary.Medications {
			meds = append(meds, m.Value.Display.Disclose()+"|"+m.Value.Dosage.Disclose()+"|"+m.Value.Reason.Disclose())
		}
		if diff := cmp.Diff([]string{"buprenorphine 2 MG|one tablet each morning|Opioid use disorder", "ibuprofen 200 MG||"}, meds); diff != "" {
			t.Error(diff)
		}
		if len(plans) != 1 || plans[0].Value.Goals[0].Text.Disclose() != "Stable housing" || plans[0].Value.Team[0].Name.Disclose() != "Dr. Ruth Osei" {
			t.Error("the plan has lost its goal or its team")
		}
		other, visits, _, _, _ := b.chart(t, who, "pruitt")
		if len(visits) != 1 || visits[0].Value.Type != note.HomeVisit || other.Value.State() != person.Deceased {
			t.Error("the second patient is not as they were")
		}
	})
	t.Run("records labelled as Part 2 get a class of their own", func(t *testing.T) {
		if len(summary.Conditions) != 1 || !summary.Conditions[0].Shown.Has(policy.SUD) || summary.Conditions[0].Shown.Has(policy.Clinical) {
			t.Error("the labelled condition is not in the class of Part 2 records")
		}
		_, _, payment, _, _ := b.chart(t, who.For(actor.Payment), "mari otxoa")
		if len(payment.Conditions) != 0 || len(payment.Medications) != 2 {
			t.Error("a Part 2 record was shown for payment")
		}
	})
	t.Run("html is text, and an image is left out", func(t *testing.T) {
		if len(documents) != 1 {
			t.Fatal(len(documents))
		}
		d, err := b.documents.OpenFile(context.Background(), who, client.ID, documents[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := d.Value.Readable(); text.Disclose() != "Stable housing found." {
			t.Errorf("%q", text.Disclose())
		}
	})
	t.Run("what cannot be imported is counted with its reason", func(t *testing.T) {
		left := map[string]int{}
		for _, s := range r.Skipped {
			left[s.Type+": "+s.Reason] += s.Count
		}
		for _, want := range []string{
			"Encounter: the visit did not take place", "Encounter: it is labelled a psychotherapy note, which only its author may have",
			"Condition: its patient is not in the file, or was left out", "DocumentReference: its content is not plain text, HTML or PDF, or not what it is declared to be",
		} {
			if left[want] != 1 {
				t.Errorf("%s: %d", want, left[want])
			}
		}
	})
	raw, err := os.ReadFile("testdata/us-core.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("what changed at the source becomes a new version, and only that", func(t *testing.T) {
		changed := strings.NewReplacer("12 Elm Street", "90 Oak Avenue", "Telephone follow-up", "Call", `"Penicillin"`, `"Amoxicillin"`, "Weekly group", "Group twice a week", "PHA+", "PHA+").Replace(string(raw))
		err := b.clients.Edit(context.Background(), who, client.ID, client.Version, func(c *person.Client) {
			c.Pronouns, c.Phones[0].TextOnly = phi.NewText("she/her"), true
			c.Flags = append(c.Flags, person.Flag{Kind: person.SafetyPlan})
		})
		if err != nil {
			t.Fatal(err)
		}
		r := b.text(t, changed)
		want := map[string]fhir.Count{"notes": {Changed: 1, Unchanged: 1}, "clinical": {Changed: 1, Unchanged: 3}, "plans": {Changed: 1}, "documents": {Unchanged: 1}}
		if diff := cmp.Diff(want, r.Counts); diff != "" || r.ClientsChanged != 1 || r.ClientsUnchanged != 1 {
			t.Errorf("%+v %s", r, diff)
		}
		now, calls, _, _, _ := b.chart(t, who, "mari otxoa")
		if now.Value.Addresses[0].Lines[0].Disclose() != "90 Oak Avenue" || calls[0].Value.Title.Disclose() != "Call" {
			t.Error("the change was not taken over")
		}
		if now.Value.Pronouns.Disclose() != "she/her" || !now.Value.Phones[0].TextOnly || !now.Value.Flagged(person.SafetyPlan) || now.Value.Number.Empty() {
			t.Error("what is only kept here was lost")
		}
	})
	t.Run("each patient is one entry in the log, without content", func(t *testing.T) {
		n := 0
		for _, e := range b.Entries(t) {
			if e.Action == "import.run" && e.Who.Worker == "service:import" {
				n++
			}
		}
		if n < 3 {
			t.Errorf("%d entries", n)
		}
	})
	t.Run("only the importer may import", func(t *testing.T) {
		fresh := on(recordtest.Open(t))
		_, err := fresh.importer.Import(context.Background(), fresh.As("w1", actor.Administrator), []string{"testdata/us-core.json"}, fhir.Options{})
		if !fault.Is(err, fault.Denied) || fresh.records(t) != 0 {
			t.Error(err)
		}
	})
	t.Run("a dry run writes nothing", func(t *testing.T) {
		fresh := on(recordtest.Open(t))
		r := fresh.run(t, fhir.Options{DryRun: true}, "testdata/us-core.json")
		if r.ClientsCreated != 2 || fresh.records(t) != 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("when the log cannot be written nothing is imported", func(t *testing.T) {
		fresh := on(recordtest.Open(t))
		fresh.BreakLog(t)
		_, err := fresh.importer.Import(context.Background(), fresh.Service("import"), []string{"testdata/us-core.json"}, fhir.Options{})
		if !fault.Is(err, fault.Unavailable) || fresh.records(t) != 0 {
			t.Error(err)
		}
	})
	t.Run("a run that was stopped goes on where it was", func(t *testing.T) {
		fresh := on(recordtest.Open(t))
		ctx, stop := context.WithCancel(context.Background())
		_, err := fresh.importer.Import(ctx, fresh.Service("import"), []string{"testdata/us-core.json"}, fhir.Options{Progress: func(p fhir.Progress) {
			if p.Clients == 1 {
				stop()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		r := fresh.run(t, fhir.Options{}, "testdata/us-core.json")
		if r.ClientsUnchanged != 1 || r.ClientsCreated != 1 || len(r.Errors) != 0 {
			t.Errorf("%+v", r)
		}
	})
}

const (
	patientEntry = `{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"1","identifier":[{"system":"s","value":"v"}],"name":[{"family":"Planted"}]}}`
	closing      = `]}`
	opening      = `{"resourceType":"Bundle","type":"collection","entry":[`
)

func bundle(entries ...string) string { return opening + strings.Join(entries, ",") + closing }

func about(typ, rest string) string {
	return `{"resource":{"resourceType":"` + typ + `","id":"x","subject":{"reference":"urn:uuid:1"}` + rest + `}}`
}

// manyKeys are n keys of an object, each with a value.
func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	return b.String()
}

func TestHostileFiles(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	for name, c := range map[string]struct{ file, want string }{
		"an empty file":                        {"", "the file is empty"},
		"only space":                           {"  \n ", "the file ends too early"},
		"no JSON":                              {"hello", "not JSON"},
		"an array":                             {"[1,2]", "not a FHIR resource"},
		"no resource type":                     {`{"name":"x"}`, "not a FHIR resource"},
		"a second value that is cut off":       {bundle(patientEntry) + `{"resourceType":`, "ends too early"},
		"a key twice":                          {bundle(patientEntry, about("Condition", `,"id":"y"`)), "a key stands twice"},
		"a key twice in other letters":         {bundle(patientEntry, about("Condition", `,"ID":"y"`)), "a key stands twice"},
		"a key twice by an escape":             {bundle(patientEntry, about("Condition", `,"\u0069d":"y"`)), "a key stands twice"},
		"the entries twice":                    {`{"resourceType":"Bundle","entry":[` + patientEntry + `],"entry":[]}`, "a key stands twice"},
		"10,000 objects in each other":         {bundle(patientEntry, about("Condition", `,"x":`+deep)), "nested"},
		"a bundle of endless keys":             {`{"resourceType":"Bundle"` + manyKeys(1001) + `,"entry":[]}`, "more than 1000 keys"},
		"10,000 lists at the top":              {strings.Repeat("[", 10_000), "not a FHIR resource"},
		"text that is not UTF-8":               {bundle(patientEntry, about("Condition", ",\"code\":{\"text\":\"\xff\xfe\"}")), "not UTF-8"},
		"a NUL":                                {bundle(patientEntry, about("Condition", `,"code":{"text":"a\u0000b"}`)), "NUL"},
		"a raw NUL":                            {bundle(patientEntry, about("Condition", ",\"code\":{\"text\":\"a\x00b\"}")), "not JSON"},
		"UTF-16":                               {"\xff\xfe{\x00", "UTF-16"},
		"a compressed file":                    {"\x1f\x8b\x08\x00", "compressed"},
		"a number for a string":                {bundle(`{"resource":{"resourceType":"Patient","id":"1","name":[{"family":7}]}}`), "wrong type"},
		"a number for a date":                  {bundle(`{"resource":{"resourceType":"Patient","id":"1","name":[{"family":"P"}],"birthDate":19870311}}`), "birthDate has the wrong type"},
		"a list for an object":                 {bundle(`{"resource":[1]}`), "an object is expected, not a list"},
		"an object for a list":                 {bundle(patientEntry, about("Encounter", `,"type":{}`)), "wrong type"},
		"a number for an id":                   {bundle(`{"resource":{"resourceType":"Patient","id":1}}`), "wrong type"},
		"an entry that is a number":            {bundle(patientEntry, "7"), "an object is expected, not a number"},
		"a resource without a type":            {bundle(patientEntry, `{"resource":{"id":"x"}}`), "resourceType is missing"},
		"a resource whose type is a path":      {bundle(patientEntry, `{"resource":{"resourceType":"../x"}}`), "not the name of a resource"},
		"entries in a resource":                {`{"resourceType":"Patient","entry":[` + patientEntry + `]}`, "Patient.name is missing"},
		"a bundle called otherwise at the end": {`{"entry":[` + patientEntry + `],"resourceType":"Patient"}`, "only a bundle has entries"},
		"a day that does not exist":            {bundle(`{"resource":{"resourceType":"Patient","id":"1","name":[{"family":"P"}],"birthDate":"2021-02-30"}}`), "Patient.birthDate is not a date"},
		"a year out of range":                  {bundle(`{"resource":{"resourceType":"Patient","id":"1","name":[{"family":"P"}],"birthDate":"0021-02-03"}}`), "Patient.birthDate is not a date"},
		"a time that does not exist":           {bundle(patientEntry, about("Encounter", `,"period":{"start":"2021-02-03T25:00:00Z"}`)), "Encounter.period.start is not a date and time"},
		"base64 that is none":                  {bundle(patientEntry, about("DocumentReference", `,"content":[{"attachment":{"contentType":"text/plain","data":"!!!"}}]`)), "not base64"},
		"a patient without a name":             {bundle(`{"resource":{"resourceType":"Patient","id":"1"}}`), "Patient.name is missing"},
		"a patient nobody could know again":    {bundle(`{"resource":{"resourceType":"Patient","name":[{"family":"P"}]}}`), "neither identifier nor id"},
		"the same patient twice":               {bundle(patientEntry, strings.ReplaceAll(strings.ReplaceAll(patientEntry, `"id":"1"`, `"id":"2"`), "urn:uuid:1", "urn:uuid:2")), "is the same patient"},
		"one id for two things":                {bundle(patientEntry, about("Condition", `,"code":{"text":"a"}`), about("Condition", `,"code":{"text":"b"}`)), "has the same id"},
		"a history":                            {`{"resourceType":"Bundle","type":"history","entry":[` + patientEntry + `]}`, "history"},
		"a string of 100 MB":                   {bundle(patientEntry, `{"x":"`+strings.Repeat("a", 100<<20)+`"}`), "larger than"},
		"a key of 100 MB":                      {`{"` + strings.Repeat("a", 100<<20) + `":1}`, "larger than"},
		"100 MB of space":                      {"{" + strings.Repeat(" ", 100<<20), "larger than"},
	} {
		t.Run("refuses "+name+" with nothing imported", func(t *testing.T) {
			b := on(recordtest.Open(t))
			r := b.text(t, c.file)
			if len(r.Errors) != 1 || !strings.Contains(r.Errors[0].Message, c.want) {
				t.Fatalf("errors %v, want %q", r.Errors, c.want)
			}
			if n := b.records(t); n != 0 || r.ClientsCreated != 0 || r.FilesImported != 0 {
				t.Errorf("%d records were written: %+v", n, r)
			}
			if s := r.Errors[0].Error(); strings.Contains(s, "Planted") || strings.Contains(s, "aaaa") {
				t.Errorf("the error repeats content: %.200s", s)
			}
		})
	}
}

func TestOddFiles(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		clients int
		left    string
	}{
		"a byte order mark":                  {"\xef\xbb\xbf" + bundle(patientEntry), 1, ""},
		"entries before the type":            {`{"entry":[` + patientEntry + `],"type":"batch","resourceType":"Bundle"}`, 1, ""},
		"one resource and no bundle":         {`{"id":"1","name":[{"family":"P"}],"resourceType":"Patient"}` + "\n", 1, ""},
		"a resource on each line":            {`{"resourceType":"Patient","id":"1","name":[{"family":"P"}]}` + "\n" + `{"resourceType":"Patient","id":"2","name":[{"family":"Q"}]}` + "\n" + `{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/2"},"code":{"text":"x"}}`, 2, ""},
		"an entry without a resource":        {bundle(patientEntry, `{"fullUrl":"urn:uuid:9"}`), 1, "the entry has no resource, or asks for one to be deleted"},
		"an entry that asks for a deletion":  {bundle(patientEntry, `{"request":{"method":"DELETE","url":"Patient/1"}}`), 1, "the entry has no resource, or asks for one to be deleted"},
		"a condition of nobody":              {bundle(patientEntry, `{"resource":{"resourceType":"Condition","code":{"text":"x"}}}`), 1, "it names no patient"},
		"a condition of somebody elsewhere":  {bundle(`{"resource":{"resourceType":"Condition","subject":{"reference":"Patient/77"}}}`), 0, "its patient is not in the file, or was left out"},
		"references that go round":           {bundle(patientEntry, about("MedicationRequest", `,"medicationReference":{"reference":"MedicationRequest/x"},"reasonReference":[{"reference":"MedicationRequest/x"}]`)), 1, ""},
		"the same entry twice":               {bundle(patientEntry, patientEntry), 1, "it is there twice, the same"},
		"an escaped escape that is no NUL":   {bundle(strings.ReplaceAll(patientEntry, "Planted", `Pl\\u0000anted`)), 1, ""},
		"a bundle without entries":           {`{"resourceType":"Bundle","type":"collection"}`, 0, ""},
		"a resource type of another release": {bundle(patientEntry, `{"resource":{"resourceType":"Transport","id":"t"}}`), 1, "resources of this type are not kept"},
	} {
		t.Run("takes "+name, func(t *testing.T) {
			b := on(recordtest.Open(t))
			for i, want := range []int{c.clients, 0} {
				r := b.text(t, c.file)
				if len(r.Errors) != 0 || r.ClientsCreated != want {
					t.Fatalf("run %d: %+v", i, r)
				}
				reason := ""
				if len(r.Skipped) > 0 {
					reason = r.Skipped[0].Reason
				}
				if reason != c.left {
					t.Errorf("left out because %q, want %q", reason, c.left)
				}
			}
		})
	}
}

func TestTruncated(t *testing.T) {
	whole, err := os.ReadFile("testdata/us-core.json")
	if err != nil {
		t.Fatal(err)
	}
	whole = bytes.TrimSpace(whole)
	b := on(recordtest.Open(t))
	t.Run("a file cut off at any kilobyte is refused with the place", func(t *testing.T) {
		for n := 0; n < len(whole); n += 1 << 10 {
			r := b.text(t, string(whole[:n]))
			if len(r.Errors) != 1 || n > 0 && !strings.Contains(r.Errors[0].Message, "too early") || r.Errors[0].Offset > int64(n) || r.ClientsCreated != 0 {
				t.Fatalf("cut at %d: %+v", n, r)
			}
		}
		if n := b.records(t); n != 0 {
			t.Errorf("%d records were written", n)
		}
	})
	t.Run("the place is the file, the line and the entry", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "b.json")
		if err := os.WriteFile(path, []byte(bundle("\n"+patientEntry, "\n"+about("Encounter", `,"period":{"start":"x"}`))), 0o600); err != nil {
			t.Fatal(err)
		}
		r := b.run(t, fhir.Options{}, path)
		want := fhir.Problem{File: path, Line: 3, Offset: int64(len(opening) + len(patientEntry) + 3), Entry: 2, Type: "Encounter", ID: "x", Message: "Encounter.period.start is not a date"}
		if diff := cmp.Diff([]fhir.Problem{want}, r.Errors); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a bad file in a directory does not keep the good ones out", func(t *testing.T) {
		dir := t.TempDir()
		for name, text := range map[string]string{"a.json": bundle(patientEntry)[:50], "b.json": bundle(patientEntry), "c.json": `["no FHIR"]`, "d.txt": "x"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r := b.run(t, fhir.Options{}, dir, filepath.Join(dir, "none"))
		if r.ClientsCreated != 1 || len(r.Errors) != 2 || r.Files != 3 || r.FilesImported != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// FuzzImport feeds the importer anything: it must answer with a report, never
// write of a file it refuses, and never repeat what it read.
func FuzzImport(f *testing.F) {
	for _, name := range []string{"us-core.json", "synthea-2021-notes.json"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), 4<<10)]) // large seeds make the fuzzer slow
	}
	for _, s := range []string{bundle(patientEntry), bundle(patientEntry, about("Condition", `,"code":{"text":"x"}`)), "\xef\xbb\xbf{}", `{"resourceType":"Patient","id":"1","name":[{}]}`, "{}{}", `{"entry":[{}]}`} {
		f.Add([]byte(s))
	}
	b := on(recordtest.Open(f))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := b.importer.Import(context.Background(), b.Service("import"), []string{"-"}, fhir.Options{Stdin: bytes.NewReader(file), DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Errors) > 0 && r.FilesImported > 0 {
			t.Error("a file was both refused and imported")
		}
		if b.records(t) != 0 {
			t.Error("a dry run wrote something")
		}
	})
}

func TestMoreBundles(t *testing.T) {
	if *more == "" {
		t.Skip("name a directory with -fhir")
	}
	b := on(recordtest.Open(t))
	for i := range 2 {
		r := b.run(t, fhir.Options{Program: "Care coordination", Assign: "w1"}, *more)
		if out, err := json.MarshalIndent(r, "", " "); err == nil {
			t.Logf("%s", out)
		}
		if len(r.Errors) > 0 || i == 1 && r.ClientsCreated+r.ClientsChanged > 0 {
			t.Error("there were errors, or a second run was not idle")
		}
	}
}

func BenchmarkImport(b *testing.B) {
	dir := "testdata"
	if *more != "" {
		dir = *more
	}
	n := 0
	for b.Loop() {
		b.StopTimer()
		w := on(recordtest.Open(b))
		b.StartTimer()
		n += w.run(b, fhir.Options{}, dir).Resources
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "resources/s")
}
