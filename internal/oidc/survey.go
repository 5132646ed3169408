package oidc

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// Survey is what a look at the provider found.
type Survey struct {
	Keys  int           // that a signature which is taken here can be checked with
	Apart time.Duration // how far its clock is ahead of ours, to the second or so; negative if behind
	Clock bool          // it says what time it is
}

// Survey looks whether the provider can sign people in: that its description is there and
// by the issuer that is configured, that it has keys, and what its clock says. It signs
// nobody in and changes nothing here. Unavailable says what is wrong.
func (c *Client) Survey(ctx context.Context) (Survey, error) {
	p, err := c.discover(ctx, c.cfg.Clock.Now())
	if err != nil {
		return Survey{}, err
	}
	var out Survey
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.meta.Keys, nil)
	if err != nil {
		return Survey{}, unavailable(nil, "the identity provider's keys cannot be fetched")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return Survey{}, unavailable(reached(err), "the identity provider's keys cannot be fetched")
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	var set struct {
		Keys []struct {
			Kind string `json:"kty"`
			Use  string `json:"use"`
		} `json:"keys"`
	}
	if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(body, &set) != nil {
		return Survey{}, unavailable(nil, "the identity provider's keys cannot be fetched")
	}
	for _, k := range set.Keys {
		if (k.Use == "" || k.Use == "sig") && (k.Kind == "RSA" || k.Kind == "EC" || k.Kind == "OKP") {
			out.Keys++
		}
	}
	if out.Keys == 0 {
		return Survey{}, unavailable(nil, "the identity provider has no key that a signature can be checked with")
	}
	if t, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		out.Clock, out.Apart = true, t.Sub(c.cfg.Clock.Now().Truncate(time.Second))
	}
	return out, nil
}
