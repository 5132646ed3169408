package web_test

import (
	"bytes"
	"context"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"caseward/internal/paper/papertest"
	"caseward/internal/pdftext"
	"caseward/internal/program/policydoc"
	"caseward/internal/web"
)

// TestEveryRouteHasAWorkflow wants every page to have a workflow, or a reason to have
// none, and every name of one to be that of a clause of the starter set.
func TestEveryRouteHasAWorkflow(t *testing.T) {
	governed := map[string]bool{}
	for _, s := range policydoc.Starter("en") {
		for _, w := range s.Workflows() {
			governed[w] = true
		}
	}
	for _, r := range web.Routes(open(t).parts) {
		w, known := web.WorkflowOf(r.Pattern)
		switch {
		case !known:
			t.Errorf("%s has no workflow: add its path to workflows, or to without with the reason", r.Pattern)
		case w != "" && !governed[w]:
			t.Errorf("%s belongs to the workflow %s, which no policy of the starter set governs", r.Pattern, w)
		}
	}
	for path, why := range web.Without {
		if len(why) < 8 {
			t.Errorf("%s has no reason", path)
		}
		if web.Workflows[path] != "" {
			t.Errorf("%s is on both lists", path)
		}
	}
	if w, _ := web.WorkflowOf("POST /clients/{id}/notes/{note}/sign"); w != "notes" {
		t.Errorf("signing a note belongs to %q", w)
	}
	if w, known := web.WorkflowOf("GET /nowhere"); w != "" || known {
		t.Errorf("an unknown page belongs to %q", w)
	}
}

