package bucket

import (
	"context"
	"net/http"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Identity is what requests to Amazon's services are signed with.
type Identity struct {
	Access, Secret string
	Session        string // "" for one that does not end
}

// Credentials finds the identity that a bucket would be asked with, for another
// service of the same account: profile as in a bucket's URL, region that of the
// service. The error says where was looked, and repeats nothing of what lies there.
func Credentials(ctx context.Context, profile, region string) (Identity, error) {
	t, err := transport()
	if err != nil {
		return Identity{}, err
	}
	defer t.CloseIdleConnections()
	v, err := found(profile, region, t).GetWithContext(&credentials.CredContext{Client: &http.Client{Transport: t}})
	if err != nil {
		return Identity{}, err
	}
	return Identity{v.AccessKeyID, v.SecretAccessKey, v.SessionToken}, ctx.Err()
}

// Transport is how Amazon's services are spoken to, with the certificates that
// AWS_CA_BUNDLE names where it does.
func Transport() (*http.Transport, error) { return transport() }
