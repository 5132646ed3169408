//go:build s3

package blob_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"caseward/internal/blob"
)

// s3Server starts an S3 server that is not ours, versitygw, on a directory.
func s3Server(t *testing.T) (endpoint string) {
	t.Helper()
	tool := filepath.Join(t.TempDir(), "versitygw")
	build := exec.Command("go", "build", "-o", tool, "github.com/versity/versitygw/cmd/versitygw")
	build.Dir = filepath.Join("..", "..", "tools", "versitygw")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	dirs := map[string]string{}
	for _, d := range []string{"root", "versions", "sidecar"} {
		dirs[d] = filepath.Join(t.TempDir(), d)
		if err := os.Mkdir(dirs[d], 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(tool, "--port", addr, "--access", "caseward", "--secret", "caseward-secret",
		"posix", "--sidecar", dirs["sidecar"], "--versioning-dir", dirs["versions"], dirs["root"])
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	// It prints where it listens once it does.
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), addr) {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			t.Setenv("AWS_ACCESS_KEY_ID", "caseward")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "caseward-secret")
			return "http://" + addr
		}
	}
	t.Fatalf("it did not start:\n%s", said.String())
	return ""
}

func TestBucket(t *testing.T) {
	endpoint := s3Server(t)
	client, err := minio.New(strings.TrimPrefix(endpoint, "http://"), &minio.Options{
		Region: "us-east-1", Creds: credentials.NewStaticV4("caseward", "caseward-secret", ""), BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.MakeBucket(ctx, "documents", minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	q := url.Values{"region": {"us-east-1"}, "endpoint": {endpoint}, "use_path_style": {"true"}}
	s, err := blob.Open("s3://documents?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	try(t, s)
	t.Run("an object of several parts is whole, or nothing of it is there", func(t *testing.T) {
		body := bytes.Repeat([]byte("sealed "), 3<<20)
		for _, keep := range []bool{true, false} {
			name := blob.NewName()
			w, err := s.Create(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(body); err != nil {
				t.Fatal(err)
			}
			if !keep {
				w.Abort()
				continue
			}
			if err := w.Commit(); err != nil {
				t.Fatal(err)
			}
			r, err := s.Read(ctx, name, 0, -1)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close(), s.Delete(ctx, name)); err != nil || !bytes.Equal(got, body) {
				t.Fatal(len(got), err)
			}
		}
	})
	t.Run("nothing is left in the bucket", func(t *testing.T) {
		for o := range client.ListObjects(ctx, "documents", minio.ListObjectsOptions{Recursive: true}) {
			t.Error(o.Key, o.Err)
		}
		for u := range client.ListIncompleteUploads(ctx, "documents", "", true) {
			t.Error("parts of", u.Key, u.Err)
		}
	})
}