// TestPolicies follows a policy through its pages: adopted, edited, sent to review,
// approved by somebody else with a fresh proof, put in force, acknowledged with one
// click, compared with the next version, and read from the page that it governs.
func TestPolicies(t *testing.T) {
	h := open(t)
	pat, sam, ann := h.as("pat"), h.as("sam"), h.as("ann")
	get := func(b *browser, path string, want int, has ...string) string {
		t.Helper()
		code, body := b.do("GET", path, nil)
		check(t, path, code, body, want, has...)
		return body
	}
	post := func(b *browser, path string, want int, has string, fields ...string) string {
		t.Helper()
		form := url.Values{"csrf": {b.csrf}}
		for i := 0; i+1 < len(fields); i += 2 {
			form.Add(fields[i], fields[i+1])
		}
		code, body := b.do("POST", path, form)
		check(t, path, code, body, want, has)
		return body
	}
	prove := func(b *browser) { post(b, "/stepup", 303, "", "next", "/policies", "demo", "1") }

	get(ann, "/policies", 200, "No policy is in force yet")
	get(ann, "/policies/for/chart", 200, "No policy in force governs this page")
	get(ann, "/clients/"+h.client.String(), 200, `href="/policies/for/chart?back=%2Fclients%2F`)
	post(ann, "/policies/starter", 403, "", "code", "access", "lang", "en")

	get(sam, "/policies/starter", 200, `value="access"`)
	post(sam, "/policies/starter", 422, "Choose at least one document", "lang", "en")
	post(sam, "/policies/starter", 303, "/policies", "code", "access", "code", "records", "lang", "en")
	get(sam, "/policies", 200, "Not in force yet", "/policies/doc/access")
	if body := get(ann, "/policies", 200); strings.Contains(body, "/policies/doc/access") {
		t.Error("staff see a draft")
	}
	get(ann, "/policies/doc/access", 403)
	page := get(sam, "/policies/doc/access", 200, "No version is in force")
	version := regexp.MustCompile(`/policies/doc/access/versions/[0-9a-z]{26}`).FindString(page)
	edit := get(sam, version+"/edit", 200, "code: access")
	seen := regexp.MustCompile(`name="seen" value="([0-9]+)"`).FindStringSubmatch(edit)[1]
	var text string
	for _, s := range policydoc.Starter("en") {
		if s.Code == "access" {
			text = s.Source
		}
	}
	wrong := strings.Replace(text, "review: 12", "review: never", 1)
	post(sam, version+"/edit", 200, "The key review is a number of months", "do", "check", "text", wrong, "seen", seen)
	post(sam, version+"/edit", 303, version, "do", "save", "text", wrong, "seen", seen)
	post(sam, version+"/edit", 422, "saved a change at", "do", "save", "text", text, "seen", seen)
	post(sam, version+"/submit", 422, "The text has mistakes")
	seen = regexp.MustCompile(`name="seen" value="([0-9]+)"`).FindStringSubmatch(get(sam, version+"/edit", 200))[1]
	post(sam, version+"/edit", 303, version, "do", "save", "text", text+"\n<script>alert(1)</script>\n", "seen", seen, "note", "First.")
	post(sam, version+"/submit", 303, version)

	read := get(pat, version, 200, "Approve this text", "&lt;script&gt;alert(1)&lt;/script&gt;")
	if strings.Contains(read, "<script>alert(1)") {
		t.Error("what was typed runs")
	}
	sum := regexp.MustCompile(`name="sum" value="([0-9a-f]{64})"`).FindStringSubmatch(read)[1]
	post(pat, version+"/approve", 303, "/stepup?next="+version, "sum", sum)
	prove(pat)
	prove(sam)
	post(sam, version+"/approve", 403, "Nobody reviews or approves a policy that they wrote", "sum", sum)
	post(pat, version+"/return", 422, "Say in up to 1,000 characters what is to change")
	post(pat, version+"/approve", 303, version, "sum", sum)
	post(pat, version+"/enforce", 422, "Choose today or a coming day", "from", "2020-01-01")
	post(pat, version+"/enforce", 303, version)

	// Wanted, acknowledged, counted; and back where one came from.
	seen = regexp.MustCompile(`name="seen" value="([0-9]+)"`).FindStringSubmatch(get(pat, "/policies/doc/access", 200))[1]
	post(pat, "/policies/doc/access/care", 422, "Enter days as a number from 0 to 365", "seen", seen, "grace", "x", "limited", "0")
	post(pat, "/policies/doc/access/care", 303, "/policies/doc/access", "seen", seen, "acknowledged", "yes", "grace", "14", "limited", "7", "owner", h.staff["sam"].String())
	get(ann, "/policies", 200, "To acknowledge")
	mine := get(ann, "/policies/doc/access?back=/caseload", 200, "I read it and will keep to it", "Pat Worker", `value="/caseload"`)
	if strings.Contains(mine, "{{") {
		t.Error("a word in braces is not filled in")
	}
	id := strings.TrimPrefix(version, "/policies/doc/access/versions/")
	get(pat, "/policies/doc/access/people", 200, "Ann Worker")
	post(ann, "/policies/doc/access/acknowledge", 303, "/caseload", "version", id, "back", "/caseload")
	if body := get(ann, "/policies", 200, "acknowledged"); strings.Contains(body, "To acknowledge") {
		t.Error("it is still to be acknowledged")
	}
	people := get(pat, "/policies/doc/access/people", 200, "One person has")
	if strings.LastIndex(people, "Ann Worker") < strings.Index(people, "One person has") {
		t.Error("ann is not with those who have")
	}
	get(ann, "/policies/doc/access/people", 403)

	// The clause that governs a page, and the version in the entry of reading it.
	get(ann, "/policies/for/chart?back=/today", 200, `href="/today"`, "/policies/doc/access#c4-3")
	cited := ""
	for _, e := range h.Entries(t) {
		if e.Action == "policydoc_version.read" && e.Detail["workflow"] == "chart" {
			cited = e.Detail["policy"]
			break
		}
	}
	if cited != "access@"+id {
		t.Errorf("the entry of reading names %q", cited)
	}
	get(ann, "/policies/for/chart?back=https://elsewhere.example", 200)

	// On paper: what says which text it is, and an entry of it.
	before := len(h.Entries(t))
	pdf := func(b *browser, path string) string {
		t.Helper()
		_, file, _ := strings.Cut(get(b, path+"/pdf", 200), "\n")
		return strings.Join(papertest.Text(t, []byte(file)), "\n")
	}
	paper := pdf(ann, version)
	for _, want := range []string{"Harbor Test Services", "Version 1", "In force", "SHA-256 " + sum, "Approved by", "Pat Worker", "Page 1 of ", "45 CFR 164.308(a)(4)", "Privacy Officer"} {
		if !strings.Contains(paper, want) {
			t.Errorf("the paper lacks %q", want)
		}
	}
	if strings.Contains(paper, "{{") || strings.Contains(paper, "not the version in force") {
		t.Error("the paper says what it should not")
	}
	if n := len(h.Entries(t)); n == before {
		t.Error("printing leaves no entry")
	}

	// A next version beside it; coverage; a change of the law.
	next := post(sam, "/policies/doc/access/begin", 303, "/policies/doc/access/versions/", "do", "save", "text", strings.Replace(text, "## 1 Purpose", "## 1 Why", 1), "note", "Plainer.")
	next = regexp.MustCompile(`[0-9a-z]{26}`).FindString(next)
	get(pat, "/policies/doc/access/compare?old="+id+"&new="+next, 200, "<ins>## 1 Why</ins>", "<del>## 1 Purpose</del>")
	get(ann, "/policies/doc/access/compare?old="+id+"&new="+next, 404)
	get(ann, "/policies/doc/access/versions/"+next, 404)
	get(ann, "/policies/doc/access/versions/"+next+"/pdf", 404)
	if paper := pdf(pat, "/policies/doc/access/versions/"+next); !strings.Contains(paper, "not the version in force today") || !strings.Contains(paper, "1 Why") {
		t.Error("the paper of a draft does not say that it is one")
	}
	get(pat, "/policies/coverage", 200, "45 CFR 164.310(d)(1)", "none")
	post(pat, "/policies/trigger", 422, "what happened", "cause", "law")
	post(pat, "/policies/trigger", 303, "/policies", "cause", "law", "standards", "45 CFR 164.308(a)(4)", "why", "A rule is final.")
	get(pat, "/policies", 200, "To be looked at again", "A rule is final.")
	post(pat, "/policies/doc/access/review", 303, "/policies/doc/access", "words", "Fits.")
	if body := get(pat, "/policies", 200); strings.Contains(body, "A rule is final.") {
		t.Error("a review that was made is still asked for")
	}
	post(pat, "/policies/doc/access/withdraw", 303, "/policies/doc/access", "why", "Replaced.")
	get(ann, "/policies/for/chart", 200, "No policy in force governs this page")
}

