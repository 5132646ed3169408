// Package browser drives a real Chromium for tests: it opens pages, fails on
// anything a page does against its Content-Security-Policy or says on the
// console, runs axe-core and takes pictures.
//
// Only tests import it. The browser is Debian's /usr/bin/chromium, or the one
// named by the environment variable CHROMIUM; pictures are kept where
// CASEWARD_SHOTS says.
package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe.min.js
var axe string

// Browser is a running Chromium with one tab.
type Browser struct {
	ctx   context.Context
	close func()
	mu    sync.Mutex
	said  []string
	bytes int // that came over the network
	asked int // how often a page asked before it was left
}

// View is how a page is looked at.
type View struct {
	Name          string
	Width, Height int
	Dark, Phone   bool
	Forced        bool   // forced colours
	Media         string // "print", or empty for the screen
}

// The views every page is tested in.
var (
	Desk   = View{Name: "light", Width: 1440, Height: 900}
	Small  = View{Name: "1280", Width: 1280, Height: 720}
	Dark   = View{Name: "dark", Width: 1440, Height: 900, Dark: true}
	Phone  = View{Name: "phone", Width: 390, Height: 844, Phone: true}
	Reflow = View{Name: "reflow", Width: 320, Height: 800}
	Paper  = View{Name: "print", Width: 794, Height: 1123, Media: "print"}
	Forced = View{Name: "forced", Width: 1440, Height: 900, Forced: true}
)

// ErrNone is the error of [Launch] where there is no browser, and none was asked
// for.
var ErrNone = errors.New("no chromium: install Debian's, or name one in CHROMIUM")

// Launch runs a Chromium until it is closed.
func Launch() (*Browser, error) {
	path := os.Getenv("CHROMIUM")
	if path == "" {
		path = "/usr/bin/chromium"
		if _, err := os.Stat(path); err != nil {
			return nil, ErrNone
		}
	}
	profile, err := os.MkdirTemp("", "caseward-chromium-")
	if err != nil {
		return nil, err
	}
	b := &Browser{}
	alloc, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.WindowSize(1440, 900), chromedp.NoFirstRun, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, stop := chromedp.NewContext(alloc, chromedp.WithListener(b.hear))
	b.ctx = ctx
	b.close = func() {
		stop()
		cancel()
		// Chromium still writes its profile while it dies; what is left then is
		// swept with the rest of the temporary directory.
		_ = os.RemoveAll(profile)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// Close ends the browser.
func (b *Browser) Close() { b.close() }

// hear keeps what a page says on the console, and what the browser says of it:
// a violation of the Content-Security-Policy is said there too.
func (b *Browser) hear(ev any) {
	var s string
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type != "error" && e.Type != "warning" && e.Type != "assert" {
			return
		}
		s = "console:"
		for _, a := range e.Args {
			s += " " + string(a.Value) + a.Description
		}
	case *page.EventJavascriptDialogOpening:
		// A page that asks before it is left is left, so that no test hangs.
		b.mu.Lock()
		b.asked++
		b.mu.Unlock()
		go func() {
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}()
		return
	case *runtime.EventExceptionThrown:
		s = "exception: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			s += " " + x.Description
		}
	case *network.EventLoadingFinished:
		b.mu.Lock()
		b.bytes += int(e.EncodedDataLength)
		b.mu.Unlock()
		return
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError && e.Entry.Level != log.EntryLevelWarning {
			return
		}
		s = string(e.Entry.Source) + ": " + e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	b.mu.Lock()
	b.said = append(b.said, s)
	b.mu.Unlock()
}

// Complaints returns what was said since it was last asked.
func (b *Browser) Complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	said := b.said
	b.said = nil
	return said
}

// Asked returns how often a page asked whether it may be left since this was
// last called.
func (b *Browser) Asked() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.asked
	b.asked = 0
	return n
}

// patience is how long a browser gets for one step: enough on a busy machine.
const patience = 20 * time.Second

