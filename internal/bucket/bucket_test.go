package bucket_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/bucket"
	"caseward/internal/fault"
)

var ctx = context.Background()

// store is as much of an S3 store as the package asks for. It takes signed
// requests only, with the sum of what came.
type store struct {
	mu      sync.Mutex
	objects map[string][]byte
	header  map[string]http.Header // that each was written with
	uploads map[string]map[string][]byte
	keys    []string       // ids of the access keys of requests
	paths   []string       // host and path of requests
	largest int            // body
	fail    map[string]int // how many requests of a method are to fail
	code    string         // of failures; "" for 503 SlowDown
}

func newStore(t *testing.T) (s *store, server *httptest.Server) {
	s = &store{objects: map[string][]byte{}, header: map[string]http.Header{}, uploads: map[string]map[string][]byte{}, fail: map[string]int{}}
	server = httptest.NewServer(s)
	t.Cleanup(server.Close)
	alone(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "key-of-environment")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	return s, server
}

// alone takes away what the machine's own settings say.
func alone(t *testing.T) {
	t.Helper()
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := func(status int, code string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
	}
	auth := r.Header.Get("Authorization")
	_, id, _ := strings.Cut(auth, "Credential=")
	id, scope, _ := strings.Cut(id, "/")
	sum := sha256.Sum256(body)
	said := r.Header.Get("X-Amz-Content-Sha256")
	whole := said == hex.EncodeToString(sum[:]) || len(body) == 0 && said == "UNSIGNED-PAYLOAD"
	if !whole || !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 ") || !strings.Contains(scope, "/us-west-9/s3/aws4_request") {
		refuse(http.StatusForbidden, "AccessDenied")
		return
	}
	s.keys, s.paths, s.largest = append(s.keys, id), append(s.paths, r.Host+r.URL.Path), max(s.largest, len(body))
	if s.fail[r.Method] > 0 {
		s.fail[r.Method]--
		switch s.code {
		case "":
			refuse(http.StatusServiceUnavailable, "SlowDown")
		case "AccessDenied":
			refuse(http.StatusForbidden, s.code)
		default:
			refuse(http.StatusNotFound, s.code)
		}
		return
	}
	q, key := r.URL.Query(), r.URL.Path
	id = q.Get("uploadId")
	switch {
	case r.Method == http.MethodPost && q.Has("uploads"):
		id = fmt.Sprint("upload", len(s.paths))
		s.uploads[id], s.header[key] = map[string][]byte{}, r.Header
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
	case r.Method == http.MethodPut && id != "":
		s.uploads[id][fmt.Sprintf("%05s", q.Get("partNumber"))] = body
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sum))
	case r.Method == http.MethodPost:
		var whole []byte
		for _, n := range slices.Sorted(func(yield func(string) bool) {
			for n := range s.uploads[id] {
				if !yield(n) {
					return
				}
			}
		}) {
			part := s.uploads[id][n]
			if !strings.Contains(string(body), fmt.Sprintf("%x", sha256.Sum256(part))) {
				refuse(http.StatusBadRequest, "InvalidPart")
				return
			}
			whole = append(whole, part...)
		}
		delete(s.uploads, id)
		s.objects[key] = whole
		fmt.Fprint(w, "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key></CompleteMultipartUploadResult>")
	case r.Method == http.MethodDelete && id != "":
		delete(s.uploads, id)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPut:
		s.objects[key], s.header[key] = body, r.Header
	case r.Method == http.MethodDelete:
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		o, ok := s.objects[key]
		if !ok {
			refuse(http.StatusNotFound, "NoSuchKey")
			return
		}
		for _, h := range []string{"X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Retain-Until-Date"} {
			w.Header().Set(h, s.header[key].Get(h))
		}
		http.ServeContent(w, r, "", time.Unix(1_700_000_000, 0), bytes.NewReader(o))
	}
}

