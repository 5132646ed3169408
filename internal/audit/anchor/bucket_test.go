//go:build s3

package anchor_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"caseward/internal/audit/anchor"
	"caseward/internal/clock"
	"caseward/internal/fault"
)

// s3Server starts an S3 server that is not ours, versitygw, on a directory.
func s3Server(t *testing.T) (endpoint string) {
	t.Helper()
	tool := filepath.Join(t.TempDir(), "versitygw")
	build := exec.Command("go", "build", "-o", tool, "github.com/versity/versitygw/cmd/versitygw")
	build.Dir = filepath.Join("..", "..", "..", "tools", "versitygw")
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
	ctx := context.Background()
	endpoint := s3Server(t)
	client, err := minio.New(strings.TrimPrefix(endpoint, "http://"), &minio.Options{
		Region: "us-east-1", Creds: credentials.NewStaticV4("caseward", "caseward-secret", ""), BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, locked := range map[string]bool{"locked": true, "plain": false} {
		if err := client.MakeBucket(ctx, name, minio.MakeBucketOptions{ObjectLocking: locked}); err != nil {
			t.Fatal(err)
		}
	}
	_, c, grow := newLog(t)
	c.Set(clock.System().Now()) // the server compares with its own clock
	const retain = 24 * time.Hour
	place := func(name string) anchor.Place {
		q := url.Values{"region": {"us-east-1"}, "endpoint": {endpoint}, "use_path_style": {"true"}}
		p, err := anchor.Bucket("s3://"+name+"?"+q.Encode(), name, retain, c)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	checkpoint := grow(12)
	t.Run("a checkpoint is kept and locked", func(t *testing.T) {
		if err := place("locked").Put(ctx, checkpoint); err != nil {
			t.Fatal(err)
		}
		var list []minio.ObjectInfo
		for o := range client.ListObjects(ctx, "locked", minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
			list = append(list, o)
		}
		if len(list) != 1 || list[0].Err != nil {
			t.Fatalf("%+v", list)
		}
		v := list[0]
		if !strings.HasPrefix(v.Key, "checkpoints/000000000012-") {
			t.Fatal(v.Key)
		}
		got, err := client.GetObject(ctx, "locked", v.Key, minio.GetObjectOptions{VersionID: v.VersionID})
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(got)
		if err != nil || !bytes.Equal(b, checkpoint) {
			t.Fatalf("%s, %v", b, err)
		}
		is, err := client.StatObject(ctx, "locked", v.Key, minio.StatObjectOptions{VersionID: v.VersionID})
		if err != nil || is.Metadata.Get("X-Amz-Object-Lock-Mode") != "COMPLIANCE" {
			t.Fatalf("%+v, %v", is, err)
		}
		if until, err := time.Parse(time.RFC3339, is.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date")); err != nil || until.Before(c.Now().Add(retain-time.Second)) {
			t.Fatal(until, err)
		}
		for _, bypass := range []bool{false, true} {
			if err := client.RemoveObject(ctx, "locked", v.Key, minio.RemoveObjectOptions{VersionID: v.VersionID, GovernanceBypass: bypass}); err == nil {
				t.Fatal("it can be deleted")
			}
		}
	})
	t.Run("a bucket that does not lock is an error", func(t *testing.T) {
		if err := place("plain").Put(ctx, checkpoint); !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
	})
	t.Run("a bucket that is not there is an error", func(t *testing.T) {
		if err := place("nowhere").Put(ctx, checkpoint); !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
	})
}
