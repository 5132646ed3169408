// Package bucket speaks to a bucket of an S3-compatible store: it writes, reads,
// locks and deletes single objects. It is the one place that knows the protocol.
//
// It never lists a bucket, changes its settings or asks where it lies, so that
// its credentials need not allow that. What it is given it neither looks into
// nor keeps: at most two parts of an object are in memory.
//
// To start: Open; then Create, Put, Get, Lock, Delete.
package bucket

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"

	"caseward/internal/fault"
)

// Bucket is one bucket.
type Bucket struct {
	core *minio.Core
	http *http.Transport
	name string
	sse  encrypt.ServerSide
}

// tries is how often a request is made while the store is away or busy.
const tries = 4

// Open reads s3://name and the settings after the question mark:
//
//	region          of the bucket; else AWS_REGION, then AWS_DEFAULT_REGION
//	endpoint        URL of a store that is not Amazon's; else AWS_ENDPOINT_URL_S3,
//	                then AWS_ENDPOINT_URL
//	use_path_style  true where the bucket's name goes into the path
//	profile         of the credentials file
//	fips, dualstack true for such an endpoint of Amazon's
//	ssetype         AES256 or aws:kms, and kmskeyid, where the bucket's policy
//	                wants that said with each object
//
// Any other is refused. Nothing is sent yet.
func Open(location string) (*Bucket, error) {
	const op = "bucket.open"
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return nil, fault.Invalidf(op, "give the bucket as s3://name?region=…")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, fault.Invalidf(op, "what follows the question mark of the bucket's URL cannot be read")
	}
	flags := map[string]bool{"use_path_style": false, "fips": false, "dualstack": false}
	for k, v := range q {
		switch _, flag := flags[k]; {
		case len(v) != 1:
			return nil, fault.Invalidf(op, "the bucket's URL gives %q more than once", k)
		case flag:
			if flags[k], err = strconv.ParseBool(v[0]); err != nil {
				return nil, fault.Invalidf(op, "%s in the bucket's URL is true or false", k)
			}
		case k != "region" && k != "endpoint" && k != "profile" && k != "ssetype" && k != "kmskeyid":
			return nil, fault.Invalidf(op, "a bucket has no setting %q", k)
		}
	}
	b := &Bucket{name: u.Host}
	switch kind, key := q.Get("ssetype"), q.Get("kmskeyid"); {
	case kind == "aws:kms":
		if b.sse, err = encrypt.NewSSEKMS(key, nil); err != nil {
			return nil, fault.Invalidf(op, "kmskeyid in the bucket's URL cannot be used")
		}
	case kind == "AES256" && key == "":
		b.sse = encrypt.NewSSE()
	case kind != "" || key != "":
		return nil, fault.Invalidf(op, "ssetype in the bucket's URL is AES256, or aws:kms with kmskeyid")
	}
	region := first(q.Get("region"), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	endpoint := first(q.Get("endpoint"), os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"))
	switch {
	case endpoint == "" && region == "":
		return nil, fault.Invalidf(op, "the bucket's region is not known: add ?region=… to its URL, or set AWS_REGION")
	case endpoint == "" && flags["fips"]:
		endpoint = "https://s3-fips." + region + ".amazonaws.com"
	case endpoint == "":
		endpoint = "https://s3." + region + ".amazonaws.com"
	case region == "":
		region = "us-east-1" // what stores that have no regions are signed for
	}
	at, err := url.Parse(endpoint)
	if err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "" || at.User != nil || strings.Trim(at.Path, "/") != "" || at.RawQuery != "" {
		return nil, fault.Invalidf(op, "the endpoint in the bucket's URL is a URL of a server, as https://s3.example.org")
	}
	if a, err := netip.ParseAddr(at.Hostname()); at.Scheme == "http" && at.Hostname() != "localhost" && (err != nil || !a.IsLoopback()) {
		return nil, fault.Invalidf(op, "the endpoint of a bucket on another machine begins with https://")
	}
	if b.http, err = transport(); err != nil {
		return nil, err
	}
	b.core, err = minio.NewCore(at.Host, &minio.Options{
		Creds:        found(q.Get("profile"), region, b.http),
		Secure:       at.Scheme == "https",
		Transport:    b.http,
		Region:       region,
		BucketLookup: lookup(b.name, at, flags["use_path_style"]),
		MaxRetries:   tries,
	})
	if err != nil {
		return nil, fault.Invalidf(op, "the bucket's URL cannot be used")
	}
	b.core.SetS3EnableDualstack(flags["dualstack"])
	return b, nil
}

func first(of ...string) string {
	for _, s := range of {
		if s != "" {
			return s
		}
	}
	return ""
}

// lookup says where a bucket's name goes: before the server's, unless that makes
// a name which nothing resolves or no certificate is for.
func lookup(name string, at *url.URL, path bool) minio.BucketLookupType {
	_, err := netip.ParseAddr(at.Hostname())
	if path || err == nil || at.Hostname() == "localhost" || at.Scheme == "https" && strings.Contains(name, ".") {
		return minio.BucketLookupPath
	}
	return minio.BucketLookupDNS
}

// transport trusts the system's certificates, or those of AWS_CA_BUNDLE alone
// where that names a file.
func transport() (*http.Transport, error) {
	const op = "bucket.open"
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := os.Getenv("AWS_CA_BUNDLE"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fault.Unavailablef(op, err, "cannot read the certificates AWS_CA_BUNDLE names")
		}
		if secure.RootCAs = x509.NewCertPool(); !secure.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fault.Invalidf(op, "the file AWS_CA_BUNDLE names holds no certificate")
		}
	}
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			// The machine's own service of roles is behind no proxy.
			if a, err := netip.ParseAddr(r.URL.Hostname()); err == nil && a.IsLinkLocalUnicast() {
				return nil, nil
			}
			return http.ProxyFromEnvironment(r)
		},
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSClientConfig:       secure,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   16,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // an object comes as it lies
	}, nil
}

