package app

import (
	"context"
	"errors"

	"caseward/internal/pdftext"
)

// readPDF reads a PDF in a process of its own. That one had to be stopped, or that none
// could be started, is for whoever runs the server: a file that does that may be meant to.
func (a *App) readPDF(ctx context.Context, file []byte) (*pdftext.Document, error) {
	d, err := pdftext.Isolated(ctx, file)
	if errors.Is(err, pdftext.ErrStopped) || errors.Is(err, pdftext.ErrAway) {
		a.Errors.WarnContext(ctx, "a PDF was not read", "error", err)
	}
	return d, err
}
