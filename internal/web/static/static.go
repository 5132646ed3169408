// Package static serves the assets of the pages: stylesheet, script, fonts and
// icons, all inside the binary.
//
// The style sheet and the scripts are written in source/ and minified into assets/
// by make assets, which packs the texts there into packed/: that is what the program
// carries and browsers are sent. Licences of what is vendored are in licences/.
//
// Every asset is addressed as /a/<hash of the whole tree>/<name>, so an answer
// may be kept for ever and a new build is fetched at once. Nothing here depends on who is asking,
// and nothing here is PHI.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
)

//go:embed assets/fonts packed
var embedded embed.FS

// Prefix is the path below which [Handler] answers.
const Prefix = "/a/"

type asset struct {
	body, packed []byte // packed is nil for what is compressed by itself
	mime, etag   string
}

type tree struct {
	hash   string
	assets map[string]*asset
}

var mimes = map[string]string{
	"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
	"svg": "image/svg+xml", "woff2": "font/woff2",
}

// load reads the tree once. It panics on an asset of an unknown type, or one that cannot
// be unpacked: the tree is part of the program.
var load = sync.OnceValue(func() tree {
	t := tree{assets: map[string]*asset{}}
	all := sha256.New()
	err := fs.WalkDir(embedded, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := embedded.ReadFile(path)
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(path, "/")
		a := &asset{body: body}
		if n, ok := strings.CutSuffix(name, ".gz"); ok {
			name, a.packed, a.body = n, body, unpack(body)
		}
		mime, ok := mimes[name[strings.LastIndexByte(name, '.')+1:]]
		if !ok {
			panic("static: no media type for " + name)
		}
		sum := sha256.Sum256(a.body)
		all.Write([]byte(name))
		all.Write(sum[:])
		a.mime, a.etag = mime, `"`+hex.EncodeToString(sum[:8])+`"`
		t.assets[name] = a
		return nil
	})
	if err != nil {
		panic("static: " + err.Error())
	}
	t.hash = hex.EncodeToString(all.Sum(nil)[:8])
	return t
})

func unpack(packed []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("static: " + err.Error())
	}
	body, err := io.ReadAll(r)
	if err != nil {
		panic("static: " + err.Error())
	}
	return body
}

// URL returns the address of the asset called name ("caseward.css"). It panics
// if there is none: names are constants of the templates.
func URL(name string) string {
	t := load()
	if t.assets[name] == nil {
		panic("static: no asset " + name)
	}
	return Prefix + t.hash + "/" + name
}

// Handler answers GET and HEAD below [Prefix]. An address with the hash of
// another build gets today's asset and is not kept.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		t := load()
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		a := t.assets[name]
		if a == nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.mime)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", a.etag)
		h.Set("Cache-Control", "no-cache")
		if hash == t.hash {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		body := a.body
		if a.packed != nil {
			h.Set("Vary", "Accept-Encoding")
			if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				// A weak tag: the same asset in another coding.
				h.Set("ETag", "W/"+a.etag)
				h.Set("Content-Encoding", "gzip")
				body = a.packed
			}
		}
		if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
			h.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if r.Method == http.MethodHead {
			return
		}
		// The peer has gone if this fails; there is nobody left to tell.
		_, _ = w.Write(body)
	})
}
