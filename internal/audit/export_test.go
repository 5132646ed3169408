package audit

// AtStep has fn called after each step of closing a segment.
func AtStep(l *Log, fn func(step string)) { l.shelf.step = fn }
