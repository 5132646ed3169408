package db_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caseward/internal/db"
	"caseward/internal/fault"
)

// authority is a file with the certificate of an authority of one's own.
func authority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckURL(t *testing.T) {
	ca := authority(t)
	for url, good := range map[string]bool{
		"postgres://caseward@127.0.0.1:5432/caseward?sslmode=disable":       true,
		"postgres://caseward@localhost/caseward":                            true,
		"postgres://caseward@[::1]/caseward?sslmode=prefer":                 true,
		"postgres:///caseward?host=/run/postgresql":                         true,
		"postgres://caseward@db.example.org/caseward?sslmode=verify-full":   true,
		"postgres://db.example.org/c?sslmode=verify-full&sslrootcert=" + ca: true,
		"postgres://db.example.org/c?sslmode=verify-ca&sslrootcert=" + ca:   true,
		"postgres://db.example.org/c?sslmode=require&sslrootcert=" + ca:     true,
		"postgres://db.example.org/c?sslrootcert=system":                    true,
		// Any certificate that any authority signed would do.
		"postgres://db.example.org/c?sslmode=verify-ca": false,
		"postgres://db.example.org/c?sslmode=require":   false,
		"postgres://db.example.org/c?sslmode=prefer":    false,
		"postgres://db.example.org/c?sslmode=allow":     false,
		"postgres://db.example.org/c?sslmode=disable":   false,
		"postgres://db.example.org/c":                   false,
		"postgres://192.0.2.7/c":                        false,
		// The first is safe, the one that is tried next is not.
		"postgres://localhost,db.example.org/c":            false,
		"postgres://u:open sesame@db.example.org/c":        false,
		"postgres://db.example.org/c?sslmode=whatever":     false,
		"postgres://db.example.org/c?sslrootcert=/nothing": false,
	} {
		t.Run(strings.ReplaceAll(url, ca, "ca.pem"), func(t *testing.T) {
			err := db.CheckURL(url)
			if good && err != nil || !good && !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if err != nil && strings.Contains(err.Error(), "sesame") {
				t.Error("the password is told:", err)
			}
		})
	}
	t.Run("nothing is sent to a database that is reached in clear", func(t *testing.T) {
		if _, err := db.Open(t.Context(), "postgres://192.0.2.7/c", t.TempDir()); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "verify-full") {
			t.Error(err)
		}
	})
	t.Run("what the URL leaves open the environment says", func(t *testing.T) {
		t.Setenv("PGSSLMODE", "verify-full")
		if err := db.CheckURL("postgres://db.example.org/c"); err != nil {
			t.Error(err)
		}
	})
}
