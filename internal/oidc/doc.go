// Package oidc asks the agency's identity provider who somebody is, and believes
// only an answer that was meant for this very question (OpenID Connect Core 1.0,
// the authorization code flow with PKCE, RFC 7636; 45 CFR 164.312(d)).
//
// [Client.Begin] makes a question: where to send the browser, and what has to be
// remembered until it comes back. [Client.Finish] turns the code it brings into an
// [Identity], after checking the signature by the provider's published keys, and
// issuer, audience, nonce, time of issue, expiry and time of authentication by the
// injected clock, with [Skew] to spare for clocks that differ.
//
// It keeps no token, logs none, and puts none into an error. It knows nothing of
// accounts, roles or sessions, and remembers no question: whoever asks does, and
// sees that each is answered once. It speaks TLS only, but to this machine, follows
// no redirect, and reads no more than a megabyte of any answer.
package oidc
