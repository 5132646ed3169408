package document

import (
	"bytes"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// format is a kind of file that is taken.
type format struct {
	media string // as it is kept and served
	ext   string // of the file a copy is saved to
	names string // endings that go with it
}

// formats are the kinds of file that are taken, by what is in them. HTML and SVG
// are not: they carry programs.
var formats = map[string]format{
	PDF:          {PDF, ".pdf", "pdf"},
	"image/png":  {"image/png", ".png", "png"},
	"image/jpeg": {"image/jpeg", ".jpg", "jpg jpeg jpe"},
	"image/webp": {"image/webp", ".webp", "webp"},
	"image/heic": {"image/heic", ".heic", "heic heif"},
	"image/heif": {"image/heif", ".heif", "heif heic"},
	"image/tiff": {"image/tiff", ".tiff", "tif tiff"},
	Text:         {Text, ".txt", "txt text md log csv"},
	"text/csv":   {"text/csv", ".csv", "csv txt"},
	"text/rtf":   {"text/rtf", ".rtf", "rtf doc"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx", "docx"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", "xlsx"},
	"application/vnd.oasis.opendocument.text":                                 {"application/vnd.oasis.opendocument.text", ".odt", "odt"},
}

// sniffed is how much of a file is looked at to tell what it is.
const sniffed = 64 << 10

// The library looks at less unless it is told: too little to see what is in an
// office document.
func init() { mimetype.SetLimit(sniffed) }

// formatOf tells what a file is by how it begins. ok is false if it is nothing
// that is taken; misnamed, if its name says that it is something else.
func formatOf(head []byte, name string) (f format, misnamed, ok bool) {
	m := mimetype.Detect(head)
	media, _, _ := strings.Cut(m.String(), ";")
	f, ok = formats[media]
	if !ok {
		return format{}, false, false
	}
	if (f.media == Text || f.media == "text/csv") && bytes.IndexByte(head, 0) >= 0 {
		return format{}, false, false
	}
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	for _, n := range strings.Fields(f.names) {
		if n == ext {
			return f, false, true
		}
	}
	return f, ext != "", true
}

// Extension is how the name of a saved copy of a media type ends.
func Extension(media string) string {
	if f, ok := formats[media]; ok {
		return f.ext
	}
	return ".txt"
}

// IsPicture reports whether browsers show the media type as a picture.
func IsPicture(media string) bool {
	return media == "image/png" || media == "image/jpeg" || media == "image/webp"
}

// Accept is what the file picker of a browser offers.
const Accept = ".pdf,.png,.jpg,.jpeg,.webp,.heic,.heif,.tif,.tiff,.txt,.csv,.docx,.xlsx,.odt,.rtf,image/*"
