package pages

import (
	"time"

	"caseward/internal/phi"
)

// DocumentPage is GET /clients/{id}/documents/{doc}: a document that is text, as
// text. With ?save=1, and for one that is not text, the answer is a file to keep.
type DocumentPage struct {
	Chart
	ID     string
	Title  phi.Text
	Kind   phi.Text
	On     time.Time
	Author phi.Text
	Text   phi.Text
}
