package fault

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/config"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
)

const (
	mostMemory = 300 << 20 // bytes the process may ever have had resident
	crowded    = 2000      // connections that are held open at once
)

// siege is a server that is attacked while a colleague works.
type siege struct {
	*server
	chart   string
	at      string // host and port
	metrics string

	stop      chan struct{}
	colleague sync.WaitGroup
	mu        sync.Mutex
	answered  int
	wrong     []string
}

// besieged starts a server and its colleague, who asks for pages and writes notes
// without a pause, on a connection of their own each time.
func besieged(t *testing.T) *siege {
	t.Helper()
	g := foundWith(t, config.Config{Proxied: true, Metrics: "127.0.0.1:0", Uploads: config.Uploads{Unscanned: true, MaxMiB: 20}})
	var client person.ID
	g.open(app.Options{Demo: true}, func(a *app.App) {
		id, err := a.Org.Invite(ctx, authn.ProvedOperator("test", a.Clock.Now()), org.Invitation{Given: phi.NewText("Ada"), Family: phi.NewText("Worker"), Mail: phi.NewText("ada@example.org"), Role: actor.Administrator})
		g.must(err)
		g.must(a.Org.Activate(ctx, authn.Service(authn.SignIn), id))
		g.staff["ada"] = id
		g.signIn(a)
		client = register(g, a)
	})
	s := &siege{server: g.serve(), chart: "/clients/" + client.String(), stop: make(chan struct{})}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.origin, "http://"))
	g.must(err)
	s.at = net.JoinHostPort("127.0.0.1", port)
	s.metrics = measuring.FindStringSubmatch(s.out.String())[1]
	lone := *s.server
	lone.http = &http.Client{Transport: s.http.Transport.(*http.Transport).Clone(), CheckRedirect: s.http.CheckRedirect, Timeout: patience}
	lone.http.Transport.(*http.Transport).DisableKeepAlives = true
	s.colleague.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-s.stop:
				return
			default:
			}
			want, method, path, form := http.StatusOK, http.MethodGet, s.chart, url.Values(nil)
			switch i % 4 {
			case 1:
				path = "/caseload"
			case 2:
				path = "/signin" // as who comes in the morning
			case 3:
				want, method, path = http.StatusSeeOther, http.MethodPost, s.chart+"/notes"
				form = url.Values{"do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {content("beside")}}
			}
			who := "ann"
			if path == "/signin" {
				who = "nobody"
			}
			a, err := lone.try(who, method, path, form)
			s.mu.Lock()
			s.answered++
			if err != nil || !a.whole || a.code != want {
				s.wrong = append(s.wrong, fmt.Sprintf("%s %s: answered %d, %v", method, path, a.code, err))
			}
			s.mu.Unlock()
		}
	})
	return s
}