// Close lets go of connections.
func (b *Bucket) Close() { b.http.CloseIdleConnections() }

// Missing reports whether a request failed because the object is not there. A
// bucket that is not there is another failure: nothing is known of its objects.
func Missing(err error) bool {
	var r minio.ErrorResponse
	return errors.As(err, &r) && (r.Code == minio.NoSuchKey || r.Code == "NotFound")
}

// Put writes an object in one request. One with a time is locked until then in
// compliance mode, for which nobody, the account's owner included, can shorten it.
func (b *Bucket) Put(ctx context.Context, key string, body []byte, contentType string, until time.Time) error {
	o := minio.PutObjectOptions{ContentType: contentType, ServerSideEncryption: b.sse, DisableContentSha256: true}
	if !until.IsZero() {
		o.Mode, o.RetainUntilDate = minio.Compliance, until
	}
	// The sum that is signed is of the body itself, also over TLS, so that the
	// store refuses what was changed on the way; locking wants it said apart too.
	sum := sha256.Sum256(body)
	o.UserMetadata = map[string]string{"x-amz-checksum-sha256": base64.StdEncoding.EncodeToString(sum[:])}
	_, err := b.core.PutObject(ctx, b.name, key, bytes.NewReader(body), int64(len(body)), "", hex.EncodeToString(sum[:]), o)
	return err
}

// Lock returns until when an object is locked in compliance mode; the zero time
// if it is not.
func (b *Bucket) Lock(ctx context.Context, key string) (until time.Time, err error) {
	is, err := b.core.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	if err != nil || is.Metadata.Get("X-Amz-Object-Lock-Mode") != minio.Compliance.String() {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, is.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
}

// Get returns length bytes of an object from offset on, or to its end where
// length is negative. The caller closes it.
func (b *Bucket) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	var o minio.GetObjectOptions
	switch {
	case length == 0:
		return http.NoBody, nil
	case length > 0:
		o.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	case offset > 0:
		o.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	r, _, _, err := b.core.GetObject(ctx, b.name, key, o)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Delete removes an object. One that is not there is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	err := b.core.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{})
	if Missing(err) {
		return nil
	}
	return err
}

// partSize is how much of an object is held back and sent at once. A store takes
// at most 10,000 parts, and none but the last below 5 MiB.
const partSize = 8 << 20

// abortWithin bounds how long giving up an object may take.
const abortWithin = 30 * time.Second

// Writer writes one object whose length is not known before. It is there when
// Commit returned nil, and not at all otherwise. Exactly one of Commit and Abort
// ends it. One part is on its way while the next is filled.
type Writer struct {
	b      *Bucket
	key    string
	ctx    context.Context
	cancel context.CancelFunc

	part, other []byte // what is not sent yet, and the room of the part on its way
	upload      string // what the store calls the object of several parts; "" so far
	number      int    // of the last part that was sent
	sending     chan sent
	parts       []minio.CompletePart
	err         error
}

type sent struct {
	part minio.ObjectPart
	err  error
}

// Create begins an object.
func (b *Bucket) Create(ctx context.Context, key string) *Writer {
	w := &Writer{b: b, key: key}
	w.ctx, w.cancel = context.WithCancel(ctx)
	return w
}

