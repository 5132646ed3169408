package account_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"caseward/internal/org"
	"caseward/internal/phi"
)

var carried = regexp.MustCompile(`name="(hash|kept)" value="([^"]*)"`)

// sends uploads a file on the page of importing.
func (b *browser) sends(file string, pairs ...string) answer {
	b.h.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i < len(pairs); i += 2 {
		b.h.ok(m.WriteField(pairs[i], pairs[i+1]))
	}
	b.h.ok(m.WriteField("csrf", b.csrf))
	w, err := m.CreateFormFile("file", "staff.csv")
	b.h.ok(err)
	_, err = w.Write([]byte(file))
	b.h.ok(err)
	b.h.ok(m.Close())
	r, err := http.NewRequest(http.MethodPost, b.h.origin+"/staff/import", &body)
	b.h.ok(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.do(r)
}

// next are the hidden fields of a page, for the form that follows.
func next(a answer) (pairs []string) {
	for _, m := range carried.FindAllStringSubmatch(a.body, -1) {
		pairs = append(pairs, m[1], m[2])
	}
	return pairs
}

func TestStaffComesInAsAFile(t *testing.T) {
	h := open(t, false)
	admin, _ := h.enrol(h.admin)
	worker, _ := h.enrol(h.worker)
	const file = "Correo;Nombre;Apellido;Rol;Cargo\nnoor@example.org;Noor;Tavi;Admisión;\ncleo@example.org;Cleo;Marsh;;Lead\nx@example.org;X;;king;\n"

	h.run("who may not invite is refused", func(t *testing.T) {
		worker.get("/probe")
		worker.get("/staff/import").is(403)
		worker.get("/staff/export").is(403)
		worker.sends(file).is(403)
		worker.get("/staff").without("Import a list")
	})
	h.run("without a file, and with one that is none, it says so", func(t *testing.T) {
		admin.get("/staff").is(200, "Import a list")
		admin.get("/staff/import").is(200, "At most 5 MB")
		admin.post("/staff/import").is(422, "Choose a file.")
		admin.sends("a,b\n1,2\n").is(422, "no column for the mail address")
		admin.post("/staff/import", "kept", "garbage").is(422, "could not be read")
		admin.post("/staff/import/apply", "kept", "garbage").is(422, "could not be read")
	})
	h.run("it is shown, and nothing is done", func(t *testing.T) {
		a := admin.sends(file).is(200, "A trial", "Noor Tavi", "Job title: Lead", "Choose one of the roles.", "Do this for 2 rows", "Invited: 1", "Not taken: 1")
		if _, ok, err := h.org.Directory().ByMail(ctx, "noor@example.org"); ok || err != nil {
			t.Error(ok, err)
		}
		if strings.Contains(a.body, "/enrol/") {
			t.Error("a link before it is done")
		}
	})
	h.run("staff that changed meanwhile is shown again, and nothing is done", func(t *testing.T) {
		a := admin.sends(file).is(200)
		title := phi.NewText("Chief")
		h.ok(h.org.Change(ctx, h.Proved(h.admin.String(), "administrator"), h.boss, 0, org.Edit{Title: &title}))
		a = admin.post("/staff/import/apply", next(a)...).is(409, "The staff changed since", "Do this for 2 rows")
		if _, ok, _ := h.org.Directory().ByMail(ctx, "noor@example.org"); ok {
			t.Error("it was done")
		}
		// What is shown now is what is done, and the link enrols.
		a = admin.post("/staff/import/apply", next(a)...).is(200, "What the list changed", "Noor Tavi", "Invited: 1", "Changed: 1", "Not taken: 1")
		link := one(t, regexp.MustCompile(`(/enrol/[A-Za-z0-9_-]+)`), a.body)
		h.browser().get(link).is(200, "Noor Tavi")
		s, err := h.org.Read(ctx, h.Proved(h.admin.String(), "administrator"), h.worker)
		h.ok(err)
		if s.Value.Title.Disclose() != "Lead" {
			t.Error(s.Value.Title.Disclose())
		}
	})
	h.run("the same file again has nothing to do, and the export is such a file", func(t *testing.T) {
		admin.get("/staff/import")
		admin.sends(file).is(200, "As it is: 2").without("Do this for")
		b := admin.get("/staff/export").is(200, "mail,given,family", "noor@example.org,Noor,Tavi,,intake").body
		admin.get("/staff/import")
		admin.sends(b, "missing", "end").is(200, "Nothing to do")
	})
	h.run("who is missing is named before they are ended, and a file cut short ends nobody", func(t *testing.T) {
		admin.get("/staff/import")
		a := admin.sends("mail,given\nada@example.org,Ada\nsam@example.org,Sam\ncleo@example.org,Cleo\n", "missing", "end").is(200, "Noor Tavi", "Not in the file", "Do this for 1 row")
		admin.post("/staff/import/apply", append(next(a), "missing", "end")...).is(200, "Access ended: 1")
		admin.get("/staff/import")
		admin.sends("mail,given\nada@example.org,Ada\n", "missing", "end").is(200, "more than a third").without("Do this for")
		worker.get("/probe").is(200)
	})
}
