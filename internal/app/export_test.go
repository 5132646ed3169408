package app

import "context"

// LookAround is what the server does each hour.
func (a *App) LookAround(ctx context.Context) error { return a.lookAround(ctx) }

// CloseLogDaily is the day's turn of closing the log.
func (a *App) CloseLogDaily(ctx context.Context) error { return a.closeLog(ctx) }