// Write adds to the object.
func (w *Writer) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if len(w.part) == partSize {
			if err := w.send(); err != nil {
				return n, err
			}
		}
		k := min(len(p), partSize-len(w.part))
		w.part = append(w.part, p[:k]...)
		n, p = n+k, p[k:]
	}
	return n, nil
}

// send sends the part, when the one before has arrived.
func (w *Writer) send() error {
	if err := w.arrived(); err != nil {
		return err
	}
	if w.upload == "" {
		w.upload, w.err = w.b.core.NewMultipartUpload(w.ctx, w.b.name, w.key, minio.PutObjectOptions{ContentType: octets, ServerSideEncryption: w.b.sse})
		if w.err != nil {
			return w.err
		}
	}
	w.number++
	body, number, done := w.part, w.number, make(chan sent, 1)
	w.part, w.other, w.sending = w.other[:0], w.part, done
	go func() {
		sum := sha256.Sum256(body)
		p, err := w.b.core.PutObjectPart(w.ctx, w.b.name, w.key, w.upload, number, bytes.NewReader(body), int64(len(body)),
			minio.PutObjectPartOptions{Sha256Hex: hex.EncodeToString(sum[:]), DisableContentSha256: true})
		done <- sent{p, err}
	}()
	return nil
}

const octets = "application/octet-stream"

// arrived waits for the part that is on its way.
func (w *Writer) arrived() error {
	if w.sending != nil {
		s := <-w.sending
		w.sending = nil
		if w.err == nil {
			w.err = s.err
		}
		w.parts = append(w.parts, minio.CompletePart{PartNumber: s.part.PartNumber, ETag: s.part.ETag})
	}
	return w.err
}

// Commit ends the object and returns when the store has it for good.
func (w *Writer) Commit() error {
	defer w.cancel()
	if w.upload == "" && w.err == nil {
		return w.b.Put(w.ctx, w.key, w.part, octets, time.Time{})
	}
	err := w.send()
	if err == nil {
		err = w.arrived()
	}
	if err == nil {
		_, err = w.b.core.CompleteMultipartUpload(w.ctx, w.b.name, w.key, w.upload, w.parts, minio.PutObjectOptions{})
	}
	if err != nil {
		w.Abort()
	}
	return err
}

// Abort ends the object and keeps nothing of it. Parts of one whose asker is
// gone are thrown away all the same: the store keeps and bills them for ever.
func (w *Writer) Abort() {
	w.cancel()
	_ = w.arrived()
	if w.upload == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), abortWithin)
	defer cancel()
	_ = w.b.core.AbortMultipartUpload(ctx, w.b.name, w.key, w.upload)
}

// chain asks one source of credentials after another. The library's own sends
// requests without a signature where none has any.
type chain struct {
	from []credentials.Provider
	last credentials.Provider
}

// stay follows nobody elsewhere: credentials are asked for where they are, or not.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// found looks for credentials where Amazon's tools do, in their order.
func found(profile, region string, t *http.Transport) *credentials.Credentials {
	env, file := &credentials.EnvAWS{}, &credentials.FileAWSCredentials{Profile: profile}
	role := &credentials.IAM{Region: region, Client: &http.Client{Transport: t, Timeout: 10 * time.Second, CheckRedirect: stay}}
	c := &chain{}
	switch {
	case profile != "":
		c.from = []credentials.Provider{file}
	case os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "":
		c.from = []credentials.Provider{env, role, file}
	case strings.EqualFold(os.Getenv("AWS_EC2_METADATA_DISABLED"), "true") && os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") == "" && os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") == "":
		c.from = []credentials.Provider{env, file}
	default:
		c.from = []credentials.Provider{env, file, role}
	}
	return credentials.New(c)
}

// errNoCredentials does not say what was wrong with each source: a file that
// cannot be read is quoted there.
var errNoCredentials = errors.New("no credentials: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor a profile of the credentials file, nor a role of this machine")

// RetrieveWithCredContext implements [credentials.Provider].
func (c *chain) RetrieveWithCredContext(cc *credentials.CredContext) (credentials.Value, error) {
	for _, p := range c.from {
		if v, err := p.RetrieveWithCredContext(cc); err == nil && v.AccessKeyID != "" && v.SecretAccessKey != "" {
			c.last = p
			return v, nil
		}
	}
	return credentials.Value{}, errNoCredentials
}

// Retrieve implements [credentials.Provider].
func (c *chain) Retrieve() (credentials.Value, error) { return c.RetrieveWithCredContext(nil) }

// IsExpired implements [credentials.Provider].
func (c *chain) IsExpired() bool { return c.last == nil || c.last.IsExpired() }
