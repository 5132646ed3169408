# make help says what there is. Each target can be run on its own.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO ?= go
# One static binary.
export CGO_ENABLED ?= 0

# A program that is handed out carries no symbols for debuggers. What panics say,
# names and lines included, does not come from them.
# Nor are small functions copied into their callers, which makes it a twentieth smaller,
# but in what every request goes through. docs/performance.md says what that costs.
FAST := std $(addsuffix /...,$(addprefix caseward/internal/,audit clock db phi policy trace) github.com/cedar-policy github.com/fxamacker github.com/jackc github.com/ncruces)
# Of those, what a request spends little in.
SLOW := github.com/jackc/pgx/v5/pgtype archive/zip crypto/tls crypto/x509 encoding/asn1 encoding/xml image image/jpeg image/png log/slog math/big mime/multipart net/mail net/smtp regexp/syntax runtime/pprof
SMALL := -gcflags=all=-l $(FAST:%=-gcflags=%=) $(SLOW:%=-gcflags=%=-l)
RELEASE := -trimpath -ldflags='-s -w' $(SMALL)

# What staticcheck looks for: everything but how comments begin and which names
# have underscores, which generated code breaks. Package comments are a test of
# internal/arch.
STATICCHECKS := all,-ST1000,-ST1003,-ST1020,-ST1021,-ST1022

.PHONY: help
help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/caseward
	$(GO) build $(RELEASE) -o bin/caseward ./cmd/caseward

.PHONY: build-fips
build-fips: ## build bin/caseward with the certified FIPS 140-3 module
	GOFIPS140=certified $(GO) build $(RELEASE) -o bin/caseward ./cmd/caseward

.PHONY: release-flags
release-flags:
	@echo $(SMALL)

.PHONY: demo
demo: ## start a fictional agency in a fresh directory
	$(GO) run ./cmd/caseward demo