func open(t *testing.T, server *httptest.Server, with ...string) *bucket.Bucket {
	t.Helper()
	q := url.Values{"region": {"us-west-9"}, "endpoint": {server.URL}}
	for i := 0; i < len(with); i += 2 {
		q.Set(with[i], with[i+1])
	}
	b, err := bucket.Open("s3://kept?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func get(b *bucket.Bucket, key string, offset, length int64) (string, error) {
	r, err := b.Get(ctx, key, offset, length)
	if err != nil {
		return "", err
	}
	defer r.Close()
	out, err := io.ReadAll(r)
	return string(out), err
}

func TestObjects(t *testing.T) {
	s, server := newStore(t)
	b := open(t, server)
	for name, size := range map[string]int{"of nothing": 0, "of one part": 3, "of one part exactly": 8 << 20, "of several": 20<<20 + 5} {
		t.Run("an object "+name+" is written and read", func(t *testing.T) {
			body := bytes.Repeat([]byte("sealed "), size/7+1)[:size]
			w := b.Create(ctx, "o")
			for rest := body; len(rest) > 0; {
				n := min(len(rest), 1<<20+1)
				if k, err := w.Write(rest[:n]); k != n || err != nil {
					t.Fatal(k, err)
				}
				rest = rest[n:]
			}
			if err := w.Commit(); err != nil {
				t.Fatal(err)
			}
			if got, err := get(b, "o", 0, -1); err != nil || got != string(body) {
				t.Fatal(len(got), err)
			}
			if len(s.uploads) != 0 || s.largest > 8<<20 {
				t.Fatal(len(s.uploads), s.largest)
			}
		})
	}
	t.Run("it is read from any place", func(t *testing.T) {
		if err := b.Put(ctx, "o", []byte("0123456789"), "text/plain", time.Time{}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			offset, length int64
			want           string
		}{{0, -1, "0123456789"}, {0, 1, "0"}, {0, 4, "0123"}, {3, 4, "3456"}, {7, -1, "789"}, {9, 1, "9"}, {8, 100, "89"}, {5, 0, ""}} {
			if got, err := get(b, "o", c.offset, c.length); err != nil || got != c.want {
				t.Errorf("%d, %d: %q, %v", c.offset, c.length, got, err)
			}
		}
	})
	t.Run("it is deleted, twice without complaint", func(t *testing.T) {
		for range 2 {
			if err := b.Delete(ctx, "o"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := get(b, "o", 0, -1); !bucket.Missing(err) {
			t.Fatal(err)
		}
	})
	t.Run("a lock is set and seen, and seen to be absent", func(t *testing.T) {
		until := time.Date(2032, 3, 2, 9, 0, 0, 0, time.UTC)
		for _, want := range []time.Time{until, {}} {
			if err := b.Put(ctx, "locked", []byte("x"), "text/plain", want); err != nil {
				t.Fatal(err)
			}
			if got, err := b.Lock(ctx, "locked"); err != nil || !got.Equal(want) {
				t.Fatal(got, err)
			}
		}
	})
	t.Run("the sealing by the store is asked for", func(t *testing.T) {
		b := open(t, server, "ssetype", "aws:kms", "kmskeyid", "alias/x")
		w := b.Create(ctx, "kms")
		_, _ = w.Write(make([]byte, 9<<20))
		if err := w.Commit(); err != nil || s.header["/kept/kms"].Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != "alias/x" {
			t.Fatal(s.header["/kept/kms"], err)
		}
	})
}

func TestFailures(t *testing.T) {
	s, server := newStore(t)
	b := open(t, server)
	if err := b.Put(ctx, "o", []byte("x"), "text/plain", time.Time{}); err != nil {
		t.Fatal(err)
	}
	t.Run("a store that is busy is asked again", func(t *testing.T) {
		s.fail = map[string]int{"GET": 2, "PUT": 2}
		if got, err := get(b, "o", 0, -1); err != nil || got != "x" {
			t.Fatal(got, err)
		}
		if err := b.Put(ctx, "o", []byte("y"), "text/plain", time.Time{}); err != nil || string(s.objects["/kept/o"]) != "y" {
			t.Fatal(err)
		}
	})
	t.Run("an object that is not there is told from every other failure", func(t *testing.T) {
		for code, want := range map[string]bool{"NoSuchKey": true, "NoSuchBucket": false, "AccessDenied": false, "": false} {
			s.fail, s.code = map[string]int{"GET": 10}, code
			if _, err := get(b, "o", 0, -1); err == nil || bucket.Missing(err) != want {
				t.Errorf("%q: %v", code, err)
			}
		}
		s.fail, s.code = map[string]int{}, ""
		server := httptest.NewServer(nil)
		server.Close()
		if _, err := get(open(t, server), "o", 0, -1); err == nil || bucket.Missing(err) {
			t.Error("nothing listens:", err)
		}
	})
	long := make([]byte, 20<<20)
	t.Run("nothing is left of an object whose part was refused", func(t *testing.T) {
		w := b.Create(ctx, "refused")
		if _, err := w.Write(long[:9<<20]); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.fail, s.code = map[string]int{"PUT": 10}, "AccessDenied"
		s.mu.Unlock()
		_, _ = w.Write(long[9<<20:])
		if err := w.Commit(); err == nil {
			t.Fatal("no failure was reported")
		}
		s.fail, s.code = map[string]int{}, ""
		if _, err := get(b, "refused", 0, -1); !bucket.Missing(err) || len(s.uploads) != 0 {
			t.Fatal(err, len(s.uploads))
		}
	})
	for name, size := range map[string]int{"one part": 5, "several parts": len(long)} {
		t.Run("nothing is left of an object of "+name+" that is given up, also by one who is gone", func(t *testing.T) {
			ctx, leave := context.WithCancel(ctx)
			w := b.Create(ctx, "given up")
			if _, err := w.Write(long[:size]); err != nil {
				t.Fatal(err)
			}
			leave()
			w.Abort()
			if _, err := get(b, "given up", 0, -1); !bucket.Missing(err) || len(s.uploads) != 0 {
				t.Fatal(err, len(s.uploads))
			}
		})
	}
	t.Run("one who is gone has committed nothing", func(t *testing.T) {
		for _, size := range []int{5, len(long)} {
			ctx, leave := context.WithCancel(ctx)
			w := b.Create(ctx, "gone")
			_, _ = w.Write(long[:size])
			leave()
			if err := w.Commit(); err == nil {
				t.Fatal("committed", size)
			}
			if _, err := get(b, "gone", 0, -1); !bucket.Missing(err) || len(s.uploads) != 0 {
				t.Fatal(err, len(s.uploads))
			}
		}
	})
}

func TestCredentials(t *testing.T) {
	s, server := newStore(t)
	write := func(name, text string) string {
		p := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	file := write("credentials", "[default]\naws_access_key_id = key-of-file\naws_secret_access_key = x\n[other]\naws_access_key_id = key-of-profile\naws_secret_access_key = x\n")
	used := func(t *testing.T, with ...string) (string, error) {
		t.Helper()
		s.keys = nil
		err := open(t, server, with...).Put(ctx, "o", nil, "text/plain", time.Time{})
		return strings.Join(s.keys, " "), err
	}
	role := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"AccessKeyId":"key-of-role","SecretAccessKey":"x","Token":"t","Expiration":"2999-01-01T00:00:00Z"}`)
	}))
	t.Cleanup(role.Close)
	for _, c := range []struct {
		name, want string
		env        map[string]string
		with       []string
	}{
		{"the environment", "key-of-environment", map[string]string{}, nil},
		{"the environment before a file", "key-of-environment", map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file}, nil},
		{"a file", "key-of-file", map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SHARED_CREDENTIALS_FILE": file}, nil},
		{"a profile that the environment names", "key-of-profile", map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SHARED_CREDENTIALS_FILE": file, "AWS_PROFILE": "other"}, nil},
		{"a profile that the URL names, before the environment", "key-of-profile", map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file}, []string{"profile", "other"}},
		{"a role of the container", "key-of-role", map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": role.URL}, nil},
	} {
		t.Run("from "+c.name, func(t *testing.T) {
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			if got, err := used(t, c.with...); err != nil || got != c.want {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	t.Run("a service of roles that leads elsewhere is not followed", func(t *testing.T) {
		leads := httptest.NewServer(http.RedirectHandler(role.URL, http.StatusTemporaryRedirect))
		defer leads.Close()
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", leads.URL)
		if got, err := used(t); err == nil || got != "" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("without any nothing is sent, and the failure quotes no file", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		t.Setenv("AWS_SHARED_CREDENTIALS_FILE", write("broken", "[default]\naws_secret_access_key hunter2\n"))
		if got, err := used(t); err == nil || got != "" || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestOpen(t *testing.T) {
	alone(t)
	t.Run("what cannot be meant is refused, and says what", func(t *testing.T) {
		for location, want := range map[string]string{
			"ftp://x":                                    "s3://name",
			"s3://":                                      "s3://name",
			"s3://x/folder?region=r":                     "s3://name",
			"s3://id:secret@x?region=r":                  "s3://name",
			"s3://x":                                     "region",
			"s3://x?region=r&region=q":                   "more than once",
			"s3://x?region=r&secret=y":                   `"secret"`,
			"s3://x?region=r&fips=maybe":                 "fips",
			"s3://x?region=r&ssetype=x":                  "ssetype",
			"s3://x?region=r&kmskeyid=x":                 "ssetype",
			"s3://x?region=r&endpoint=store.example.org": "endpoint",
			"s3://x?region=r&endpoint=https://id:secret@example.org": "endpoint",
			"s3://x?region=r&endpoint=https://example.org/elsewhere": "endpoint",
			"s3://x?region=r&endpoint=http://store.example.org":      "https://",
			"s3://x?region=r&endpoint=http://192.0.2.1:9000":         "https://",
		} {
			_, err := bucket.Open(location)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "id:secret") {
				t.Errorf("%s: %v", location, err)
			}
		}
	})
	t.Run("region and endpoint may stand in the environment", func(t *testing.T) {
		s, server := newStore(t)
		t.Setenv("AWS_DEFAULT_REGION", "us-west-9")
		t.Setenv("AWS_ENDPOINT_URL", server.URL)
		b, err := bucket.Open("s3://kept")
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Put(ctx, "o", nil, "text/plain", time.Time{}); err != nil || s.objects["/kept/o"] == nil {
			t.Fatal(err, s.paths)
		}
	})
	t.Run("the bucket's name goes before the server's, or into the path", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "x")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
		for location, want := range map[string]string{
			"s3://kept?region=us-west-2":                                                        "https://kept.s3.us-west-2.amazonaws.com/o",
			"s3://kept?region=us-west-2&fips=true":                                              "https://kept.s3-fips.us-west-2.amazonaws.com/o",
			"s3://kept?region=us-west-2&dualstack=true":                                         "https://kept.s3.dualstack.us-west-2.amazonaws.com/o",
			"s3://kept?region=us-west-2&use_path_style=true":                                    "https://s3.us-west-2.amazonaws.com/kept/o",
			"s3://kept.example.org?region=us-west-2":                                            "https://s3.us-west-2.amazonaws.com/kept.example.org/o",
			"s3://kept?endpoint=https://store.example.org:9000":                                 "https://kept.store.example.org:9000/o",
			"s3://kept?endpoint=https://store.example.org&use_path_style=true&region=somewhere": "https://store.example.org/kept/o",
			"s3://kept?endpoint=http://127.0.0.1:9000":                                          "http://127.0.0.1:9000/kept/o",
			"s3://kept?endpoint=http://localhost:9000":                                          "http://localhost:9000/kept/o",
		} {
			b, err := bucket.Open(location)
			if err != nil {
				t.Fatal(location, err)
			}
			if got := b.Asked("o"); got != want {
				t.Errorf("%s: %s, want %s", location, got, want)
			}
		}
	})
	t.Run("a store of one's own is trusted by AWS_CA_BUNDLE, and not without", func(t *testing.T) {
		s, _ := newStore(t)
		server := httptest.NewUnstartedServer(s)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
		if err := open(t, server).Put(ctx, "o", nil, "text/plain", time.Time{}); err == nil || len(s.paths) != 0 {
			t.Fatal("trusted")
		}
		bundle := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("AWS_CA_BUNDLE", bundle)
		if err := open(t, server).Put(ctx, "o", []byte("x"), "text/plain", time.Time{}); err != nil {
			t.Fatal(err)
		}
		t.Setenv("AWS_CA_BUNDLE", bundle+".gone")
		if _, err := bucket.Open("s3://kept?region=r"); !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
	})
}
