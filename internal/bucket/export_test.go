package bucket

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Asked is the URL that an object would be read at. Nothing is sent.
func (b *Bucket) Asked(key string) (asked string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.http.Proxy = func(r *http.Request) (*url.URL, error) {
		asked = r.URL.String()
		cancel()
		return nil, errors.New("no further")
	}
	_, _ = b.Get(ctx, key, 0, -1)
	return asked
}