.PHONY: needs
needs:
	@missing=(); \
	command -v $(GO) >/dev/null || missing+=("Go 1.26 (https://go.dev/dl)"); \
	if [ -z "$${CHROMIUM:-}" ] && [ ! -x /usr/bin/chromium ]; then missing+=("Chromium (Debian: apt-get install chromium; elsewhere: CHROMIUM=/path/to/it)"); fi; \
	if [ -z "$${CASEWARD_TEST_POSTGRES:-}" ] && ! command -v initdb >/dev/null && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then missing+=("a PostgreSQL server (Debian: apt-get install postgresql; or CASEWARD_TEST_POSTGRES=postgres://...)"); fi; \
	if [ -n "$${CI:-}" ] && ! command -v clamd >/dev/null && [ ! -x /usr/sbin/clamd ]; then missing+=("clamd (Debian: apt-get install clamav-daemon); elsewhere than in CI the tests that need it are skipped"); fi; \
	if [ $${#missing[@]} -gt 0 ]; then echo "make test needs what this machine does not have:" >&2; printf '  - %s\n' "$${missing[@]}" >&2; exit 3; fi

# What drives a browser, kills a server or crowds it has the machine to itself: beside
# other tests it measures those.
.PHONY: test
test: needs ## every test: SQLite, PostgreSQL and Chromium
	export CASEWARD_BROWSER=$${CASEWARD_BROWSER-full} CHROMIUM=$${CHROMIUM:-/usr/bin/chromium}; rc=0; \
	test/with-postgres $(GO) test -count=1 -timeout 30m -ldflags=-w $$($(GO) list ./... | grep -v /test/) || rc=1; \
	test/with-postgres $(GO) test -p 1 -count=1 -timeout 60m -ldflags=-w ./test/... || rc=1; \
	exit $$rc

.PHONY: test-quick
test-quick: ## the tests that need no other program
	$(GO) test $$($(GO) list ./... | grep -v /test/)

.PHONY: race
race: needs ## every test again under the race detector (needs a C compiler)
	CGO_ENABLED=1 CHROMIUM=$${CHROMIUM:-/usr/bin/chromium} test/with-postgres $(GO) test -race -count=1 -timeout 30m -ldflags=-w ./...

.PHONY: fuzz
FUZZTIME ?= 20s
fuzz: ## run every fuzz test for FUZZTIME (20s)
	@grep -rlE '^func Fuzz' --include=*_test.go . | xargs -n1 dirname | sort -u | while read -r d; do \
	  for f in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]*' $$d/*_test.go | cut -c6-); do \
	    echo "$$d $$f"; $(GO) test $$d -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME); \
	  done; \
	done

.PHONY: check
check: check-format check-vet check-generated check-rules check-static ## everything a change must pass besides the tests

.PHONY: check-format
check-format:
	@out=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$out" ]; then echo "not formatted; run gofmt -w on:" >&2; echo "$$out" >&2; exit 1; fi

.PHONY: check-vet
check-vet:
	$(GO) vet ./...
	@for f in test/with-postgres .ci/run; do bash -n "$$f"; done

.PHONY: check-static
check-static:
	dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	$(GO) build -C tools/check -o "$$dir/staticcheck" honnef.co/go/tools/cmd/staticcheck && \
	"$$dir/staticcheck" -checks '$(STATICCHECKS)' ./...

# Import rules, source rules, dependencies and licences, data dictionary, links
# and commands in the documents, generated files.
.PHONY: check-rules
check-rules:
	$(GO) test -count=1 ./internal/arch ./internal/config ./law
	$(GO) mod verify >/dev/null
	@if ! $(GO) mod edit -json | grep -q '"Path": "caseward"'; then echo "go.mod is not the module's" >&2; exit 1; fi

# $(call minify,folder) writes the style sheet and the scripts of the pages there.
minify = $(GO) run -C tools/esbuild github.com/evanw/esbuild/cmd/esbuild --minify --log-level=warning --outdir="$(1)" "$$PWD"/internal/web/static/source/*

# $(call pages,folder) writes the Go code of the templates there. A template is a small
# function around a large closure: left to inline it, the compiler puts the whole page
# into the program again wherever it is named.
define pages
$(GO) run -C tools/templ github.com/a-h/templ/cmd/templ generate -path "$(1)" && \
find "$(1)" -name '*_templ.go' -exec sed -i -e '/^\/\/go:noinline$$/d' -e 's|^func .*) templ.Component {$$|//go:noinline\n&|' {} + && \
gofmt -w "$(1)"
endef

# The pages' Go code is what templ makes of their source. The names of files in it
# depend on the folder templ was started for, so they are left out.
.PHONY: check-generated
check-generated:
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	mkdir "$$dir/web" && (cd internal/web && find . -name '*.templ' -exec cp --parents {} "$$dir/web" \;) && \
	{ $(call pages,$$dir/web); } >"$$dir/said" 2>&1 || { cat "$$dir/said" >&2; exit 1; }; \
	wrong=0; while read -r f; do \
	  cmp -s <(sed 's/FileName: [^ ]* //' "$$dir/web/$$f") <(sed 's/FileName: [^ ]* //' "internal/web/$$f") || { echo "internal/web/$$f is not what its .templ file says; run make gen and commit it" >&2; wrong=1; }; \
	done < <(cd "$$dir/web" && find . -name '*_templ.go' -printf '%P\n' | sort); \
	while read -r f; do \
	  [ -e "$${f%_templ.go}.templ" ] || { echo "$$f has no .templ file any more; remove it" >&2; wrong=1; }; \
	done < <(find internal/web -name '*_templ.go'); \
	mkdir "$$dir/assets" && $(call minify,$$dir/assets) && for f in "$$dir"/assets/*; do \
	  cmp -s "$$f" "internal/web/static/assets/$${f##*/}" || { echo "internal/web/static/assets/$${f##*/} is not what its source says; run make gen and commit it" >&2; wrong=1; }; \
	done; \
	exit $$wrong

# What packs the texts: zopfli where there is one (Debian: apt-get install zopfli), whose
# files are a thirtieth smaller and open the same.
.PHONY: assets
assets: ## write the style sheet and the scripts anew, and pack them
	$(call minify,$$PWD/internal/web/static/assets)
	cd internal/web/static && pack=$$(command -v zopfli >/dev/null && echo "zopfli -c --i50" || echo "gzip -9 -n -c") && \
	for f in $$(cd assets && ls -p | grep -v /); do gunzip -c "packed/$$f.gz" 2>/dev/null | cmp -s - "assets/$$f" || $$pack "assets/$$f" >"packed/$$f.gz"; done

.PHONY: pages
pages: ## write the Go code of the pages' templates anew
	$(call pages,$$PWD/internal/web)

.PHONY: gen
gen: pages assets ## write every generated file anew
	$(GO) generate ./...
	$(GO) test -count=1 ./internal/arch -run TestPacked -update
	$(GO) test -count=1 ./internal/arch -run 'TestDataDictionary|TestLicences' -update

.PHONY: cedar
cedar: ## ask the official Cedar engine what Caseward asks its own (needs node)
	cd tools/cedar && npm ci --no-audit --no-fund --loglevel=error && npm run --silent check

# Whoever has no network names a copy of the database: VULNDB=file:///srv/vulndb
.PHONY: vulns
vulns: ## say which known holes of what others wrote are reached (needs the network)
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	$(GO) build -C tools/vuln -o "$$dir/govulncheck" golang.org/x/vuln/cmd/govulncheck && \
	rc=0 && "$$dir/govulncheck" $(if $(VULNDB),-db $(VULNDB)) -show version ./cmd/caseward || rc=$$?; \
	case $$rc in \
	0) ;; \
	3) echo "what is to be done, and how soon: docs/security/dependencies.md" >&2 ;; \
	*) echo "nothing was looked at: whether there are holes is not known" >&2 ;; \
	esac; exit $$rc

