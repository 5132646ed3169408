//go:build s3

package blob_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

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
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("caseward", "caseward-secret", ""),
	})
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("documents")}); err != nil {
		t.Fatal(err)
	}
	q := url.Values{"region": {"us-east-1"}, "endpoint": {endpoint}, "use_path_style": {"true"}}
	s, err := blob.Open(ctx, "s3://documents?"+q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	try(t, s)
	t.Run("nothing is left in the bucket", func(t *testing.T) {
		list, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("documents")})
		if err != nil || len(list.Contents) != 0 {
			t.Error(len(list.Contents), err)
		}
	})
}