// beside fails if the colleague was not answered, or not since the last time.
func (s *siege) beside() {
	s.g.Helper()
	s.mu.Lock()
	begun := s.answered
	s.mu.Unlock()
	eventually(s.g.T, "the colleague to go on", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.answered >= begun+4
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.wrong {
		s.g.Errorf("the colleague: %s", w)
	}
	s.wrong = nil
}

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// memory is the most bytes the process ever had resident.
func (s *siege) memory() int64 {
	s.g.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	s.g.must(err)
	n, err := strconv.ParseInt(string(peak.FindSubmatch(b)[1]), 10, 64)
	s.g.must(err)
	return n << 10
}

// files is how many files and connections the process has open.
func (s *siege) files() int {
	s.g.Helper()
	es, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	s.g.must(err)
	return len(es)
}

var running = regexp.MustCompile(`(?m)^caseward_goroutines(?:\{[^}]*\})? (\d+)`)

// goroutines is how many the process has.
func (s *siege) goroutines() int {
	s.g.Helper()
	res, err := http.Get(s.metrics)
	s.g.must(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	s.g.must(err)
	m := running.FindSubmatch(b)
	if m == nil {
		s.g.Fatalf("the metrics say nothing of goroutines: %s", b)
	}
	n, err := strconv.Atoi(string(m[1]))
	s.g.must(err)
	return n
}

func (s *siege) dial() net.Conn {
	s.g.Helper()
	c, err := net.Dial("tcp", s.at)
	s.g.must(err)
	return c
}

var statusLine = regexp.MustCompile(`HTTP/1\.[01] (\d{3})`)

// raw sends bytes as they are and returns the status of each answer until the server
// closes the connection.
func (s *siege) raw(text string) (codes []int, body string) {
	s.g.Helper()
	c := s.dial()
	defer c.Close()
	g := make(chan struct{})
	go func() {
		defer close(g)
		_, _ = io.WriteString(c, text)                    // it may be refused half-way
		if !strings.Contains(text, "Connection: close") { // or else whoever asks is taken for gone
			_ = c.(*net.TCPConn).CloseWrite()
		}
	}()
	b, _ := io.ReadAll(c) // until it is closed, however
	<-g
	for _, m := range statusLine.FindAllSubmatch(b, -1) {
		n, err := strconv.Atoi(string(m[1]))
		s.g.must(err)
		codes = append(codes, n)
	}
	return codes, string(b)
}

// head is the head of a request as somebody, without its last empty line.
func (s *siege) head(name, method, path string, fields ...string) string {
	h := method + " " + path + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(s.origin, "http://") + "\r\nOrigin: " + s.origin + "\r\n"
	if who, ok := s.g.sessions[name]; ok {
		h += "Cookie: " + who.cookie + "\r\nX-CSRF-Token: " + who.csrf + "\r\n"
	}
	for _, f := range fields {
		h += f + "\r\n"
	}
	return h
}

func TestHostile(t *testing.T) {
	s := besieged(t)
	g := s.g
	s.beside()
	files, goroutines := s.files(), s.goroutines()
	for _, part := range []struct {
		name string
		run  func(t *testing.T, s *siege)
	}{
		{"requests that are read in two ways", smuggled},
		{"heads without measure", floods},
		{"uploads without an end", endless},
		{"forms of a hundred thousand parts", manyParts},
		{"archives that unpack without measure", bombs},
		{"JSON that is deep or has no end", deepJSON},
		{"connections that are held open", held},
		{"sign-ins of thousands", signIns},
	} {
		t.Run(part.name, func(t *testing.T) {
			g.T = t
			defer func() { g.T = t }()
			part.run(t, s)
			s.beside()
			t.Logf("peak memory so far: %d MB", s.memory()>>20)
			if n := s.memory(); n > mostMemory {
				t.Errorf("the server has had %d MB", n>>20)
			}
			s.http.CloseIdleConnections()
			// The colleague, and the question itself, have a few at any moment.
			eventually(t, "open files to be closed", func() bool { return s.files() <= files+8 })
			eventually(t, "goroutines to end", func() bool { return s.goroutines() <= goroutines+16 })
		})
	}
	g.T = t
	close(s.stop)
	s.colleague.Wait()
	s.server.stop()
	if strings.Contains(s.out.String(), "panic") {
		t.Errorf("the server's log: %s", s.out)
	}
	if out, code := g.command("", "audit", "verify", "--data", g.data); code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func smuggled(t *testing.T, s *siege) {
	const inner = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
	post := func(fields ...string) string { return s.head("nobody", "POST", "/language", fields...) }
	const form = "Content-Type: application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		send string
		want int // 0: any of one answer
	}{
		"a length and chunks":                   {post(form, "Content-Length: 60", "Transfer-Encoding: chunked") + "\r\n0\r\n\r\n" + inner, 0},
		"chunks and a length":                   {post(form, "Transfer-Encoding: chunked", "Content-Length: 4") + "\r\n0\r\n\r\n" + inner, 0},
		"two lengths":                           {post(form, "Content-Length: 0", "Content-Length: 44") + "\r\n" + inner, 400},
		"two lengths in one field":              {post(form, "Content-Length: 0, 44") + "\r\n" + inner, 400},
		"a length with a sign":                  {post(form, "Content-Length: +0") + "\r\n" + inner, 400},
		"a length below nothing":                {post(form, "Content-Length: -1") + "\r\n" + inner, 400},
		"a length that is none":                 {post(form, "Content-Length: 0x10") + "\r\n" + inner, 400},
		"chunks by another name":                {post(form, "Transfer-Encoding: xchunked") + "\r\n0\r\n\r\n" + inner, 501},
		"chunks twice":                          {post(form, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + "\r\n0\r\n\r\n" + inner, 501},
		"chunks, and then itself":               {post(form, "Transfer-Encoding: chunked, identity") + "\r\n0\r\n\r\n" + inner, 501},
		"a space before the colon":              {post(form, "Transfer-Encoding : chunked") + "\r\n0\r\n\r\n" + inner, 400},
		"a field that goes on in the next line": {post(form, "X-A: b\r\n Transfer-Encoding: chunked", "Content-Length: 0") + "\r\n", 0},
		"a chunk size that is no number":        {post(form, "Transfer-Encoding: chunked") + "\r\nzz\r\nabc\r\n0\r\n\r\n" + inner, 422},
		"a chunk size beyond all":               {post(form, "Transfer-Encoding: chunked") + "\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n" + inner, 422},
		"a chunk that is longer than it says":   {post(form, "Transfer-Encoding: chunked") + "\r\n1\r\nabcdef\r\n0\r\n\r\n" + inner, 422},
		"a NUL in a field":                      {post(form, "X-A: a\x00b", "Content-Length: 0") + "\r\n", 400},
		"a NUL in a name":                       {post(form, "X-\x00A: b", "Content-Length: 0") + "\r\n", 400},
		"a NUL in the address":                  {s.head("nobody", "GET", "/sign\x00in") + "\r\n", 400},
		"a line feed alone in a field":          {post(form, "X-A: a\rb", "Content-Length: 0") + "\r\n", 400},
		"no host":                               {"GET /signin HTTP/1.1\r\n\r\n", 400},
		"two hosts":                             {"GET /signin HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
		"a version there is none of":            {"GET /signin HTTP/9.9\r\nHost: a\r\n\r\n", 505},
		"no request at all":                     {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
	} {
		codes, body := s.raw(c.send)
		switch {
		case len(codes) != 1:
			t.Errorf("%s: %d answers: %v", name, len(codes), codes)
		case c.want != 0 && codes[0] != c.want, codes[0] >= 500 && codes[0] != 501 && codes[0] != 505:
			t.Errorf("%s: answered %d: %.200s", name, codes[0], body)
		}
	}
	// The other side: two requests that follow each other are two, and a chunked body is
	// read.
	if codes, body := s.raw(inner + inner); len(codes) != 2 || codes[0] != 200 || codes[1] != 200 {
		t.Errorf("two requests were answered %v: %.200s", codes, body)
	}
	if codes, body := s.raw(post(form, "Transfer-Encoding: chunked") + "\r\n7\r\nlang=es\r\n0\r\n\r\n"); len(codes) != 1 || codes[0] != 303 || !strings.Contains(body, "lang=es") {
		t.Errorf("a form in chunks was answered %v: %.300s", codes, body)
	}
	// A line that ends in a line feed alone is a line to all (RFC 9112, 2.2).
	if codes, _ := s.raw("GET /healthz HTTP/1.1\nHost: localhost\n\n"); len(codes) != 1 || codes[0] != 200 {
		t.Errorf("line feeds alone were answered %v", codes)
	}
}

func floods(t *testing.T, s *siege) {
	var many, cookies strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&many, "x%d: y\r\n", i)
		fmt.Fprintf(&cookies, "c%d=v; ", i)
	}
	long := strings.Repeat("a", 1<<20)
	for name, c := range map[string]struct {
		send string
		want int
	}{
		"a hundred thousand fields":   {s.head("ann", "GET", s.chart) + many.String() + "\r\n", 431},
		"a field of a megabyte":       {s.head("ann", "GET", s.chart, "X-Long: "+long) + "\r\n", 431},
		"a name of a megabyte":        {s.head("ann", "GET", s.chart, long+": x") + "\r\n", 431},
		"an address of a megabyte":    {s.head("ann", "GET", "/clients?q="+long) + "\r\n", 431},
		"a hundred thousand cookies":  {s.head("ann", "GET", s.chart, "Cookie: "+cookies.String()) + "\r\n", 431},
		"a method of a megabyte":      {long + " / HTTP/1.1\r\nHost: a\r\n\r\n", 431},
		"a thousand cookies":          {s.head("ann", "GET", s.chart, "Cookie: "+cookies.String()[:8000], "Connection: close") + "\r\n", 200},
		"an address of 8,000":         {s.head("ann", "GET", s.chart+"?q="+long[:8000], "Connection: close") + "\r\n", 200},
		"100 fields that mean little": {s.head("ann", "GET", s.chart) + many.String()[:889] + "Connection: close\r\n\r\n", 200},
	} {
		if codes, body := s.raw(c.send); len(codes) != 1 || codes[0] != c.want {
			t.Errorf("%s: answered %v: %.200s", name, codes, body)
		}
	}
}

// pour sends a head and then body, over and over, until an answer comes, and returns
// its status and how many bytes were sent until then.
func (s *siege) pour(head, body string) (code int, sent int64) {
	s.g.Helper()
	c := s.dial()
	defer c.Close()
	answered := make(chan int, 1)
	go func() {
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			answered <- 0
			return
		}
		_ = res.Body.Close()
		answered <- res.StatusCode
	}()
	_, err := io.WriteString(c, head+"\r\n")
	for err == nil {
		select {
		case code := <-answered:
			return code, sent
		default:
		}
		var n int
		if body == "" {
			return <-answered, sent
		}
		n, err = io.WriteString(c, body)
		sent += int64(n)
	}
	return <-answered, sent
}

func endless(t *testing.T, s *siege) {
	const ten = "Content-Length: 10737418240"
	const form, parts = "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data; boundary=b"
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat("a", 64<<10))
	file := "--b\r\nContent-Disposition: form-data; name=\"category\"\r\n\r\nletter\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"on\"\r\n\r\n2026-01-02\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"
	begun := fmt.Sprintf("%x\r\n%s\r\n", len(file), file)
	documents := s.chart + "/documents"
	for name, c := range map[string]struct {
		head, body string
		want       int
		most       int64 // that is read of it, and what lies in buffers on the way
	}{
		"10 GB to a colleague's form":       {s.head("ann", "POST", s.chart+"/notes", form, ten), "", 413, 0},
		"10 GB of documents":                {s.head("ann", "POST", documents, parts, ten), "", 413, 0},
		"10 GB of a list":                   {s.head("ivy", "POST", "/import", parts, ten), "", 413, 0},
		"10 GB to the sign-in":              {s.head("nobody", "POST", "/signin", form, ten), "", 413, 0},
		"10 GB of documents by nobody":      {s.head("nobody", "POST", documents, parts, ten), "", 303, 0},
		"10 GB where nothing is":            {s.head("ann", "PUT", "/nothing", form, ten), "", 413, 0},
		"chunks without an end, form":       {s.head("ann", "POST", s.chart+"/notes", form, "Transfer-Encoding: chunked"), chunk, 413, 16 << 20},
		"chunks without an end, list":       {s.head("ivy", "POST", "/import", parts, "Transfer-Encoding: chunked") + "\r\n" + strings.TrimSuffix(begun, "\r\n"), chunk, 413, 48 << 20},
		"chunks without an end, sign-in":    {s.head("nobody", "POST", "/signin", form, "Transfer-Encoding: chunked"), chunk, 413, 16 << 20},
		"chunks without an end, nobody":     {s.head("nobody", "POST", documents, parts, "Transfer-Encoding: chunked"), chunk, 303, 16 << 20},
		"chunks without an end, a document": {s.head("ann", "POST", documents, parts, "Transfer-Encoding: chunked") + "\r\n" + strings.TrimSuffix(begun, "\r\n"), chunk, 422, 256 << 20},
	} {
		code, sent := s.pour(c.head, c.body)
		if code != c.want || sent > c.most {
			t.Errorf("%s: answered %d after %d bytes", name, code, sent)
		}
	}
	// Nothing of what was cut off is left in the directory of sealed files.
	if a := s.do("ann", "GET", documents, nil); a.code != 200 || strings.Contains(a.body, "a.txt") {
		t.Errorf("answered %d", a.code)
	}
}

// parted is a form of n parts.
func parted(t *testing.T, n int, filename string) (body []byte, contentType string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := range n {
		var err error
		if filename != "" && i > 0 {
			_, err = m.CreateFormFile("file", filename)
		} else {
			err = m.WriteField("f"+strconv.Itoa(i), "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m.FormDataContentType()
}

func (s *siege) post(name, path, contentType string, body []byte) (answer, error) {
	req, err := http.NewRequest(http.MethodPost, s.origin+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	who := s.g.sessions[name]
	req.Header.Set("Cookie", who.cookie)
	req.Header.Set("X-CSRF-Token", who.csrf)
	req.Header.Set("Origin", s.origin)
	req.Header.Set("Content-Type", contentType)
	return s.send(req)
}

func manyParts(t *testing.T, s *siege) {
	fields, ct := parted(t, 100_000, "")
	for _, c := range []struct {
		who, path string
		want      int
	}{
		{"ann", s.chart + "/documents", 413}, {"ann", s.chart + "/notes", 413}, {"ivy", "/import", 422}, {"nobody", "/signin", 413}, {"nobody", s.chart + "/documents", 303},
	} {
		code, _ := s.pour(s.head(c.who, "POST", c.path, "Content-Type: "+ct, "Content-Length: "+strconv.Itoa(len(fields)))+"\r\n"+string(fields[:len(fields)/2]), string(fields[len(fields)/2:]))
		if code != c.want {
			t.Errorf("%s as %s: answered %d", c.path, c.who, code)
		}
	}
	files, ct2 := parted(t, 5_000, "a.txt")
	if code, _ := s.pour(s.head("ann", "POST", s.chart+"/documents", "Content-Type: "+ct2, "Content-Length: "+strconv.Itoa(len(files)))+"\r\n"+string(files), "\r\n"); code != 422 {
		t.Errorf("5,000 files: answered %d", code)
	}
	// A form in the address of a hundred thousand fields, and one that is posted.
	if a := s.do("ann", "POST", s.chart+"/notes", url.Values{"x": make([]string, 100_000)}); a.code != 422 {
		t.Errorf("100,000 fields: answered %d", a.code)
	}
}

// zipped is an archive of members.
func zipped(t *testing.T, members ...func(z *zip.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, m := range members {
		if err := m(z); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// deflated adds a member that was compressed before, so that many can share it.
func deflated(name string, data []byte, crc uint32, size uint64) func(z *zip.Writer) error {
	return func(z *zip.Writer) error {
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: crc, CompressedSize64: uint64(len(data)), UncompressedSize64: size})
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
}

func member(name string, data []byte) func(z *zip.Writer) error {
	return func(z *zip.Writer) error {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
}

func bombs(t *testing.T, s *siege) {
	zeros := make([]byte, 32<<20)
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	s.g.must(err)
	crc, size := crc32.NewIEEE(), uint64(0)
	for range 10 {
		_, err = io.MultiWriter(w, crc).Write(zeros)
		s.g.must(err)
		size += uint64(len(zeros))
	}
	s.g.must(w.Close())
	one := deflated("word/document.xml", packed.Bytes(), crc.Sum32(), size)
	lying := deflated("word/document.xml", packed.Bytes(), crc.Sum32(), 100)
	types := member("[Content_Types].xml", []byte(`<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`))
	nested := zipped(t, member("a.txt", []byte("a")))
	for range 20 {
		nested = zipped(t, member("b.zip", nested))
	}
	var small []func(z *zip.Writer) error
	for i := range 60_000 {
		small = append(small, deflated("word/"+strconv.Itoa(i), []byte{3, 0}, 0, 0))
	}
	var total []func(z *zip.Writer) error
	for i := range 30 {
		total = append(total, deflated("word/"+strconv.Itoa(i), packed.Bytes()[:packed.Len()/8], 0, 0))
	}
	for name, c := range map[string]struct {
		data   []byte
		closed bool
	}{
		"320 MB in one member":          {zipped(t, types, one), true},
		"a member that says it has 100": {zipped(t, types, lying), true},
		"30 members of 40 MB":           {zipped(t, append([]func(z *zip.Writer) error{types}, total...)...), true},
		"20 archives in each other":     {zipped(t, types, member("word/a.zip", nested)), true},
		"60,000 members":                {zipped(t, append([]func(z *zip.Writer) error{types}, small...)...), true},
		"a letter":                      {zipped(t, types, member("word/document.xml", []byte("<w:document/>"))), false},
	} {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for k, v := range map[string]string{"category": "letter", "on": "2026-01-02"} {
			s.g.must(m.WriteField(k, v))
		}
		f, err := m.CreateFormFile("file", "letter.docx")
		s.g.must(err)
		_, err = f.Write(c.data)
		s.g.must(err)
		s.g.must(m.Close())
		var out [8]answer // at once
		var all sync.WaitGroup
		for i := range out {
			all.Go(func() { out[i], _ = s.post("ann", s.chart+"/documents", m.FormDataContentType(), b.Bytes()) })
		}
		all.Wait()
		for _, a := range out {
			if a.code != 303 {
				t.Errorf("%s: answered %d: %.300s", name, a.code, a.body)
				continue
			}
			page := s.do("ann", "GET", a.location, nil)
			if page.code != 200 || strings.Contains(page.body, "uarantine") != c.closed {
				t.Errorf("%s: in quarantine is %v, status %d", name, !c.closed, page.code)
			}
		}
	}
}

func deepJSON(t *testing.T, s *siege) {
	deep := func(n int) string { return strings.Repeat(`{"item":[`, n) + strings.Repeat("]}", n) }
	// An instrument, by an administrator.
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"deep":               {`{"resourceType":"Questionnaire","item":[` + deep(20_000) + `]}`, 422},
		"deeper than a form": {strings.Repeat("[", 2<<20), 413},
		"10,000 lists":       {strings.Repeat("[", 10_000), 422},
		"a long number":      {`{"resourceType":"Questionnaire","version":` + strings.Repeat("9", 400_000) + `}`, 422},
		"a hundred thousand": {`{"resourceType":"Questionnaire","item":[` + strings.Repeat(`{},`, 100_000) + `{}]}`, 422},
	} {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		f, err := m.CreateFormFile("file", "q.json")
		s.g.must(err)
		_, err = io.WriteString(f, c.body)
		s.g.must(err)
		s.g.must(m.Close())
		code, _ := s.pour(s.head("ada", "POST", "/settings/instruments", "Content-Type: "+m.FormDataContentType(), "Content-Length: "+strconv.Itoa(b.Len()))+"\r\n"+b.String()[:b.Len()-2], "\r\n")
		if code != c.want {
			t.Errorf("an instrument, %s: answered %d", name, code)
		}
	}
	// The answer of a passkey, by anybody.
	for name, c := range map[string]string{
		"deep": strings.Repeat(`{"id":`, 2_000), "a list": strings.Repeat("[", 10_000), "a number": strings.Repeat("9", 30_000), "nothing": "null",
	} {
		if a := s.do("nobody", "POST", "/signin/passkey", url.Values{"credential": {c}}); a.code != 422 {
			t.Errorf("a passkey, %s: answered %d", name, a.code)
		}
	}
	// Bundles, by the operator, while the server runs.
	dir := t.TempDir()
	for name, c := range map[string]struct {
		begin, again, end, says string
		times                   int
	}{
		"deep":         {`{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","x":`, `{"a":`, `1`, "nested", 2_000_000},
		"lists":        {`{"resourceType":"Bundle","entry":`, `[`, ``, "", 20_000_000},
		"keys":         {`{"resourceType":"Bundle"`, `,"%d":1`, `}`, "more than 1000 keys", 10_000_000},
		"one text":     {`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"`, `aaaaaaaaaaaaaaaaaaaa`, `"}}]}`, "larger than", 20_000_000},
		"one resource": {`{"resourceType":"Patient"`, `,"a%d":"aaaaaaaaaaaaaaaaaaaa"`, `}`, "more than 1000 keys", 5_000_000},
		"a long key":   {`{"`, `aaaaaaaaaaaaaaaaaaaa`, `":1}`, "larger than", 10_000_000},
		"spaces":       {`{"resourceType":"Bundle",`, `                    `, `}`, "", 10_000_000},
	} {
		path := filepath.Join(dir, "bundle.json")
		f, err := os.Create(path)
		s.g.must(err)
		w := bufio.NewWriterSize(f, 1<<20)
		_, _ = w.WriteString(c.begin)
		for i := range c.times {
			if strings.Contains(c.again, "%d") {
				fmt.Fprintf(w, c.again, i)
			} else {
				_, _ = w.WriteString(c.again)
			}
		}
		_, _ = w.WriteString(c.end)
		s.g.must(errors.Join(w.Flush(), f.Close()))
		cmd := exec.Command(binary, "import", "fhir", "--data", s.g.data, "--passphrase-file", s.g.passfile, path)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), c.says) {
			t.Errorf("a bundle, %s: %v: %.300s", name, err, out)
		}
		if most := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10; most > mostMemory {
			t.Errorf("a bundle, %s: the import had %d MB", name, most>>20)
		}
	}
}

// held holds connections open in every way that costs the server something, while who
// works and who comes are answered all the same.
func held(t *testing.T, s *siege) {
	ways := []func(c net.Conn) error{
		func(c net.Conn) error { return nil }, // says nothing
		func(c net.Conn) error { _, err := io.WriteString(c, "GET / HT"); return err },
		func(c net.Conn) error { // a head of small fields that does not end
			_, err := io.WriteString(c, s.head("nobody", "GET", "/signin"))
			for i := 0; err == nil && i < 1500; i++ {
				_, err = fmt.Fprintf(c, "a%d:\r\n", i)
			}
			return err
		},
		func(c net.Conn) error { // a body that does not end
			_, err := io.WriteString(c, s.head("nobody", "POST", "/signin", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 32000")+"\r\n"+strings.Repeat("a&", 15_000))
			return err
		},
		func(c net.Conn) error { // an answer that is not read
			_, err := io.WriteString(c, strings.Repeat(s.head("nobody", "GET", "/signin")+"\r\n", 50))
			return err
		},
	}
	var open []net.Conn
	for i := range crowded {
		c := s.dial()
		open = append(open, c)
		_ = c.SetWriteDeadline(now().Add(time.Second)) // one that is closed meanwhile, or not read, is as good
		_ = ways[i%len(ways)](c)
		if i%500 == 499 {
			s.beside()
		}
	}
	if n := s.files(); n > 1000 {
		t.Errorf("%d files are open", n)
	}
	for _, c := range open {
		_ = c.Close()
	}
}

// signIns fails to sign in from many addresses and for many names.
func signIns(t *testing.T, s *siege) {
	total := 3000
	if v := os.Getenv("CASEWARD_FAULT_SIGNINS"); v != "" {
		var err error
		if total, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"ann@example.org", "bob@example.org", "ivy@example.org"}
	var mu sync.Mutex
	codes := map[int]int{}
	next := make(chan int)
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			for i := range next {
				mail := fmt.Sprintf("nobody%d@example.org", i)
				if i%3 == 0 {
					mail = names[i/3%len(names)]
				}
				form := url.Values{"email": {mail}, "password": {"wrong " + strconv.Itoa(i)}}
				req, err := http.NewRequest(http.MethodPost, s.origin+cmp.Or(map[bool]string{true: "/signin/recovery"}[i%10 == 9], "/signin"), strings.NewReader(form.Encode()))
				if err != nil {
					t.Error(err)
					continue
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.Header.Set("Origin", s.origin)
				req.Header.Set("X-Forwarded-For", fmt.Sprintf("%d.%d.%d.%d", 1+rand.IntN(220), rand.IntN(256), rand.IntN(256), rand.IntN(256)))
				a, err := s.send(req)
				mu.Lock()
				if codes[a.code]++; err != nil {
					t.Errorf("sign-in %d: %v", i, err)
				}
				mu.Unlock()
			}
		})
	}
	for i := range total {
		next <- i
	}
	close(next)
	all.Wait()
	t.Logf("answers by status: %v", codes)
	for code := range codes {
		if code != 422 && code != 429 {
			t.Errorf("%d answers have status %d", codes[code], code)
		}
	}
	if codes[422] == 0 || codes[429] == 0 {
		t.Errorf("answers by status: %v", codes)
	}
	// The log was told of it, and not filled by it.
	out := s.g.run("audit show", "--action", "signin.", "--limit", "0", "--since", now().Add(-time.Hour).UTC().Format(time.RFC3339))
	if n := strings.Count(out, "signin."); n == 0 || n > codes[422]+1000 {
		t.Errorf("%d entries of %d attempts", n, total)
	}
}
