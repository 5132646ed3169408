// Package deps pins dependencies while the house is being built.
package deps

import (
	_ "github.com/a-h/templ"
	_ "github.com/cedar-policy/cedar-go"
	_ "github.com/cedar-policy/cedar-go/types"
	_ "github.com/cedar-policy/cedar-go/x/exp/batch"
	_ "github.com/cedar-policy/cedar-go/x/exp/schema"
	_ "github.com/chromedp/chromedp"
	_ "github.com/fxamacker/cbor/v2"
	_ "github.com/go-webauthn/webauthn/webauthn"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/vfs"
	_ "github.com/pquerna/otp/totp"
	_ "github.com/pressly/goose/v3"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/transparency-dev/formats/log"
	_ "gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob"
	_ "golang.org/x/mod/sumdb/note"
	_ "golang.org/x/mod/sumdb/tlog"
	_ "golang.org/x/text/unicode/norm"
)