func check(t *testing.T, path string, code int, body string, want int, has ...string) {
	t.Helper()
	if code != want {
		t.Fatalf("%s: status %d, want %d: %.600s", path, code, want, body)
	}
	for _, s := range has {
		if !strings.Contains(body, s) {
			t.Errorf("%s: %q is not in the answer", path, s)
		}
	}
}

// TestPolicyFromAFile brings a policy of the agency's own: it is shown to be gone through,
// nothing is kept before its draft is saved, and what cannot be read loses nothing.
func TestPolicyFromAFile(t *testing.T) {
	h := open(t)
	sam, ann := h.as("sam"), h.as("ann")
	bring := func(b *browser, path, name, file string, want int, has ...string) string {
		t.Helper()
		fields := []string{"csrf", b.csrf}
		files := []string{name, file}
		if name == "" {
			files = nil
		}
		res, body := b.sends(path, fields, files)
		check(t, path, res.StatusCode, body, want, has...)
		return body
	}
	const own = "## 1 Purpose\n\nWhy we lock <b>doors</b>.\n"
	body := bring(sam, "/policies/new/file", "doors & keys.md", own, 200, "title: doors &amp; keys", "Why we lock &lt;b&gt;doors&lt;/b&gt;.", "From the file doors &amp; keys.md (SHA-256 ", "The key standards names what law it answers")
	if !strings.Contains(body, `action="/policies/new"`) {
		t.Error("the text that was read cannot be saved")
	}
	if code, list := sam.do("GET", "/policies", nil); code != 200 || strings.Contains(list, "doors") {
		t.Errorf("something was kept before the draft was saved: %d", code)
	}
	bring(sam, "/policies/new/file", "scan.pdf", "%PDF-1.4", 422, "cannot read PDFs", "## 1 Purpose")
	bring(sam, "/policies/new/file", "", "", 422, "Choose a file.")
	bring(ann, "/policies/new/file", "doors.md", own, 200)

	text := strings.NewReplacer("code: short-word", "code: doors", "title: ", "title: Doors", "standards: ", "standards: agency practice", "governs: \n", "").Replace("---\ncode: short-word\ntitle: \nfamily: program\nowner: privacy_officer\naudience: everyone\nstandards: \nreview: 12\ngoverns: \n---\n\n" + own)
	form := url.Values{"csrf": {sam.csrf}, "do": {"save"}, "text": {text}}
	if code, b := sam.do("POST", "/policies/new", form); code != 303 {
		t.Fatalf("the draft: %d %s", code, b)
	}
	bring(sam, "/policies/doc/doors/begin/file", "v2.md", "## 1 Purpose\n\nA second text.\n", 200, "code: doors", "title: Doors", "A second text.", `action="/policies/doc/doors/begin"`)
	bring(ann, "/policies/doc/doors/begin/file", "v2.md", own, 403)
}

