package anchor

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	tmtypes "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // s3:// URLs

	"caseward/internal/clock"
	"caseward/internal/fault"
)

type bucket struct {
	b      *blob.Bucket
	name   string
	retain time.Duration
	clock  clock.Clock
}

// Bucket keeps checkpoints in an S3 bucket whose versions are locked: in
// compliance mode, for which nobody, the account's owner included, can shorten
// retain. The bucket must have been made with object lock. A server that takes
// a checkpoint and does not lock it is an error.
//
// The URL is one of gocloud.dev: s3://name?region=…&endpoint=…. The credentials
// come from the environment, and should allow writing only.
func Bucket(ctx context.Context, url, name string, retain time.Duration, c clock.Clock) (Place, error) {
	if retain <= 0 {
		return nil, fault.Invalidf("anchor.bucket", "say how long checkpoints are to be kept")
	}
	b, err := blob.OpenBucket(ctx, url)
	if err != nil {
		return nil, fault.Invalidf("anchor.bucket", "the bucket's URL cannot be used")
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
	err = p.b.WriteAll(ctx, key, checkpoint, &blob.WriterOptions{
		ContentType: "text/plain; charset=utf-8",
		BeforeWrite: func(as func(any) bool) error {
			var in *transfermanager.UploadObjectInput
			if !as(&in) {
				return fault.Invalidf("anchor.bucket", "the bucket is not an S3 bucket")
			}
			in.ObjectLockMode = tmtypes.ObjectLockModeCompliance
			in.ObjectLockRetainUntilDate = &until
			return nil
		},
	})
	if err != nil {
		return fault.Unavailablef("anchor.bucket", err, "the checkpoint was not taken")
	}
	a, err := p.b.Attributes(ctx, key)
	if err != nil {
		return fault.Unavailablef("anchor.bucket", err, "whether the checkpoint is locked could not be seen")
	}
	var head s3.HeadObjectOutput
	// A second's rounding is the server's to make.
	if !a.As(&head) || head.ObjectLockMode != types.ObjectLockModeCompliance ||
		head.ObjectLockRetainUntilDate == nil || head.ObjectLockRetainUntilDate.Before(until.Add(-time.Second)) {
		return fault.Unavailablef("anchor.bucket", nil, "the checkpoint was taken and not locked; make the bucket with object lock")
	}
	return nil
}
