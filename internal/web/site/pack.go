package site

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

// packFrom is how large a page must be before compressing it saves a packet.
const packFrom = 1400

var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, 5)
	if err != nil {
		panic("site: " + err.Error()) // the level is a constant
	}
	return w
}}

// pack compresses a page where its reader takes that. A page that another site
// made the browser ask for is sent as it is: the length of a compressed page that
// holds both what the asker chose and what only the reader may know would tell
// one about the other (the attack called BREACH). Browsers say who made them ask
// in Sec-Fetch-Site, and no page can change what they say.
func pack(r *http.Request, h http.Header, body []byte) []byte {
	h.Add("Vary", "Accept-Encoding, Sec-Fetch-Site")
	if from := r.Header.Get("Sec-Fetch-Site"); len(body) < packFrom || (from != "same-origin" && from != "none") || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		return body
	}
	var out bytes.Buffer
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(&out)
	// A bytes.Buffer never fails to be written to.
	_, _ = w.Write(body)
	_ = w.Close()
	h.Set("Content-Encoding", "gzip")
	return out.Bytes()
}
