package pages

import (
	"caseward/internal/note"
	"caseward/internal/notice"
)

// notesNoticeNames are what the notices about contact notes say.
var notesNoticeNames = map[notice.What]string{
	note.CoSignWanted: "A note waits for your co-signature.",
	note.CoSigned:     "A note of yours was co-signed.",
	note.MarkedWrong:  "A note you returned was marked as entered in error.",
	note.Returned:     "A note of yours was returned with remarks.",
}