// Do runs actions in the tab, within [patience].
func (b *Browser) Do(t testing.TB, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// Run runs one action in the tab, within [patience], and returns what it gives.
func Run[T any](t testing.TB, b *Browser, a chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func call[P, R any](t testing.TB, b *Browser, cmd cdp.Command[P, R], params P) R {
	t.Helper()
	r, err := chromedp.Call(b.ctx, cmd, params)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Open shows a page in a view and waits until its fonts and scripts are there.
func (b *Browser) Open(t testing.TB, v View, url string) {
	t.Helper()
	b.Look(t, v)
	b.Do(t, chromedp.Navigate(url))
	b.Settle(t)
}

// Settle waits until the page's fonts are there.
func (b *Browser) Settle(t testing.TB) {
	t.Helper()
	Run(t, b, chromedp.Evaluate[bool](`document.fonts.ready.then(() => true)`, chromedp.EvalAwaitPromise))
}

// Look shows what is open in a view.
func (b *Browser) Look(t testing.TB, v View) {
	t.Helper()
	scheme, forced := "light", "none"
	if v.Dark {
		scheme = "dark"
	}
	if v.Forced {
		forced = "active"
	}
	call(t, b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(v.Width), Height: int64(v.Height), DeviceScaleFactor: 1, Mobile: v.Phone})
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: v.Media, Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "forced-colors", Value: forced}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// Cookie leaves the browser with this one cookie of the site at url, and no
// other; none if name is empty.
func (b *Browser) Cookie(t testing.TB, url, name, value string) {
	t.Helper()
	call(t, b, network.ClearBrowserCookies, cdp.Empty{})
	if name != "" {
		call(t, b, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: url})
	}
}

// Add gives the browser one more cookie of the site at url.
func (b *Browser) Add(t testing.TB, url, name, value string) {
	t.Helper()
	call(t, b, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: url})
}

// Script lets pages run their script, or not.
func (b *Browser) Script(t testing.TB, on bool) {
	t.Helper()
	call(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// Away cuts the browser off from the network, or lets it back.
func (b *Browser) Away(t testing.TB, away bool) {
	t.Helper()
	call(t, b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: away, DownloadThroughput: -1, UploadThroughput: -1}}})
	call(t, b, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: away, DownloadThroughput: -1, UploadThroughput: -1})
}

// Weigh says how many bytes came over the network while step was done; cold
// empties the browser's cache first.
func (b *Browser) Weigh(t testing.TB, cold bool, step func()) int {
	t.Helper()
	call(t, b, network.Enable, network.EnableParams{})
	defer call(t, b, network.Disable, cdp.Empty{})
	if cold {
		call(t, b, network.ClearBrowserCache, cdp.Empty{})
	}
	b.mu.Lock()
	b.bytes = 0
	b.mu.Unlock()
	step()
	b.Settle(t)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes
}

// Slow makes the browser that of an old phone on a poor line: a processor so many
// times slower, and so many megabits a second with 40 ms each way. 1 and 0 make
// it quick again.
func (b *Browser) Slow(t testing.TB, times, megabits float64) {
	t.Helper()
	call(t, b, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: times})
	c := network.Conditions{DownloadThroughput: -1, UploadThroughput: -1}
	if megabits > 0 {
		c = network.Conditions{Latency: 80, DownloadThroughput: megabits * 125_000, UploadThroughput: megabits * 125_000}
	}
	call(t, b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{&c}})
}

// Authenticator puts a fresh authenticator in the machine: one with resident
// keys that knows its owner by finger or PIN. It stays until the test ends.
func (b *Browser) Authenticator(t testing.TB) {
	t.Helper()
	call(t, b, webauthn.Enable, webauthn.EnableParams{})
	call(t, b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	t.Cleanup(func() { call(t, b, webauthn.Disable, cdp.Empty{}) })
}

// Axe runs axe-core on the page, all its rules or those named, and returns the
// violations, one line each.
func (b *Browser) Axe(t testing.TB, rules ...string) []string {
	t.Helper()
	options := `{resultTypes: ["violations"]}`
	if len(rules) > 0 {
		options = `{resultTypes: ["violations"], runOnly: ["` + strings.Join(rules, `", "`) + `"]}`
	}
	if !Run(t, b, chromedp.Evaluate[bool](`typeof axe === 'object'`)) {
		Run(t, b, chromedp.Evaluate[bool](axe+"\n;true"))
	}
	out := Run(t, b, chromedp.Evaluate[string](`axe.run(document, `+options+`).then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.target.join(" ") + " :: " + n.failureSummary)}))))`, chromedp.EvalAwaitPromise))
	var all []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for _, v := range all {
		for _, n := range v.Nodes {
			lines = append(lines, fmt.Sprintf("%s: %s: %s", v.ID, v.Help, strings.ReplaceAll(n, "\n", " ")))
		}
	}
	return lines
}

// TooWide returns how many CSS pixels the page is wider than the window: above
// zero, one has to scroll sideways to read it (WCAG 1.4.10).
func (b *Browser) TooWide(t testing.TB) int {
	t.Helper()
	return Run(t, b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
}

// Shot keeps a picture of the page from top to bottom, if CASEWARD_SHOTS names
// a directory.
func (b *Browser) Shot(t testing.TB, name string) {
	t.Helper()
	dir := os.Getenv("CASEWARD_SHOTS")
	if dir == "" {
		return
	}
	png := Run(t, b, chromedp.FullScreenshot(100))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