// TestPolicyFromAPDF brings a PDF: the page says what is to be looked at, the text becomes a
// draft, and a file that is refused takes nothing of what was typed.
func TestPolicyFromAPDF(t *testing.T) {
	h := open(t)
	h.parts.Policies.PDF = func(_ context.Context, file []byte) (*pdftext.Document, error) {
		return pdftext.Extract(bytes.NewReader(file), int64(len(file)))
	}
	sam := h.as("sam")
	bring := func(path, name string, want int, has ...string) string {
		t.Helper()
		file, err := os.ReadFile(filepath.Join("../pdftext/testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		res, body := sam.sends(path, []string{"csrf", sam.csrf}, []string{name, string(file)})
		check(t, path, res.StatusCode, body, want, has...)
		return body
	}
	body := bring("/policies/new/file", "letter.pdf", 200, "From the file letter.pdf (SHA-256 ", "Compare the text with the file", "Look above all at: tables (2).", "lines that repeat at the head or foot of pages (4)", "### 3.2 On the ride")
	_, text, _ := strings.Cut(body, `name="text"`)
	_, text, _ = strings.Cut(text, ">")
	text, _, _ = strings.Cut(text, "</textarea>")
	text = strings.NewReplacer("code: short-word", "code: rides", "title: letter", "title: Rides", "standards: ", "standards: agency practice", "governs: \n", "").Replace(html.UnescapeString(text))
	form := url.Values{"csrf": {sam.csrf}, "do": {"save"}, "text": {text}}
	code, _ := sam.do("POST", "/policies/new", form)
	if code != 303 {
		t.Fatalf("the draft: %d\n%s", code, text)
	}
	if code, page := sam.do("GET", "/policies/doc/rides", nil); code != 200 || !strings.Contains(page, "Draft") {
		t.Errorf("there is no draft: %d", code)
	}
	form = url.Values{"csrf": {sam.csrf}, "text": {"---\ncode: mine\n---\n\nTyped before."}, "note": {"A note of mine."}, "draft": {"0"}}
	if code, b := sam.do("POST", "/policies/new/draft", form); code != 200 {
		t.Fatalf("what was typed: %d %s", code, b)
	}
	for name, says := range map[string]string{"scan.pdf": "picture of a text", "locked.pdf": "is encrypted"} {
		bring("/policies/new/file", name, 422, says, "Nothing of it was kept.", "Typed before.", "A note of mine.")
	}
}

// TestTwoEditorsOfOnePolicy keeps what is typed as it is typed, and loses neither's words
// where two change one draft.
func TestTwoEditorsOfOnePolicy(t *testing.T) {
	h := open(t)
	pat, sam, ann := h.as("pat"), h.as("sam"), h.as("ann")
	send := func(b *browser, path string, want int, has string, fields ...string) string {
		t.Helper()
		form := url.Values{"csrf": {b.csrf}}
		for i := 0; i+1 < len(fields); i += 2 {
			form.Add(fields[i], fields[i+1])
		}
		code, body := b.do("POST", path, form)
		check(t, path, code, body, want, has)
		return body
	}
	look := func(b *browser, path string, has ...string) string {
		t.Helper()
		code, body := b.do("GET", path, nil)
		check(t, path, code, body, 200, has...)
		return body
	}
	hidden := func(body, name string) string {
		t.Helper()
		m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
		if m == nil {
			t.Fatalf("no field %s", name)
		}
		return m[1]
	}
	const base = "---\ncode: doors\ntitle: Doors\nfamily: program\nowner: privacy_officer\naudience: everyone\nstandards: agency practice\nreview: 12\n---\n\n## 1 Purpose\n\nWhy.\n\n## 2 Rules\n\nShut them.\n"
	with := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(base) }

	// A new policy is kept as it is typed, for whoever types it, and gone once it is saved.
	send(sam, "/policies/new/draft", 200, `"kept":true,"draft":"1"`, "text", base, "draft", "")
	send(sam, "/policies/new/draft", 200, `"kept":false`, "text", "another window", "draft", "")
	look(sam, "/policies/new", "Why.", "for you alone until you save the draft", `name="draft" value="1"`)
	if body := look(pat, "/policies/new"); strings.Contains(body, "Why.") {
		t.Error("somebody else sees what is typed")
	}
	version := send(sam, "/policies/new", 303, "/policies/doc/doors/versions/", "do", "save", "text", base, "draft", "1")
	version = regexp.MustCompile(`/policies/doc/doors/versions/[0-9a-z]{26}`).FindString(version)
	if body := look(sam, "/policies/new"); strings.Contains(body, "Why.") {
		t.Error("what was saved is still kept")
	}
	send(ann, "/policies/doc/nowhere/begin/draft", 404, "", "text", "x")

	// Two change other paragraphs of one draft: both are in the text, one click saves both.
	one, two := look(sam, version+"/edit"), look(pat, version+"/edit")
	send(sam, version+"/edit/draft", 200, `"draft":"1"`, "text", with("Why.", "Why doors."), "was.text", base, "seen", hidden(one, "seen"), "draft", hidden(one, "draft"))
	send(pat, version+"/edit", 303, version, "do", "save", "text", with("Shut them.", "Shut them at six."), "was.text", base, "seen", hidden(two, "seen"))
	both := look(sam, version+"/edit", "Pat Worker saved a change", "You changed different lines", "Why doors.", "Shut them at six.")
	send(sam, version+"/edit", 422, "You changed different lines", "do", "save", "text", with("Why.", "Why doors."), "was.text", base, "seen", hidden(one, "seen"), "draft", "1")
	merged := with("Why.", "Why doors.", "Shut them.", "Shut them at six.")
	send(sam, version+"/edit", 303, version, "do", "save", "text", merged, "seen", hidden(both, "seen"), "draft", hidden(both, "draft"))
	look(pat, version, "Why doors.", "Shut them at six.")
	if body := look(sam, version+"/edit"); strings.Contains(body, "saved a change") || hidden(body, "draft") != "" {
		t.Error("what was saved is still kept")
	}

	// Both change one line: the reader's stands in the text, the other's beside it.
	one = look(sam, version+"/edit")
	send(pat, version+"/edit", 303, version, "do", "save", "text", strings.Replace(merged, "at six", "at seven", 1), "was.text", merged, "seen", hidden(one, "seen"))
	mine := strings.Replace(merged, "at six", "at five", 1)
	clash := send(sam, version+"/edit", 422, "You both changed the same lines", "do", "save", "text", mine, "was.text", merged, "seen", hidden(one, "seen"))
	if !strings.Contains(clash, "<td>Shut them at five.</td>") || !strings.Contains(clash, "<td>Shut them at seven.</td>") {
		t.Error("the two are not side by side")
	}
	send(sam, version+"/edit", 303, version, "do", "save", "text", mine, "seen", hidden(clash, "seen"))
	// Saved twice is saved once.
	send(sam, version+"/edit", 303, version, "do", "save", "text", mine, "was.text", merged, "seen", hidden(one, "seen"))

	// What is thrown away is gone.
	one = look(sam, version+"/edit")
	send(sam, version+"/edit/draft", 200, `"kept":true`, "text", "half", "seen", hidden(one, "seen"), "draft", "")
	look(sam, version+"/edit", "Throw away what is not saved")
	send(sam, version+"/edit/draft", 303, version+"/edit", "do", "drop")
	if body := look(sam, version+"/edit"); strings.Contains(body, "Throw away what is not saved") {
		t.Error("it is still kept")
	}
}
