package anchor

import (
	"context"
	"time"

	s3 "caseward/internal/bucket"
	"caseward/internal/clock"
	"caseward/internal/fault"
)

type bucket struct {
	b      *s3.Bucket
	name   string
	retain time.Duration
	clock  clock.Clock
}

// Bucket keeps checkpoints in an S3 bucket whose versions are locked: in
// compliance mode, for which nobody, the account's owner included, can shorten
// retain. The bucket must have been made with object lock. A server that takes
// a checkpoint and does not lock it is an error.
//
// The URL is read by package bucket: s3://name?region=…&endpoint=…. The
// credentials come from the environment, and should allow writing only.
func Bucket(url, name string, retain time.Duration, c clock.Clock) (Place, error) {
	if retain <= 0 {
		return nil, fault.Invalidf("anchor.bucket", "say how long checkpoints are to be kept")
	}
	b, err := s3.Open(url)
	if err != nil {
		return nil, err
	}
	return &bucket{b, name, retain, c}, nil
}

func (p *bucket) Name() string { return "bucket " + p.name }

func (p *bucket) Put(ctx context.Context, checkpoint []byte) error {
	size, err := sizeOf(checkpoint)
	if err != nil {
		return err
	}
	now := p.clock.Now()
	until := now.Add(p.retain)
	key := "checkpoints/" + fileName(size, now)
	if err := p.b.Put(ctx, key, checkpoint, "text/plain; charset=utf-8", until); err != nil {
		return fault.Unavailablef("anchor.bucket", err, "the checkpoint was not taken")
	}
	locked, err := p.b.Lock(ctx, key)
	if err != nil {
		return fault.Unavailablef("anchor.bucket", err, "whether the checkpoint is locked could not be seen")
	}
	// A second's rounding is the server's to make.
	if locked.Before(until.Add(-time.Second)) {
		return fault.Unavailablef("anchor.bucket", nil, "the checkpoint was taken and not locked; make the bucket with object lock")
	}
	return nil
}
