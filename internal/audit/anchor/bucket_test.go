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

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"caseward/internal/audit/anchor"
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
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("caseward", "caseward-secret", ""),
	})
	for name, locked := range map[string]bool{"locked": true, "plain": false} {
		if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name, ObjectLockEnabledForBucket: &locked}); err != nil {
			t.Fatal(err)
		}
	}
	_, c, grow := newLog(t)
	c.Set(realNow()) // the server compares with its own clock
	const retain = 24 * time.Hour
	place := func(name string) anchor.Place {
		q := url.Values{"region": {"us-east-1"}, "endpoint": {endpoint}, "use_path_style": {"true"}}
		p, err := anchor.Bucket(ctx, "s3://"+name+"?"+q.Encode(), name, retain, c)
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
		list, err := client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: aws.String("locked")})
		if err != nil || len(list.Versions) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		v := list.Versions[0]
		if !strings.HasPrefix(*v.Key, "checkpoints/000000000012-") {
			t.Fatal(*v.Key)
		}
		got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("locked"), Key: v.Key, VersionId: v.VersionId})
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(got.Body)
		if err != nil || !bytes.Equal(b, checkpoint) {
			t.Fatalf("%s, %v", b, err)
		}
		lock, err := client.GetObjectRetention(ctx, &s3.GetObjectRetentionInput{Bucket: aws.String("locked"), Key: v.Key, VersionId: v.VersionId})
		if err != nil || lock.Retention.Mode != types.ObjectLockRetentionModeCompliance || lock.Retention.RetainUntilDate.Before(c.Now().Add(retain-time.Second)) {
			t.Fatalf("%+v, %v", lock, err)
		}
		for _, bypass := range []bool{false, true} {
			if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("locked"), Key: v.Key, VersionId: v.VersionId, BypassGovernanceRetention: &bypass}); err == nil {
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
