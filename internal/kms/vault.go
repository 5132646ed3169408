package kms

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"caseward/internal/fault"
)

// vault is one key of a transit engine.
type vault struct {
	c                     *Client
	http                  *http.Client
	base, path, key, name string
	namespace, token      string
}

func (c *Client) openVault(ctx context.Context, at place) (service, error) {
	ca := at.set["ca"]
	if ca == "" && at.scheme == "vault+https" {
		ca = c.o.Getenv("VAULT_CACERT")
	}
	h, err := client(ca)
	if err != nil {
		return nil, err
	}
	v := &vault{c: c, http: h, base: strings.TrimPrefix(at.scheme, "vault+") + "://" + at.host, path: at.path, key: at.key, name: "the transit engine of " + at.host, namespace: at.set["namespace"]}
	if role := at.set["role_id"]; role != "" {
		return v, v.login(ctx, role, at.set["secret_id_file"], at.set["auth"])
	}
	if v.token, err = c.secretFrom(at.set["token_file"], "caseward-vault-token"); err != nil {
		return nil, err
	}
	if v.token == "" {
		v.token = c.o.Getenv("VAULT_TOKEN")
	}
	if v.token == "" {
		return nil, fault.Invalidf(op, "there is no token for %s: name token_file in its URL, or give the systemd credential caseward-vault-token", v.name)
	}
	return v, nil
}

// login gets a token for an AppRole.
func (v *vault) login(ctx context.Context, role, file, mount string) error {
	secret, err := v.c.secretFrom(file, "caseward-vault-secret-id")
	if err != nil {
		return err
	}
	if secret == "" {
		return fault.Invalidf(op, "there is no secret id for %s: name secret_id_file in its URL, or give the systemd credential caseward-vault-secret-id", v.name)
	}
	if mount == "" {
		mount = "approle"
	}
	var out struct {
		Auth struct {
			Token string `json:"client_token"`
		}
	}
	if err := v.call(ctx, "auth/"+mount+"/login", map[string]any{"role_id": role, "secret_id": secret}, &out); err != nil {
		return err
	}
	if v.token = out.Auth.Token; v.token == "" {
		return fault.Unavailablef(op, nil, "%s gives no token", v.name)
	}
	return nil
}

func (v *vault) close() { v.http.CloseIdleConnections() }

func (v *vault) wrap(ctx context.Context, bound string, secret []byte) ([]byte, error) {
	var out struct{ Data struct{ Ciphertext string } }
	err := v.call(ctx, v.path+"/encrypt/"+v.key, bind(bound, map[string]any{"plaintext": secret}), &out)
	if err == nil && out.Data.Ciphertext == "" {
		err = fault.Unavailablef(op, nil, "%s answers without a ciphertext", v.name)
	}
	return []byte(out.Data.Ciphertext), err
}

func (v *vault) unwrap(ctx context.Context, bound string, wrapped []byte) ([]byte, error) {
	var out struct{ Data struct{ Plaintext []byte } }
	err := v.call(ctx, v.path+"/decrypt/"+v.key, bind(bound, map[string]any{"ciphertext": string(wrapped)}), &out)
	return out.Data.Plaintext, err
}

// bind says what a wrapping is bound to: associated data of every key, and the context
// that a derived key needs and others ignore.
func bind(bound string, in map[string]any) map[string]any {
	in["associated_data"], in["context"] = []byte(bound), []byte(bound)
	return in
}

func (v *vault) call(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	ask := func(ctx context.Context) (*http.Request, error) {
		to := &url.URL{Path: "/v1/" + path}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+to.EscapedPath(), bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Vault-Request", "true")
		if v.token != "" {
			r.Header.Set("X-Vault-Token", v.token)
		}
		if v.namespace != "" {
			r.Header.Set("X-Vault-Namespace", v.namespace)
		}
		return r, nil
	}
	return v.c.send(ctx, v.http, v.name, ask, out, func(r answer) (string, bool) {
		var e struct{ Errors []string }
		_ = json.Unmarshal(r.body, &e)
		why := strings.Join(e.Errors, "; ")
		if why == "" {
			why = http.StatusText(r.status)
		}
		// 412: a standby that has not caught up; 472, 473: one that does not answer.
		return why, r.status == 412 || r.status == 472 || r.status == 473
	})
}