.PHONY: fsck
fsck: ## check an exported log with a checker Caseward did not write
	$(GO) test -count=1 -tags fsck -run TestFsck -v ./internal/audit

.PHONY: s3
s3: ## try checkpoints under object lock, and documents, on a real S3 server
	$(GO) test -count=1 -tags s3 -run TestBucket -v ./internal/audit/anchor ./internal/blob

.PHONY: acme
acme: ## get certificates from a real ACME authority
	$(GO) test -count=1 -tags acme -run TestPebble -v ./internal/acme

.PHONY: kms
kms: ## try key-management services: a real Vault or OpenBao, and what answers like Amazon's
	$(GO) test -count=1 -tags kms -timeout 60m -run TestReal -v ./internal/kms

.PHONY: faults
faults: ## kill the program 50 times, fail its power at 400 points, and all else that breaks it
	CASEWARD_FAULT_ROUNDS=$${CASEWARD_FAULT_ROUNDS:-50} CASEWARD_FAULT_POINTS=$${CASEWARD_FAULT_POINTS:-400} $(GO) test -count=1 -timeout 60m -v ./test/fault

.PHONY: release-data
release-data: ## write what the release VERSION (as v1.2.3) leaves, for later ones to open
	@[[ "$${VERSION:-}" =~ ^v[0-9]+\.[0-9]+\.[0-9]+$$ ]] || { echo "say VERSION=v1.2.3" >&2; exit 2; }
	test/with-postgres $(GO) test -count=1 ./test/upgrade -run TestWrite -v -release $(VERSION)

.PHONY: guides
guides: ## take the pictures of the guides anew
	CHROMIUM=$${CHROMIUM:-/usr/bin/chromium} $(GO) test -count=1 ./test/browser -run TestGuides -guides

.PHONY: bench
LOG ?= 1000000
bench: ## measure: beside a bare handler, an agency at work, a log of LOG entries, benchmarks; writes docs/performance.md
	$(GO) run ./test/load -into docs/performance.md
	$(GO) run ./test/load -into docs/performance.md -mix
	$(GO) run ./test/load -into docs/performance.md -mix -rate 500 -for 40s
	$(GO) run ./test/load -into docs/performance.md -log $(LOG)
	$(GO) test -run '^$$' -bench . -benchtime 1s ./internal/...

.PHONY: scale
AGENCY ?= /tmp/caseward-scale
scale: ## measure an agency of a million clients and ten million entries, made in AGENCY in an hour (40 GB); writes docs/performance.md
	$(GO) run ./test/load -into docs/performance.md -clients 1000000 -entries 10000000 -agency $(AGENCY)

.PHONY: soak
SOAK ?= 1h
soak: ## an agency at work for SOAK (1h); memory, goroutines and open files must not grow
	$(GO) run ./test/load -mix -for $(SOAK) -flat
